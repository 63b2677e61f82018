"""The figures of a report's scores, each from a part of the result, each with its alternative text."""

from collections.abc import Mapping, Sequence
from typing import Any

from unheard.reports.documents.reading import entries, labels, number, part, table, word
from unheard.reports.figures.area import REFERENCE, Area, Bar, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import LETTERS, PALETTE, house_style, hue, shortened, widest
from unheard.scores.fairness import has_enough_emotions

__all__ = ["STRONG", "chance_of", "confusion_matrix", "differences", "interval_of", "speaker_bars", "uar_gauge"]

Result = Mapping[str, Any]

STRONG = 0.67
"""A cell's share of its row above which its text turns over: so that both texts can be read, light and dark."""
_GENDERS = {"f": 0, "m": 1}
"""Gender to the number of its hue; that of all others is gray."""
_GRAY = 8


def chance_of(result: Result) -> float:
    """The UAR of guessing: one over the number of classes."""
    return 1 / max(1, len(entries(result, "classes")))


def interval_of(value: Any) -> tuple[float, float] | None:
    """Both ends of the interval of a score, or None unless both are known."""
    ends = [number(end) for end in entries(value, "interval")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]


@house_style()
def uar_gauge(result: Result, label: str) -> Drawing | None:
    """UAR on a line from 0 to 1: the interval as a bar, a dot a seed, a stroke at chance; None without a UAR."""
    own = part(result, "objectives", label, "uar")
    mean, ends, chance = number(own, "mean"), interval_of(own), chance_of(result)
    if mean is None:
        return None
    sheet, place = Sheet(210, 36), labels(result).index(label)
    area = Area(sheet, (0.0, 1.0), (0.0, 1.0), Margins(6, 6, 4, 16))
    area.line((0.0, 1.0), (0.6, 0.6), Stroke(PALETTE["line"], 2.25))
    if ends:
        inside = [min(1.0, max(0.0, end)) for end in ends]
        area.line(inside, (0.6, 0.6), Stroke(hue(place), 5.25, alpha=0.4))
    area.line((chance, chance), (0.0, 1.0), REFERENCE)
    seeds = [seed for seed in map(number, entries(own, "per_seed")) if seed is not None]
    area.dots([(seed, 0.0) for seed in seeds], 3.0, [f"{seed:.3f}" for seed in seeds])
    area.marks([(mean, 0.6)], [place], [f"UAR {mean:.3f}"], 8.25)
    for text, value in (("0", 0.0), ("chance", chance), ("1", 1.0)):
        if text != "0" or chance > 0.2:
            sheet.text(
                max(area.across(value), 24) if text == "chance" else area.across(value),
                33,
                text,
                "small",
                anchor="center",
            )
    said = f"UAR {mean:.2f}, chance {chance:.2f}" + (f", interval {ends[0]:.2f} to {ends[1]:.2f}" if ends else "")
    return sheet.drawing(f"UAR of {label} between 0 and 1", said)


@house_style()
def differences(result: Result) -> Drawing | None:
    """A row a comparison: the difference of UAR in points with its interval, beside the line of no difference."""
    known = [(row, number(row, "difference"), interval_of(row)) for row in entries(result, "comparisons")]
    rows = [(row, 100 * gap, (100 * ends[0], 100 * ends[1])) for row, gap, ends in known if gap is not None and ends]
    if not rows:
        return None
    reach = 1.1 * max(1.0, *(abs(end) for _, _, ends in rows for end in ends))
    names = [f"{shortened(word(row, 'a'), 18)} against {shortened(word(row, 'b'), 18)}" for row, _, _ in rows]
    left = 20 + widest(names, LETTERS["name"])
    sheet = Sheet(left + 320, 41 + 20 * len(rows))
    area = Area(sheet, (-reach, reach), (len(rows) - 0.3, -0.7), Margins(left, 9, 3, 32))
    area.scale_x("difference of UAR in points (right: the first is better)")
    area.upright(0.0)
    area.names_y(names, range(len(rows)), "name")
    for place, (row, gap, ends) in enumerate(rows):
        shown = part(row, "shown")
        clear = (ends[0] > 0 or ends[1] < 0) if shown is None else bool(shown)
        area.whisker(ends, (place, place), 0 if clear else _GRAY)
        area.marks([(gap, place)], [0 if clear else _GRAY], [f"{gap:+.1f} points"])
    said = "; ".join(f"{word(row, 'a')} against {word(row, 'b')} {gap:+.1f} points" for row, gap, _ in rows)
    return sheet.drawing("Differences between the objectives", said)


@house_style()
def confusion_matrix(result: Result, label: str) -> Drawing | None:
    """Rows are the truth; a cell's shade is its share of the row, its text the share in per cent."""
    matrix = entries(result, "objectives", label, "confusion")
    classes = [word(name) for name in entries(result, "classes")]
    if not matrix or not classes:
        return None
    names, size, cell = [shortened(name) for name in classes], len(classes), 33.0
    wide = widest(names, LETTERS["tick"])
    left, top, right = 12 + wide, 14 + 0.68 * wide, max(8.0, 0.78 * wide - 0.5 * cell)
    sheet = Sheet(left + size * cell + right, top + size * cell + 3)
    area = Area(sheet, (0, size), (size, 0), Margins(left, right, top, 3))
    area.names_y(names, [row + 0.5 for row in range(size)])
    for column, name in enumerate(names):
        sheet.text(area.across(column + 0.45), top - 6, name, turn=40)
    for row, counts in enumerate(matrix[:size]):
        _draw_row(area, row, classes, [int(number(count) or 0) for count in entries(counts)])
    recalls = {name: number(value) for name, value in table(result, "objectives", label, "recall").items()}
    said = ", ".join(f"{name} {value:.2f}" for name, value in recalls.items() if value is not None)
    return sheet.drawing(f"Confusion matrix of {label}, per cent of each row", f"Recall: {said}")


def _draw_row(area: Area, row: int, classes: Sequence[str], counts: Sequence[int]) -> None:
    """One row of a confusion matrix: a shade a cell, and its share in per cent."""
    total, y = sum(counts), row + 0.5
    for column, (other, count) in enumerate(zip(classes, counts, strict=False)):
        share = count / total if total else 0.0
        tip = f"{classes[row]} heard as {other}: {count} of {total}"
        ends = ((column + 0.025, column + 0.975), (row + 0.975, row + 0.025))
        area.bars([Bar(*ends, PALETTE["heat"], tip, alpha=round(0.05 + 0.95 * share, 2))])
        if total:
            color = PALETTE["strong" if share > STRONG else "cell"]
            x = area.across(column + 0.5)
            area.sheet.text(
                x, area.down(y) + 3.3, f"{100 * share:.0f}", "cell", anchor="center", color=color, over=True
            )


@house_style()
def speaker_bars(result: Result, label: str) -> Drawing | None:
    """A bar a speaker, the best first, with the gender above it; the dashed line is chance."""
    known = [(number(row, "uar"), row) for row in entries(result, "objectives", label, "speakers")]
    rows = sorted(((uar, row) for uar, row in known if uar is not None), key=lambda one: -one[0])
    if not rows:
        return None
    step = max(11.0, min(26.0, 720 / len(rows)))
    names = [shortened(word(row, "speaker"), 12) for _, row in rows]
    bottom = 16 + 0.85 * widest(names, LETTERS["small"])
    margins = Margins(left=48, right=max(40.0, 240 - 48 - step * len(rows)), top=13, bottom=bottom)
    sheet = Sheet(margins.left + step * len(rows) + margins.right, 126 + bottom)
    area = Area(sheet, (-0.55, len(rows) - 0.45), (0.0, 1.0), margins)
    area.scale_y("UAR")
    area.bars([_bar(place, uar, row) for place, (uar, row) in enumerate(rows)])
    for place, (uar, row) in enumerate(rows):
        if part(row, "gender") in _GENDERS:
            sheet.text(area.across(place), area.down(uar) - 3, part(row, "gender"), "small", anchor="center")
    area.names_x(names, range(len(rows)), "small", turn=55)
    area.level(chance_of(result), "chance", outside=True)
    # Whoever has too few emotions has a bar, but is no finding.
    classes = len(entries(result, "classes"))
    judged = [row for row in rows if has_enough_emotions(int(number(row[1], "emotions") or classes), classes)] or rows
    best, worst = judged[0], judged[-1]
    said = f"best {word(best[1], 'speaker')} {best[0]:.2f}, worst {word(worst[1], 'speaker')} {worst[0]:.2f}"
    return sheet.drawing(f"UAR of each test speaker, {label}", said)


def _bar(place: int, uar: float, row: Mapping[str, Any]) -> Bar:
    gender, count = part(row, "gender"), word(row, "utterances")
    tip = f"{word(row, 'speaker')} ({gender or 'gender not known'}): UAR {uar:.3f}, {count} utterances"
    if (emotions := number(row, "emotions")) is not None:
        tip += f" of {emotions:.0f} emotions"
    color = hue(_GENDERS.get(str(gender), _GRAY))
    return Bar((place - 0.42, place + 0.42), (0.0, max(0.003, uar)), color, tip)
