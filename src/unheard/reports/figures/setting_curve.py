"""What one setting does: UAR and leakage over its values, as two figures in one (layers, shares of labels, sizes)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from unheard.reports.documents.reading import entries, number, part, word
from unheard.reports.figures.pareto_front import Sweep, families, limits, short, title_of
from unheard.reports.figures.scores import interval_of
from unheard.reports.figures.svg import Frame, color, figure, label_of, legend, mark_at

__all__ = ["response", "varied_alone"]

_WIDTH, _HEIGHT, _LEGEND = 720, 300, 30


@dataclass(frozen=True)
class _Value:
    """One objective at one value of the setting; a low and a high of None where they are not known."""

    place: int
    mean: float
    low: float | None
    high: float | None


def varied_alone(sweep: Sweep) -> tuple[str, list[Any]] | None:
    """The one setting that all points share and differ in, with its values in their order; None where it is not so.

    An objective's own settings are drawn as a front, where leakage lies across: they are none of these.
    """
    rows = entries(sweep, "points")
    keys = {key for row in rows for key in (part(row, "varied") or {})}
    if len(keys) != 1 or not all(part(row, "varied") for row in rows):
        return None
    (key,) = keys
    if str(key).startswith("objective"):
        return None
    values: list[Any] = []
    for row in rows:
        if row["varied"][key] not in values:
            values.append(row["varied"][key])
    if all(number(value) is not None for value in values):
        values.sort()
    return (str(key), values) if len(values) > 1 else None


def _named(value: Any) -> str:
    """A value under the axis.

    >>> _named([2]), _named([2, 3]), _named(0.1)
    ('2', '2+3', '0.1')
    """
    return "+".join(map(short, value)) if isinstance(value, list) else short(value)


def _good(sweep: Sweep, row: Mapping[str, Any]) -> tuple[float, float, float] | None:
    own = part(row, word(sweep, "measure"))
    mean = number(own, "mean")
    return None if mean is None else (mean, *(interval_of(own) or (mean, mean)))


def _leak(row: Mapping[str, Any]) -> tuple[float, float, float] | None:
    mean, deviation = number(row, "leakage", "best", "mean"), number(row, "leakage", "best", "std") or 0.0
    return None if mean is None else (mean, max(0.0, mean - deviation), min(1.0, mean + deviation))


def _panel(frame: Frame, lines: Mapping[int, Sequence[_Value]], title: str, names: Sequence[str]) -> str:
    """One figure: a line an objective, its values side by side where they share a place."""
    parts = [frame.grid()]
    middle = (frame.top + frame.height - frame.bottom) / 2
    place = f"translate({frame.left - 43:.0f} {middle:.0f}) rotate(-90)"
    parts.append(f'<text class="axis" transform="{place}" text-anchor="middle">{escape(title)}</text>')
    for position, name in enumerate(names):
        x, y = frame.across(position), frame.height - frame.bottom + 17
        parts.append(f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{label_of(name, 9)}</text>')
    for family, values in lines.items():
        shift = 0.06 * (family - (len(lines) - 1) / 2)
        style = f'class="thread" style="stroke:{color(family)}"'
        parts.append(frame.line([v.place + shift for v in values], [v.mean for v in values], style))
        for value in values:
            x = frame.across(value.place + shift)
            if value.low is not None and value.high is not None:
                low, high = frame.up(value.low), frame.up(value.high)
                hue = f'class="thinner" style="stroke:{color(family)}"'
                parts.append(f'<line {hue} x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>')
            parts.append(mark_at(x, frame.up(value.mean), family, f"{names[value.place]}: {value.mean:.3f}", 5))
    return "".join(parts)


def _lines(sweep: Sweep, key: str, values: Sequence[Any], read: Any) -> dict[int, list[_Value]]:
    known = families(sweep)
    found: dict[int, list[_Value]] = {number: [] for number in range(len(known))}
    for row in entries(sweep, "points"):
        seen = read(row)
        if seen is not None:
            place = values.index(row["varied"][key])
            found[known.index(word(row, "objective"))].append(_Value(place, *seen))
    return {family: sorted(own, key=lambda one: one.place) for family, own in found.items() if own}


def response(sweep: Sweep) -> str:
    """The figure, an empty text where no single shared setting was varied or nothing was measured."""
    alone = varied_alone(sweep)
    if alone is None:
        return ""
    key, values = alone
    names = [_named(value) for value in values]
    good, leaks = _lines(sweep, key, values, lambda row: _good(sweep, row)), _lines(sweep, key, values, _leak)
    panels = [(title_of(sweep), good, "chance"), ("a fresh probe names the speaker", leaks, "")]
    shown = [(title, lines, mark) for title, lines, mark in panels if lines]
    if not shown:
        return ""
    parts, said = [legend(families(sweep), 24, 34.0)[0]], []
    width = _WIDTH / len(shown)
    chance = number(sweep, "chance")
    for position, (title, lines, mark) in enumerate(shown):
        ends = [end for own in lines.values() for one in own for end in (one.low, one.high) if end is not None]
        wish = chance if mark else number(sweep, "references", "chance", "best", "mean")
        y = limits(ends, [] if wish is None else [wish])
        left, right = 56 + position * width, _WIDTH - (position + 1) * width + 12
        frame = Frame(_WIDTH, _HEIGHT, (-0.4, len(values) - 0.6), y, left=left, top=_LEGEND, right=right)
        body = _panel(frame, lines, title, names)
        if wish is not None and y[0] <= wish <= y[1]:
            body += frame.level(wish, "chance")
        parts.append(body)
        for family, own in lines.items():
            told = ", ".join(f"{names[one.place]} {one.mean:.2f}" for one in own)
            said.append(f"{title}, {families(sweep)[family]}: {told}")
    axis = key.removeprefix("features.").removeprefix("training.")
    parts.append(
        f'<text class="axis" x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 4}" text-anchor="middle">{escape(axis)}</text>'
    )
    return figure(_WIDTH, _HEIGHT, f"UAR and leakage over {key}", ". ".join(said), "".join(parts))
