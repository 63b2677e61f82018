"""SVG by hand: an axis, and the marks on it. Colours are the page's variables, so that light and dark both fit."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["COLOURS", "Frame", "colour", "figure", "ticks"]

COLOURS = 9
"""How many hues the page defines (--c0 to --c8); more are told apart by shape."""


def colour(number: int) -> str:
    """The hue of the n-th thing."""
    return f"var(--c{number % COLOURS})"


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
    """

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    left: float = 46.0
    bottom: float = 38.0
    top: float = 10.0
    right: float = 12.0

    def across(self, value: float) -> float:
        """Pixel of a value of x."""
        low, high = self.x
        return self.left + (value - low) / ((high - low) or 1.0) * (self.width - self.left - self.right)

    def up(self, value: float) -> float:
        """Pixel of a value of y."""
        low, high = self.y
        return (
            self.height - self.bottom - (value - low) / ((high - low) or 1.0) * (self.height - self.top - self.bottom)
        )

    def axes(self, x_title: str, y_title: str, digits: int = 1, *, x_digits: int | None = None) -> str:
        """Grid lines, tick labels and titles."""
        parts = []
        edge = self.width - self.right
        for value in ticks(*self.y):
            y = self.up(value)
            parts.append(f'<line class="grid" x1="{self.left}" x2="{edge}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(
                f'<text class="tick" x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.{digits}f}</text>'
            )
        for value in ticks(*self.x):
            if x_digits == 0 and value != round(value):
                continue
            x = self.across(value)
            label = f"{value:.{digits if x_digits is None else x_digits}f}"
            parts.append(
                f'<text class="tick" x="{x:.1f}" y="{self.height - self.bottom + 16}" text-anchor="middle">{label}</text>'
            )
        middle = (self.left + edge) / 2
        parts.append(
            f'<text class="axis" x="{middle:.0f}" y="{self.height - 4}" text-anchor="middle">{escape(x_title)}</text>'
        )
        height = (self.top + self.height - self.bottom) / 2
        parts.append(
            f'<text class="axis" transform="translate(12 {height:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(y_title)}</text>"
        )
        return "".join(parts)

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


def mark_at(x: float, y: float, number: int, title: str, size: float = 5.0) -> str:
    """A point at a pixel: a disc, a square, a diamond or a triangle in the n-th hue."""
    shape = number // COLOURS % 4
    tip = f"<title>{escape(title)}</title>" if title else ""
    style = f'style="fill:{colour(number)}"'
    if shape == 0:
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{size}" {style}>{tip}</circle>'
    corners: dict[int, Iterable[tuple[float, float]]] = {
        1: [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        2: [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
        3: [(0, -1.2), (1.1, 0.9), (-1.1, 0.9)],
    }
    points = " ".join(f"{x + size * right:.1f},{y + size * down:.1f}" for right, down in corners[shape])
    return f'<polygon class="mark" points="{points}" {style}>{tip}</polygon>'


def figure(width: float, height: float, title: str, description: str, body: str) -> str:
    """A whole SVG with its alternative text."""
    return (
        f'<svg role="img" viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
    )
