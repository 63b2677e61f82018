"""The cells of an audformat table as text that is the same from CSV and from parquet."""

import math
from datetime import datetime
from typing import Any

from unheard.data.tables import seconds_from
from unheard.records import Seconds

__all__ = ["Flaw", "known_text", "seconds_of", "text_of"]

# What pandas writes, and pyarrow reads, for a value that is missing.
_MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "N/A", "NA", "NULL",
     "NaN", "n/a", "nan", "null", "<NA>", "NaT"}
)  # fmt: skip


class Flaw(Exception):  # noqa: N818 - never leaves this package: the CorpusError names the row
    """A cell that is not what the header states; the text says what came and what was expected."""


def text_of(value: Any, *, written: bool = False, kind: str = "") -> str:
    """A value as text, '' where it is missing.

    Args:
        value: as it was decoded.
        written: whether it was written in a CSV, where words stand for what is missing.
        kind: the type that parquet gives it.
    """
    if kind == "nanoseconds":
        return f"{value / 1e9:.9f}s"
    if isinstance(value, float) and math.isnan(value):
        return ""
    text = str(value)
    return "" if text in (_MISSING if written else {"<NA>", "NaT"}) else text


def seconds_of(text: str) -> Seconds:
    """Seconds of a time as pandas writes it.

    >>> seconds_of("0 days 00:01:01.5"), seconds_of("0 days"), seconds_of("1.5s")
    (61.5, 0.0, 1.5)

    Raises:
        Flaw: it is no time, or before 0.
    """
    try:
        seconds = seconds_from(text.removesuffix("s") if text[-2:-1].isdigit() else text)
    except ValueError as problem:
        raise Flaw(f"the time '{text[:40]}', expected {problem}") from problem
    # Nanoseconds, as pandas keeps them, so that a sum of parts is no other number than the time itself.
    return round(seconds * 1e9) / 1e9


def known_text(text: str, dtype: str) -> str:
    """A cell's text in the one way that its type is written here, so that CSV and parquet agree.

    >>> known_text("1", "float"), known_text("true", "bool"), known_text("2020-01-31", "date")
    ('1.0', 'True', '2020-01-31 00:00:00')

    Raises:
        Flaw: it is not of the type.
    """
    try:
        if dtype == "int":
            return str(int(text))
        if dtype == "float":
            return str(float(text))
        if dtype == "date":
            return str(datetime.fromisoformat(text))
        if dtype == "time":
            return str(seconds_of(text))
    except ValueError as problem:
        raise Flaw(f"'{text[:40]}' is no {dtype}") from problem
    if dtype == "bool":
        if text.lower() not in {"true", "false", "0", "1"}:
            raise Flaw(f"'{text[:40]}' is neither True nor False")
        return str(text.lower() in {"true", "1"})
    return text
