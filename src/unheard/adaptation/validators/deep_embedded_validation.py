"""DEV, deep embedded validation: losses on held-out items of the source that resemble the target count more.

    w(x) = n_s / n_t  J(target | x) / J(source | x)
    s = -( mean(w l) + a mean(w) - a ),    a = -Cov(w l, w) / Var(w)

J is a logistic regression that tells the read-out's training items from the target, l the losses on the held-out
items. The control variate a takes out what the estimate owes to weights whose mean is off its expectation, 1.

Reference: you2019towards. A regularized logistic regression on scaled embeddings in the place of a network: ours.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from unheard.adaptation.evidence import Evidence, HeldOut
from unheard.adaptation.source import Real

__all__ = ["BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "density_ratio", "score"]

NAME = "deep_embedded_validation"
DIRECTION = "higher"
RANGE = (-np.inf, np.inf)
NEEDS_SOURCE = True
BLIND = (
    "It takes an emotion to sound the same wherever embeddings lie the same, and where source and target are told "
    "apart without error a few held-out items have all the weight."
)
_REGULARIZED = 0.01
"""C of the logistic regression: weights that tell the domains apart wholly would be of no use."""


def density_ratio(held_out: HeldOut, target: Real) -> Real:
    """How much likelier than in the source each validation item is in the target, shape (validation items,).

    Args:
        held_out: items of the source.
        target: embeddings, shape (items, size).
    """
    both = np.concatenate([held_out.train, target])
    mean, deviation = both.mean(axis=0), both.std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 1e-9)
    domain = np.repeat([0, 1], [len(held_out.train), len(target)])
    model = LogisticRegression(C=_REGULARIZED, max_iter=1000).fit((both - mean) * scale, domain)
    logits = model.decision_function((held_out.validation - mean) * scale)
    ratio: Real = np.exp(np.clip(logits, -50.0, 50.0)) * len(held_out.train) / len(target)
    return ratio


def score(evidence: Evidence) -> float:
    """The estimated risk on the target, negated; nan where no item of the source is given.

    Args:
        evidence: embeddings, and held-out items of the source.
    """
    held_out = evidence.held_out
    if held_out is None or min(len(held_out.train), len(held_out.validation), len(evidence.embeddings)) < 2:
        return float("nan")
    weights = density_ratio(held_out, evidence.embeddings)
    weighted = weights * held_out.losses
    covariance = np.cov(weighted, weights)
    control = -covariance[0, 1] / covariance[1, 1] if covariance[1, 1] > 0 else 0.0
    return -float(weighted.mean() + control * (weights.mean() - 1.0))
