"""Entropy minimization on the read-out's answers: the negative control, which is reported to fail.

Each class's logit gets a bias, all of them one factor, and both descend the mean entropy of the target's answers:

    z = exp(a) log p + b,    p' = softmax(z),    H = -sum_c p'_c log p'_c
    dH/dz_c = -p'_c (log p'_c + H)

Without an anchor the lowest entropy is had by calling everything one class: a grows, b runs away, and the classes
that are rarely named vanish. It is here so that a comparison can show that.

Reference: wang2021tent: entropy descended by a test-time gradient. There the scales and shifts of batch
norm layers learn; on a finished read-out there are none, so that the factor and the biases in their place, full
batches and plain steps are ours.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import log_softmax

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.source import Readout, Real, Source
from unheard.adaptation.target import Target

__all__ = ["CHANGES", "TRANSDUCTIVE", "Settings", "apply", "fit", "gradients"]

TRANSDUCTIVE = False
CHANGES = "probabilities"


class Settings(BaseModel):
    """How many steps, and how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(1.0, ge=0, le=1)
    """Factor of what was learnt; 0 leaves the read-out's answers."""
    steps: int = Field(20, ge=0, le=10_000)
    """Gradient steps, each over all recordings."""
    rate: float = Field(0.5, gt=0, le=100)
    """Length of a step, in units of the gradient."""


def _moved(logits: Real, scale: float, bias: Real) -> Real:
    found: Real = log_softmax(np.exp(scale) * logits + bias, axis=1)
    return found


def gradients(logits: Real, scale: float, bias: Real) -> tuple[float, float, Real]:
    """The mean entropy, and its derivatives by the logarithm of the factor and by the biases, shape (classes,).

    Args:
        logits: log probabilities of the read-out, shape (items, classes).
        scale: a, the logarithm of the factor.
        bias: b, shape (classes,).
    """
    answers = _moved(logits, scale, bias)
    chances = np.exp(answers)
    entropy = -(chances * answers).sum(axis=1, keepdims=True)
    by_logit = -chances * (answers + entropy) / len(logits)
    return float(entropy.mean()), float(np.exp(scale) * (by_logit * logits).sum()), by_logit.sum(axis=0)


def fit(source: Source, target: Target, settings: Settings) -> Fitted:
    """Descend the entropy of the answers.

    Args:
        source: not read.
        target: unlabeled recordings.
        settings: how many steps.
    """
    del source
    logits = np.log(np.maximum(target.probabilities, 1e-12))
    scale, bias = 0.0, np.zeros(logits.shape[1])
    for _ in range(settings.steps):
        _, by_scale, by_bias = gradients(logits, scale, bias)
        scale, bias = scale - settings.rate * by_scale, bias - settings.rate * by_bias
    arrays = {"scale": np.array([settings.weight * scale]), "bias": settings.weight * bias}
    return Fitted("entropy", settings.model_dump(mode="json"), arrays)


def apply(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """The same recordings with sharper answers."""
    del readout
    scale, bias = float(fitted.arrays["scale"][0]), fitted.arrays["bias"]
    if scale == 0.0 and not bias.any():
        return target
    logits = np.log(np.maximum(target.probabilities, 1e-12))
    return target.answered(np.exp(_moved(logits, scale, bias)))
