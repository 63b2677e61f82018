"""BNM, batch nuclear norm: sure answers and many classes in one number, the sum of singular values of all answers.

    s = ||P||_* / sqrt(n min(n, K)),    P of shape (n, K)

The nuclear norm grows with the Frobenius norm (sure answers) and with the rank (different ones).

Reference: cui2020towards. There the norm of a batch is a training loss; the whole target as one batch, as a
validator, and
 the division by the highest value it can take are ours.
"""

import numpy as np

from unheard.adaptation.evidence import Evidence

__all__ = ["BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "score"]

NAME = "batch_nuclear_norm"
DIRECTION = "higher"
RANGE = (0.0, 1.0)
NEEDS_SOURCE = False
BLIND = "As information maximization: any certain and even division scores as high, whatever it divides by."


def score(evidence: Evidence) -> float:
    """The nuclear norm of all answers, as a share of the highest that so many answers can have, in [0, 1].

    Args:
        evidence: probabilities alone are read.
    """
    answers = evidence.probabilities
    if not len(answers) or answers.shape[1] < 2:
        return float("nan")
    highest = float(np.sqrt(len(answers) * min(answers.shape)))
    return float(np.linalg.norm(answers, "nuc")) / highest
