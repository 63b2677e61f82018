"""LEACE on the embedding: recordings lose what tells them from the source's, or from each other's speaker.

- `domain`: the one direction in which source and target covary with which of them an item is of. The target's
  component along it becomes the source's mean, so that a linear probe tells the two apart no longer by it.
- `speaker`: the directions in which the target's recordings covary with who speaks, the strongest `rank` of them;
  only speakers whose recordings look varied have a say, for with a speaker of one emotion the emotion would be
  erased.

The read-out is not trained anew: it reads a place from which the direction is gone.

Reference: belrose2023leace, section 4. That both domains weigh the same, that the target is brought to the source's
mean and that one-sided speakers have no say is ours.
"""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.source import Readout, Real, Source, SourceStatistics
from unheard.adaptation.target import Target, places_of
from unheard.adaptation.variety import discriminant_of, varieties
from unheard.leakage.leace import fit_eraser

__all__ = ["CHANGES", "TRANSDUCTIVE", "Settings", "apply", "fit"]

TRANSDUCTIVE = False
CHANGES = "embeddings"


class Settings(BaseModel):
    """What is erased, and how far."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(1.0, ge=0, le=1)
    """Part of the erasure that is done; 0 moves nothing."""
    erase: Literal["domain", "speaker"] = "domain"
    """What no linear probe may read afterwards."""
    rank: int = Field(8, ge=1)
    """With erase = 'speaker': most directions that are taken."""
    least_variety: float = Field(0.3, ge=0, le=1)
    """With erase = 'speaker': speakers below it have no say."""


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Find the directions.

    Args:
        source: its mean and covariance.
        target: unlabeled recordings.
        settings: what is erased.
    """
    if settings.erase == "domain":
        arrays = _domain(source.statistics, target.embeddings)
    else:
        arrays = _speaker(source, target, settings)
    arrays["out"] = settings.weight * arrays["out"]
    return Fitted("leace", settings.model_dump(mode="json"), arrays)


def _domain(statistics: SourceStatistics, embeddings: Real) -> dict[str, Real]:
    """The erasure of a binary label from moments: P = d d' S^-1 / (d' S^-1 d), d the difference of the means."""
    mean, center = statistics.moments.mean, embeddings.mean(axis=0)
    shares = statistics.counts / statistics.counts.sum()
    spread = statistics.means - mean
    # Within classes each class weighs the same in the statistics; between them, as many as there were items.
    total = statistics.covariance + spread.T * shares @ spread
    centered = embeddings - center
    difference = center - mean
    covariance = (total + centered.T @ centered / len(embeddings)) / 2 + np.outer(difference, difference) / 4
    floor = 1e-6 * float(np.trace(covariance)) / len(covariance)
    solved = np.linalg.solve(covariance + floor * np.eye(len(covariance)), difference)
    strength = float(difference @ solved)
    if strength <= 0.0:
        return _nothing(statistics)
    return {"mean": mean, "out": difference[:, np.newaxis], "into": (solved / strength)[np.newaxis]}


def _speaker(source: Source, target: Target, settings: Settings) -> dict[str, Real]:
    names = target.names
    places = places_of(target.speakers, names)
    varied = varieties(target.embeddings, places, 1 + len(names), discriminant_of(source.statistics))
    heard = np.isin(places, 1 + np.flatnonzero(varied[1:] >= settings.least_variety))
    if np.unique(places[heard]).size < 2:
        return _nothing(source.statistics)
    eraser = fit_eraser(target.embeddings[heard], target.speakers[heard], rank=settings.rank)
    return {"mean": eraser.mean, "out": eraser.out, "into": eraser.into}


def _nothing(statistics: SourceStatistics) -> dict[str, Real]:
    size = statistics.size
    return {"mean": statistics.moments.mean, "out": np.zeros((size, 0)), "into": np.zeros((0, size))}


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings without the directions, and what the read-out says of them."""
    mean, out, into = (fitted.arrays[name] for name in ("mean", "out", "into"))
    if not out.any():
        return target
    return target.moved(target.embeddings - ((target.embeddings - mean) @ into.T) @ out.T, readout)
