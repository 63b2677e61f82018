"""The confusion matrix, and the checks that classification metrics share."""

import numpy as np
from numpy.typing import NDArray

from unheard.errors import LabelError, RunError
from unheard.records import UNLABELED

__all__ = ["confusion_matrix", "confusions_by_speaker", "labeled", "same_length"]


def same_length(metric: str, truth: NDArray[np.generic], prediction: NDArray[np.generic]) -> None:
    """Nothing, if both are vectors of one length.

    Args:
        metric: who asks, for the message.
        truth: any array.
        prediction: any array.

    Raises:
        LabelError: they are not of shape (items,), both with the same number of items.
    """
    if truth.ndim != 1 or truth.shape != prediction.shape:
        problem = f"truth has shape {truth.shape} and prediction {prediction.shape}, expected both (items,)"
        raise LabelError(f"metric {metric}", problem, "Pass one prediction for each item, in the same order")


def _class_numbers(metric: str, name: str, values: NDArray[np.generic], classes: int) -> NDArray[np.int64]:
    if values.size and values.dtype.kind not in "iub":
        problem = f"{name} holds {values.dtype}, expected class numbers (integers)"
        raise LabelError(f"metric {metric}", problem, "Map the labels to 0, 1, ... first")
    numbers = values.astype(np.int64)
    wrong = np.flatnonzero((numbers < 0) | (numbers >= classes))
    if wrong.size:
        problem = f"{name} holds class {numbers[wrong[0]]} ({wrong.size} items), expected 0 to {classes - 1}"
        raise LabelError(f"metric {metric}", problem, "Use one label map for both, and pass its size as classes")
    return numbers


def labeled(
    truth: NDArray[np.generic], prediction: NDArray[np.generic], *, classes: int, metric: str = "confusion"
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Truth and prediction of the labeled items as checked class numbers, and which items those are.

    Args:
        truth: class numbers, shape (items,), UNLABELED (-1) where there is no label.
        prediction: class numbers, shape (items,); not read where truth is UNLABELED.
        classes: size of the label map, at least 1.
        metric: who asks, for the message.

    Returns:
        truth (labeled,), prediction (labeled,), and the mask (items,) of the labeled items.

    Raises:
        LabelError: shapes differ, labels are no integers, or one is outside 0 to classes - 1.
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    same_length(metric, truth, prediction)
    known = np.asarray(truth != UNLABELED, dtype=np.bool_)
    return (
        _class_numbers(metric, "truth", truth[known], classes),
        _class_numbers(metric, "prediction", prediction[known], classes),
        known,
    )


def confusion_matrix(
    truth: NDArray[np.generic], prediction: NDArray[np.generic], *, classes: int, metric: str = "confusion"
) -> NDArray[np.int64]:
    """How often each class was taken for each: rows are the truth, columns the prediction.

    >>> confusion_matrix(np.array([0, 0, 1, -1]), np.array([0, 1, 1, 0]), classes=2)
    array([[1, 1],
           [0, 1]])

    Args:
        truth: class numbers, shape (items,), UNLABELED (-1) where there is no label.
        prediction: class numbers, shape (items,).
        classes: size of the label map.
        metric: who asks, for the message.

    Returns:
        Counts, shape (classes, classes), int64; unlabeled items are in no cell.

    Raises:
        LabelError: shapes differ, labels are no integers, or one is outside 0 to classes - 1.
    """
    rows, columns, _ = labeled(truth, prediction, classes=classes, metric=metric)
    counts = np.bincount(rows * classes + columns, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


def confusions_by_speaker(
    truth: NDArray[np.integer],
    prediction: NDArray[np.integer],
    speakers: NDArray[np.generic],
    *,
    classes: int,
    seeds: NDArray[np.generic] | None = None,
) -> NDArray[np.int64]:
    """One confusion matrix for each seed and speaker: what intervals and comparisons read.

    Args:
        truth: class numbers, shape (items,), UNLABELED (-1) where there is no label: never counted.
        prediction: class numbers, shape (items,).
        speakers: who speaks, shape (items,); names must be distinct across corpora.
        classes: size of the label map.
        seeds: which run predicted the item, shape (items,); None if all are of one.

    Returns:
        Counts, shape (seeds, speakers, classes, classes), int64, seeds and speakers in sorted order.

    Raises:
        LabelError: truth or prediction do not fit each other or the label map.
        RunError: speakers or seeds have another length, or a seed did not judge the same clips.
    """
    rows, columns, known = labeled(truth, prediction, classes=classes, metric="confusions by speaker")
    runs = np.zeros(known.shape, np.int64) if seeds is None else np.asarray(seeds)
    speakers = np.asarray(speakers)
    if speakers.shape != known.shape or runs.shape != known.shape:
        found = f"{known.size} items, but speakers {speakers.shape} and seeds {runs.shape}"
        raise RunError(f"confusions by speaker: {found}. Pass one of each an item.")
    voices, voice = np.unique(speakers, return_inverse=True)
    labels, run = np.unique(runs, return_inverse=True)
    shape = (labels.size, voices.size, classes, classes)
    cell = np.ravel_multi_index((run[known], voice[known], rows, columns), shape)
    counts: NDArray[np.int64] = np.bincount(cell, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)
    for label, items in zip(labels, counts.sum(axis=-1), strict=True):
        if not np.array_equal(items, counts[0].sum(axis=-1)):
            found = f"seed {label} did not judge the same clips as seed {labels[0]}"
            raise RunError(f"confusions by speaker: {found}. Finish all folds of both first.")
    return counts
