"""Clusters of one speaker's recordings, each assigned to an emotion: what sounds alike in one mouth is felt alike.

The recordings of a speaker are clustered (Ward's criterion, along the source's discriminant directions), as many
clusters as there are classes; then clusters and classes are paired one to one, so that the read-out's mean log
probability of what each cluster is called, each recording weighing the same, is highest (Hungarian algorithm). The
answer is a mixture,

    p'(c|x) = (1 - t) p(c|x) + t [c is the class of x's cluster],    t = weight (n - 1) / (n - 1 + prior) v

with n the speaker's recordings and v how varied they look (`unheard.adaptation.variety`): one-to-one pairs say that a
speaker shows every emotion, which is wrong of whoever does not. `pairs = "free"` lets clusters share a class.

Another recording of a known speaker belongs to the nearest cluster's center; that of a new speaker has the read-out's
answer.

Reference: ward1963hierarchical, the clusters; kuhn1955hungarian, the pairs. lachut2025inference, which won task 4 of
PolEval 2025, groups each speaker's recordings and assigns groups to emotions greedily; its inner settings are not
known to us. The space, the criterion, the pairs, the mixture and its prudence are ours.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.cluster.hierarchy import fcluster, ward
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.methods._moments import trusted
from unheard.adaptation.source import Readout, Real, Source
from unheard.adaptation.target import Target, places_of
from unheard.adaptation.variety import discriminant_of, varieties

__all__ = ["CHANGES", "TRANSDUCTIVE", "Settings", "apply", "assigned", "fit"]

TRANSDUCTIVE = False
CHANGES = "probabilities"


class Settings(BaseModel):
    """How clusters are paired with classes, and how much their word counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(0.5, ge=0, le=1)
    """What a cluster's class counts for in a varied speaker with many recordings; 0 leaves the read-out's answers."""
    pairs: Literal["one-to-one", "free"] = "one-to-one"
    """Whether each class has one cluster, or each cluster its own best class."""
    prior: float = Field(5.0, ge=0)
    """Recordings of a speaker that the read-out counts for."""
    prudent: bool = True
    """Whether a speaker whose recordings look one-sided is left to the read-out."""


def assigned(numbers: NDArray[np.int64], probabilities: Real, *, pairs: str = "one-to-one") -> NDArray[np.int64]:
    """The class of each cluster, shape (clusters,).

    Args:
        numbers: cluster of each recording, 0 and up, shape (items,).
        probabilities: of the read-out, shape (items, classes); at least as many classes as clusters.
        pairs: 'one-to-one' or 'free'.
    """
    logits = np.log(np.maximum(probabilities, 1e-12))
    totals = np.stack([logits[numbers == number].sum(axis=0) for number in range(int(numbers.max()) + 1)])
    if pairs == "free":
        return np.asarray(totals.argmax(axis=1), dtype=np.int64)
    return np.asarray(linear_sum_assignment(totals, maximize=True)[1], dtype=np.int64)


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Cluster each speaker's recordings and name the clusters.

    Args:
        source: its discriminant directions.
        target: unlabeled recordings, with the names of who speaks.
        settings: how they are paired.
    """
    classes, names = len(source.statistics.classes), target.names
    discriminant, places = discriminant_of(source.statistics), places_of(target.speakers, names)
    varied = varieties(target.embeddings, places, 1 + len(names), discriminant)
    centers = np.zeros((1 + len(names), classes, discriminant.directions))
    labels, trusts = np.full((1 + len(names), classes), -1.0), np.zeros(1 + len(names))
    for row in range(1, 1 + len(names)):
        own = places == row
        along = target.embeddings[own] @ discriminant.axes
        if len(along) < 2:
            continue
        numbers = fcluster(ward(along), classes, "maxclust").astype(np.int64) - 1
        named = assigned(numbers, target.probabilities[own], pairs=settings.pairs)
        for number, label in enumerate(named):
            centers[row, number], labels[row, number] = along[numbers == number].mean(axis=0), label
        trust = trusted(len(along), settings.prior, float(varied[row]) if settings.prudent else 1.0)
        trusts[row] = settings.weight * trust
    arrays = {"axes": discriminant.axes, "centers": centers, "labels": labels, "trust": trusts}
    judged = {"variety": varied, "trust": trusts}
    return Fitted("clusters", settings.model_dump(mode="json"), arrays, names, judged)


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings with answers that their clusters have a say in."""
    del readout
    places, answers = places_of(target.speakers, fitted.speakers), target.probabilities.copy()
    for row in np.unique(places):
        trust = float(fitted.arrays["trust"][row])
        if trust == 0.0:
            continue
        own, named = places == row, fitted.arrays["labels"][row]
        known = named >= 0
        distances = cdist(target.embeddings[own] @ fitted.arrays["axes"], fitted.arrays["centers"][row][known])
        called = named[known].astype(np.int64)[distances.argmin(axis=1)]
        answers[own] = (1.0 - trust) * answers[own] + trust * np.eye(answers.shape[1])[called]
    return target.answered(answers)
