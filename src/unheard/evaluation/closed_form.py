"""What a closed form makes of the same features: the score that a network has to earn its place against.

A linear discriminant analysis of an utterance's mean and deviation, with even priors and a covariance shrunken half
way to a multiple of the identity (Friedman 1989). It has no seed, no epoch and nothing to be tuned; the half was
chosen once, on held-out training speakers (docs/adr/0006-upstreams.md).

Reference: friedman1989regularized.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

__all__ = ["closed_form"]

_SHRINKAGE = 0.5


def closed_form(
    train: NDArray[np.floating], labels: NDArray[np.integer], test: NDArray[np.floating], *, classes: int
) -> NDArray[np.float64]:
    """Probabilities of the test items.

    Args:
        train: shape (items, channels).
        labels: shape (items,), class numbers; UNLABELLED items are left out.
        test: shape (items, channels).
        classes: how many there are; those that train lacks have probability 0.

    Returns:
        Shape (test items, classes); even over all classes where train holds fewer than two.
    """
    known = labels >= 0
    train, labels = train[known].astype(np.float64), labels[known]
    present = np.unique(labels)
    if present.size < 2:
        return np.full((len(test), classes), 1.0 / classes)
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    varies = deviation > 1e-9  # statistics of one frame have no deviation
    machine = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage=_SHRINKAGE, priors=np.full(present.size, 1.0 / present.size)
    )
    machine.fit((train[:, varies] - mean[varies]) / deviation[varies], labels)
    answers = np.zeros((len(test), classes))
    answers[:, present] = machine.predict_proba((test[:, varies] - mean[varies]) / deviation[varies])
    return answers
