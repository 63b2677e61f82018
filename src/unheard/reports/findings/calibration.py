"""What the tables of calibration and fairness say of a result, and the sentences about them."""

from collections.abc import Mapping
from typing import Any

from unheard.reports.documents.reading import entries, labels, number, part, table

__all__ = ["calibration_rows", "few_emotions", "group_rows", "temperature_sentences"]

Result = Mapping[str, Any]


def calibration_rows(result: Result) -> list[dict[str, Any]]:
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
