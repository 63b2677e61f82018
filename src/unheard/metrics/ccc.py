"""CCC, the concordance correlation coefficient: agreement of arousal, valence or dominance with the truth."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unheard.errors import LabelError
from unheard.metrics.confusion import same_length

__all__ = ["DIRECTION", "NAME", "RANGE", "TRUTH", "score"]

NAME = "ccc"
DIRECTION: Literal["higher", "lower"] = "higher"
RANGE = (-1.0, 1.0)
TRUTH: Literal["classes", "values", "pairs"] = "values"


def score(truth: NDArray[np.floating], prediction: NDArray[np.floating]) -> float:
    """How near prediction and truth are to the line of identity: 1 only if they are equal.

        CCC = 2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))^2)

    Variances and covariance divide by N, as in Lin's paper; toolkits that divide by N - 1 get another number
    on few items, for the squared difference of means is not rescaled with the rest.

    >>> round(score(np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.5, 0.9])), 4)
    0.9756

    Args:
        truth: values, shape (items,), any unit; nan where there is no label: never counted.
        prediction: values in the same unit, shape (items,).

    Returns:
        CCC in [-1, 1]; nan if no item is labeled, or if both are constant and equal.

    Raises:
        LabelError: shapes differ, or a labeled item holds inf, or its prediction nan or inf.

    Reference:
        lin1989concordance: the estimate of the concordance correlation coefficient from a sample.
    """
    truth, prediction = np.asarray(truth, dtype=np.float64), np.asarray(prediction, dtype=np.float64)
    same_length(NAME, truth, prediction)
    known = ~np.isnan(truth)
    truth, prediction = truth[known], prediction[known]
    wrong = np.count_nonzero(~(np.isfinite(truth) & np.isfinite(prediction)))
    if wrong:
        problem = f"{wrong} labeled items hold nan or inf"
        raise LabelError(f"metric {NAME}", problem, "Look for a diverged model; a missing truth is nan")
    if not truth.size:
        return float("nan")
    origin = truth[0], prediction[0]  # seen from its first item, a constant is exactly 0
    truth, prediction = truth - origin[0], prediction - origin[1]
    truth_off, prediction_off = truth - truth.mean(), prediction - prediction.mean()
    covariance = float(np.mean(truth_off * prediction_off))
    spread = float(np.mean(truth_off**2) + np.mean(prediction_off**2))
    spread += float(truth.mean() - prediction.mean() + (origin[0] - origin[1])) ** 2
    return 2.0 * covariance / spread if spread > 0 else float("nan")
