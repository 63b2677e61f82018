"""The curve of a sweep: UAR against what a fresh probe reads of the speaker, and the front that no point beats."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from unheard.reports.documents.reading import REFERENCES, entries, number, part, word
from unheard.reports.figures.scores import interval_of
from unheard.reports.figures.svg import LETTER, Frame, color, figure, label_of, legend

__all__ = [
    "LEAK_TITLE",
    "Dot",
    "curve",
    "dots",
    "families",
    "front_of",
    "limits",
    "lines_of",
    "name_of",
    "references",
    "short",
    "title_of",
]

Sweep = Mapping[str, Any]

LEAK_TITLE = "a fresh probe names the speaker (left is better)"
"""The axis across."""
_WIDTH, _HEIGHT = 720, 460


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
    known = [(name, number(sweep, "references", key, "best", "mean")) for key, name in REFERENCES.items()]
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


def curve(sweep: Sweep) -> str:
    """The figure: whiskers over speakers upwards, over folds and seeds across; an empty text without points."""
    found = dots(sweep)
    if not found:
        return ""
    marks, chance = references(sweep), number(sweep, "chance")
    x = limits([edge for dot in found for edge in dot.across], [at for _, at in marks])
    y = limits([edge for dot in found for edge in (dot.low, dot.high)], [] if chance is None else [chance])
    frame = Frame(_WIDTH, _HEIGHT, x, y, left=56, top=30, right=16)
    parts = [frame.axes(LEAK_TITLE, title_of(sweep))]
    parts += [_uprights(frame, marks), _beyond(frame, marks, chance)]
    parts += [_whiskers(frame, found), _staircase(frame, front_of(found))]
    for line in lines_of(found):
        style = f'class="thread" style="stroke:{color(line[0].family)}"'
        parts.append(frame.line([dot.leak for dot in line], [dot.good for dot in line], style))
    # The first objective, plain as a rule, lies on top: the corners of what it covers show around its disc.
    parts += [_mark(frame, dot) for dot in sorted(found, key=lambda dot: -dot.family)]
    parts += [_names(frame, found), _legend(families(sweep))]
    said = "; ".join(f"{word(dot.row, 'point')}: UAR {dot.good:.2f}, speaker probe {dot.leak:.2f}" for dot in found)
    front = ", ".join(word(dot.row, "point") for dot in front_of(found))
    return figure(_WIDTH, _HEIGHT, "UAR against leakage", f"{said}. On the Pareto front: {front}.", "".join(parts))


def title_of(sweep: Sweep) -> str:
    """The upward axis: whose UAR it is."""
    if word(sweep, "measure") == "dev_uar":
        return "UAR on dev speakers (up is better)"
    return "UAR, inflated" if part(sweep, "split", "inflated") else "UAR on unseen voices (up is better)"


def _uprights(frame: Frame, marks: Sequence[tuple[str, float]]) -> str:
    """Dashed uprights at the references inside the axis; names of those that nearly coincide share a line."""
    parts: list[str] = []
    groups: list[tuple[float, list[str]]] = []
    for name, at in marks:
        if not frame.x[0] <= at <= frame.x[1]:
            continue
        if groups and frame.across(at) - frame.across(groups[-1][0]) < 15:
            groups[-1][1].append(name)
        else:
            groups.append((at, [name]))
    for at, names in groups:
        x, foot = frame.across(at), frame.height - frame.bottom
        parts.append(f'<line class="reference" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{foot:.1f}"/>')
        above = foot - 20  # over the line of what lies outside the axis, see _note
        place = f"translate({x + (12 if x < frame.left + 15 else -5):.1f} {above:.0f}) rotate(-90)"
        parts.append(f'<text class="note" transform="{place}">{escape(", ".join(names))}</text>')
    return "".join(parts)


def _beyond(frame: Frame, marks: Sequence[tuple[str, float]], chance: float | None) -> str:
    """The UAR of chance, and what lies outside an axis, said at the edge where it would be."""
    parts = []
    if chance is not None and frame.y[0] <= chance <= frame.y[1]:
        parts.append(frame.level(chance, "chance"))
    elif chance is not None:
        middle = (frame.left + frame.width - frame.right) / 2
        parts.append(_note(middle, frame, f"↓ UAR of chance {chance:.3f}", "middle"))
    left = [f"{name} {at:.2f}" for name, at in marks if at < frame.x[0]]
    right = [f"{name} {at:.2f}" for name, at in marks if at > frame.x[1]]
    if left:
        parts.append(_note(frame.left + 4, frame, f"← {', '.join(left)}", "start"))
    if right:
        parts.append(_note(frame.width - frame.right - 3, frame, f"{', '.join(right)} →", "end"))
    return "".join(parts)


def _note(x: float, frame: Frame, text: str, anchor: str) -> str:
    y = frame.height - frame.bottom - 6
    return f'<text class="note" x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _whiskers(frame: Frame, found: Sequence[Dot]) -> str:
    parts = []
    for dot in found:
        x, y, hue = frame.across(dot.leak), frame.up(dot.good), f'class="thinner" style="stroke:{color(dot.family)}"'
        low, high = frame.up(dot.low), frame.up(dot.high)
        ends = [frame.across(edge) for edge in dot.across]
        parts.append(f'<line {hue} x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>')
        parts.append(f'<line {hue} x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
    return "".join(parts)


def _staircase(frame: Frame, front: Sequence[Dot]) -> str:
    """What the front has reached: right of and below this line nothing is new."""
    if not front:
        return ""
    xs, ys = [front[0].leak], [frame.y[0]]
    for dot in front:
        xs += [dot.leak, dot.leak]
        ys += [ys[-1], dot.good]
    return frame.line([*xs, frame.x[1]], [*ys, ys[-1]], 'class="front"')


def _mark(frame: Frame, dot: Dot) -> str:
    tip = f"{word(dot.row, 'point')}: UAR {dot.good:.3f}, speaker probe {dot.leak:.3f}"
    ring = ""
    if part(dot.row, "chosen"):
        ring = f'<circle class="ring" cx="{frame.across(dot.leak):.1f}" cy="{frame.up(dot.good):.1f}" r="11"/>'
    return ring + frame.mark(dot.leak, dot.good, dot.family, tip, 6)


def _names(frame: Frame, found: Sequence[Dot]) -> str:
    """Each point's name where it covers least of points, whiskers and other names."""
    centers = [(frame.across(dot.leak), frame.up(dot.good)) for dot in found]
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in centers]
    for dot, (x, y) in zip(found, centers, strict=True):
        taken.append((x - 1, frame.up(dot.high), x + 1, frame.up(dot.low)))
        taken.append((frame.across(dot.across[0]), y - 1, frame.across(dot.across[1]), y + 1))
    parts = []
    for dot, (x, y) in zip(found, centers, strict=True):
        text = name_of(dot.row)[:24]
        wide = LETTER * len(text) + 4
        places = [
            (x + side * 11 - (0 if side > 0 else wide), y + drop) for drop in (-7, 17, 4, -20, 30) for side in (1, -1)
        ]
        boxes = [(left, base - 11, left + wide, base + 3) for left, base in places]
        costs = [sum(_overlap(box, other) for other in taken) + _outside(box, frame) for box in boxes]
        best = min(range(len(boxes)), key=costs.__getitem__)
        taken.append(boxes[best])
        left, base = places[best]
        hue = f'style="fill:{color(dot.family)}"'
        parts.append(f'<text class="name" x="{left + 2:.1f}" y="{base:.1f}" {hue}>{label_of(text, 24)}</text>')
    return "".join(parts)


Box = tuple[float, float, float, float]


def _overlap(one: Box, other: Box) -> float:
    wide, tall = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, tall)


def _outside(box: Box, frame: Frame) -> float:
    lost = max(0.0, frame.left - box[0]) + max(0.0, box[2] - (frame.width - frame.right))
    lost += max(0.0, frame.top - box[1]) + max(0.0, box[3] - (frame.height - frame.bottom))
    return 1000.0 * lost


def _legend(names: Sequence[str]) -> str:
    """Inside the drawing, so that it is there in a paper, too."""
    marks, x = legend(names, 18)
    parts = [marks]
    parts.append(f'<line class="front" x1="{x:.1f}" x2="{x + 22:.1f}" y1="13" y2="13"/>')
    parts.append(f'<text class="tick" x="{x + 27:.1f}" y="17">Pareto front</text>')
    parts.append(f'<circle class="ring" cx="{x + 122:.1f}" cy="13" r="7"/>')
    parts.append(f'<text class="tick" x="{x + 134:.1f}" y="17">chosen by dev speakers</text>')
    return "".join(parts)
