"""A run's predictions as calibration reads them: what models said of test speakers, and of dev speakers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from unheard.data.folds.plan import Fold
from unheard.experiment.job_result import TrainingResult
from unheard.experiment.preparation import Prepared
from unheard.scores.calibration import HeldOutPredictions

__all__ = ["dev_predictions_of", "held_out_predictions"]

_HOMES = ("corpus", "language")


def held_out_predictions(results: Sequence[TrainingResult], prepared: Prepared) -> HeldOutPredictions:
    """What the models of one objective said of their test speakers.

    Args:
        results: of its jobs.
        prepared: the corpus.
    """
    return _judged([(one, list(one.predictions.rows())) for one in results], prepared)


def dev_predictions_of(results: Sequence[TrainingResult], prepared: Prepared) -> HeldOutPredictions | None:
    """What they said of their dev speakers; None where there were none.

    A dev speaker who is in training, too, as where a split deals utterances, is no voice that the model never heard,
    and left out.

    Args:
        results: of the objective's jobs.
        prepared: the corpus.
    """
    kept = []
    for one in results:
        speakers = {prepared.speakers[name] for name in _fold(one, prepared).train}
        kept.append((one, [row for row in one.dev_predictions.rows() if prepared.speakers[row[0]] not in speakers]))
    return _judged(kept, prepared) if any(rows for _, rows in kept) else None


def _fold(result: TrainingResult, prepared: Prepared) -> Fold:
    folds = prepared.plans[result.seed].folds
    return next(fold for fold in folds if fold.name == result.fold)


def _values(names: Sequence[str], prepared: Prepared, column: str) -> set[Any]:
    return {getattr(prepared.utterances[name], column) for name in names}


def _judged(
    each: Sequence[tuple[TrainingResult, Sequence[tuple[str, list[float]]]]], prepared: Prepared
) -> HeldOutPredictions:
    number = {name: position for position, name in enumerate(prepared.classes)}
    foreign: list[bool] = []
    for one, rows in each:
        train = _fold(one, prepared).train
        homes = {column: _values(train, prepared, column) for column in _HOMES}
        for name, _ in rows:
            own = {column: getattr(prepared.utterances[name], column) for column in _HOMES}
            # What is not known of an item is not known to be foreign.
            foreign.append(any(own[column] is not None and own[column] not in homes[column] for column in _HOMES))
    names = [name for _, rows in each for name, _ in rows]
    items = [prepared.utterances[name] for name in names]
    return HeldOutPredictions(
        truth=np.array([number[str(item.emotion)] for item in items], dtype=np.int64),
        probabilities=np.array([row for _, rows in each for _, row in rows], dtype=np.float64),
        seeds=np.array([one.seed for one, rows in each for _ in rows], dtype=np.int64),
        folds=np.array([one.fold for one, rows in each for _ in rows]),
        speakers=np.array([prepared.speakers[name] for name in names]),
        names=np.array(names),
        foreign=np.array(foreign, dtype=np.bool_),
    )
