"""LEACE: the smallest affine change of an embedding after which nothing linear is left of a label.

    r(x) = x - W^+ P W (x - m),    W = Sxx^(-1/2),    P = projection onto the columns of W Sxz

A linear probe of z on r(x) can do no better than a constant, for any convex loss, on the items that it was fitted
on: the covariance of r(x) and z is exactly zero. Among all affine maps with that property, r moves the items least
in mean square. What is not linear in x is not touched: a nonlinear probe may still read it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError
from unheard.leakage._checks import labeled_rows

__all__ = ["Eraser", "fit_eraser", "one_hot"]

_RELATIVE = 1e-6

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Eraser:
    """A fitted erasure.

    Args:
        mean: m, shape (size,).
        out: W^+ U, shape (size, rank): what is subtracted.
        into: U' W, shape (rank, size): how much of it each item has.
        whole: rank that a whole erasure takes (of Sxz); `rank` below it leaves some of the label.
        span: directions that the items vary in at all, at most size; an erasure of this rank leaves nothing.
    """

    mean: Real
    out: Real
    into: Real
    whole: int
    span: int

    @property
    def rank(self) -> int:
        """Directions that are erased."""
        return int(self.out.shape[1])

    def __call__(self, embeddings: NDArray[np.floating]) -> Real:
        """The embeddings after erasure, shape (items, size)."""
        embeddings = np.asarray(embeddings, dtype=np.float64)
        erased: Real = embeddings - ((embeddings - self.mean) @ self.into.T) @ self.out.T
        return erased


def one_hot(labels: NDArray[np.generic]) -> Real:
    """Labels as indicators, shape (items, values), values in sorted order.

    >>> one_hot(np.array(["b", "a", "b"]))
    array([[0., 1.],
           [1., 0.],
           [0., 1.]])
    """
    labels = np.asarray(labels)
    return np.asarray(labels[:, np.newaxis] == np.unique(labels), dtype=np.float64)


def fit_eraser(embeddings: NDArray[np.floating], labels: NDArray[np.generic], *, rank: int | None = None) -> Eraser:
    """The least-squares erasure of a label from embeddings, in closed form.

    The label's indicators covary with at most values - 1 directions (and at most `size`): so many are erased. Where
    that is the whole space, as with 65 speakers in an embedding of 64, nothing is left of anything: compare
    `rank` with `span` before reading what the erasure did.

    With `rank` = k, only the k left-singular vectors of W Sxz with the largest singular values are erased: the
    directions that, at unit variance, covary most with the label. That is a weaker intervention, not LEACE: a linear
    probe still reads the rest. It shows how many directions it takes.

    Args:
        embeddings: shape (items, size), finite.
        labels: names or numbers, shape (items,), all known.
        rank: most directions to erase, at least 0; None for all that covary.

    Returns:
        The erasure; of rank 0, which changes nothing, where nothing covaries.

    Raises:
        SplitError: shapes do not fit, an embedding is not finite, there is no item, or rank is negative.

    Reference:
        belrose2023leace: section 4, the affine erasure, for the Euclidean norm.
    """
    embeddings, labels = labeled_rows("erasure", embeddings, labels)
    if not len(labels):
        shapes = f"embeddings {embeddings.shape} and labels {labels.shape}"
        raise SplitError(f"erasure: {shapes}, expected (items, size), (items,). Pass one label an item.")
    if rank is not None and rank < 0:
        raise SplitError(f"erasure: rank {rank}, expected 0 at least. Leave it out to erase everything.")
    mean = embeddings.mean(axis=0)
    centered = embeddings - mean
    # Sxx = V diag(s^2/n) V': W acts on the directions V that the items vary in, and is zero elsewhere.
    _, lengths, axes = np.linalg.svd(centered, full_matrices=False)
    alive = lengths > lengths.max(initial=0.0) * _RELATIVE
    scale, axes = lengths[alive] / np.sqrt(len(labels)), axes[alive]
    # A dimension that never varies must not carry the rounding errors of the others: a probe would scale them up.
    axes[:, ~centered.any(axis=0)] = 0.0
    indicators = one_hot(labels)
    indicators -= indicators.mean(axis=0)
    whitened = (centered @ axes.T) / scale
    left, singular, _ = np.linalg.svd(whitened.T @ indicators / len(labels), full_matrices=False)
    whole = int(np.count_nonzero(singular > _RELATIVE))
    chosen = left[:, : whole if rank is None else min(rank, whole)]
    return Eraser(mean, (axes.T * scale) @ chosen, chosen.T @ (axes / scale[:, np.newaxis]), whole, int(alive.sum()))
