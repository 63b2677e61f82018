"""Class statistics re-estimated on the unlabeled target by EM, first of the corpus, then of each speaker.

The read-out's answer p(c|x) is corrected by how the classes have moved. With one covariance C for all classes, that
of the source, means m and priors q of the source and m', q' of the target,

    p'(c|x)  ~  p(c|x) exp( x' C^-1 (m'_c - m_c) - (m'_c' C^-1 m'_c - m_c' C^-1 m_c) / 2 ) q'_c / q_c

For the linear discriminant p' is exactly the posterior of the moved Gaussians; for a network's head it is the head's
answer, moved as its Gaussians have moved. Where nothing has moved, p' is p.

    E:  r_ic = p'(c|x_i)
    M:  m'_c = (k a_c + sum_i r_ic x_i) / (k + sum_i r_ic)                 move = "each"
        m'_c = a_c + sum_ic r_ic (x_i - a_c) / (k + n)                     move = "together"
        q'_c = (b q_c + sum_i r_ic) / (b + n)

a and q are where the level above stands: the source for the corpus, the corpus for a speaker. k and b are what it
counts for, in recordings: the maximum a posteriori with conjugate priors. A speaker with one emotion moves that
emotion's mean and the priors, and no other mean.

Reference: dempster1977maximum, EM; gauvain1994maximum, the means with a prior; saerens2002adjusting, the
priors. Correcting a read-out in the place of Gaussians, the two levels and all defaults are ours.
"""

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.linalg import solve_triangular

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.readout import SHRINKAGE, shrunken_covariance
from unheard.adaptation.source import Readout, Real, Source, SourceStatistics
from unheard.adaptation.target import Target, places_of

__all__ = ["CHANGES", "TRANSDUCTIVE", "Settings", "apply", "fit"]

TRANSDUCTIVE = False
CHANGES = "probabilities"


class Settings(BaseModel):
    """How the classes may move, and how much the level above counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(1.0, ge=0, le=1)
    """Factor of the correction; 0 leaves the read-out's answers."""
    move: Literal["each", "together"] = "each"
    """'each': every class mean on its own. 'together': all by one shift."""
    prior: float = Field(10.0, gt=0)
    """k of a speaker: recordings of a class that the corpus's mean counts for."""
    corpus_prior: float = Field(20.0, gt=0)
    """k of the corpus: recordings of a class that the source's mean counts for."""
    priors_prior: float = Field(10.0, gt=0)
    """b: recordings that the class priors of the level above count for."""
    speakers: bool = True
    """Whether each speaker has a level of their own."""
    shrinkage: float = Field(SHRINKAGE, gt=0, le=1)
    """Of the covariance towards a multiple of the identity."""
    iterations: int = Field(50, ge=1, le=1000)
    """Most iterations of a level; it ends where no answer moves by a millionth."""


@dataclass(frozen=True)
class _Level:
    """Class means along whitened channels, shape (classes, size), and the logarithm of q' / q, shape (classes,)."""

    means: Real
    priors: Real


@dataclass(frozen=True)
class _Whitening:
    """Channels in which the shrunken covariance within classes is the identity."""

    root: Real
    deviation: Real

    def rows(self, embeddings: Real) -> Real:
        """Shape (items, size)."""
        found: Real = solve_triangular(self.root, (embeddings / self.deviation).T, lower=True).T
        return found

    def back(self, weights: Real) -> Real:
        """Weights of whitened channels, shape (size, classes), as weights of the channels themselves."""
        found: Real = solve_triangular(self.root, weights, lower=True, trans="T") / self.deviation[:, np.newaxis]
        return found


@functools.lru_cache(maxsize=4)
def _whitening(statistics: SourceStatistics, shrinkage: float) -> _Whitening:
    covariance, deviation = shrunken_covariance(statistics, shrinkage)
    return _Whitening(np.asarray(np.linalg.cholesky(covariance), dtype=np.float64), deviation)


def _corrected(probabilities: Real, change: Real) -> Real:
    """Answers p exp(change), normalized; a row without a change stays as it is, bit for bit."""
    logits = np.log(np.maximum(probabilities, 1e-300)) + change
    logits -= logits.max(axis=1, keepdims=True)
    answers = np.exp(logits)
    answers /= answers.sum(axis=1, keepdims=True)
    found: Real = np.where(change.any(axis=1, keepdims=True), answers, probabilities)
    return found


def _change(rows: Real, base: _Level, level: _Level) -> Real:
    """The correction of each item and class, shape (items, classes)."""
    lengths = np.square(level.means).sum(axis=1) - np.square(base.means).sum(axis=1)
    found: Real = rows @ (level.means - base.means).T - lengths / 2 + (level.priors - base.priors)
    return found


def _maximized(rows: Real, answers: Real, above: _Level, settings: Settings, prior: float) -> _Level:
    """The M-step."""
    weights = answers.sum(axis=0)
    if settings.move == "each":
        means = (prior * above.means + answers.T @ rows) / (prior + weights)[:, np.newaxis]
    else:
        shift = (rows.sum(axis=0) - weights @ above.means) / (prior + len(rows))
        means = above.means + shift
    shares = settings.priors_prior * np.exp(above.priors) / len(weights) + weights
    # Relative to even priors, which the level of the source has: 0 there.
    return _Level(means, np.log(shares / shares.sum() * len(weights)))


def _estimated(
    rows: Real, probabilities: Real, levels: tuple[_Level, _Level], settings: Settings, prior: float
) -> _Level:
    """EM from the level above: (source, above) -> this one."""
    base, above = levels
    level, before = above, np.zeros_like(probabilities)
    for _ in range(settings.iterations):
        answers = _corrected(probabilities, _change(rows, base, level))
        if np.abs(answers - before).max() < 1e-6:
            break
        level, before = _maximized(rows, answers, above, settings, prior), answers
    return level


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Re-estimate the class means and priors of the corpus and of each speaker.

    Args:
        source: class means and covariance; its read-out takes the classes for equally frequent.
        target: unlabeled recordings, with the names of who speaks.
        settings: how much the level above counts.
    """
    statistics, names = source.statistics, target.names if settings.speakers else ()
    whitening = _whitening(statistics, settings.shrinkage)
    center = statistics.moments.mean
    rows = whitening.rows(target.embeddings - center)
    base = _Level(whitening.rows(statistics.means - center), np.zeros(len(statistics.classes)))
    corpus = _estimated(rows, target.probabilities, (base, base), settings, settings.corpus_prior)
    levels, places = [corpus], places_of(target.speakers, names)
    for row in range(1, 1 + len(names)):
        own = places == row
        found = corpus
        if np.count_nonzero(own) > 1:
            found = _estimated(rows[own], target.probabilities[own], (base, corpus), settings, settings.prior)
        levels.append(found)
    weights = np.stack([whitening.back((level.means - base.means).T) for level in levels])
    lengths = [np.square(level.means).sum(axis=1) - np.square(base.means).sum(axis=1) for level in levels]
    bias = np.stack([level.priors - length / 2 for level, length in zip(levels, lengths, strict=True)])
    bias = bias - np.einsum("i,rij->rj", center, weights)
    arrays = {"weights": settings.weight * weights, "bias": settings.weight * bias}
    counts = [len(rows), *(np.count_nonzero(places == row) for row in range(1, 1 + len(names)))]
    moved = [np.sqrt(np.square(level.means - base.means).sum(axis=1).mean()) for level in levels]
    judged = {"count": np.array(counts, np.float64), "moved": np.array(moved)}
    return Fitted("class_means", settings.model_dump(mode="json"), arrays, names, judged)


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings with the answers of their speaker's class means (a new speaker's: of the corpus's)."""
    del readout
    places = places_of(target.speakers, fitted.speakers)
    change = np.zeros_like(target.probabilities)
    for row in np.unique(places):
        own = places == row
        change[own] = target.embeddings[own] @ fitted.arrays["weights"][row] + fitted.arrays["bias"][row]
    return target.answered(_corrected(target.probabilities, change))
