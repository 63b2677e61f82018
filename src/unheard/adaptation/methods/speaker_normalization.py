"""Speaker normalization: mean and deviation of each speaker's unlabeled recordings, brought to the source's.

    x <- (x - m_s') d / d_s' + m

m and d are the source's. m_s' and d_s' lie between those of the corpus and the speaker's own, by

    trust = (n - 1) / (n - 1 + prior) * v

with n the speaker's recordings and v how varied they look (`unheard.adaptation.variety`): one recording says nothing
of where a speaker lies, and recordings that all have one emotion say where that emotion lies. Normalizing such a
speaker fully takes the emotion away with the speaker: on URDU, where speakers have one emotion each, it costs
eighteen points of UAR.

Reference: busso2013iterative, which normalizes by a speaker's neutral recordings alone and needs a detector to find
them: it met the same trap. Shrinkage and v in the detector's place are ours.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.methods._moments import between, move_of, moved, stacked, trusted
from unheard.adaptation.source import Readout, Source, moments_of
from unheard.adaptation.target import Target, places_of
from unheard.adaptation.variety import discriminant_of, varieties

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
    prior: float = Field(5.0, ge=0)
    """Recordings of a speaker that the corpus's moments count for."""
    corpus_prior: float = Field(10.0, ge=0)
    """Recordings of the corpus that the source's moments count for."""
    prudent: bool = True
    """Whether recordings that look one-sided count for less."""


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Read the moments of the corpus and of each speaker.

    Args:
        source: moments to be reached.
        target: unlabeled recordings, with the names of who speaks.
        settings: how far.
    """
    wanted, names = source.statistics.moments, target.names
    places, rows = places_of(target.speakers, names), 1 + len(names)
    varied = np.ones(rows)
    if settings.prudent:
        varied = varieties(target.embeddings, places, rows, discriminant_of(source.statistics))
    corpus = moments_of(target.embeddings)
    trusts = [settings.weight * trusted(corpus.count, settings.corpus_prior, float(varied[0]))]
    bases = [between(wanted, corpus, trusts[0])]
    for row in range(1, rows):
        own = moments_of(target.embeddings[places == row])
        trusts.append(settings.weight * trusted(own.count, settings.prior, float(varied[row])))
        bases.append(between(bases[0], own, trusts[row]))
    moves = [move_of(wanted, base, deviation=settings.deviation) for base in bases]
    counts = np.array([base.count for base in bases], dtype=np.float64)
    judged = {"count": counts, "variety": varied, "trust": np.array(trusts)}
    return Fitted("speaker_normalization", settings.model_dump(mode="json"), stacked(moves), names, judged)


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings, each moved as its speaker is (a new speaker as the corpus), and read out there."""
    return moved(fitted, readout, target)
