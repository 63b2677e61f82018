"""A drawing as files for a paper: SVG, PDF and PNG of one figure, the same bytes for the same numbers."""

from pathlib import Path
from typing import TYPE_CHECKING

from unheard.files import aside, write_atomically
from unheard.harmless import visible
from unheard.reports.figures.drawing import HALO, Drawing
from unheard.reports.figures.style import PALETTE, house_style

if TYPE_CHECKING:
    from matplotlib.text import Text

__all__ = ["FORMATS", "write_drawing"]

FORMATS = ("svg", "pdf", "png")
"""What journals take: two that scale, and one that any program shows, at 300 dots an inch."""


def write_drawing(drawing: Drawing | None, folder: Path, name: str) -> list[Path]:
    """Write NAME.svg, NAME.pdf and NAME.png; nothing where there is nothing to draw.

    They have the page's light colors on white, their fonts inside (PDF), no date, and the title and the description.

    Args:
        drawing: what is written.
        folder: where to; it is made.
        name: of the files, without an ending.

    Returns:
        The files.

    Raises:
        OSError: the folder cannot be written to.
    """
    if drawing is None:
        return []
    svg, pdf, png = (folder / f"{name}.{form}" for form in FORMATS)
    write_atomically(drawing.document(), svg)
    title, said = visible(drawing.title), visible(drawing.description)
    about = {"Title": title, "Subject": said, "Creator": None, "Producer": None, "CreationDate": None}
    _save(drawing, pdf, about)
    _save(drawing, png, {"Title": title, "Description": said, "Software": None})
    return [svg, pdf, png]


def _save(drawing: Drawing, file: Path, about: dict[str, str | None]) -> None:
    """Write what matplotlib draws itself; rims of texts lie below them for it alone, so that texts stay text."""
    with house_style(), aside(file) as beside:
        rims = _rims(drawing)
        for rim in rims:
            drawing.figure.add_artist(rim)
        drawing.figure.set_frameon(True)
        try:
            paper = PALETTE["paper"]
            drawing.figure.savefig(beside, format=file.suffix[1:], facecolor=paper, metadata=about)
        finally:
            drawing.figure.set_frameon(False)
            for rim in rims:
                rim.remove()


def _rims(drawing: Drawing) -> list["Text"]:
    """Below each text that is to have one, its rim in the paper's color."""
    from matplotlib.patheffects import Stroke
    from matplotlib.text import Text

    rims = []
    for text in drawing.figure.findobj(Text):
        name = str(text.get_gid())
        if name.startswith(HALO):
            rim = Text(*text.get_position(), text.get_text(), parse_math=False, rotation_mode="anchor")
            rim.update_from(text)
            effect = Stroke(linewidth=float(name.removeprefix(HALO)), foreground=PALETTE["paper"])
            rim.set(path_effects=[effect], zorder=text.get_zorder() - 0.5)
            rims.append(rim)
    return rims
