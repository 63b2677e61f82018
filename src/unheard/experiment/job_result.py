"""job.json: what a job found, as typed values, written with a digest and read back only if it is whole.

There are two kinds: of a training (`TrainingResult`), and of the references that no training touched
(`ReferencesResult`).
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from unheard.documents import DamageError, conform, opened, read_json, sealed
from unheard.files import write_atomically
from unheard.schemas.leakage import ProbeKind
from unheard.schemas.record import Text

__all__ = [
    "Groups",
    "JobResult",
    "LeakageFigures",
    "Predictions",
    "ReferencesResult",
    "TrainingResult",
    "read_job_result",
    "references_of",
    "trainings_of",
    "write_job_result",
]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _distinct(names: list[Any]) -> list[Any]:
    if len(set(names)) < len(names):
        msg = "a name stands twice"
        raise ValueError(msg)
    return names


class Predictions(_Record):
    """What a model says of some utterances.

    Args:
        names: of the utterances, each once.
        probabilities: for each a row, with a probability a class.
    """

    names: Annotated[list[Text], AfterValidator(_distinct)] = []
    probabilities: list[list[float]] = []

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        if len(self.names) != len(self.probabilities) or len(set(map(len, self.probabilities))) > 1:
            msg = f"{len(self.names)} names and {len(self.probabilities)} rows, or rows of several lengths"
            raise ValueError(msg)
        if not all(math.isfinite(value) for row in self.probabilities for value in row):
            msg = "a probability is no number"
            raise ValueError(msg)
        return self

    def __len__(self) -> int:
        return len(self.names)

    def rows(self) -> Iterator[tuple[str, list[float]]]:
        """Each utterance's name with its row."""
        yield from zip(self.names, self.probabilities, strict=True)

    @classmethod
    def of(cls, names: Sequence[str], probabilities: np.ndarray) -> Self:
        """Predictions as they are kept: with six digits.

        Args:
            names: of the utterances.
            probabilities: shape (items, classes).
        """
        return cls(
            names=list(names), probabilities=[[round(float(value), 6) for value in row] for row in probabilities]
        )


class LeakageFigures(_Record):
    """How much of the speaker one representation holds; all but the counts are fractions, nan where not to be had.

    Args:
        probes: balanced accuracy of each kind of fresh probe, on utterances that were withheld from training.
        chance: what guessing gives: one over the number of training speakers.
        withheld: how many utterances the probes were asked.
        speakers: how many training speakers there are.
        eer: equal error rate of "same speaker or not" on pairs of utterances of unseen speakers; None where that was
            not asked.
        eer_targets: how many of those pairs are of one speaker.
        eer_impostors: how many are of two.
    """

    probes: dict[ProbeKind, float]
    chance: float
    withheld: int = Field(ge=0)
    speakers: int = Field(ge=0)
    eer: float | None = None
    eer_targets: int = Field(0, ge=0)
    eer_impostors: int = Field(0, ge=0)


class Groups(_Record):
    """Names of the utterances whose embeddings a training leaves, in the order of the embeddings.

    Args:
        train: what the encoder learned from.
        withheld: other utterances of the same speakers.
        unseen: utterances of speakers without a gradient step.
    """

    train: list[Text]
    withheld: list[Text]
    unseen: list[Text]


class JobResult(_Record):
    """What every job leaves.

    Args:
        label: of the objective.
        seed: of the run.
        fold: name of the fold.
        fingerprint: digest of all that determines the job.
        total_seconds: from its beginning to its end.
        peak_memory_bytes: the largest resident memory of its process.
        predictions: of the test part.
    """

    label: Text
    seed: int
    fold: Text
    fingerprint: Text
    total_seconds: float
    peak_memory_bytes: int
    predictions: Predictions


class TrainingResult(JobResult):
    """What the training of one objective leaves.

    Args:
        dev_predictions: of the dev part, by the model of the epoch that was kept.
        history: for each epoch, what the objective logged.
        best_epoch: the epoch that was kept, counted from 1.
        epochs: how many were trained, those of a second training (`refit`) with them.
        seconds: of training alone.
        leakage: what is left of the speaker in the embeddings; None where it was not measured.
        groups: whose embeddings lie beside the result.
    """

    kind: Literal["training"] = "training"
    dev_predictions: Predictions
    history: list[dict[str, float]]
    best_epoch: int = Field(ge=0)
    epochs: int = Field(ge=0)
    seconds: float
    leakage: LeakageFigures | None
    groups: Groups


class ReferencesResult(JobResult):
    """How much of the speaker there is without any objective; its predictions are those of a closed form.

    Args:
        raw_features: in the features as they are.
        untrained: in the embeddings of an encoder with random weights.
        emotion_code: in a perfect code of the emotion.
    """

    kind: Literal["references"] = "references"
    raw_features: LeakageFigures
    untrained: LeakageFigures
    emotion_code: LeakageFigures


_KINDS: dict[str, type[TrainingResult] | type[ReferencesResult]] = {
    "training": TrainingResult,
    "references": ReferencesResult,
}


def write_job_result(result: JobResult, file: Path) -> None:
    """Write what a job found, with a digest, aside and renamed."""
    write_atomically(json.dumps(sealed(result.model_dump())), file)


def read_job_result(file: Path) -> TrainingResult | ReferencesResult:
    """What a job found.

    Raises:
        DamageError: it is missing, damaged, or does not match its digest.
    """
    document = opened(read_json(file, finite=False))
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise DamageError(f"its kind is none of {', '.join(_KINDS)} (came: {ascii(kind)[:60]})")
    return conform(document, _KINDS[kind])


def trainings_of(results: Sequence[JobResult], label: str) -> list[TrainingResult]:
    """The trainings of one objective, in the order of the results."""
    return [one for one in results if isinstance(one, TrainingResult) and one.label == label]


def references_of(results: Sequence[JobResult]) -> list[ReferencesResult]:
    """The references among the results of a run's jobs."""
    return [one for one in results if isinstance(one, ReferencesResult)]
