"""Balance: whether the model finds all classes on the target, or has collapsed to a few.

    s = H(mean_i p_i) / log K

Reference: bridle1991unsupervised, the first of its two terms alone; as a validator of its own: ours.
"""

import numpy as np
from scipy.special import entr

from unheard.adaptation.evidence import Evidence

__all__ = ["BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "score"]

NAME = "balance"
DIRECTION = "higher"
RANGE = (0.0, 1.0)
NEEDS_SOURCE = False
BLIND = "Even answers at random have the best score, and recordings that are truly uneven are held against the model."


def score(evidence: Evidence) -> float:
    """The entropy of the mean answer, as a share of the highest: 1 is even, 0 is one class for all.

    Args:
        evidence: probabilities alone are read.
    """
    answers = evidence.probabilities
    if not len(answers) or answers.shape[1] < 2:
        return float("nan")
    return float(entr(answers.mean(axis=0)).sum() / np.log(answers.shape[1]))
