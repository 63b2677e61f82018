"""The headline figure of a run: how good each objective is, against how much of the speaker is left."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from unheard.reports.documents.reading import REFERENCES, number, part, table
from unheard.reports.figures.scores import chance_of, interval_of
from unheard.reports.figures.svg import Frame, apart, color, figure, label_of, mark_at

__all__ = ["pair"]

Result = Mapping[str, Any]


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


def _reference_lines(result: Result, frame: Frame) -> str:
    """Dashed uprights at the references' leakage; names of those that nearly coincide share a line."""
    known = [(number(result, "references", key, "best", "mean"), name) for key, name in REFERENCES.items()]
    groups: list[tuple[float, list[str]]] = []
    for at, name in sorted((at, name) for at, name in known if at is not None):
        if groups and at - groups[-1][0] < 0.035:
            groups[-1][1].append(name)
        else:
            groups.append((at, [name]))
    parts = []
    for at, names in groups:
        x = frame.across(at)
        parts.append(
            f'<line class="reference" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{frame.up(frame.y[0]):.1f}"/>'
        )
        place = f"translate({x - 5:.1f} {frame.top + 3:.0f}) rotate(-90)"
        parts.append(f'<text class="note" transform="{place}" text-anchor="end">{escape(", ".join(names))}</text>')
    return "".join(parts)


def pair(result: Result) -> str:
    """UAR against the best probe's accuracy for the speaker: up and to the left is better."""
    dots = _dots(result)
    if not dots:
        return ""
    highest = max(dot.upwards[1] for dot in dots)
    frame = Frame(520, 340, (0.0, 1.0), (0.0, min(1.0, math.ceil(5 * highest + 0.3) / 5)))
    good = "UAR, inflated" if part(result, "split", "inflated") else "UAR on unseen voices (up is better)"
    parts = [frame.axes("a fresh probe names the speaker (left is better)", good)]
    parts += [_reference_lines(result, frame), frame.level(chance_of(result), "chance")]
    parts += [_whiskers(frame, dot) for dot in dots]
    parts += [
        frame.mark(dot.leak, dot.good, dot.place, f"{dot.label}: UAR {dot.good:.3f}, speaker probe {dot.leak:.3f}", 6)
        for dot in dots
    ]
    parts += _names(frame, dots)
    said = "; ".join(f"{dot.label}: UAR {dot.good:.2f}, speaker probe {dot.leak:.2f}" for dot in dots)
    return figure(520, 340, "How good, and how much of the speaker is left", said, "".join(parts))


def _whiskers(frame: Frame, dot: _Dot) -> str:
    x, y, style = frame.across(dot.leak), frame.up(dot.good), f'class="whisker" style="stroke:{color(dot.place)}"'
    low, high = (f"{frame.up(end):.1f}" for end in dot.upwards)
    left, right = (f"{frame.across(end):.1f}" for end in dot.across)
    upright = f'<line {style} x1="{x:.1f}" x2="{x:.1f}" y1="{low}" y2="{high}"/>'
    level = f'<line {style} x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return upright + (level if left != right else "")


def _names(frame: Frame, dots: Sequence[_Dot]) -> list[str]:
    """All names in one column: right of the points, or left of them where there is no room."""
    heights = apart([frame.up(dot.good) for dot in dots], 16.0)
    edge = max(frame.across(dot.across[1]) for dot in dots)
    turn, side, at = 1, "start", edge + 26
    if edge >= 0.68 * frame.width:
        turn, side, at = -1, "end", min(frame.across(dot.across[0]) for dot in dots) - 26
    parts = []
    for dot, height in zip(dots, heights, strict=True):
        start = frame.across(dot.leak) + turn * 7
        line = f'x1="{start:.1f}" x2="{at - turn * 9:.1f}" y1="{frame.up(dot.good):.1f}" y2="{height:.1f}"'
        parts.append(f'<line class="leader" {line} style="stroke:{color(dot.place)}"/>')
        parts.append(mark_at(at - turn * 4, height, dot.place, "", 3.5))
        place = f'x="{at + turn * 4:.1f}" y="{height + 4:.1f}" text-anchor="{side}"'
        parts.append(f'<text class="name" {place}>{label_of(dot.label, 18)}</text>')
    return parts
