"""EER, the equal error rate of a verification: how often same and different speakers are mistaken."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unheard.errors import LabelError
from unheard.metrics.confusion import labeled, same_length

__all__ = ["DIRECTION", "NAME", "RANGE", "TRUTH", "score"]

NAME = "eer"
DIRECTION: Literal["higher", "lower"] = "lower"
RANGE = (0.0, 1.0)
TRUTH: Literal["classes", "values", "pairs"] = "pairs"


def _error_rates(
    truth: NDArray[np.bool_], similarity: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False acceptance and false rejection at every threshold, from the strictest to the loosest.

    One point for each distinct similarity (trials of equal similarity are accepted together), and before
    them the point where nothing is accepted.
    """
    order = np.argsort(-similarity, kind="stable")
    truth, similarity = truth[order], similarity[order]
    last = np.append(np.flatnonzero(np.diff(similarity)), truth.size - 1)
    accepted = np.cumsum(truth)[last]
    false_acceptance = np.append(0.0, (last + 1 - accepted) / np.count_nonzero(~truth))
    false_rejection = np.append(1.0, 1.0 - accepted / np.count_nonzero(truth))
    return false_acceptance, false_rejection


def score(truth: NDArray[np.generic], prediction: NDArray[np.floating]) -> float:
    """The error rate where as many impostors are accepted as targets are rejected.

    A trial is accepted if its similarity is at least the threshold. Each distinct similarity is one point
    (FAR, FRR); neighboring points are joined by straight lines, and EER is where that line meets
    FAR = FRR, which it does exactly once. Not the convex hull (which would be lower), nor the nearest point.

    >>> score(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))
    0.5

    Args:
        truth: whether the two sides are the same speaker, shape (trials,), bool or 0 and 1; UNLABELED (-1)
            where that is not known: never counted.
        prediction: similarity, higher for more alike, shape (trials,), any scale.

    Returns:
        EER in [0, 1]: 0 is perfect, 0.5 is chance; nan unless there are both targets and impostors.

    Raises:
        LabelError: shapes differ, truth is neither bool nor 0 and 1, or a similarity is nan.
    """
    truth, scores = np.asarray(truth), np.asarray(prediction, dtype=np.float64)
    same_length(NAME, truth, scores)
    numbers, _, known = labeled(truth, np.zeros(truth.shape, np.int64), classes=2, metric=NAME)
    same, similarity = numbers == 1, scores[known]
    wrong = np.count_nonzero(np.isnan(similarity))
    if wrong:
        problem = f"{wrong} of {similarity.size} similarities are nan"
        raise LabelError(f"metric {NAME}", problem, "Look for nan among the embeddings")
    if not same.any() or same.all():
        return float("nan")
    false_acceptance, false_rejection = _error_rates(same, similarity)
    gap = false_acceptance - false_rejection  # strictly climbs from -1 to 1
    after = int(np.argmax(gap >= 0))
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    step = false_acceptance[after] - false_acceptance[after - 1]
    return float(false_acceptance[after - 1] + share * step)
