"""How far probabilities can be believed and whom the models fail, as rows and sentences of pages and cards."""

from dataclasses import dataclass

from unheard.schemas.calibration import Calibration, CalibrationScores
from unheard.schemas.fairness import GroupGap, SpeakerTails
from unheard.schemas.objective import ObjectiveResult
from unheard.schemas.result import Result
from unheard.schemas.scores import GroupScores

__all__ = ["CalibrationRow", "GroupRow", "calibration_rows", "few_emotions", "group_rows", "temperature_sentences"]


@dataclass(frozen=True)
class CalibrationRow:
    """One objective: calibration before and after a temperature, and the speakers who are heard worst.

    Args:
        label: of the objective.
        before: figures of the raw probabilities; None where they were not measured.
        after: figures with a temperature; None where none was fitted.
        tails: the worst and best tenth of the speakers; None where they were not measured.
    """

    label: str
    before: CalibrationScores | None
    after: CalibrationScores | None
    tails: SpeakerTails | None


@dataclass(frozen=True)
class GroupRow:
    """One group of speakers of one objective.

    Args:
        label: of the objective.
        column: what groups them: gender, language, corpus.
        group: its name.
        scores: of the group.
        gap: between the groups of that column.
    """

    label: str
    column: str
    group: str
    scores: GroupScores
    gap: GroupGap


def calibration_rows(result: Result) -> list[CalibrationRow]:
    """One row an objective of which anything is known."""
    return [
        _row(label, own.calibration, own)
        for label, own in result.objectives.items()
        if own.calibration is not None or own.fairness is not None
    ]


def _row(label: str, calibration: Calibration | None, own: ObjectiveResult) -> CalibrationRow:
    before, after = (None, None) if calibration is None else (calibration.before, calibration.after)
    return CalibrationRow(label, before, after, None if own.fairness is None else own.fairness.tails)


def few_emotions(result: Result) -> str | None:
    """How many speakers have too few emotions to be judged alone, and what follows; None where nobody has."""
    left_out = max(own.worst_speaker.left_out or 0 for own in result.objectives.values())
    if not left_out:
        return None
    everybody = max(len(own.speakers) for own in result.objectives.values())
    have = "has" if left_out == 1 else "have"
    return (
        f"{left_out} of {everybody} test speakers {have} no more than half of the emotions: a UAR over so few "
        "does not say how well they are heard, so that they are neither named as the worst nor counted in the "
        "tenths. The UAR of all speakers together holds their recordings."
    )


def temperature_sentences(result: Result) -> list[str]:
    """What each objective's temperature is, on how many it was fitted and why it was kept."""
    return [
        f"{label}: {own.calibration.run_temperature.sentence}"
        for label, own in result.objectives.items()
        if own.calibration is not None and own.calibration.run_temperature is not None
    ]


def group_rows(result: Result) -> list[GroupRow]:
    """One row an objective and group of speakers (gender, language, corpus), with the gap between the groups."""
    return [
        GroupRow(label, column, group, scores, compared.gap)
        for label, own in result.objectives.items()
        if own.fairness is not None
        for column, compared in own.fairness.groups.items()
        for group, scores in compared.scores.items()
    ]
