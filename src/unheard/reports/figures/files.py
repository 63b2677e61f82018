"""The curve of a sweep as files for a paper: an SVG that stands alone, and a PDF of the same drawing."""

import re
from collections.abc import Callable, Mapping
from importlib.resources import files as resources
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

from unheard.errors import MissingExtraError
from unheard.files import aside, write_atomically
from unheard.harmless import visible
from unheard.reports.figures.pareto_front import curve

__all__ = ["palette", "standalone", "write_pdf", "write_svg"]

_PAPER = "#ffffff"
_THIN_HALO = {"paint-order": "stroke", "stroke": _PAPER, "stroke-width": "3px", "stroke-linejoin": "round"}
_STYLE: dict[str, dict[str, str]] = {
    "tick": {"fill": "var(--quiet)", "font-size": "11.5px"},
    "axis": {"fill": "var(--quiet)", "font-size": "12px"},
    "note": {"fill": "var(--quiet)", "font-size": "11px", **_THIN_HALO},
    "name": {"font-size": "12.5px", "font-weight": "bold", **_THIN_HALO},
    "grid": {"stroke": "var(--line)"},
    "reference": {"stroke": "var(--quiet)", "stroke-dasharray": "4 4"},
    "mark": {"stroke": _PAPER, "stroke-width": "0.7"},
    "ring": {"fill": "none", "stroke": "var(--ink)", "stroke-width": "1.6"},
    "thinner": {"stroke-width": "1.3", "stroke-opacity": "0.55"},
    "thread": {"fill": "none", "stroke-width": "1.5", "stroke-opacity": "0.75"},
    "front": {"fill": "none", "stroke": "var(--ink)", "stroke-width": "1.4", "stroke-dasharray": "1.5 3.5"},
}
"""What the classes of the drawing look like on paper; CSS in the SVG, and read by the PDF."""
_POINTS = 0.75
"""Points of a pixel: 72 to 96 an inch."""


def palette() -> dict[str, str]:
    """The page's light colors: name of the variable -> hexadecimal."""
    text = (resources("unheard.reports.pages") / "page.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([\w]+):\s*(#[0-9a-fA-F]{6})", text.partition("@media")[0]))


def standalone(drawn: str) -> str:
    """A figure of a page as a document of its own: white, sized, and without variables, which drawing programs lack.

    Args:
        drawn: as `plots.figure` gives it.
    """
    width, height = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)[0]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
    text = re.sub(r'<svg(.*?) style="[^"]*">', rf"{head}\1>", drawn, count=1)
    title, separator, body = text.partition("</desc>")
    rules = [
        f".{name} {{ {'; '.join(f'{key}: {value}' for key, value in own.items())} }}" for name, own in _STYLE.items()
    ]
    base = "text { fill: var(--ink); font-family: Helvetica, Arial, sans-serif; }"
    sheet = f'<style>{" ".join([base, *rules])}</style><rect width="{width}" height="{height}" fill="{_PAPER}"/>'
    hues = palette()
    whole = re.sub(r"var\(--(\w+)\)", lambda found: hues.get(found[1], found[0]), f"{title}{separator}{sheet}{body}")
    return visible(whole, keep="\n\t") + "\n"


Drawing = Callable[[Mapping[str, Any]], str]
"""From a sweep to a figure of a page, an empty text where there is nothing to draw."""


def write_svg(sweep: Mapping[str, Any], file: Path, drawing: Drawing = curve) -> None:
    """Write the curve, or another drawing of a sweep, as SVG; nothing is written where there is nothing to draw."""
    drawn = drawing(sweep)
    if drawn:
        write_atomically(standalone(drawn), file)


def _load_matplotlib() -> ModuleType:
    try:
        import matplotlib as mpl
        import matplotlib.figure
        import matplotlib.patches
        import matplotlib.patheffects
    except ImportError as problem:
        raise MissingExtraError("matplotlib", "figures") from problem
    return mpl


def write_pdf(sweep: Mapping[str, Any], file: Path, drawing: Drawing = curve) -> None:
    """Write the same drawing as PDF, its fonts inside and no date, so that the same sweep gives the same file.

    Args:
        sweep: as documented in docs/reference/sweep.md; nothing is written where it has no point to draw.
        file: where to.
        drawing: which figure of it.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    mpl = _load_matplotlib()
    drawn = drawing(sweep)
    if not drawn:
        return
    with mpl.rc_context({"pdf.fonttype": 42}), aside(file) as beside:
        _on_sheet(mpl, drawn).savefig(beside, format="pdf", metadata={"CreationDate": None})


def _on_sheet(mpl: ModuleType, drawn: str) -> Any:
    """The drawing, element by element, on a sheet whose coordinates are the drawing's pixels."""
    root = ET.fromstring(standalone(drawn))  # noqa: S314 (our own drawing)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    sheet = mpl.figure.Figure(figsize=(width / 96, height / 96))
    axes = sheet.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    hues = palette()
    for order, element in enumerate(root.iter()):
        style = {key: hues.get(value[6:-1], value) for key, value in _STYLE.get(element.get("class", ""), {}).items()}
        inline = [rule.partition(":") for rule in element.get("style", "").split(";") if rule]
        style |= {key.strip(): value.strip() for key, _, value in inline}
        _put(mpl, axes, element, style, order)
    return sheet


def _put(mpl: ModuleType, axes: Any, element: Any, style: Mapping[str, str], order: int) -> None:
    """One element of the drawing; what has no form of its own (title, style) is passed over."""
    kind = element.tag.rpartition("}")[2]
    read = {key: float(value) for key, value in element.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
    stroke = {
        "linewidth": _POINTS * float(style.get("stroke-width", "1").removesuffix("px")),
        "zorder": order,
    }
    if kind == "line":
        axes.plot([read["x1"], read["x2"]], [read["y1"], read["y2"]], **_line(style), **stroke)
    elif kind == "polyline":
        axes.plot(*zip(*_corners(element), strict=True), **_line(style), **stroke)
    elif kind == "circle":
        axes.add_patch(mpl.patches.Circle((read["cx"], read["cy"]), read["r"], **_area(style), **stroke))
    elif kind == "polygon":
        axes.add_patch(mpl.patches.Polygon(_corners(element), **_area(style), **stroke))
    elif kind == "text":
        _write(mpl, axes, element, style, order)


def _corners(element: Any) -> list[tuple[float, ...]]:
    return [tuple(map(float, point.split(","))) for point in element.get("points").split()]


def _line(style: Mapping[str, str]) -> dict[str, Any]:
    width = float(style.get("stroke-width", "1"))
    dashes = [float(part) / width for part in style.get("stroke-dasharray", "").split()]
    return {
        "color": style["stroke"],
        "alpha": float(style.get("stroke-opacity", "1")),
        "linestyle": (0, dashes) if dashes else "-",
    }


def _area(style: Mapping[str, str]) -> dict[str, Any]:
    return {"facecolor": style["fill"], "edgecolor": style["stroke"]}


def _write(mpl: ModuleType, axes: Any, element: Any, style: Mapping[str, str], order: int) -> None:
    place = re.fullmatch(r"translate\((\S+) (\S+)\) rotate\((\S+)\)", element.get("transform", ""))
    x, y, turn = map(float, place.groups() if place else (element.get("x"), element.get("y"), 0.0))
    halo = [mpl.patheffects.withStroke(linewidth=3 * _POINTS, foreground=_PAPER)] if "paint-order" in style else None
    axes.text(
        x,
        y,
        element.text,
        parse_math=False,  # a name may hold a dollar
        color=style.get("fill", palette()["ink"]),
        fontsize=_POINTS * float(style["font-size"].removesuffix("px")),
        fontweight=style.get("font-weight", "normal"),
        ha={"middle": "center", "end": "right"}.get(element.get("text-anchor", ""), "left"),
        va="baseline",
        rotation=-turn,
        rotation_mode="anchor",
        path_effects=halo,
        zorder=order,
    )
