"""Macro-F1: the mean over classes of the harmonic mean of precision and recall."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unheard.metrics.confusion import confusion_matrix

__all__ = ["DIRECTION", "NAME", "RANGE", "TRUTH", "score"]

NAME = "macro_f1"
DIRECTION: Literal["higher", "lower"] = "higher"
RANGE = (0.0, 1.0)
TRUTH: Literal["classes", "values", "pairs"] = "classes"


def score(truth: NDArray[np.integer], prediction: NDArray[np.integer], *, classes: int) -> float:
    """The mean, over the classes that are present in the truth, of F1 = 2 hits / (items + predicted).

    The mean of the classes' F1, not the F1 of the mean precision and recall. Only classes with items are
    averaged, as in `uar`; scikit-learn by default also averages, as 0, classes that are only predicted. A
    present class that is never predicted has F1 0.

    >>> score(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), classes=3)
    0.7333333333333334

    Args:
        truth: class numbers, shape (items,), UNLABELED (-1) where there is no label: never counted.
        prediction: class numbers, shape (items,).
        classes: size of the label map.

    Returns:
        Macro-F1 in [0, 1]; nan if no item is labeled.

    Raises:
        LabelError: shapes differ, labels are no integers, or one is outside 0 to classes - 1.
    """
    confusion = confusion_matrix(truth, prediction, classes=classes, metric=NAME)
    items, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    present = items > 0
    if not present.any():
        return float("nan")
    return float(np.mean(2.0 * np.diag(confusion)[present] / (items + predicted)[present]))
