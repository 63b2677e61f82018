"""LAME, Laplacian adjusted maximum-likelihood estimation: recordings that lie side by side must agree.

Answers z, one row a recording, are found that stay near the read-out's p and agree with their neighbors':

    F(z) = sum_i KL(z_i || p_i) - w/2 sum_ij a_ij z_i . z_j

a is a symmetric affinity of the embeddings: 1 for each of the k nearest neighbors (averaged over both directions), or
exp(-d^2 / (2 h^2)) of their distances. The concave part is bound by its tangent, which gives the step

    z_i  <-  in proportion to  p_i exp(w sum_j a_ij z_j)

from z = p. Where a full step would raise F, as it may with an affinity that is not positive, it is halved until F
falls.

It is transductive: nothing is kept but how neighbors are found, and an answer hangs on the other recordings that are
asked with it. One recording alone has the read-out's answer.

Reference: boudiaf2022parameter (there F has no 1/2, and all steps are full).
Neighbors within one speaker, and halved steps, are ours.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.spatial.distance import cdist

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.source import Readout, Real, Source
from unheard.adaptation.target import Target

__all__ = ["CHANGES", "TRANSDUCTIVE", "Settings", "adjusted", "affinity", "apply", "fit", "objective"]

TRANSDUCTIVE = True
CHANGES = "probabilities"


class Settings(BaseModel):
    """Who is a neighbor, and how much neighbors count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(1.0, ge=0, le=1)
    """w; 0 leaves the read-out's answers."""
    kind: Literal["nearest", "gaussian"] = "nearest"
    """'nearest': 1 for the k nearest, 0 for others. 'gaussian': falls with the distance; h is the mean distance to
    the k-th nearest."""
    neighbors: int = Field(5, ge=1, le=1000)
    """k."""
    within: Literal["speaker", "corpus"] = "speaker"
    """Whether only recordings of the same speaker are neighbors; those of unknown speakers are one group."""
    iterations: int = Field(100, ge=1, le=10_000)
    """Most steps; it ends where no answer moves by a millionth."""


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Keep the scale of the channels: neighbors are found at the source's mean and deviation, by angle.

    Args:
        source: its moments.
        target: not read.
        settings: who is a neighbor.
    """
    del target
    moments = source.statistics.moments
    deviation = np.where(moments.deviation > 1e-9, moments.deviation, np.inf)
    options = [settings.weight, settings.kind == "gaussian", settings.neighbors, settings.within == "corpus"]
    arrays = {
        "mean": moments.mean,
        "scale": 1.0 / deviation,
        "options": np.array([*options, settings.iterations], dtype=np.float64),
    }
    return Fitted("lame", settings.model_dump(mode="json"), arrays)


def affinity(places: Real, *, kind: str, neighbors: int) -> Real:
    """a: symmetric, zero on its diagonal, shape (items, items).

    Args:
        places: embeddings, shape (items, size); their lengths do not count.
        kind: 'nearest' or 'gaussian'.
        neighbors: k; all others where there are fewer. Equally near ones count alike.
    """
    lengths = np.linalg.norm(places, axis=1, keepdims=True)
    unit = np.divide(places, lengths, out=np.zeros_like(places), where=lengths > 0)
    distances = cdist(unit, unit)
    np.fill_diagonal(distances, np.inf)
    kth = np.sort(distances, axis=1)[:, min(neighbors, len(places) - 1) - 1]
    if kind == "gaussian":
        width = float(kth.mean())
        near = np.exp(-np.square(distances) / (2.0 * width**2)) if width > 0 else (distances <= 0.0).astype(float)
    else:
        near = (distances <= kth[:, np.newaxis]).astype(np.float64)
    found: Real = (near + near.T) / 2.0
    return found


def objective(answers: Real, probabilities: Real, near: Real, weight: float) -> float:
    """F(z), which the steps lower.

    Args:
        answers: z, shape (items, classes).
        probabilities: p, shape (items, classes).
        near: a, shape (items, items).
        weight: w.
    """
    parted = answers * (np.log(np.maximum(answers, 1e-300)) - np.log(np.maximum(probabilities, 1e-300)))
    return float(parted.sum() - weight / 2.0 * np.sum(answers * (near @ answers)))


def adjusted(probabilities: Real, near: Real, weight: float, iterations: int = 100) -> Real:
    """The answers z at which F no longer falls, shape (items, classes).

    Args:
        probabilities: p, shape (items, classes).
        near: a, shape (items, items), symmetric.
        weight: w; 0 gives p itself.
        iterations: most steps.
    """
    if weight == 0.0 or not near.any():
        return probabilities
    logits, answers = np.log(np.maximum(probabilities, 1e-300)), probabilities
    value = objective(answers, probabilities, near, weight)
    for _ in range(iterations):
        raised = logits + weight * (near @ answers)
        raised = np.exp(raised - raised.max(axis=1, keepdims=True))
        step = raised / raised.sum(axis=1, keepdims=True) - answers
        share, lower = 1.0, np.inf
        while share > 1e-6:
            lower = objective(answers + share * step, probabilities, near, weight)
            if lower <= value:
                break
            share /= 2.0
        if lower > value or np.abs(share * step).max() < 1e-6:
            break
        answers, value = answers + share * step, lower
    return answers


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings with answers that agree with their neighbors' among them."""
    del readout
    weight, gaussian, neighbors, whole, iterations = fitted.arrays["options"]
    places = (target.embeddings - fitted.arrays["mean"]) * fitted.arrays["scale"]
    answers = target.probabilities.copy()
    groups: NDArray[np.str_] = np.full(len(places), "") if whole else target.speakers
    for name in np.unique(groups):
        own = np.flatnonzero(groups == name)
        if own.size > 1 and weight:
            near = affinity(places[own], kind="gaussian" if gaussian else "nearest", neighbors=int(neighbors))
            answers[own] = adjusted(target.probabilities[own], near, float(weight), int(iterations))
    return target.answered(answers)
