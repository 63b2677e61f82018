"""The read-out that a closed form gives: shrunken linear discriminant analysis, as an affine map and a softmax.

It is the reference that stands beside every run (`unheard.scores.lda_baseline`), kept as a record of two arrays, so
that an adaptation can be fitted around it.
"""

import functools
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from unheard.adaptation.source import Real, SourceStatistics

__all__ = ["SHRINKAGE", "AffineReadout", "fit_readout", "shrunken_covariance"]

SHRINKAGE = 0.5
"""How far the covariance is brought to a multiple of the identity; chosen once, on held-out training speakers
(docs/adr/0006-upstreams.md)."""


@dataclass(frozen=True)
class AffineReadout:
    """softmax(x W + b).

    Args:
        weights: W, shape (size, classes).
        bias: b, shape (classes,).
    """

    weights: Real
    bias: Real

    def __call__(self, embeddings: Real) -> Real:
        """Class probabilities, shape (items, classes)."""
        answers: Real = softmax(embeddings @ self.weights + self.bias, axis=1)
        return answers


@functools.lru_cache(maxsize=4)
def shrunken_covariance(statistics: SourceStatistics, shrinkage: float = SHRINKAGE) -> tuple[Real, Real]:
    """The covariance within classes, of channels at unit deviation, brought towards a multiple of the identity.

        C = (1 - s) D^-1 S D^-1 + s tr(D^-1 S D^-1) / size I

    Args:
        statistics: of the source.
        shrinkage: s, in [0, 1].

    Returns:
        C, shape (size, size), and the diagonal of D, shape (size,): infinite where a channel never varies, so that
        dividing by it leaves nothing of the channel.
    """
    deviation = np.where(statistics.moments.deviation > 1e-9, statistics.moments.deviation, np.inf)
    covariance = statistics.covariance / deviation / deviation[:, np.newaxis]
    varies = np.isfinite(deviation)
    floor = float(np.trace(covariance)) / max(1, int(np.count_nonzero(varies)))
    shrunken = (1.0 - shrinkage) * covariance
    # Where no item differs from its class, any multiple will do: whatever is nearest.
    shrunken[np.diag_indices_from(shrunken)] += np.where(varies, shrinkage * floor or 1.0, 1.0)
    return shrunken, deviation


def fit_readout(statistics: SourceStatistics, shrinkage: float = SHRINKAGE) -> AffineReadout:
    """Linear discriminant analysis with even priors and a shrunken covariance, from statistics alone.

    Args:
        statistics: of the source.
        shrinkage: in (0, 1]; 0 only where there are more items than channels.

    Reference:
        friedman1989regularized: the shrinkage towards a multiple of the identity (gamma), one covariance for all.
    """
    covariance, deviation = shrunken_covariance(statistics, shrinkage)
    means = (statistics.means - statistics.moments.mean) / deviation
    solved = np.linalg.solve(covariance, means.T)
    weights = solved / deviation[:, np.newaxis]
    bias = -0.5 * np.einsum("ij,ji->i", means, solved) - statistics.moments.mean @ weights
    return AffineReadout(weights, bias)
