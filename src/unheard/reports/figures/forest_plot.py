"""Figures that hold many measured shares against their chance: a row each, in groups that ask the same question."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from unheard.reports.figures.svg import Frame, figure, label_of, mark_at, ticks

__all__ = ["Group", "Row", "forest"]

_ROW, _HEAD, _GAP = 20.0, 24.0, 12.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 150.0, 62.0, 6.0, 42.0
_WIDTH = 720.0


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        label: whose it is.
        place: number of its hue and shape.
        value: in [0, 1].
        interval: both ends; None where it is not known.
        others: name -> value of what the figure was picked from; drawn small.
    """

    label: str
    place: int
    value: float
    interval: tuple[float, float] | None = None
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Group:
    """Rows that answer one question.

    Args:
        title: the question.
        chance: what guessing gives, or whatever the dashed line stands at; None draws none.
        rows: in their order.
    """

    title: str
    chance: float | None
    rows: tuple[Row, ...]


def forest(title: str, axis: str, groups: Sequence[Group], *, reach: float = 1.0) -> str:
    """The groups below each other on one axis from 0; an empty text without any row.

    Args:
        title: of the whole.
        axis: what is measured, and which way is better.
        groups: those without rows are left out.
        reach: highest value of the axis.
    """
    shown = [group for group in groups if group.rows]
    if not shown:
        return ""
    inner = sum(_HEAD + _ROW * len(group.rows) + _GAP for group in shown)
    height = _TOP + inner + _BOTTOM
    frame = Frame(_WIDTH, height, (0.0, reach), (0.0, 1.0), left=_LEFT, right=_RIGHT, top=_TOP, bottom=_BOTTOM)
    parts, top = [_scale(frame, axis)], _TOP
    for group in shown:
        parts.append(_drawn(frame, group, top))
        top += _HEAD + _ROW * len(group.rows) + _GAP
    said = "; ".join(
        f"{group.title}: {', '.join(f'{row.label} {row.value:.2f}' for row in group.rows)}"
        + ("" if group.chance is None else f" (chance {group.chance:.2f})")
        for group in shown
    )
    return figure(_WIDTH, height, title, said, "".join(parts))


def _scale(frame: Frame, axis: str) -> str:
    foot, parts = frame.height - frame.bottom, []
    for value in ticks(*frame.x):
        x = frame.across(value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{foot:.1f}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{foot + 17:.1f}" text-anchor="middle">{value:.1f}</text>')
    middle = (frame.left + frame.width - frame.right) / 2
    y = frame.height - 5
    parts.append(f'<text class="axis" x="{middle:.0f}" y="{y:.0f}" text-anchor="middle">{escape(axis)}</text>')
    return "".join(parts)


def _drawn(frame: Frame, group: Group, top: float) -> str:
    """One group: its question, the line of chance through all its rows, and the rows."""
    parts = [f'<text class="name" x="4" y="{top + 16:.1f}">{escape(group.title)}</text>']
    first, last = top + _HEAD, top + _HEAD + _ROW * len(group.rows)
    if group.chance is not None:
        x, tip = frame.across(min(group.chance, frame.x[1])), f"<title>chance {group.chance:.3f}</title>"
        parts.append(f'<line class="reference" x1="{x:.1f}" x2="{x:.1f}" y1="{first}" y2="{last}">{tip}</line>')
    for number, row in enumerate(group.rows):
        parts.append(_row(frame, row, first + _ROW * (number + 0.5)))
    return "".join(parts)


def _row(frame: Frame, row: Row, y: float) -> str:
    def across(value: float) -> float:
        return frame.across(min(max(value, frame.x[0]), frame.x[1]))

    place = f'x="{frame.left - 10:.0f}" y="{y + 4:.1f}"'
    parts = [f'<text class="tick" {place} text-anchor="end">{label_of(row.label, 22)}</text>']
    for name, value in row.others:
        x, ends = across(value), f'y1="{y - 4:.1f}" y2="{y + 4:.1f}"'
        tip = f"<title>{escape(name)} {value:.3f}</title>"
        parts.append(f'<line class="other" x1="{x:.1f}" x2="{x:.1f}" {ends}>{tip}</line>')
    if row.interval is not None:
        low, high = (across(end) for end in row.interval)
        style = f'class="whisker" style="stroke:var(--c{row.place % 9})"'
        parts.append(f'<line {style} x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
    span = "" if row.interval is None else f", 95 % {row.interval[0]:.3f} to {row.interval[1]:.3f}"
    parts.append(mark_at(across(row.value), y, row.place, f"{row.label}: {row.value:.3f}{span}", 5))
    parts.append(
        f'<text class="tick" x="{frame.width - frame.right + 10:.0f}" y="{y + 4:.1f}">{row.value:.3f}</text>'
    )
    return "".join(parts)
