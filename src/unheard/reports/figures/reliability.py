"""The figures of how far a recognizer's own probabilities can be believed, and whom it fails."""

from collections.abc import Mapping
from typing import Any

from unheard.reports.documents.reading import entries, labels, number, part, table
from unheard.reports.figures.svg import Frame, color, figure

__all__ = ["abstention", "group_rows", "reliability", "temperature_sentences", "trust_rows"]

Result = Mapping[str, Any]


def reliability(result: Result, label: str) -> str:
    """How often an answer is right against how sure it says it is: on the diagonal, a probability means itself.

    The raw probabilities as discs, as large as the bin is full; those with a temperature fitted on development
    speakers as a line, if there is one.
    """
    before = _bins(result, label, "before")
    if not before:
        return ""
    frame = Frame(400, 320, (0.0, 1.0), (0.0, 1.0))
    hue = labels(result).index(label)
    parts = [frame.axes("how sure it says it is", "how often it is right")]
    parts.append(frame.line((0.0, 1.0), (0.0, 1.0), 'class="reference"'))
    most = max(count for *_, count in before)
    for sure, right, count in before:
        tip = f"says {sure:.2f}, is right {right:.2f}: {count:.0f} answers"
        x, y, radius = frame.across(sure), frame.up(right), 2.5 + 8.5 * (count / most) ** 0.5
        parts.append(
            f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill-opacity="0.55" '
            f'style="fill:{color(hue)}"><title>{tip}</title></circle>'
        )
    after = _bins(result, label, "after")
    if after:
        promised, kept = [row[0] for row in after], [row[1] for row in after]
        parts.append(frame.line(promised, kept, f'class="thick" style="stroke:{color(hue)}"'))
    said = "; ".join(f"says {sure:.2f}, is right {right:.2f}" for sure, right, _ in before)
    return figure(400, 320, f"Reliability of {label}", said, "".join(parts))


def _bins(result: Result, label: str, which: str) -> list[tuple[float, float, float]]:
    """Mean confidence, accuracy and number of answers of each bin that has any."""
    found = []
    for row in entries(result, "objectives", label, "calibration", which, "reliability"):
        sure, right, count = (number(row, key) for key in ("confidence", "accuracy", "count"))
        if sure is not None and right is not None and count:
            found.append((sure, right, count))
    return found


def abstention(result: Result) -> str:
    """Errors among the answers that are given, where the least sure ones are kept back."""
    curves = []
    for position, label in enumerate(labels(result)):
        own = part(result, "objectives", label, "calibration", "after") or part(
            result, "objectives", label, "calibration", "before"
        )
        shares = [number(value) for value in entries(own, "risk_coverage", "coverage")]
        risks = [number(value) for value in entries(own, "risk_coverage", "risk")]
        known = [(x, y) for x, y in zip(shares, risks, strict=False) if x is not None and y is not None]
        if known:
            curves.append((position, label, known))
    if not curves:
        return ""
    highest = max(risk for *_, known in curves for _, risk in known)
    frame = Frame(520, 320, (0.0, 1.0), (0.0, min(1.0, max(0.1, 1.1 * highest))))
    parts = [frame.axes("share of utterances that get an answer", "share of those answers that are wrong")]
    for position, _, known in curves:
        xs, ys = [x for x, _ in known], [y for _, y in known]
        parts.append(frame.line(xs, ys, f'class="thick" style="stroke:{color(position)}"'))
    said = "; ".join(f"{label}: {known[-1][1]:.2f} wrong where all are answered" for _, label, known in curves)
    return figure(520, 320, "Errors among the surest answers", said, "".join(parts))


def trust_rows(result: Result) -> list[dict[str, Any]]:
    """One row an objective: calibration before and after, abstention, and the worst-served speakers."""
    rows = []
    for label in labels(result):
        own = part(result, "objectives", label)
        calibration, tail = part(own, "calibration"), part(own, "fairness", "speakers")
        if not calibration and not tail:
            continue
        rows.append(
            {
                "label": label,
                "before": part(calibration, "before", "ece"),
                "after": part(calibration, "after", "ece"),
                "brier": part(calibration, "after", "brier") or part(calibration, "before", "brier"),
                "accuracy_at_80": part(calibration, "before", "accuracy_at_80"),
                "aurc": part(calibration, "before", "aurc"),
                "tail": tail or {},
            }
        )
    return rows


def few_emotions(result: Result) -> str | None:
    """How many speakers have too few emotions to be judged alone, and what follows; None where nobody has."""
    found = [number(result, "objectives", label, "worst_speaker", "left_out") for label in labels(result)]
    left_out = max((count for count in found if count is not None), default=0.0)
    if not left_out:
        return None
    everybody = max(len(entries(result, "objectives", label, "speakers")) for label in labels(result))
    have = "has" if left_out == 1 else "have"
    return (
        f"{left_out:.0f} of {everybody} test speakers {have} no more than half of the emotions: a UAR over so few "
        "does not say how well they are heard, so that they are neither named as the worst nor counted in the "
        "tenths. The UAR of all speakers together holds their recordings."
    )


def temperature_sentences(result: Result) -> list[str]:
    """What each objective's temperature is, on how many it was fitted and why it was kept; older results lack it."""
    said = [
        (label, part(result, "objectives", label, "calibration", "predict", "sentence")) for label in labels(result)
    ]
    return [f"{label}: {sentence}" for label, sentence in said if sentence]


def group_rows(result: Result) -> list[dict[str, Any]]:
    """One row an objective and group of speakers (gender, language), with the gap between the groups."""
    rows = []
    for label in labels(result):
        for column, own in table(result, "objectives", label, "fairness", "groups").items():
            for group, found in table(own, "rows").items():
                row = {"label": label, "column": column, "group": group, "gap": part(own, "gap")}
                rows.append(row | (found or {}))
    return rows
