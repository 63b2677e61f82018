"""Whether a probability means what it says, and what abstaining would buy: figures that read whole probabilities.

Probabilities may be those of predictions.csv: rounded to six decimals, so that a 0 may stand for anything below
half of the last one. Where a logarithm is taken, it counts as that half.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unheard.errors import LabelError
from unheard.schemas.calibration import ReliabilityBin

__all__ = [
    "BINS",
    "adaptive_calibration_error",
    "brier",
    "calibration_error",
    "checked",
    "classwise_calibration_error",
    "log_loss",
    "logs_of",
    "reliability",
    "risk_coverage",
]

BINS = 15
"""Bins of the calibration errors."""
_HALF_A_DIGIT = 5e-7

Probabilities = NDArray[np.floating]
Truth = NDArray[np.integer]


def checked(truth: Truth, probabilities: Probabilities) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Both as arrays, the unlabeled items left out.

    Args:
        truth: class numbers, shape (items,), -1 where there is no label.
        probabilities: shape (items, classes).

    Raises:
        LabelError: they do not fit each other.
    """
    truth, values = np.asarray(truth), np.asarray(probabilities, dtype=np.float64)
    if values.ndim != 2 or truth.shape != values.shape[:1]:
        problem = f"truth has shape {truth.shape} and probabilities {values.shape}"
        raise LabelError("calibration", problem, "Pass one row of probabilities an item, one column a class")
    if truth.size and not np.all(np.isfinite(values)):
        raise LabelError("calibration", "a probability is not finite", "Look at the run's predictions.csv")
    known = truth >= 0
    if truth.size and truth.max() >= values.shape[1]:
        problem = f"truth holds class {truth.max()}, expected 0 to {values.shape[1] - 1}"
        raise LabelError("calibration", problem, "Use one label map for both")
    return truth[known].astype(np.int64), values[known]


def _binned(confidence: NDArray[np.float64], hit: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Count, mean confidence and accuracy of each equal-width bin, shape (bins, 3); means of empty ones are nan."""
    # A bin holds its upper end: (0, 1/bins], ..., and 0 goes to the first.
    place = np.clip(np.ceil(confidence * bins - 1e-9).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins).astype(np.float64)
    means = np.full((2, bins), np.nan)
    for row, values in zip(means, (confidence, hit), strict=True):
        np.divide(np.bincount(place, weights=values, minlength=bins), count, out=row, where=count > 0)
    return np.column_stack([count, *means])


def _error_of(table: NDArray[np.float64]) -> float:
    count, confidence, accuracy = table.T
    if not count.sum():
        return float("nan")
    return float(np.nansum(count * np.abs(accuracy - confidence)) / count.sum())


def _top(truth: Truth, probabilities: Probabilities) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The probability of each item's prediction, and 1 where it is right."""
    truth, probabilities = checked(truth, probabilities)
    return probabilities.max(axis=1), (probabilities.argmax(axis=1) == truth).astype(np.float64)


def calibration_error(truth: Truth, probabilities: Probabilities, *, bins: int = BINS) -> float:
    """Expected calibration error: how far the top probability is from the share that is right, on average.

        ECE = sum over b of  items_b / items * |accuracy_b - confidence_b|

    Bins are of equal width in the top probability, each with its upper end. It is never quite 0: with few clips a
    bin, luck alone adds to it, so compare it only on the same clips.

    >>> round(calibration_error(np.array([0, 0]), np.array([[0.9, 0.1], [0.2, 0.8]])), 6)
    0.45

    Args:
        truth: class numbers, shape (items,), -1 where there is no label: never counted.
        probabilities: shape (items, classes), rows sum to 1.
        bins: how many.

    Returns:
        Error in [0, 1]; nan without labeled items.

    Raises:
        LabelError: the two do not fit each other.

    Reference:
        guo2017calibration: the definition, with 15 bins as there.
    """
    return _error_of(_binned(*_top(truth, probabilities), bins))


def adaptive_calibration_error(truth: Truth, probabilities: Probabilities, *, bins: int = BINS) -> float:
    """The same with as many items in each bin: no bin is thin, none holds nearly everything.

    Items of one confidence may fall to two bins; they are shared out so that their order does not matter.

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes).
        bins: how many; fewer where there are fewer items.

    Returns:
        Error in [0, 1]; nan without labeled items.

    Reference:
        nixon2019measuring: adaptive bins, here of the top probability alone.
    """
    confidence, hit = _top(truth, probabilities)
    if not confidence.size:
        return float("nan")
    order = np.argsort(confidence, kind="stable")
    confidence, hit = confidence[order], _shared(confidence[order], hit[order])
    parts = np.array_split(np.arange(confidence.size), min(bins, confidence.size))
    gaps = [len(part) * abs(confidence[part].mean() - hit[part].mean()) for part in parts]
    return float(sum(gaps) / confidence.size)


def _shared(confidence: NDArray[np.float64], hit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each item's hit as the mean over the items of the very same confidence."""
    _, group = np.unique(confidence, return_inverse=True)
    mean: NDArray[np.float64] = (np.bincount(group, weights=hit) / np.bincount(group))[group]
    return mean


def classwise_calibration_error(truth: Truth, probabilities: Probabilities, *, bins: int = BINS) -> float:
    """The mean over classes of the error of that class's own probability: also of those that were not predicted.

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes).
        bins: how many, of equal width.

    Returns:
        Error in [0, 1]; nan without labeled items.

    Reference:
        kull2019beyond: classwise ECE.
    """
    truth, probabilities = checked(truth, probabilities)
    columns = range(probabilities.shape[1])
    each = [_error_of(_binned(probabilities[:, own], (truth == own).astype(np.float64), bins)) for own in columns]
    return float(np.mean(each))


def brier(truth: Truth, probabilities: Probabilities) -> float:
    """Brier score: the mean squared distance from the truth, summed over classes; lower is better.

    >>> brier(np.array([0]), np.array([[0.5, 0.5]]))
    0.5

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes).

    Returns:
        Score in [0, 2]; nan without labeled items.

    Reference:
        brier1950verification: the original form (some halve it for two classes).
    """
    truth, probabilities = checked(truth, probabilities)
    if not truth.size:
        return float("nan")
    wanted = np.eye(probabilities.shape[1])[truth]
    return float(((probabilities - wanted) ** 2).sum(axis=1).mean())


def logs_of(probabilities: Probabilities) -> NDArray[np.float64]:
    """Logarithms of rounded probabilities: none below that of half the sixth decimal."""
    logs: NDArray[np.float64] = np.log(np.maximum(probabilities, _HALF_A_DIGIT))
    return logs


def log_loss(truth: Truth, probabilities: Probabilities) -> float:
    """Mean of minus the logarithm of the true class's probability, in nats; nan without labeled items.

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes).
    """
    truth, probabilities = checked(truth, probabilities)
    return -float(logs_of(probabilities)[np.arange(truth.size), truth].mean()) if truth.size else float("nan")


def reliability(truth: Truth, probabilities: Probabilities, *, bins: int = BINS) -> list[ReliabilityBin]:
    """The reliability diagram: for each bin of the top probability, what was promised and what was kept.

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes).
        bins: how many.

    Returns:
        One a bin, from the least sure to the surest.
    """
    rows = []
    for place, (count, confidence, accuracy) in enumerate(_binned(*_top(truth, probabilities), bins)):
        ends = {"low": place / bins, "high": (place + 1) / bins}
        rows.append(ReliabilityBin(**ends, count=int(count), confidence=float(confidence), accuracy=float(accuracy)))
    return rows


def risk_coverage(
    truth: Truth, probabilities: Probabilities, coverages: Sequence[float] = (1.0,)
) -> tuple[NDArray[np.float64], float]:
    """The share of errors among the surest answers, where the others are left unanswered; and the area below it.

        AURC = 1/items * sum over k of  risk(k),     risk(k) = errors among the k surest / k

    Where several items are as sure as each other, the risk is the mean over their orders.

    >>> risk_coverage(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]]), [1.0])
    (array([0.33333333]), 0.1111111111111111)

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes); the top one says how sure.
        coverages: shares of the items that are answered, in (0, 1]; between two items the risk is interpolated.

    Returns:
        The risk at each coverage, and AURC, both in [0, 1]; nan without labeled items.

    Reference:
        geifman2019bias: AURC.
    """
    confidence, hit = _top(truth, probabilities)
    if not confidence.size:
        return np.full(len(coverages), np.nan), float("nan")
    order = np.argsort(-confidence, kind="stable")
    number = np.arange(1, confidence.size + 1)
    risk = np.cumsum(1.0 - _shared(confidence[order], hit[order])) / number
    return np.interp(np.asarray(coverages) * confidence.size, number, risk), float(risk.mean())
