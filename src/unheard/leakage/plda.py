"""PLDA, a trained back-end for verification: what an attacker with labeled speakers of their own would use.

Cosine weighs all directions alike. Where the speaker is in a few weak directions of an embedding, a back-end that
has learnt from other speakers which directions these are verifies what cosine cannot. It is probabilistic linear
discriminant analysis in its two-covariance form, each embedding being its speaker and a deviation:

    x = m + y + e,   y ~ N(0, B) once a speaker,   e ~ N(0, W) once an utterance

Two embeddings are scored by the log of how much likelier they are with one y than with two.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from unheard.leakage._checks import labeled_rows

__all__ = ["PLDA", "fit_plda"]

_LEAST = 1e-10
_WEIGHTS = (1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

Real = NDArray[np.float64]


@dataclass(frozen=True)
class PLDA:
    """A fitted back-end: in its directions W is the identity and B is diagonal.

    Args:
        mean: m, shape (size,).
        directions: shape (size, rank); (x - mean) @ directions has W = I.
        between: the diagonal of B there, shape (rank,), > 0.
    """

    mean: Real
    directions: Real
    between: Real

    def project(self, embeddings: NDArray[np.floating]) -> Real:
        """Embeddings in the back-end's directions, shape (items, rank)."""
        return (np.asarray(embeddings, dtype=np.float64) - self.mean) @ self.directions

    def scores(self, embeddings: NDArray[np.floating], left: NDArray[np.int64], right: NDArray[np.int64]) -> Real:
        """Log likelihood ratio of "one speaker" to "two speakers" for each pair, in nats, shape (pairs,).

            sum over the directions of   -1/2 log(1 - b^2/t^2) + b uv/(t^2 - b^2) - b^2 (u^2 + v^2)/(2 t (t^2 - b^2))

        with u, v the two projections, b the between-variance and t = 1 + b.

        Args:
            embeddings: shape (items, size).
            left: positions of one side, shape (pairs,).
            right: positions of the other.
        """
        seen, b = self.project(embeddings), self.between
        total = 1.0 + b
        rest = total**2 - b**2
        own = (seen**2) @ (b**2 / (2 * total * rest))
        constant = -0.5 * float(np.log1p(-((b / total) ** 2)).sum())
        crossed = np.empty(left.size)
        for start in range(0, left.size, 8192):  # so many pairs at once, to bound memory
            part = slice(start, start + 8192)
            crossed[part] = np.einsum("ij,ij,j->i", seen[left[part]], seen[right[part]], b / rest)
        return constant + crossed - own[left] - own[right]


def _covariance(embeddings: Real, number: NDArray[np.int64]) -> Real:
    """Pooled covariance within speakers; zero where no speaker has two items."""
    counts = np.bincount(number)
    means = np.zeros((counts.size, embeddings.shape[1]))
    np.add.at(means, number, embeddings)
    deviations = embeddings - (means / np.maximum(counts, 1)[:, np.newaxis])[number]
    freedom = max(1, number.size - int(np.count_nonzero(counts)))
    pooled: Real = deviations.T @ deviations / freedom
    return pooled


def _shrunk(embeddings: Real, number: NDArray[np.int64]) -> Real:
    """The pooled covariance, drawn towards its mean variance by the weight that other items find likeliest.

    Each speaker's items are parted in two. For each half's covariance and each weight, the other half's deviations
    have a normal likelihood; in the eigenvectors of the first it takes no inverse:

        -2 log L / n = sum over i of  log w_i + s_i / w_i,   w_i = (1 - weight) d_i + weight * mean of d
    """
    place = np.zeros(number.size, np.int64)
    for speaker in np.unique(number):
        own = number == speaker
        place[own] = np.arange(np.count_nonzero(own)) % 2
    halves = [_covariance(embeddings[place == side], number[place == side]) for side in (0, 1)]
    loss = np.zeros(len(_WEIGHTS))
    for one, other in (halves, halves[::-1]):
        variances, axes = np.linalg.eigh(one)
        seen = np.einsum("ij,jk,ki->i", axes.T, other, axes)
        for position, weight in enumerate(_WEIGHTS):
            drawn = (1 - weight) * variances + weight * variances.mean()
            drawn = np.maximum(drawn, _LEAST * max(variances.mean(), 1e-300))
            loss[position] += float(np.sum(np.log(drawn) + seen / drawn))
    whole, weight = _covariance(embeddings, number), _WEIGHTS[int(np.argmin(loss))]
    shrunk: Real = (1 - weight) * whole + weight * float(np.trace(whole)) / len(whole) * np.eye(len(whole))
    return shrunk


def fit_plda(embeddings: NDArray[np.floating], speakers: NDArray[np.generic]) -> PLDA | None:
    """Learn from labeled speakers which directions tell them apart, and how far they vary within one.

    W is the pooled covariance within speakers, shrunk as far as held-out items ask for. In the directions in which
    W is the identity, the covariance of the speakers' means is B + I/n with n utterances a speaker (their harmonic
    mean): its eigenvectors are the directions of LDA, and those whose eigenvalue less 1/n is positive are kept, at
    most speakers - 1.

    Args:
        embeddings: of the speakers to learn from, shape (items, size).
        speakers: who speaks, shape (items,), all known.

    Returns:
        The back-end; None where there is nothing to learn from: fewer than two speakers, none with two items,
        no variation within speakers, or none between them beyond what the variation within explains.

    Raises:
        SplitError: shapes do not fit, or an embedding is not finite.

    Reference:
        brummer2010speaker: the two-covariance model and its likelihood ratio; estimated here by moments, not by
        expectation maximization, as there are few speakers.
    """
    embeddings, speakers = labeled_rows("back-end", embeddings, speakers, noun="speaker")
    names, number = np.unique(speakers, return_inverse=True)
    counts = np.bincount(number, minlength=names.size)
    freedom = int(counts.sum()) - names.size
    if names.size < 2 or freedom < 1 or embeddings.shape[1] == 0:
        return None
    means = np.zeros((names.size, embeddings.shape[1]))
    np.add.at(means, number, embeddings)
    means /= counts[:, np.newaxis]
    within = _shrunk(embeddings.astype(np.float64), number.astype(np.int64))
    if np.trace(within) <= _LEAST * max(1.0, float((means**2).mean())):
        return None
    mean = means.mean(axis=0)
    within += _LEAST * float(np.trace(within)) / len(within) * np.eye(len(within))
    spread = (means - mean).T @ (means - mean) / (names.size - 1)
    variances, directions = linalg.eigh(spread, within)
    between = variances[::-1] - float(np.mean(1.0 / counts))
    kept = int(np.count_nonzero(between[: names.size - 1] > 0))
    if not kept:
        return None
    return PLDA(mean, np.ascontiguousarray(directions[:, ::-1][:, :kept]), between[:kept])
