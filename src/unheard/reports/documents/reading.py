"""Reading the plain values of a document, as figures do: what is missing or null comes out as None or empty."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from unheard.reports.documents.wording import NOT_KNOWN

__all__ = ["entries", "labels", "number", "part", "table", "texts", "word"]


def part(value: Any, *keys: str) -> Any:
    """What lies under the keys, one level a key; None where a level is missing or is no table.

    >>> part({"uar": {"mean": 0.5}}, "uar", "mean")
    0.5
    >>> part({"uar": None}, "uar", "mean") is None
    True
    """
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def number(value: Any, *keys: str) -> float | None:
    """The finite number under the keys, or None.

    >>> number({"p": float("nan")}, "p") is None
    True
    """
    found = part(value, *keys)
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        return None
    return float(found)


def table(value: Any, *keys: str) -> Mapping[str, Any]:
    """The table under the keys, or an empty one.

    >>> table({"objectives": None}, "objectives")
    {}
    """
    found = part(value, *keys)
    return found if isinstance(found, Mapping) else {}


def entries(value: Any, *keys: str) -> list[Any]:
    """The list under the keys, or an empty one.

    >>> entries({"curves": None}, "curves")
    []
    """
    found = part(value, *keys)
    return list(found) if isinstance(found, Sequence) and not isinstance(found, str) else []


def texts(value: Any, *keys: str) -> list[str]:
    """The sentences in the list under the keys; what is no text is left out.

    >>> texts({"notes": ["one", None]}, "notes")
    ['one']
    """
    return [found for found in entries(value, *keys) if isinstance(found, str)]


def labels(result: Mapping[str, Any]) -> list[str]:
    """The objectives' labels in the order of the result."""
    return list(part(result, "objectives") or {})


def word(value: Any, *keys: str) -> str:
    """What lies under the keys as text; a dash for None.

    >>> word({"speaker": 3}, "speaker")
    '3'
    """
    found = part(value, *keys)
    return NOT_KNOWN if found is None else str(found)
