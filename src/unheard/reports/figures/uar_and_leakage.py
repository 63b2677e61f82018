"""The headline figure of a run: how good each objective is, against how much of the speaker is left."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unheard.reports.documents.reading import number, part, table
from unheard.reports.documents.wording import REFERENCE_TITLES
from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.labels import apart
from unheard.reports.figures.scores import chance_of, interval_of
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import LETTERS, house_style, hue, shortened, widest

__all__ = ["uar_and_leakage"]

Result = Mapping[str, Any]

_NEAR = 12.0
"""References whose lines are nearer to each other than this, in points, share one name."""


@dataclass(frozen=True)
class _Dot:
    """One objective: UAR upwards, leakage across, each with the ends of its whisker."""

    label: str
    place: int
    leak: float
    good: float
    across: tuple[float, float]
    upwards: tuple[float, float]


def _dots(result: Result) -> list[_Dot]:
    found = []
    for place, (label, own) in enumerate(table(result, "objectives").items()):
        leak, good = number(own, "leakage", "best", "mean"), number(own, "uar", "mean")
        if leak is not None and good is not None:
            across = interval_of(part(own, "leakage", "best")) or (leak, leak)
            upwards = interval_of(part(own, "uar")) or (good, good)
            found.append(_Dot(label, place, leak, good, across, upwards))
    return found


def _draw_references(area: Area, result: Result) -> None:
    """Dashed uprights at the references' leakage; names of those that nearly coincide share a line."""
    known = [(number(result, "references", key, "best", "mean"), name) for key, name in REFERENCE_TITLES.items()]
    groups: list[tuple[float, list[str]]] = []
    for at, name in sorted((at, name) for at, name in known if at is not None):
        if groups and area.across(at) - area.across(groups[-1][0]) < _NEAR:
            groups[-1][1].append(name)
        else:
            groups.append((at, [name]))
    for at, names in groups:
        area.upright(at)
        area.sheet.text(area.across(at) - 4, area.top + 2, ", ".join(names), "note", anchor="right", turn=90)


@house_style()
def uar_and_leakage(result: Result) -> Drawing | None:
    """UAR against the best probe's accuracy for the speaker: up and to the left is better."""
    dots = _dots(result)
    if not dots:
        return None
    highest = max(dot.upwards[1] for dot in dots)
    sheet = Sheet(390, 255)
    area = Area(sheet, (0.0, 1.0), (0.0, min(1.0, math.ceil(5 * highest + 0.3) / 5)), Margins())
    area.scale_x("a fresh probe names the speaker (left is better)")
    good = "UAR, inflated" if part(result, "split", "inflated") else "UAR on unseen speakers (up is better)"
    area.scale_y(good)
    _draw_references(area, result)
    area.level(chance_of(result), "chance")
    for dot in dots:
        area.whisker((dot.leak, dot.leak), dot.upwards, dot.place)
        area.whisker(dot.across, (dot.good, dot.good), dot.place)
    tips = [f"{dot.label}: UAR {dot.good:.3f}, speaker probe {dot.leak:.3f}" for dot in dots]
    area.marks([(dot.leak, dot.good) for dot in dots], [dot.place for dot in dots], tips, 9.0)
    _write_names(area, dots)
    said = "; ".join(f"{dot.label}: UAR {dot.good:.2f}, speaker probe {dot.leak:.2f}" for dot in dots)
    return sheet.drawing("How good, and how much of the speaker is left", said)


def _write_names(area: Area, dots: Sequence[_Dot]) -> None:
    """All names in one column: right of the points, or left of them where there is no room."""
    names = [shortened(dot.label, 18) for dot in dots]
    heights = apart([area.down(dot.good) for dot in dots], 12.0)
    edge = max(area.across(dot.across[1]) for dot in dots)
    turn, anchor, at = 1, "left", edge + 20
    if at + 4 + widest(names, LETTERS["name"]) > area.right:
        turn, anchor, at = -1, "right", min(area.across(dot.across[0]) for dot in dots) - 20
    for dot, name, height in zip(dots, names, heights, strict=True):
        start = area.across(dot.leak) + turn * 5
        stroke = Stroke(hue(dot.place), 0.75, alpha=0.7)
        area.sheet.stroke((start, at - turn * 7), (area.down(dot.good), height), stroke)
        area.sheet.mark(at - turn * 3, height, dot.place, 5.3)
        area.sheet.text(at + turn * 3, height + 3, name, "name", anchor=anchor)
