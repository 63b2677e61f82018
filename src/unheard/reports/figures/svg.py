"""SVG by hand: an axis, and the marks on it. Colors are the page's variables, so that light and dark both fit."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["COLORS", "LETTER", "Frame", "apart", "color", "figure", "label_of", "legend", "mark_at", "ticks"]

COLORS = 9
"""How many hues the page defines (--c0 to --c8)."""
LETTER = 6.8
"""Width of a letter of a name, in pixels: for keeping names off each other."""


def color(number: int) -> str:
    """The hue of the n-th thing."""
    return f"var(--c{number % COLORS})"


def label_of(name: object, longest: int = 16) -> str:
    """A name as SVG text: escaped, and cut with an ellipsis where there is no room for it.

    >>> label_of("a<b"), label_of("a very long name", 6)
    ('a&lt;b', 'a ver…')
    """
    text = str(name)
    return escape(text if len(text) <= longest else f"{text[: longest - 1]}…")


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers between two ends, about as many as wanted.

    >>> ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * factor for factor in (1, 2, 5) if power * factor >= rough * 0.999), power * 10)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The places, moved so that neighbors are at least a gap apart, their middle kept.

    >>> apart([10.0, 10.0, 50.0], 14.0)
    [3.0, 17.0, 50.0]
    """
    order = sorted(range(len(places)), key=lambda position: places[position])
    groups: list[list[int]] = []
    for position in order:
        groups.append([position])
        while len(groups) > 1 and _edge(places, groups[-2], gap, 1) + gap > _edge(places, groups[-1], gap, -1) + 1e-9:
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [0.0] * len(places)
    for group in groups:
        for rank, position in enumerate(group):
            moved[position] = _edge(places, group, gap, -1) + rank * gap
    return moved


def _edge(places: Sequence[float], group: Sequence[int], gap: float, side: int) -> float:
    """First (-1) or last (1) place of a group that is spread about its mean."""
    mean = sum(places[position] for position in group) / len(group)
    return mean + side * gap * (len(group) - 1) / 2


@dataclass(frozen=True)
class Frame:
    """A plotting area with linear axes.

    Args:
        width: of the whole figure, in CSS pixels.
        height: of the whole figure.
        x: lowest and highest value across.
        y: lowest and highest value upwards.
        left: room for the labels of y.
        bottom: room for the labels of x.
        top: room above.
        right: room to the right.
    """

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 50.0
    bottom: float = 40.0
    top: float = 10.0
    right: float = 12.0

    def across(self, value: float) -> float:
        """Pixel of a value of x."""
        low, high = self.x
        return self.left + (value - low) / ((high - low) or 1.0) * (self.width - self.left - self.right)

    def up(self, value: float) -> float:
        """Pixel of a value of y."""
        low, high = self.y
        room = self.height - self.top - self.bottom
        return self.height - self.bottom - (value - low) / ((high - low) or 1.0) * room

    def grid(self) -> str:
        """A line and a number at each round value of y."""
        values = ticks(*self.y)
        digits = _digits(values)
        parts = []
        for value in values:
            y = self.up(value)
            parts.append(
                f'<line class="grid" x1="{self.left}" x2="{self.width - self.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            parts.append(
                f'<text class="tick" x="{self.left - 7}" y="{y + 4:.1f}" text-anchor="end">{value:.{digits}f}</text>'
            )
        return "".join(parts)

    def axes(self, x_title: str, y_title: str, *, whole: bool = False) -> str:
        """Grid lines, numbers and titles; with whole, x is counted and has no fractions."""
        parts = [self.grid()]
        values = [value for value in ticks(*self.x) if not whole or value == round(value)]
        digits = _digits(values)
        for value in values:
            x, y = self.across(value), self.height - self.bottom + 17
            parts.append(f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{value:.{digits}f}</text>')
        middle = (self.left + self.width - self.right) / 2
        parts.append(
            f'<text class="axis" x="{middle:.0f}" y="{self.height - 5}" text-anchor="middle">{escape(x_title)}</text>'
        )
        if y_title:
            place = f"translate(13 {(self.top + self.height - self.bottom) / 2:.0f}) rotate(-90)"
            parts.append(f'<text class="axis" transform="{place}" text-anchor="middle">{escape(y_title)}</text>')
        return "".join(parts)

    def level(self, value: float, name: str, *, outside: bool = False) -> str:
        """A dashed line across the figure at a value of y, with its name at or outside the right edge."""
        y, edge = self.up(value), self.width - self.right
        place = f'x="{edge + 5}" y="{y + 4:.1f}"' if outside else f'x="{edge - 3}" y="{y - 4:.1f}" text-anchor="end"'
        return (
            f'<line class="reference" x1="{self.left}" x2="{edge}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="note" {place}>{escape(name)}</text>'
        )

    def line(self, xs: Sequence[float], ys: Sequence[float | None], style: str) -> str:
        """A polyline, broken where a value is missing."""
        runs: list[list[str]] = [[]]
        for x, y in zip(xs, ys, strict=True):
            if y is None or not math.isfinite(y):
                runs.append([])
                continue
            runs[-1].append(f"{self.across(x):.1f},{self.up(y):.1f}")
        return "".join(f'<polyline {style} points="{" ".join(run)}"/>' for run in runs if len(run) > 1)

    def mark(self, x: float, y: float, number: int, title: str, size: float = 5.0) -> str:
        """A point; its hue and, beyond the hues, its shape say which."""
        return mark_at(self.across(x), self.up(y), number, title, size)


def _digits(values: Sequence[float]) -> int:
    """How many decimals tell the values apart and show them whole."""
    return next((digits for digits in range(6) if all(abs(round(v, digits) - v) < 1e-9 for v in values)), 6)


def mark_at(x: float, y: float, number: int, title: str, size: float = 5.0) -> str:
    """A point at a pixel: a disc, a square, a diamond or a triangle in the n-th hue, 36 in all.

    Neighbors differ in hue and shape, so that who tells few hues apart can still tell the points apart.
    """
    shape = (number % COLORS + number // COLORS) % 4
    tip = f"<title>{escape(title)}</title>" if title else ""
    style = f'style="fill:{color(number)}"'
    if shape == 0:
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}>{tip}</circle>'
    corners: dict[int, Iterable[tuple[float, float]]] = {
        1: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2: [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
        3: [(0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
    }
    points = " ".join(f"{x + size * right:.1f},{y + size * down:.1f}" for right, down in corners[shape])
    return f'<polygon class="mark" points="{points}" {style}>{tip}</polygon>'


def figure(width: float, height: float, title: str, description: str, body: str) -> str:
    """A whole SVG with its alternative text; it shrinks with the page, but never until its text cannot be read."""
    return (
        f'<svg role="img" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'style="max-width:{width:.0f}px;min-width:{0.7 * width:.0f}px">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
    )


def legend(names: Sequence[str], longest: int, gap: float = 28.0) -> tuple[str, float]:
    """Marks with their names in a line at the top, and the pixel behind the last.

    Args:
        names: in the order of their hues.
        longest: letters of a name that are shown.
        gap: what a mark and the room about its name take, in pixels.
    """
    parts, x = [], 62.0
    for place, name in enumerate(names):
        parts.append(mark_at(x, 13, place, "", 5))
        parts.append(f'<text class="tick" x="{x + 9:.1f}" y="17">{label_of(name, longest)}</text>')
        x += gap + LETTER * min(longest, len(name))
    return "".join(parts), x
