"""What a closed form makes of the same features: the score that a network has to earn its place against.

A linear discriminant analysis of an utterance's mean and deviation, with even priors and a covariance shrunken half
way to a multiple of the identity (Friedman 1989). It has no seed, no epoch and nothing to be tuned; the half was
chosen once, on held-out training speakers (docs/adr/0006-upstreams.md).

Reference: friedman1989regularized.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

__all__ = ["lda_probabilities"]

_SHRINKAGE = 0.5

Matrix = NDArray[np.float64]


def lda_probabilities(
    train: NDArray[np.floating], labels: NDArray[np.integer], test: NDArray[np.floating], *, classes: int
) -> NDArray[np.float64]:
    """Probabilities of the test items.

    Args:
        train: shape (items, channels).
        labels: shape (items,), class numbers; UNLABELED items are left out.
        test: shape (items, channels).
        classes: how many there are; those that train lacks have probability 0.

    Returns:
        Shape (test items, classes); even over all classes where train holds fewer than two.
    """
    known = labels >= 0
    items, labels = train[known].astype(np.float64), labels[known]
    present = np.unique(labels)
    if present.size < 2:
        return np.full((len(test), classes), 1.0 / classes)
    mean, deviation = items.mean(axis=0), items.std(axis=0)
    varies = deviation > 1e-9  # statistics of one frame have no deviation
    items = (items[:, varies] - mean[varies]) / deviation[varies]
    tested = (test[:, varies] - mean[varies]) / deviation[varies]
    means = np.stack([items[labels == label].mean(axis=0) for label in present])
    weights = _solved(items, labels, present, means)
    scores = tested @ weights - 0.5 * np.einsum("ij,ji->i", means, weights)  # even priors move all alike
    answers = np.zeros((len(test), classes))
    answers[:, present] = softmax(scores, axis=1)
    return answers


def _solved(items: Matrix, labels: NDArray[np.integer], present: NDArray[np.integer], means: Matrix) -> Matrix:
    """The inverse of the shrunken covariance within classes, times the class means: shape (channels, classes).

    With R the deviations from the class means, each class weighing the same, the covariance is a R'R + b I. Where
    there are more channels than items its inverse is taken by the identity of Woodbury,

        (I - R' (b / a I + R R')^-1 R) / b,

    a matrix of items by items in the place of one of channels by channels.
    """
    places = np.searchsorted(present, labels)
    share = 1.0 / (present.size * np.bincount(places))
    residuals = (items - means[places]) * np.sqrt(share[places])[:, None]
    count, channels = residuals.shape
    spread = float(np.square(residuals).sum()) / max(1, channels)
    if not spread:  # no item differs from its class: whatever is nearest
        return means.T
    kept, floor = 1.0 - _SHRINKAGE, _SHRINKAGE * spread
    if channels <= count:
        return np.linalg.solve(kept * residuals.T @ residuals + floor * np.eye(channels), means.T)
    between = residuals @ residuals.T + floor / kept * np.eye(count)
    found: Matrix = (means.T - residuals.T @ np.linalg.solve(between, residuals @ means.T)) / floor
    return found
