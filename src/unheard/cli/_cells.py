"""How numbers stand in the cells of tables."""

import math
from collections.abc import Sequence

__all__ = ["number", "span"]


def number(value: float | None, digits: int = 3) -> str:
    """A number, or a dash for what is not known.

    >>> number(0.25), number(float("nan"))
    ('0.250', '-')
    """
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def span(ends: Sequence[float] | None) -> str:
    """Both ends of an interval, or a dash for one that is not known.

    >>> span((0.2, 0.4)), span(None)
    ('0.200 to 0.400', '-')
    """
    return "-" if ends is None else " to ".join(map(number, ends))
