"""Legends: names with their marks, laid out in lines before the sheet is cut, so that there is room for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.sheet import Sheet
from unheard.reports.figures.style import LETTERS, house_style, shortened, width_of

__all__ = ["Legend", "draw_legend", "lay_out", "legend"]

Sign = Callable[[Sheet, float, float], None]
"""Draws a sign about a place on a sheet."""

_LINE = 15.0
_MARK, _GAP = 10.0, 13.0
"""Room for a mark before its name, and behind the name."""


@dataclass(frozen=True)
class Legend:
    """Names in their places.

    Args:
        entries: of each its distance from the left in points, its line from 0, its number and its name.
        width: how far the last line reaches, in points.
    """

    entries: tuple[tuple[float, int, int, str], ...]
    width: float

    @property
    def height(self) -> float:
        """In points."""
        return _LINE * (1 + max((line for _, line, *_ in self.entries), default=-1))


def lay_out(names: Sequence[object], numbers: Sequence[int], width: float, longest: int = 24) -> Legend:
    """Names in as many lines as they need.

    Args:
        names: in their order.
        numbers: which mark each has.
        width: of a line, in points.
        longest: letters of a name that are shown.
    """
    entries: list[tuple[float, int, int, str]] = []
    x, line = 0.0, 0
    for name, number in zip(names, numbers, strict=True):
        text = shortened(name, longest)
        wide = _MARK + width_of(text, LETTERS["tick"])
        if x and x + wide > width:
            x, line = 0.0, line + 1
        entries.append((x, line, number, text))
        x += wide + _GAP
    return Legend(tuple(entries), x)


def draw_legend(
    sheet: Sheet, laid: Legend, left: float, top: float, *, signs: Mapping[int, Sign] = MappingProxyType({})
) -> None:
    """Draw it with its upper left corner at a place, in points.

    Args:
        sheet: what it lies on.
        laid: the names in their places.
        left: of all of it.
        top: of all of it.
        signs: number of an entry to what is drawn about a place in the stead of its mark.
    """
    for x, line, number, name in laid.entries:
        middle = top + _LINE * (line + 0.5)
        if number in signs:
            signs[number](sheet, left + x + 2, middle)
        else:
            sheet.mark(left + x + 4, middle, number, 6.8)
        sheet.text(left + x + _MARK, middle + 3, name)


@house_style()
def legend(names: Sequence[object], width: float = 780.0) -> Drawing | None:
    """A legend by itself, for figures that share it; None without a name.

    Args:
        names: in the order of their hues.
        width: of its lines, in points.
    """
    if not names:
        return None
    laid = lay_out(names, range(len(names)), width)
    reach = laid.width if laid.height <= _LINE else width
    sheet = Sheet(max(120.0, reach), laid.height)
    draw_legend(sheet, laid, 0.0, 0.0)
    return sheet.drawing("Legend", ", ".join(shortened(name, 60) for name in names))
