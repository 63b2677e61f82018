"""The figures of a report, each from a part of the result, each with its alternative text."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from unheard.reports.plots import Frame, colour, figure, mark_at

__all__ = ["confusion", "curves", "embedding_map", "legend", "pair", "speakers"]

Result = Mapping[str, Any]


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def legend(names: Sequence[str]) -> str:
    """Names with their marks, in HTML."""
    items = []
    for number, name in enumerate(names):
        dot = f'<svg aria-hidden="true" width="12" height="12" viewBox="0 0 12 12">{mark_at(6, 6, number, "", 4.5)}</svg>'
        items.append(f"<span>{dot}{escape(str(name))}</span>")
    return f'<p class="legend">{"".join(items)}</p>'


def pair(result: Result) -> str:
    """UAR against the best probe's accuracy for the speaker: up and to the left is better."""
    points = []
    for number, (label, own) in enumerate(result["objectives"].items()):
        leak = (own.get("leakage") or {}).get("best", {}).get("mean")
        if _finite(leak) and _finite(own["uar"].get("mean")):
            points.append((number, label, float(leak), float(own["uar"]["mean"]), own["uar"].get("interval")))
    if not points:
        return ""
    frame = Frame(520, 300, (0.0, 1.0), (0.0, 1.0))
    parts = [frame.axes("accuracy of the best fresh probe for the speaker", "UAR on unseen speakers")]
    references = result.get("references") or {}
    names = {
        "chance": "chance",
        "raw_features": "raw features",
        "untrained": "untrained",
        "emotion_code": "emotion code",
    }
    for place, (key, name) in enumerate(names.items()):
        at = (references.get(key) or {}).get("best", {}).get("mean")
        if _finite(at):
            x = frame.across(at)
            parts.append(
                f'<line class="reference" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{frame.up(0):.1f}"/>'
            )
            y = frame.up(0.02) - 14 * place
            near_edge = x > 0.8 * frame.width
            place_at = f'x="{x - 4:.1f}" text-anchor="end"' if near_edge else f'x="{x + 4:.1f}"'
            parts.append(f'<text class="note" {place_at} y="{y:.1f}">{escape(name)}</text>')
    chance = 1 / max(1, len(result["classes"]))
    y = frame.up(chance)
    parts.append(
        f'<line class="reference" x1="{frame.left}" x2="{frame.width - frame.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
    )
    for number, label, leak, uar, ends in points:
        x = frame.across(leak)
        if ends and all(_finite(end) for end in ends):
            low, high = (frame.up(end) for end in ends)
            parts.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" style="stroke:{colour(number)};stroke-width:2"/>'
            )
        parts.append(frame.mark(leak, uar, number, f"{label}: UAR {uar:.3f}, speaker probe {leak:.3f}", 6))
    said = "; ".join(f"{label}: UAR {uar:.2f}, speaker probe {leak:.2f}" for _, label, leak, uar, _ in points)
    body = "".join(parts)
    return figure(520, 300, "How good, and how much of the speaker is left", said, body) + legend(
        list(result["objectives"])
    )


def confusion(result: Result, label: str) -> str:
    """Rows are the truth; a cell's shade is its share of the row, its text the share in per cent."""
    matrix, classes = result["objectives"][label].get("confusion"), [str(name) for name in result["classes"]]
    if not matrix:
        return ""
    cell, left, top = 44.0, 92.0, 74.0
    parts = []
    for column, name in enumerate(classes):
        x = left + (column + 0.5) * cell
        parts.append(f'<text class="tick" transform="translate({x:.0f} {top - 8}) rotate(-40)">{escape(name)}</text>')
    for row, (name, counts) in enumerate(zip(classes, matrix, strict=True)):
        y, total = top + row * cell, sum(counts)
        parts.append(f'<text class="tick" x="{left - 8}" y="{y + 27:.0f}" text-anchor="end">{escape(name)}</text>')
        for column, count in enumerate(counts):
            share = count / total if total else 0.0
            x = left + column * cell
            tip = f"{name} heard as {classes[column]}: {count} of {total}"
            shade = f"fill:var(--c0);fill-opacity:{0.04 + 0.9 * share:.2f}"
            parts.append(
                f'<rect x="{x:.0f}" y="{y:.0f}" width="{cell - 2}" height="{cell - 2}" rx="3" style="{shade}">'
                f"<title>{escape(tip)}</title></rect>"
            )
            strong = " strong" if share > 0.55 else ""
            text = "" if not total else f"{100 * share:.0f}"
            parts.append(
                f'<text class="cell{strong}" x="{x + cell / 2 - 1:.0f}" y="{y + 26:.0f}" text-anchor="middle">{text}</text>'
            )
    size = len(classes) * cell
    recalls = result["objectives"][label].get("recall") or {}
    said = ", ".join(f"{name} {value:.2f}" for name, value in recalls.items() if _finite(value))
    title = f"Confusion matrix of {label}, per cent of each row"
    return figure(left + size + 40, top + size + 4, title, f"Recall: {said}", "".join(parts))


def speakers(result: Result, label: str) -> str:
    """A bar a speaker, sorted; the dashed line is chance."""
    rows = [row for row in result["objectives"][label].get("speakers") or [] if _finite(row.get("uar"))]
    if not rows:
        return ""
    rows.sort(key=lambda row: -row["uar"])
    step = max(9.0, min(26.0, 640 / len(rows)))
    width = 60 + step * len(rows)
    frame = Frame(max(width, 320), 240, (0.0, 1.0), (0.0, 1.0), bottom=58)
    edge = frame.width - frame.right
    parts = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = frame.up(value)
        parts.append(f'<line class="grid" x1="{frame.left}" x2="{edge}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{frame.left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for number, row in enumerate(rows):
        x, y = frame.left + 4 + number * step, frame.up(row["uar"])
        hue = {"f": colour(0), "m": colour(1)}.get(str(row.get("gender")), colour(2))
        tip = f"{row['speaker']} ({row.get('gender') or 'gender not known'}): UAR {row['uar']:.3f}, {row['utterances']} utterances"
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{step - 3:.1f}" height="{frame.up(0) - y:.1f}" rx="2" style="fill:{hue}">'
            f"<title>{escape(tip)}</title></rect>"
        )
        parts.append(
            f'<text class="tick small" transform="translate({x + step / 2:.1f} {frame.up(0) + 10:.0f}) rotate(-60)" '
            f'text-anchor="end">{escape(str(row["speaker"])[:9])}</text>'
        )
    y = frame.up(1 / max(1, len(result["classes"])))
    parts.append(f'<line class="reference" x1="{frame.left}" x2="{edge}" y1="{y:.1f}" y2="{y:.1f}"/>')
    said = f"best {rows[0]['speaker']} {rows[0]['uar']:.2f}, worst {rows[-1]['speaker']} {rows[-1]['uar']:.2f}"
    return figure(frame.width, 240, f"UAR of each unseen speaker, {label}", said, "".join(parts))


def _mean_over(curves: Sequence[Result], key: str) -> list[float | None]:
    longest = max((len(curve.get(key) or []) for curve in curves), default=0)
    means: list[float | None] = []
    for epoch in range(longest):
        values = [curve[key][epoch] for curve in curves if epoch < len(curve.get(key) or [])]
        known = [value for value in values if _finite(value)]
        means.append(sum(known) / len(known) if known else None)
    return means


def curves(result: Result, label: str, key: str, title: str) -> str:
    """One quantity over the epochs: a thin line a training, the mean thick."""
    own = [curve for curve in result["objectives"][label].get("curves") or [] if curve.get(key)]
    values = [value for curve in own for value in curve[key] if _finite(value)]
    longest = max((len(curve[key]) for curve in own), default=0)
    if not values or longest < 2:
        return ""
    low, high = min(values), max(values)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    frame = Frame(340, 210, (1.0, float(longest)), (min(low, high - 1e-6), high))
    parts = [frame.axes("epoch", title, 1 if high - low >= 0.8 else 2, x_digits=0)]
    thin = f'class="thin" style="stroke:{colour(0)}"'
    for curve in own[:60]:
        xs = [float(epoch + 1) for epoch in range(len(curve[key]))]
        parts.append(frame.line(xs, curve[key], thin))
    mean = _mean_over(own, key)
    thick = f'class="thick" style="stroke:{colour(0)}"'
    parts.append(frame.line([float(epoch + 1) for epoch in range(len(mean))], mean, thick))
    ends = [value for value in mean if value is not None]
    said = f"from {ends[0]:.2f} to {ends[-1]:.2f} over {longest} epochs, mean of {len(own)} trainings"
    return figure(340, 210, f"{label}: {title}", said, "".join(parts))


def embedding_map(result: Result, label: str, by: str) -> str:
    """The embedding of unseen speakers in two dimensions, coloured by emotion or by speaker."""
    drawn = (result.get("maps") or {}).get(label)
    if not drawn or not drawn.get("points"):
        return ""
    points, groups = drawn["points"], [str(name) for name in drawn[by]]
    names = [str(name) for name in result["classes"]] if by == "emotion" else sorted(set(groups))
    number = {name: position for position, name in enumerate(names)}
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    frame = Frame(340, 300, (min(xs), max(xs)), (min(ys), max(ys)), left=10, bottom=10)
    dots = [
        frame.mark(x, y, number.get(name, 0), f"{name}, {other}", 3.2)
        for (x, y), name, other in zip(
            points, groups, drawn["speaker" if by == "emotion" else "emotion"], strict=True
        )
    ]
    title = f"Embeddings of unseen speakers, {label}, coloured by {by}"
    said = f"{len(points)} utterances in {len(names)} groups: {', '.join(names[:30])}"
    return figure(340, 300, title, said, "".join(dots)) + legend(names)
