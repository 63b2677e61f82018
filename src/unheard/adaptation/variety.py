"""How varied the recordings of a speaker are: whether they show several emotions or one, without a label.

A speaker whose recordings all have one emotion must not be normalized by them: their mean is the speaker's place and
the emotion's in one. What tells the two apart is not where the recordings lie, for a speaker's own place moves them
all, but how far they lie from each other along the directions in which the source's classes differ:

    v = (tr(W^-1 S) - d) / tr(W^-1 B)

S is the covariance of the speaker's recordings, W that of the source within classes, B that of the source's class
means, all along the d discriminant directions. One class gives S = W and v = 0, all classes evenly S = W + B and
v = 1.

Ours. The moments of W and B are the usual ones of linear discriminant analysis (friedman1989regularized).
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.adaptation.readout import SHRINKAGE, shrunken_covariance
from unheard.adaptation.source import Real, SourceStatistics

__all__ = ["Discriminant", "discriminant_of", "varieties", "variety"]


@dataclass(frozen=True)
class Discriminant:
    """The directions in which the source's classes differ.

    Args:
        axes: shape (size, directions), at most classes - 1 of them.
        centers: class means along them, shape (classes, directions).
        within: covariance of the source within classes along them, shape (directions, directions).
    """

    axes: Real
    centers: Real
    within: Real

    @property
    def directions(self) -> int:
        """How many there are."""
        return int(self.axes.shape[1])

    @property
    def between(self) -> Real:
        """Covariance of the class means, each weighing the same, shape (directions, directions)."""
        centered = self.centers - self.centers.mean(axis=0)
        found: Real = centered.T @ centered / len(centered)
        return found


@functools.lru_cache(maxsize=4)
def discriminant_of(statistics: SourceStatistics, shrinkage: float = SHRINKAGE) -> Discriminant:
    """The source's discriminant directions, scaled so that the shrunken covariance within classes is 1 along each.

    Args:
        statistics: of the source.
        shrinkage: of the covariance, as in the read-out.
    """
    covariance, deviation = shrunken_covariance(statistics, shrinkage)
    means = (statistics.means - statistics.means.mean(axis=0)) / deviation
    solved = np.linalg.solve(covariance, means.T)
    values, vectors = np.linalg.eigh(means @ solved)
    kept = values > 1e-9 * max(float(values[-1]), 1e-300)
    axes = (solved @ vectors[:, kept] / np.sqrt(values[kept])) / deviation[:, np.newaxis]
    return Discriminant(axes, statistics.means @ axes, axes.T @ statistics.covariance @ axes)


def variety(embeddings: Real, discriminant: Discriminant) -> float:
    """How varied recordings are: about 0 where they show one class, about 1 where all classes evenly.

    One recording alone shows nothing: 0.

    Args:
        embeddings: shape (items, size).
        discriminant: of the source.
    """
    if len(embeddings) < 2 or not discriminant.directions:
        return 0.0
    places = embeddings @ discriminant.axes
    spread = np.atleast_2d(np.cov(places, rowvar=False))
    # A class that never varies in the source has no W to measure by: its smallest spread counts as rounding.
    within = discriminant.within + 1e-9 * np.eye(discriminant.directions)
    noise = float(np.trace(np.linalg.solve(within, spread))) - discriminant.directions
    return noise / float(np.trace(np.linalg.solve(within, discriminant.between)))


def varieties(embeddings: Real, places: NDArray[np.int64], rows: int, discriminant: Discriminant) -> Real:
    """How varied the corpus and each of its speakers are: v brought into [0, 1], shape (rows,).

    Args:
        embeddings: shape (items, size).
        places: row of each item's speaker, shape (items,), as `unheard.adaptation.target.places_of` gives it.
        rows: one more than there are speakers.
        discriminant: of the source.
    """
    found = [variety(embeddings, discriminant)]
    found += [variety(embeddings[places == row], discriminant) for row in range(1, rows)]
    within: Real = np.clip(np.array(found), 0.0, 1.0)
    return within
