"""UAR, unweighted average recall (balanced accuracy): the headline of emotion recognition."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unheard.metrics.confusion import confusion_matrix

__all__ = [
    "DIRECTION",
    "NAME",
    "RANGE",
    "TRUTH",
    "absent",
    "recalls",
    "score",
    "uar_from_confusion",
    "uar_of_each",
]

NAME = "uar"
DIRECTION: Literal["higher", "lower"] = "higher"
RANGE = (0.0, 1.0)
TRUTH: Literal["classes", "values", "pairs"] = "classes"


def recalls(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """The share of each class that was recognized; nan for a class that is absent from the truth.

    >>> recalls(np.array([[3, 1, 0], [0, 0, 0], [0, 2, 2]]))
    array([0.75,  nan, 0.5 ])

    Args:
        confusion: counts, shape (..., classes, classes), rows truth, columns prediction.

    Returns:
        Recalls, shape (..., classes), in [0, 1] or nan.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    items = confusion.sum(axis=-1)
    shares = np.full(items.shape, np.nan)
    np.divide(hits, items, out=shares, where=items > 0)
    return shares


def absent(confusion: NDArray[np.integer]) -> int:
    """How many classes have no item in the truth (their recall is nan, and UAR leaves them out).

    Args:
        confusion: counts, shape (classes, classes).
    """
    return int(np.count_nonzero(confusion.sum(axis=-1) == 0))


def uar_of_each(confusions: NDArray[np.integer]) -> NDArray[np.float64]:
    """UAR of each of many confusion matrices.

    Args:
        confusions: counts, shape (..., classes, classes).

    Returns:
        UAR, shape (...), in [0, 1]; nan where a matrix is empty.
    """
    each = recalls(confusions)
    present = np.isfinite(each)
    number = present.sum(axis=-1)
    total = np.where(present, each, 0.0).sum(axis=-1)
    mean = np.full(number.shape, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean


def uar_from_confusion(confusion: NDArray[np.integer]) -> float:
    """UAR of one confusion matrix: the mean recall of the classes that are present in the truth.

    >>> uar_from_confusion(np.array([[3, 1, 0], [0, 0, 0], [0, 2, 2]]))
    0.625

    Args:
        confusion: counts, shape (classes, classes), rows truth, columns prediction.

    Returns:
        UAR in [0, 1]; nan if the matrix is empty.
    """
    return float(uar_of_each(confusion))


def score(truth: NDArray[np.integer], prediction: NDArray[np.integer], *, classes: int) -> float:
    """The mean, over the classes that are present in the truth, of the share that was recognized.

        UAR = 1/|P| * sum over c in P of  hits_c / items_c,     P = {c: items_c > 0}

    A class without items has no recall: it is left out of the mean (`absent` counts such classes), where
    some toolkits take it for a recall of 0. A class that is only ever predicted costs recall elsewhere.

    >>> score(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), classes=2)
    0.8333333333333333

    Args:
        truth: class numbers, shape (items,), UNLABELED (-1) where there is no label: never counted.
        prediction: class numbers, shape (items,).
        classes: size of the label map.

    Returns:
        UAR in [0, 1]; nan if no item is labeled.

    Raises:
        LabelError: shapes differ, labels are no integers, or one is outside 0 to classes - 1.
    """
    return uar_from_confusion(confusion_matrix(truth, prediction, classes=classes, metric=NAME))
