"""The figures of a report's scores, each from a part of the result, each with its alternative text."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from unheard.reports.documents.reading import entries, labels, number, part, table, word
from unheard.reports.figures.svg import Frame, color, figure, label_of, mark_at
from unheard.scores.fairness import has_enough_emotions

__all__ = ["STRONG", "chance_of", "confusion", "differences", "gauge", "interval_of", "legend", "speakers"]

Result = Mapping[str, Any]

STRONG = 0.67
"""A cell's share of its row above which its text turns over: chosen so that both texts can be read, light and dark."""


def chance_of(result: Result) -> float:
    """The UAR of guessing: one over the number of classes."""
    return 1 / max(1, len(entries(result, "classes")))


def interval_of(value: Any) -> tuple[float, float] | None:
    """Both ends of the interval of a score, or None unless both are known."""
    ends = [number(end) for end in entries(value, "interval")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]


def legend(names: Sequence[str], places: Sequence[int] | None = None) -> str:
    """Names with their marks, in HTML; the marks are numbered from 0 unless places says otherwise."""
    items = []
    for position, name in zip(places or range(len(names)), names, strict=True):
        dot = f'<svg aria-hidden="true" width="12" height="12" viewBox="0 0 12 12">{mark_at(6, 6, position, "", 4.5)}</svg>'
        items.append(f"<span>{dot}{escape(str(name))}</span>")
    return f'<p class="legend">{"".join(items)}</p>'


def gauge(result: Result, label: str) -> str:
    """UAR on a line from 0 to 1: the interval as a bar, a dot a seed, a tick at chance."""
    own = part(result, "objectives", label, "uar")
    mean, ends, chance = number(own, "mean"), interval_of(own), chance_of(result)
    if mean is None:
        return ""
    frame = Frame(280, 44, (0.0, 1.0), (0.0, 1.0), left=8, right=8, bottom=20, top=0)
    hue = color(labels(result).index(label))
    parts = [f'<line class="track" x1="{frame.across(0)}" x2="{frame.across(1)}" y1="16" y2="16"/>']
    if ends:
        low, high = (frame.across(min(1.0, max(0.0, end))) for end in ends)
        parts.append(f'<line x1="{low:.1f}" x2="{high:.1f}" y1="16" y2="16" class="range" style="stroke:{hue}"/>')
    x = frame.across(chance)
    parts.append(f'<line class="reference" x1="{x:.1f}" x2="{x:.1f}" y1="5" y2="27"/>')
    parts.append(f'<text class="tick" x="{max(x, 26):.1f}" y="40" text-anchor="middle">chance</text>')
    parts.append(f'<text class="tick" x="{frame.across(1)}" y="40" text-anchor="end">1</text>')
    seeds = [seed for seed in map(number, entries(own, "per_seed")) if seed is not None]
    parts += [
        f'<circle class="seed" cx="{frame.across(seed):.1f}" cy="26" r="2"><title>{seed:.3f}</title></circle>'
        for seed in seeds
    ]
    parts.append(mark_at(frame.across(mean), 16, labels(result).index(label), f"UAR {mean:.3f}", 5.5))
    said = f"UAR {mean:.2f}, chance {chance:.2f}" + (f", interval {ends[0]:.2f} to {ends[1]:.2f}" if ends else "")
    return figure(280, 44, f"UAR of {label} between 0 and 1", said, "".join(parts))


def differences(result: Result) -> str:
    """A row a comparison: the difference of UAR in points with its interval, beside the line of no difference."""
    known = [(row, number(row, "difference"), interval_of(row)) for row in entries(result, "comparisons")]
    rows = [(row, 100 * gap, (100 * ends[0], 100 * ends[1])) for row, gap, ends in known if gap is not None and ends]
    if not rows:
        return ""
    reach = 1.1 * max(1.0, *(abs(end) for _, _, ends in rows for end in ends))
    names = [f"{word(row, 'a')[:18]} against {word(row, 'b')[:18]}" for row, _, _ in rows]
    left, height = 26 + 7.9 * max(map(len, names)), 52 + 26 * len(rows)
    frame = Frame(left + 430, height, (-reach, reach), (0.0, 1.0), left=left, bottom=42)
    middle = frame.across(0)
    parts = [f'<line class="reference" x1="{middle:.1f}" x2="{middle:.1f}" y1="4" y2="{height - 42}"/>']
    for place, (row, gap, ends) in enumerate(rows):
        y = 20.0 + 26 * place
        parts.append(
            f'<text class="name" x="{left - 12:.0f}" y="{y + 4}" text-anchor="end">{escape(names[place])}</text>'
        )
        shown = part(row, "shown")
        clear = (ends[0] > 0 or ends[1] < 0) if shown is None else bool(shown)
        hue = f"stroke:{color(0)}" if clear else "stroke:var(--quiet)"
        low, high = frame.across(ends[0]), frame.across(ends[1])
        parts.append(f'<line class="whisker" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" style="{hue}"/>')
        parts.append(mark_at(frame.across(gap), y, 0 if clear else 8, f"{gap:+.1f} points", 5))
    bare = Frame(frame.width, height, frame.x, (0.0, 0.0), left=left, bottom=42)
    axis = bare.axes("difference of UAR in points (right: the first is better)", "").removeprefix(bare.grid())
    said = "; ".join(f"{word(row, 'a')} against {word(row, 'b')} {gap:+.1f} points" for row, gap, _ in rows)
    return figure(frame.width, height, "Differences between the objectives", said, axis + "".join(parts))


def confusion(result: Result, label: str) -> str:
    """Rows are the truth; a cell's shade is its share of the row, its text the share in per cent."""
    matrix = entries(result, "objectives", label, "confusion")
    classes = [word(name) for name in entries(result, "classes")]
    if not matrix or not classes:
        return ""
    cell, margin = 44.0, 14 + 6.6 * min(16, max(len(name) for name in classes))
    top = 18 + 0.68 * margin
    parts = []
    for column, name in enumerate(classes):
        place = f"translate({margin + (column + 0.45) * cell:.0f} {top - 8:.0f}) rotate(-40)"
        parts.append(f'<text class="tick" transform="{place}">{label_of(name)}</text>')
    for row, (name, counts) in enumerate(zip(classes, matrix, strict=False)):
        y = top + row * cell
        parts.append(
            f'<text class="tick" x="{margin - 8:.0f}" y="{y + 26:.0f}" text-anchor="end">{label_of(name)}</text>'
        )
        parts += _cells(name, classes, [int(number(count) or 0) for count in entries(counts)], (margin, y, cell))
    size = len(classes) * cell
    recalls = {name: number(value) for name, value in table(result, "objectives", label, "recall").items()}
    said = ", ".join(f"{name} {value:.2f}" for name, value in recalls.items() if value is not None)
    title = f"Confusion matrix of {label}, per cent of each row"
    return figure(margin + size + 0.72 * margin, top + size + 4, title, f"Recall: {said}", "".join(parts))


def _cells(name: str, classes: Sequence[str], counts: Sequence[int], place: tuple[float, float, float]) -> list[str]:
    """One row of a confusion matrix, from its left edge, top and the size of a cell."""
    (left, y, cell), total, parts = place, sum(counts), []
    for column, (other, count) in enumerate(zip(classes, counts, strict=False)):
        share = count / total if total else 0.0
        x, tip = left + column * cell, f"{name} heard as {other}: {count} of {total}"
        style = f"fill-opacity:{0.05 + 0.95 * share:.2f}"
        parts.append(
            f'<rect class="heat" x="{x:.0f}" y="{y:.0f}" width="{cell - 2}" height="{cell - 2}" rx="4" style="{style}">'
            f"<title>{escape(tip)}</title></rect>"
        )
        strong = " strong" if share > STRONG else ""
        text = f"{100 * share:.0f}" if total else ""
        parts.append(
            f'<text class="cell{strong}" x="{x + cell / 2 - 1:.0f}" y="{y + 26:.0f}" text-anchor="middle">{text}</text>'
        )
    return parts


def speakers(result: Result, label: str) -> str:
    """A bar a speaker, the best first, with the gender above it; the dashed line is chance."""
    known = [(number(row, "uar"), row) for row in entries(result, "objectives", label, "speakers")]
    rows = sorted(((uar, row) for uar, row in known if uar is not None), key=lambda one: -one[0])
    if not rows:
        return ""
    step = max(14.0, min(34.0, 960 / len(rows)))
    longest = min(12, max(len(word(row, "speaker")) for _, row in rows))
    bottom = 22 + 5.4 * longest
    width = max(320.0, 110 + step * len(rows))
    frame = Frame(width, 190 + bottom, (0.0, 1.0), (0.0, 1.0), bottom=bottom, top=16, right=52)
    parts = [frame.grid()]
    for position, (uar, row) in enumerate(rows):
        x, y, gender = frame.left + 4 + position * step, frame.up(uar), part(row, "gender")
        hue = {"f": color(0), "m": color(1)}.get(str(gender), color(8))
        tip = f"{word(row, 'speaker')} ({gender or 'gender not known'}): UAR {uar:.3f}, {word(row, 'utterances')} utterances"
        if (emotions := number(row, "emotions")) is not None:
            tip += f" of {emotions:.0f} emotions"
        middle = x + (step - 4) / 2
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{max(0.5, frame.up(0) - y):.1f}" rx="2" '
            f'style="fill:{hue}"><title>{escape(tip)}</title></rect>'
        )
        if gender in ("f", "m"):
            parts.append(f'<text class="small" x="{middle:.1f}" y="{y - 4:.1f}" text-anchor="middle">{gender}</text>')
        place = f"translate({middle + 4:.1f} {frame.up(0) + 12:.0f}) rotate(-55)"
        name = label_of(word(row, "speaker"), 12)
        parts.append(f'<text class="small" transform="{place}" text-anchor="end">{name}</text>')
    parts.append(frame.level(chance_of(result), "chance", outside=True))
    # Whoever has too few emotions has a bar, but is no finding.
    classes = len(entries(result, "classes"))
    judged = [row for row in rows if has_enough_emotions(int(number(row[1], "emotions") or classes), classes)] or rows
    best, worst = judged[0], judged[-1]
    said = f"best {word(best[1], 'speaker')} {best[0]:.2f}, worst {word(worst[1], 'speaker')} {worst[0]:.2f}"
    return figure(frame.width, frame.height, f"UAR of each test speaker, {label}", said, "".join(parts))
