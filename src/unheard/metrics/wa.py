"""WA, weighted accuracy: the share of items that was recognized, so frequent classes weigh more."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unheard.metrics.confusion import confusion_matrix

__all__ = ["DIRECTION", "NAME", "RANGE", "TRUTH", "score"]

NAME = "wa"
DIRECTION: Literal["higher", "lower"] = "higher"
RANGE = (0.0, 1.0)
TRUTH: Literal["classes", "values", "pairs"] = "classes"


def score(truth: NDArray[np.integer], prediction: NDArray[np.integer], *, classes: int) -> float:
    """The share of labeled items whose class was recognized.

    Speech emotion papers call this weighted accuracy (each recall weighted by its class's items); it is the
    plain accuracy of machine learning. Some emotion papers swap the names WA and UA: here UA is `uar`.

    >>> score(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), classes=2)
    0.75

    Args:
        truth: class numbers, shape (items,), UNLABELED (-1) where there is no label: never counted.
        prediction: class numbers, shape (items,).
        classes: size of the label map.

    Returns:
        WA in [0, 1]; nan if no item is labeled.

    Raises:
        LabelError: shapes differ, labels are no integers, or one is outside 0 to classes - 1.
    """
    confusion = confusion_matrix(truth, prediction, classes=classes, metric=NAME)
    items = int(confusion.sum())
    return int(np.trace(confusion)) / items if items else float("nan")
