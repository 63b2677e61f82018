"""Corpus normalization: mean and deviation of all unlabeled recordings, brought to the source's.

    x <- (x - m') d / d' + m

m and d are the source's, m' and d' lie between the source's and the target's own: the nearer to the target's, the
more recordings there are and the more varied they look (`unheard.adaptation.variety`).

What it moves is where a language, a room or a channel lies, the same for all speakers.

Reference: furui1981cepstral, the mean; viikki1998cepstral, the deviation, there of frames within an utterance. Of
embeddings, over a corpus, and with the two prudences: ours.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.methods._moments import between, move_of, moved, stacked, trusted
from unheard.adaptation.source import Readout, Source, moments_of
from unheard.adaptation.target import Target
from unheard.adaptation.variety import discriminant_of, variety

__all__ = ["CHANGES", "TRANSDUCTIVE", "Settings", "apply", "fit"]

TRANSDUCTIVE = False
CHANGES = "embeddings"


class Settings(BaseModel):
    """How far, and how prudently."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(1.0, ge=0, le=1)
    """Part of the way from the source's moments to the target's; 0 moves nothing."""
    deviation: bool = True
    """Whether the deviation is brought to the source's, or the mean alone."""
    prior: float = Field(10.0, ge=0)
    """Recordings that the source's moments count for."""
    prudent: bool = True
    """Whether recordings that look one-sided count for less."""


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Read the moments of all recordings; speakers are not looked at.

    Args:
        source: moments to be reached.
        target: unlabeled recordings.
        settings: how far.
    """
    wanted, own = source.statistics.moments, moments_of(target.embeddings)
    varied = variety(target.embeddings, discriminant_of(source.statistics))
    varied = min(max(varied, 0.0), 1.0)
    trust = settings.weight * trusted(own.count, settings.prior, varied if settings.prudent else 1.0)
    move = move_of(wanted, between(wanted, own, trust), deviation=settings.deviation)
    found = {"count": own.count, "variety": varied, "trust": trust}
    judged = {name: np.array([value], dtype=np.float64) for name, value in found.items()}
    return Fitted("corpus_normalization", settings.model_dump(mode="json"), stacked([move]), (), judged)


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings, moved, and what the read-out says of them there."""
    return moved(fitted, readout, target)
