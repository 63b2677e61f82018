"""Plotting areas with linear axes, and the few marks that all figures share; places are values of the axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unheard.reports.figures.sheet import Places, Sheet, Sizes, Stroke
from unheard.reports.figures.style import LETTERS, PALETTE, hue, widest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection

__all__ = ["REFERENCE", "Area", "Bar", "Margins", "as_numbers", "round_values"]

Values = Sequence[float | None]

GRID = Stroke(PALETTE["line"], 0.75)
REFERENCE = Stroke(PALETTE["quiet"], 0.75, dashes=(3.0, 3.0))
"""What a figure is held against: chance, the diagonal, no difference."""


@dataclass(frozen=True)
class Margins:
    """Room around a plotting area, in points."""

    left: float = 48.0
    right: float = 9.0
    top: float = 8.0
    bottom: float = 31.0


def round_values(ends: tuple[float, float], *, whole: bool = False) -> list[float]:
    """Round numbers between two ends, about five."""
    from matplotlib.ticker import MaxNLocator

    low, high = ends
    room = 1e-9 * (high - low)
    values = MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=whole).tick_values(low, high)
    return [round(float(value), 9) + 0.0 for value in values if low - room <= value <= high + room]


def as_numbers(values: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as tell them apart and show them whole.

    >>> as_numbers([0.0, 0.25, 0.5])
    ['0.00', '0.25', '0.50']
    """
    digits = next((count for count in range(6) if all(abs(round(v, count) - v) < 1e-9 for v in values)), 6)
    return [f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}") for value in values]


class Area:
    """A plotting area with linear axes, without numbers until they are asked for.

    Args:
        sheet: what it lies on.
        x: lowest and highest value across.
        y: lowest and highest value upwards.
        margins: room around it.
    """

    def __init__(self, sheet: Sheet, x: tuple[float, float], y: tuple[float, float], margins: Margins) -> None:
        self.sheet, self.x, self.y = sheet, x, y
        self.left, self.right = margins.left, sheet.width - margins.right
        self.top, self.foot = margins.top, sheet.height - margins.bottom
        share = (self.left / sheet.width, 1 - self.foot / sheet.height)
        size = ((self.right - self.left) / sheet.width, (self.foot - self.top) / sheet.height)
        self.axes: Axes = sheet.figure.add_axes((*share, *size), xlim=x, ylim=y)
        self.axes.set_axis_off()  # numbers are ours: ticks of matplotlib cost ten times as much as their texts

    def across(self, value: float) -> float:
        """Place of a value of x, in points from the left of the sheet."""
        low, high = self.x
        return self.left + (value - low) / ((high - low) or 1.0) * (self.right - self.left)

    def down(self, value: float) -> float:
        """Place of a value of y, in points from the top of the sheet."""
        low, high = self.y
        return self.foot - (value - low) / ((high - low) or 1.0) * (self.foot - self.top)

    def scale_x(self, title: str, *, whole: bool = False, grid: bool = False) -> None:
        """Numbers below the area, and what they are; with whole there are no fractions, with grid a line at each."""
        values = round_values(self.x, whole=whole)
        if grid:
            self.lines([((value, value), self.y) for value in values], GRID)
        self.names_x(as_numbers(values), values)
        self.sheet.text((self.left + self.right) / 2, self.foot + 27, title, "axis", anchor="center")

    def scale_y(self, title: str = "") -> None:
        """Numbers left of the area with a line through it at each, and what they are."""
        values = round_values(self.y)
        self.lines([(self.x, (value, value)) for value in values], GRID)
        numbers = as_numbers(values)
        self.names_y(numbers, values)
        if title:
            x = self.left - 13 - widest(numbers, LETTERS["tick"])
            self.sheet.text(x, (self.top + self.foot) / 2, title, "axis", anchor="center", turn=90)

    def names_x(self, names: Sequence[str], places: Sequence[float], kind: str = "tick", *, turn: float = 0) -> None:
        """Names below the area; turned ones end at their place."""
        for name, place in zip(names, places, strict=True):
            x, y = self.across(place), self.foot + 13
            if turn:
                self.sheet.text(x + 3, self.foot + 8, name, kind, anchor="right", turn=turn)
            else:
                self.sheet.text(x, y, name, kind, anchor="center")

    def names_y(self, names: Sequence[str], places: Sequence[float], kind: str = "tick") -> None:
        """Names left of the area."""
        for name, place in zip(names, places, strict=True):
            self.sheet.text(self.left - 7, self.down(place) + 3, name, kind, anchor="right")

    def mean_line(self, xs: Sequence[float], ys: Values, number: int, count: int) -> None:
        """The line of the n-th of several things; the first is the widest, so that it shows below another."""
        self.line(xs, ys, Stroke(hue(number), 1.5 + 1.3 * (count - 1 - number) / max(1, count - 1)))

    def line(self, xs: Sequence[float], ys: Values, stroke: Stroke, tip: str = "") -> None:
        """A line, broken where a value is missing, with a hover title if there is one."""
        from matplotlib.lines import Line2D

        settings = stroke.settings | {"solid_capstyle": "round", "dash_capstyle": "butt"}
        known = [math.nan if y is None else y for y in ys]
        line = Line2D(xs, known, clip_on=False, zorder=self.sheet.next_order(), **settings)
        self.axes.add_line(line)
        if tip:
            self.sheet.tip(line, [tip])

    def lines(self, series: Sequence[tuple[Sequence[float], Values]], stroke: Stroke) -> None:
        """Many lines of one kind."""
        xs: list[float] = []
        ys: list[float | None] = []
        for own_xs, own_ys in series:
            xs += [*own_xs, math.nan]
            ys += [*own_ys, None]
        self.line(xs, ys, stroke)

    def bars(self, bars: Sequence["Bar"]) -> None:
        """Filled rectangles with hover titles."""
        from matplotlib.patches import Rectangle

        for bar in bars:
            (left, right), (low, high) = bar.x, bar.y
            box = Rectangle(
                (left, low), right - left, high - low, facecolor=bar.color, alpha=bar.alpha, edgecolor="none",
                clip_on=False, zorder=self.sheet.next_order(),
            )  # fmt: skip
            self.axes.add_patch(box)
            if bar.tip:
                self.sheet.tip(box, [bar.tip])

    def marks(self, places: Places, numbers: Sequence[int], tips: Sequence[str] = (), size: Sizes = 7.5) -> None:
        """Marks of the n-th things, one above the other in their order, with hover titles."""
        if places:
            self._add(self.sheet.marks(places, numbers, size, self.axes.transData), tips)

    def discs(self, places: Places, sizes: Sequence[float], number: int, tips: Sequence[str]) -> None:
        """Half transparent discs of the n-th thing's hue, each as wide as its size, in points."""
        style = {"facecolors": hue(number), "edgecolors": PALETTE["paper"], "linewidths": 0.6, "alpha": 0.55}
        if places:
            self._add(self.sheet.shapes(places, [0], sizes, self.axes.transData, **style), tips)

    def dots(self, places: Places, size: float, tips: Sequence[str]) -> None:
        """Small dots in the color of text."""
        style = {"facecolors": PALETTE["ink"], "linewidths": 0}
        if places:
            self._add(self.sheet.shapes(places, [0], size, self.axes.transData, **style), tips)

    def _add(self, shapes: "PathCollection", tips: Sequence[str]) -> None:
        self.axes.add_artist(shapes)
        if tips:
            self.sheet.tip(shapes, tips)

    def whisker(self, xs: tuple[float, float], ys: tuple[float, float], number: int, *, faint: bool = False) -> None:
        """An interval of the n-th thing."""
        self.line(xs, ys, Stroke(hue(number), 1.0, alpha=0.55) if faint else Stroke(hue(number), 1.5))

    def level(self, value: float, name: str, *, outside: bool = False) -> None:
        """A dashed line across the area at a value of y, with its name at its end or right of the area."""
        self.line(self.x, (value, value), REFERENCE)
        y = self.down(value)
        if outside:
            self.sheet.text(self.right + 4, y + 3, name, "note")
        else:
            self.sheet.text(self.right - 2, y - 3, name, "note", anchor="right")

    def upright(self, value: float, tip: str = "", ends: tuple[float, float] | None = None) -> None:
        """A dashed line at a value of x, through the area or between two values of y."""
        self.line((value, value), ends or self.y, REFERENCE, tip)

    def tick(self, value: float, ends: tuple[float, float], tip: str) -> None:
        """A small upright stroke at a value of x, between two values of y."""
        self.line((value, value), ends, Stroke(PALETTE["quiet"], 1.2, alpha=0.75), tip)


@dataclass(frozen=True)
class Bar:
    """A filled rectangle.

    Args:
        x: where it begins and ends across.
        y: where it begins and ends upwards.
        color: as hexadecimal, of the palette.
        tip: its hover title; empty for none.
        alpha: 1 hides what is below.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    color: str
    tip: str = ""
    alpha: float = 1.0
