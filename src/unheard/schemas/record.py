"""What all records of documents have in common: no key that is not declared, no value of another type.

A number that cannot be had is None in a record and null in its file, never nan and never 0. Whoever makes a record
may give nan, which becomes None; a file cannot hold nan at all.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

__all__ = [
    "Classes",
    "Count",
    "Digests",
    "Interval",
    "KnownShare",
    "Number",
    "Record",
    "Said",
    "Seeds",
    "SettingTable",
    "Share",
    "Text",
    "distinct",
]

_ROUNDING = 1e-9
"""What a mean of shares may lie beyond 0 or 1."""


@dataclass(frozen=True, slots=True)
class Said:
    """How a type is called in the reference pages.

    Args:
        words: e.g. 'share in [0, 1] or null'.
    """

    words: str


class Record(BaseModel):
    """A part of a document; it cannot be changed, `model_copy(update=...)` makes another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def _known(value: Any) -> Any:
    """The same, None in the place of nan and infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _both_known(value: Any) -> Any:
    """A pair, None where one of its ends is nan."""
    if isinstance(value, (list, tuple)) and any(isinstance(end, float) and not math.isfinite(end) for end in value):
        return None
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        msg = "should be a text"
        raise ValueError(msg)  # noqa: TRY004 (pydantic asks for it)
    return value


def distinct(values: list[Any]) -> list[Any]:
    """The same list.

    Raises:
        ValueError: it names one thing twice.
    """
    if len(set(values)) != len(values):
        msg = "names one thing twice"
        raise ValueError(msg)
    return values


Text = Annotated[str, PlainValidator(_text), Said("text")]
"""Any text: the name of a file may hold half a character, which pydantic's own type takes for none."""
Number = Annotated[float | None, BeforeValidator(_known), Said("number or null")]
"""A number, None where it cannot be had."""
Share = Annotated[
    Annotated[float, Field(ge=-_ROUNDING, le=1 + _ROUNDING)] | None,
    BeforeValidator(_known),
    Said("number in [0, 1] or null"),
]
"""A share, rate, accuracy or probability; None where it cannot be had."""
Count = Annotated[int, Field(ge=0), Said("whole number")]
"""How many."""
KnownShare = Annotated[float, Field(ge=-_ROUNDING, le=1 + _ROUNDING), Said("number in [0, 1]")]
"""A share, rate, accuracy or probability that can always be had."""
Interval = Annotated[
    Annotated[tuple[float, float], Field(strict=False)] | None,
    BeforeValidator(_both_known),
    Said("[low, high] or null"),
]
"""Both ends of an interval, the lower one first; None where it cannot be had."""
Digests = Annotated[dict[Text, Text], Said("table of seed to text")]
"""Seed (as text, for keys of JSON are) -> digest."""
SettingTable = Annotated[dict[Text, Any], Said("table of setting to its value")]
"""Name of a setting -> value, as recipes have them."""
Classes = Annotated[list[Text], Field(min_length=1), AfterValidator(distinct), Said("list of text")]
"""Names of classes, each once."""
Seeds = Annotated[list[int], Field(min_length=1), AfterValidator(distinct), Said("list of whole numbers")]
"""Seeds, each once."""
