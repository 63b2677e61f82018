"""The figures of how far a recognizer's own probabilities can be believed."""

from collections.abc import Mapping, Sequence
from typing import Any

from unheard.reports.documents.reading import entries, labels, number, part
from unheard.reports.figures.area import REFERENCE, Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import house_style, hue

__all__ = ["reliability_diagram", "risk_coverage_curves"]

Result = Mapping[str, Any]


@house_style()
def reliability_diagram(result: Result, label: str) -> Drawing | None:
    """How often an answer is right against how sure it says it is: on the diagonal, a probability means itself.

    The raw probabilities as discs, as large as the bin is full; those with a temperature fitted on development
    speakers as a line, if there is one.
    """
    before = _bins(result, label, "before")
    if not before:
        return None
    sheet, place = Sheet(300, 240), labels(result).index(label)
    area = Area(sheet, (0.0, 1.0), (0.0, 1.0), Margins())
    area.scale_x("how sure it says it is")
    area.scale_y("how often it is right")
    area.line((0.0, 1.0), (0.0, 1.0), REFERENCE)
    most = max(count for *_, count in before)
    tips = [f"says {sure:.2f}, is right {right:.2f}: {count:.0f} answers" for sure, right, count in before]
    sizes = [3.75 + 12.75 * (count / most) ** 0.5 for *_, count in before]
    area.discs([(sure, right) for sure, right, _ in before], sizes, place, tips)
    after = _bins(result, label, "after")
    if after:
        area.line([sure for sure, *_ in after], [right for _, right, _ in after], Stroke(hue(place), 1.9))
    said = "; ".join(f"says {sure:.2f}, is right {right:.2f}" for sure, right, _ in before)
    return sheet.drawing(f"Reliability of {label}", said)


def _bins(result: Result, label: str, which: str) -> list[tuple[float, float, float]]:
    """Mean confidence, accuracy and number of answers of each bin that has any."""
    found = []
    for row in entries(result, "objectives", label, "calibration", which, "reliability"):
        sure, right, count = (number(row, key) for key in ("confidence", "accuracy", "count"))
        if sure is not None and right is not None and count:
            found.append((sure, right, count))
    return found


def _risks(result: Result, label: str) -> Sequence[tuple[float, float]]:
    """Coverage and risk of an objective, with the temperature if there is one."""
    calibration = part(result, "objectives", label, "calibration")
    own = part(calibration, "after") or part(calibration, "before")
    shares = [number(value) for value in entries(own, "risk_coverage", "coverage")]
    risks = [number(value) for value in entries(own, "risk_coverage", "risk")]
    return [(x, y) for x, y in zip(shares, risks, strict=False) if x is not None and y is not None]


@house_style()
def risk_coverage_curves(result: Result) -> Drawing | None:
    """Errors among the answers that are given, where the least sure ones are kept back."""
    found = [(place, label, _risks(result, label)) for place, label in enumerate(labels(result))]
    curves = [(place, label, known) for place, label, known in found if known]
    if not curves:
        return None
    highest = max(risk for *_, known in curves for _, risk in known)
    sheet = Sheet(390, 240)
    area = Area(sheet, (0.0, 1.0), (0.0, min(1.0, max(0.1, 1.1 * highest))), Margins(right=12))
    area.scale_x("share of utterances that get an answer")
    area.scale_y("share of those answers that are wrong")
    for place, _, known in curves:
        area.mean_line([x for x, _ in known], [y for _, y in known], place, len(found))
        area.marks([known[-1]], [place], size=6.5)
    said = "; ".join(f"{label}: {known[-1][1]:.2f} wrong where all are answered" for _, label, known in curves)
    return sheet.drawing("Errors among the surest answers", said)
