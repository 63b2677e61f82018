"""How every figure looks: its colors, marks and letters, and the settings of matplotlib that all are drawn under.

Lengths are in points of 1/72 inch; a CSS pixel of the page is 0.75 of one.
"""

import contextlib
import functools
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unheard.harmless import visible
from unheard.silence import without_warnings

if TYPE_CHECKING:
    from matplotlib.path import Path as Outline

__all__ = [
    "HUES",
    "LETTERS",
    "PALETTE",
    "Letters",
    "house_style",
    "hue",
    "outline",
    "shortened",
    "widest",
    "width_of",
]

HUES = 9
"""How many hues there are; the last is gray."""
PALETTE = {
    "paper": "#ffffff",
    "ink": "#1d2127",
    "quiet": "#5a616c",
    "line": "#dfddd6",
    "heat": "#003c7d",
    "cell": "#010101",
    "strong": "#fefefe",
    "c0": "#0072b2",
    "c1": "#d55e00",
    "c2": "#044d1c",
    "c3": "#622d66",
    "c4": "#aa7e42",
    "c5": "#2940d5",
    "c6": "#c86c6b",
    "c7": "#9d4404",
    "c8": "#6a737d",
}
"""Name of a color on a page (--paper, --ink, …) to what it is drawn as: the page's light colors.

Each is there once, so that a page can put its own, light or dark, in its place: where two of the page's are one, and
for black, which SVG leaves out, it is the shade beside."""


def hue(number: int) -> str:
    """The hue of the n-th thing."""
    return PALETTE[f"c{number % HUES}"]


@dataclass(frozen=True)
class Letters:
    """What a kind of text looks like.

    Args:
        size: in points.
        color: name in the palette.
        bold: whether it is.
        halo: width of the rim in the paper's color, in points, that keeps it readable on lines; 0 for none.
    """

    size: float
    color: str
    bold: bool = False
    halo: float = 0.0


LETTERS = {
    "tick": Letters(8.5, "quiet"),
    "axis": Letters(9.0, "quiet"),
    "note": Letters(8.25, "quiet", halo=2.5),
    "name": Letters(9.25, "ink", bold=True, halo=2.5),
    "small": Letters(7.75, "quiet", halo=2.0),
    "number": Letters(8.5, "quiet", halo=2.5),
    "cell": Letters(9.25, "cell"),
}
"""Kinds of text: numbers and names at an axis, its title, a remark inside the figure, the name of a mark, that of
one of many bars, the number at a bar, and that in a cell."""

_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, and is wider than what browsers take in its place
    "path.simplify": False,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "svg.fonttype": "none",
    "svg.hashsalt": "unheard",
    "text.parse_math": False,
    "text.usetex": False,
}
_NOT_TO_BE_SET = ("backend", "backend_fallback", "interactive", "toolbar", "timezone")


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Settings to draw and write figures in: matplotlib's own and ours, whatever its user has set."""
    with without_warnings(), _without_log():  # of letters that the font lacks (a browser has them), of its cache
        import matplotlib as mpl

        own: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if key not in _NOT_TO_BE_SET}
        with mpl.rc_context(own | _SETTINGS):
            yield


@contextlib.contextmanager
def _without_log() -> Iterator[None]:
    """Inside, matplotlib does not tell that it makes its list of fonts, and where: nobody has to do anything."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


_SHAPES = (("o", 1.0), ("s", 0.9), ("D", 0.92), ("^", 1.1))


@functools.cache
def outline(number: int) -> "Outline":
    """The mark of the n-th thing, about 1 wide: a disc, a square, a diamond or a triangle.

    Neighbors differ in hue and shape, so that who tells few hues apart can still tell 36 things apart.
    """
    from matplotlib.markers import MarkerStyle
    from matplotlib.transforms import Affine2D

    kind, size = _SHAPES[(number % HUES + number // HUES) % len(_SHAPES)]
    mark = MarkerStyle(kind)
    return mark.get_path().transformed(mark.get_transform() + Affine2D().scale(size))


def shortened(name: object, longest: int = 16) -> str:
    """A name as it is drawn: every sign visible, and cut with an ellipsis where there is no room for it.

    >>> shortened("a very long name", 6)
    'a ver…'
    """
    text = visible(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


_NARROW = frozenset("fijlrtI|!.,:;'()[]- ")
_BROAD = frozenset("mwMW@%&—")


def width_of(text: str, letters: Letters) -> float:
    """How wide a text is at most, in points, whatever usual font it is shown in.

    >>> round(width_of("plain", LETTERS["tick"]))
    24
    """
    return letters.size * (1.1 if letters.bold else 1.0) * sum(map(_em, text))


def _em(sign: str) -> float:
    """Width of a sign, as a share of the size."""
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    return 0.41 if sign in _NARROW else 1.0 if sign in _BROAD else 0.78 if sign.isupper() else 0.66


def widest(names: Sequence[str], letters: Letters) -> float:
    """Width of the widest of them, 0 of none."""
    return max((width_of(name, letters) for name in names), default=0.0)
