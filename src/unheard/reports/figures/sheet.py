"""What figures are drawn on: a sheet whose places are in points from its upper left corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unheard.reports.figures.drawing import HALO, OVER, Drawing
from unheard.reports.figures.style import LETTERS, PALETTE, hue, outline, shortened

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.collections import PathCollection
    from matplotlib.transforms import Transform

__all__ = ["Places", "Sheet", "Sizes", "Stroke"]

Places = Sequence[tuple[float, float]]
Sizes = float | Sequence[float]


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn.

    Args:
        color: as hexadecimal, of the palette.
        width: in points.
        alpha: 1 hides what is below.
        dashes: lengths of dash and gap, in points; none for a whole line.
    """

    color: str
    width: float = 1.5
    alpha: float = 1.0
    dashes: tuple[float, float] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """As matplotlib calls it."""
        dashes = None if self.dashes is None else tuple(length / self.width for length in self.dashes)
        style = "-" if dashes is None else (0, dashes)
        return {"color": self.color, "linewidth": self.width, "alpha": self.alpha, "linestyle": style}


class Sheet:
    """A figure that is being drawn; use it inside `house_style` only.

    Args:
        width: in points.
        height: in points.
    """

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72, frameon=False)
        flipped = Affine2D().scale(1 / 72, -1 / 72).translate(0, height / 72)
        self.points = flipped + self.figure.dpi_scale_trans
        self.tips: dict[str, Sequence[str]] = {}
        self._drawn = 0

    def text(  # noqa: PLR0913 (a text has this many sides)
        self, x: float, y: float, text: object, kind: str = "tick", *, anchor: str = "left", turn: float = 0.0,
        color: str | None = None, over: bool = False,
    ) -> None:  # fmt: skip
        """Write one line, its baseline beginning, centered or ending at a place.

        Args:
            x: in points.
            y: of the baseline, in points.
            text: written as it is, every sign visible.
            kind: key in `LETTERS`.
            anchor: which end of the text the place is: left, center or right.
            turn: counterclockwise about the place, in degrees.
            color: other than the kind's.
            over: whether the pointer reaches through, to what lies below.
        """
        letters = LETTERS[kind]
        gid = f"{HALO}{letters.halo:g}" if letters.halo else OVER if over else None
        self.figure.text(
            x, y, shortened(text, 200), transform=self.points, color=color or PALETTE[letters.color],
            fontsize=letters.size, fontweight="bold" if letters.bold else "normal", horizontalalignment=anchor,
            verticalalignment="baseline", rotation=turn, rotation_mode="anchor", parse_math=False, usetex=False,
            zorder=self.next_order(), gid=gid,
        )  # fmt: skip

    def stroke(self, xs: Sequence[float], ys: Sequence[float], stroke: Stroke) -> None:
        """Draw a line through places."""
        from matplotlib.lines import Line2D

        line = Line2D(xs, ys, transform=self.points, zorder=self.next_order(), **stroke.settings)
        self.figure.add_artist(line)

    def mark(self, x: float, y: float, number: int, size: float = 7.5) -> None:
        """The mark of the n-th thing, as a legend shows it."""
        self.figure.add_artist(self.marks([(x, y)], [number], size, self.points))

    def ring(self, x: float, y: float, size: float) -> None:
        """A circle about a place."""
        style = {"facecolors": "none", "edgecolors": PALETTE["ink"], "linewidths": 1.2}
        self.figure.add_artist(self.shapes([(x, y)], [0], size, self.points, **style))

    def marks(self, places: Places, numbers: Sequence[int], size: Sizes, transform: "Transform") -> "PathCollection":
        """Marks of the n-th things as one artist of matplotlib, one above the other in their order."""
        style = {"facecolors": [hue(number) for number in numbers], "edgecolors": PALETTE["paper"], "linewidths": 0.6}
        return self.shapes(places, numbers, size, transform, **style)

    def shapes(
        self, places: Places, numbers: Sequence[int], size: Sizes, transform: "Transform", **style: Any
    ) -> "PathCollection":
        """Outlines of marks at places, each as wide as its size, in points."""
        from matplotlib.collections import PathCollection
        from matplotlib.transforms import IdentityTransform

        sizes = [one**2 for one in size] if isinstance(size, Sequence) else [size**2]
        shapes = PathCollection(
            [outline(number) for number in numbers], sizes=sizes, offsets=places, offset_transform=transform,
            zorder=self.next_order(), clip_on=False, **style,
        )  # fmt: skip
        shapes.set_transform(IdentityTransform())
        return shapes

    def next_order(self) -> int:
        """What is drawn later lies above."""
        self._drawn += 1
        return 10 + self._drawn

    def tip(self, artist: "Artist", tips: Sequence[str]) -> None:
        """Give the marks of an artist hover titles."""
        name = f"tips{len(self.tips)}"
        artist.set_gid(name)
        self.tips[name] = tips

    def drawing(self, title: str, description: str) -> Drawing:
        """The finished figure."""
        return Drawing(self.figure, title, description, self.tips)
