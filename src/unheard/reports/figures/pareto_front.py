"""The curve of a sweep: UAR against what a fresh probe reads of the speaker, and the front that no point beats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unheard.reports.documents.reading import entries, number, part, word
from unheard.reports.documents.wording import REFERENCE_TITLES
from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.labels import Box, best_places
from unheard.reports.figures.legend import draw_legend, lay_out
from unheard.reports.figures.scores import interval_of
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import LETTERS, PALETTE, house_style, hue, shortened, width_of

__all__ = [
    "Dot",
    "dots",
    "families",
    "front_of",
    "limits",
    "lines_of",
    "name_of",
    "pareto_front",
    "references",
    "short",
    "title_of",
]

Sweep = Mapping[str, Any]

_WIDTH, _HEIGHT = 540.0, 345.0
_FRONT = Stroke(PALETTE["ink"], 1.05, dashes=(1.1, 2.6))
_KEY = ("Pareto front", "chosen by dev speakers")
_NEAR = 11.0
"""References whose lines are nearer to each other than this, in points, share one name."""


@dataclass(frozen=True)
class Dot:
    """One point of the figure.

    Args:
        row: its entry in the sweep.
        family: number of its objective, which gives hue and shape.
        leak: the best probe's accuracy for the speaker.
        good: UAR.
        low: lower end of the UAR's interval (the UAR itself where it is not known).
        high: its upper end.
        spread: deviation of the leakage over folds and seeds, 0 where it is not known.
    """

    row: Mapping[str, Any]
    family: int
    leak: float
    good: float
    low: float
    high: float
    spread: float

    @property
    def across(self) -> tuple[float, float]:
        """Both ends of the leakage's whisker, within [0, 1]."""
        return max(0.0, self.leak - self.spread), min(1.0, self.leak + self.spread)


def families(sweep: Sweep) -> list[str]:
    """The recipe's objectives in the order of the points."""
    return list(dict.fromkeys(word(row, "objective") for row in entries(sweep, "points")))


def dots(sweep: Sweep) -> list[Dot]:
    """The points of which both numbers are known."""
    measure, known = word(sweep, "measure"), families(sweep)
    found = []
    for row in entries(sweep, "points"):
        good, leak = number(row, measure, "mean"), number(row, "leakage", "best", "mean")
        if good is None or leak is None:
            continue
        low, high = interval_of(part(row, measure)) or (good, good)
        family = known.index(word(row, "objective"))
        found.append(Dot(row, family, leak, good, low, high, number(row, "leakage", "best", "std") or 0.0))
    return found


def name_of(row: Mapping[str, Any]) -> str:
    """What stands beside a point: the varied values, or the objective where none vary."""
    varied = part(row, "varied") or {}
    return ", ".join(short(value) for value in varied.values()) or word(row, "objective")


def short(value: Any) -> str:
    """A setting's value in few signs.

    >>> short(-0.30), short("rms")
    ('-0.3', 'rms')
    """
    known = number(value)
    return f"{known:g}" if known is not None else str(value)


def front_of(found: Sequence[Dot]) -> list[Dot]:
    """The front from the least leakage to the most."""
    return sorted((dot for dot in found if part(dot.row, "front")), key=lambda dot: (dot.leak, dot.good))


def lines_of(found: Sequence[Dot]) -> list[list[Dot]]:
    """The points of one objective that differ in one number alone, in its order: what a line may join."""
    groups: dict[tuple[str, str], list[Dot]] = {}
    for dot in found:
        varied = part(dot.row, "varied") or {}
        if len(varied) == 1 and number(next(iter(varied.values()))) is not None:
            groups.setdefault((word(dot.row, "objective"), next(iter(varied))), []).append(dot)
    ordered = [
        sorted(group, key=lambda dot: float(next(iter(dot.row["varied"].values())))) for group in groups.values()
    ]
    return [group for group in ordered if len(group) > 1]


def references(sweep: Sweep) -> list[tuple[str, float]]:
    """Name and leakage of what no objective has touched, the least first."""
    known = [(name, number(sweep, "references", key, "best", "mean")) for key, name in REFERENCE_TITLES.items()]
    return sorted(((name, at) for name, at in known if at is not None), key=lambda pair: pair[1])


def limits(values: Sequence[float], wishes: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis: all values, and those wishes that do not squeeze them into less than three quarters of it."""
    low, high = min(values), max(values)
    span = max(high - low, 0.02)
    for wish in sorted(wishes, key=lambda wish: abs(wish - (low + high) / 2)):
        if max(high, wish) - min(low, wish) <= span / 0.75:
            low, high = min(low, wish), max(high, wish)
    margin = 0.08 * max(high - low, 0.02)
    return max(0.0, low - margin), min(1.0, high + margin)


def title_of(sweep: Sweep) -> str:
    """The upward axis: whose UAR it is."""
    if word(sweep, "measure") == "dev_uar":
        return "UAR on dev speakers (up is better)"
    return "UAR, inflated" if part(sweep, "split", "inflated") else "UAR on unseen speakers (up is better)"


@house_style()
def pareto_front(sweep: Sweep) -> Drawing | None:
    """The figure: whiskers over speakers upwards, over folds and seeds across; None without points."""
    found = dots(sweep)
    if not found:
        return None
    marks, chance, names = references(sweep), number(sweep, "chance"), families(sweep)
    x = limits([edge for dot in found for edge in dot.across], [at for _, at in marks])
    y = limits([edge for dot in found for edge in (dot.low, dot.high)], [] if chance is None else [chance])
    laid = lay_out([*names, *_KEY], range(len(names) + len(_KEY)), _WIDTH - 60)
    sheet = Sheet(_WIDTH, _HEIGHT - 15 + laid.height)
    area = Area(sheet, x, y, Margins(top=10 + laid.height, right=12))
    area.scale_x("a fresh probe names the speaker (left is better)")
    area.scale_y(title_of(sweep))
    _draw_references(area, marks)
    _draw_beyond(area, marks, chance)
    for dot in found:
        area.whisker((dot.leak, dot.leak), (dot.low, dot.high), dot.family, faint=True)
        area.whisker(dot.across, (dot.good, dot.good), dot.family, faint=True)
    _draw_staircase(area, front_of(found))
    for line in lines_of(found):
        stroke = Stroke(hue(line[0].family), 1.1, alpha=0.75)
        area.line([dot.leak for dot in line], [dot.good for dot in line], stroke)
    _draw_marks(area, found)
    _write_names(area, found)
    draw_legend(sheet, laid, area.left, 2, signs={len(names): _front_sign, len(names) + 1: _ring_sign})
    said = "; ".join(f"{word(dot.row, 'point')}: UAR {dot.good:.2f}, speaker probe {dot.leak:.2f}" for dot in found)
    front = ", ".join(word(dot.row, "point") for dot in front_of(found))
    return sheet.drawing("UAR against leakage", f"{said}. On the Pareto front: {front}.")


def _front_sign(sheet: Sheet, x: float, y: float) -> None:
    sheet.stroke((x - 5, x + 5), (y, y), _FRONT)


def _ring_sign(sheet: Sheet, x: float, y: float) -> None:
    sheet.ring(x, y, 9.0)


def _draw_references(area: Area, marks: Sequence[tuple[str, float]]) -> None:
    """Dashed uprights at the references inside the axis; names of those that nearly coincide share a line."""
    groups: list[tuple[float, list[str]]] = []
    for name, at in marks:
        if not area.x[0] <= at <= area.x[1]:
            continue
        if groups and area.across(at) - area.across(groups[-1][0]) < _NEAR:
            groups[-1][1].append(name)
        else:
            groups.append((at, [name]))
    for at, names in groups:
        area.upright(at)
        x = area.across(at)
        # Over the line of what lies outside the axis, see _note.
        area.sheet.text(x + (9 if x < area.left + 11 else -4), area.foot - 15, ", ".join(names), "note", turn=90)


def _draw_beyond(area: Area, marks: Sequence[tuple[str, float]], chance: float | None) -> None:
    """The UAR of chance, and what lies outside an axis, said at the edge where it would be."""
    if chance is not None and area.y[0] <= chance <= area.y[1]:
        area.level(chance, "chance")
    elif chance is not None:
        _note(area, (area.left + area.right) / 2, f"↓ UAR of chance {chance:.3f}", "center")
    left = [f"{name} {at:.2f}" for name, at in marks if at < area.x[0]]
    right = [f"{name} {at:.2f}" for name, at in marks if at > area.x[1]]
    if left:
        _note(area, area.left + 3, f"← {', '.join(left)}", "left")
    if right:
        _note(area, area.right - 2, f"{', '.join(right)} →", "right")


def _note(area: Area, x: float, text: str, anchor: str) -> None:
    area.sheet.text(x, area.foot - 4, text, "note", anchor=anchor)


def _draw_staircase(area: Area, front: Sequence[Dot]) -> None:
    """What the front has reached: right of and below this line nothing is new."""
    if not front:
        return
    xs, ys = [front[0].leak], [area.y[0]]
    for dot in front:
        xs += [dot.leak, dot.leak]
        ys += [ys[-1], dot.good]
    area.line([*xs, area.x[1]], [*ys, ys[-1]], _FRONT)


def _draw_marks(area: Area, found: Sequence[Dot]) -> None:
    for dot in found:
        if part(dot.row, "chosen"):
            area.sheet.ring(area.across(dot.leak), area.down(dot.good), 16.0)
    # The first objective, plain as a rule, lies on top: the corners of what it covers show around its disc.
    ordered = sorted(found, key=lambda dot: -dot.family)
    tips = [f"{word(dot.row, 'point')}: UAR {dot.good:.3f}, speaker probe {dot.leak:.3f}" for dot in ordered]
    area.marks([(dot.leak, dot.good) for dot in ordered], [dot.family for dot in ordered], tips, 9.0)


def _write_names(area: Area, found: Sequence[Dot]) -> None:
    """Each point's name where it covers least of points, whiskers and other names."""
    taken = []
    for dot in found:
        x, y = area.across(dot.leak), area.down(dot.good)
        low, high = (area.across(edge) for edge in dot.across)
        taken += [Box(x - 6, y - 6, x + 6, y + 6), Box(low, y - 1, high, y + 1)]
        taken.append(Box(x - 1, area.down(dot.high), x + 1, area.down(dot.low)))
    names = [shortened(name_of(dot.row), 24) for dot in found]
    choices = [_choices(area, dot, name) for dot, name in zip(found, names, strict=True)]
    frame = Box(area.left, area.top, area.right, area.foot)
    for dot, name, boxes, best in zip(found, names, choices, best_places(choices, taken, frame), strict=True):
        box = boxes[best]
        area.sheet.text(box.left + 2, box.foot - 2.5, name, "name", color=hue(dot.family))


def _choices(area: Area, dot: Dot, name: str) -> list[Box]:
    """Right and left of a point, a little above first, then below, level, and farther off."""
    x, y, wide = area.across(dot.leak), area.down(dot.good), width_of(name, LETTERS["name"]) + 4
    lefts = (x + 7, x - 7 - wide)
    return [Box(left, y + drop - 8, left + wide, y + drop + 2.5) for drop in (-5, 13, 3, -15, 22) for left in lefts]
