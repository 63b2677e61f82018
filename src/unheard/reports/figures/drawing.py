"""A figure with its alternative text, and the two forms that it is shown in: inside a page, and as an SVG of its own.

matplotlib writes an SVG for a file of its own: with groups, identifiers, fonts and shapes that are defined once and
used often. Inside a page none of that may stay, because identifiers of two figures would meet. So its shapes are
written out one by one, in the order in which they are drawn.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from unheard.harmless import visible
from unheard.reports.figures.style import PALETTE, house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["HALO", "OVER", "Drawing"]

HALO = "halo"
"""Identifier of texts that have a rim in the paper's color."""
OVER = "over"
"""Identifier of texts that lie on something with a hover title, which they must not cover."""
_NAMES = {color: name for name, color in PALETTE.items()}
_SIZES = "max-width:{width:g}pt;min-width:{least:g}pt"
_READABLE = 0.7
"""A figure shrinks with the page, but never below this share: its text could not be read."""
_FONTS = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Drawing:
    """A drawn figure.

    Put into a template it becomes SVG for the page; `files.write_drawing` makes files of it.

    Args:
        figure: of matplotlib.
        title: what it is.
        description: what it says, in words and numbers, for whoever does not see it.
        tips: identifier of an artist to the hover titles of its marks, in their order.
    """

    figure: "Figure"
    title: str
    description: str
    tips: Mapping[str, Sequence[str]]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        width, height = self.figure.get_size_inches()
        return 72 * float(width), 72 * float(height)

    def __html__(self) -> str:
        """SVG for a page: without identifiers, its colors the page's variables, so that light and dark both fit."""
        width, height = self.size
        root = ET.Element("svg", role="img", viewBox=f"0 0 {width:g} {height:g}")
        root.set("style", _SIZES.format(width=width, least=round(_READABLE * width, 1)))
        self._fill(root, {color: f"var(--{name})" for color, name in _NAMES.items()})
        return ET.tostring(root, encoding="unicode")

    def document(self) -> str:
        """An SVG of its own, white, sized and without variables, which drawing programs lack."""
        width, height = self.size
        root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img", viewBox=f"0 0 {width:g} {height:g}")
        root.set("width", f"{width:g}pt")
        root.set("height", f"{height:g}pt")
        root.set("font-family", _FONTS)
        self._fill(root, {})
        root.insert(2, ET.Element("rect", width=f"{width:g}", height=f"{height:g}", fill=PALETTE["paper"]))
        return ET.tostring(root, encoding="unicode") + "\n"

    def _fill(self, root: ET.Element, colors: Mapping[str, str]) -> None:
        """The alternative text, then everything that is drawn."""
        root.set("stroke-linejoin", "round")
        ET.SubElement(root, "title").text = visible(self.title)
        ET.SubElement(root, "desc").text = visible(self.description)
        for shape in _shapes(self.figure, self.tips):
            shape.set("style", _recolored(shape.get("style", ""), colors))
            root.append(shape)


def _recolored(style: str, colors: Mapping[str, str]) -> str:
    return re.sub("#[0-9a-f]{6}", lambda found: colors.get(found[0], found[0]), style)


def _shapes(figure: "Figure", tips: Mapping[str, Sequence[str]]) -> Iterator[ET.Element]:
    """Paths and texts of a figure from the lowest to the uppermost, with their hover titles."""
    written = BytesIO()
    with house_style():
        figure.savefig(written, format="svg", metadata={"Date": None})
    root = ET.fromstring(written.getvalue())  # noqa: S314 (our own figure)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    defined = {path.get("id", ""): path.get("d", "") for parts in root.iter("defs") for path in parts.iter("path")}
    yield from _below(root, defined, tips)


def _below(parent: ET.Element, defined: Mapping[str, str], tips: Mapping[str, Sequence[str]]) -> Iterator[ET.Element]:
    for child in parent:
        own = child.get("id", "")
        if child.tag == "g":
            drawn = list(_below(child, defined, tips))
            for shape, tip in zip(drawn, tips.get(own, ()), strict=False):
                ET.SubElement(shape, "title").text = visible(tip)
            if own.startswith((HALO, OVER)):
                for shape in drawn:
                    shape.set("style", shape.get("style", "") + _manner(own))
            yield from drawn
        elif child.tag in ("path", "use") and (path := _path(child, defined)) is not None:
            yield path
        elif child.tag == "text":
            yield _text(child)


def _manner(own: str) -> str:
    """What the identifier of a text asks for: a rim, or to let the pointer through."""
    if own.startswith(OVER):
        return ";pointer-events:none"
    return f";paint-order:stroke;stroke:{PALETTE['paper']};stroke-width:{own.removeprefix(HALO)}px"


def _path(element: ET.Element, defined: Mapping[str, str]) -> ET.Element | None:
    """A path of its own: of one that is used, its shape where it is used; None of one that is not to be seen."""
    style = _plain(element.get("style", ""))
    if "fill:none" in style and "stroke:" not in style:
        return None
    drawn = ET.Element("path")
    used = next((value for key, value in element.attrib.items() if key.endswith("href")), None)
    drawn.set("d", _short(element.get("d", "") if used is None else defined[used[1:]]))
    if used is not None:
        drawn.set("transform", f"translate({_short(element.get('x', '0'))} {_short(element.get('y', '0'))})")
    drawn.set("style", style)
    return drawn


def _text(element: ET.Element) -> ET.Element:
    drawn = ET.Element("text", x=_short(element.get("x", "")), y=_short(element.get("y", "")))
    turn = re.match(r"rotate\((-?[\d.]+)", element.get("transform", ""))
    if turn is not None and float(turn[1]) != 0:
        drawn.set("transform", f"rotate({_short(turn[1])} {drawn.get('x')} {drawn.get('y')})")
    drawn.set("style", _plain(element.get("style", "")))
    drawn.text = element.text
    return drawn


def _plain(style: str) -> str:
    """A style without its font, which is the page's."""
    rules = (rule.strip().replace(": ", ":") for rule in style.split(";"))
    return ";".join(rule for rule in rules if rule and not rule.startswith("font-family"))


def _short(numbers: str) -> str:
    """Text with numbers of two decimals, in one line."""
    return re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), numbers).replace(
        "\n", ""
    )
