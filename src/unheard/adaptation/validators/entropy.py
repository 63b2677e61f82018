"""Entropy: how sure the model is of each recording by itself, negated.

    s = -1/n sum_i H(p_i) / log K

Reference: morerio2018minimal: the least entropy on the target chooses a setting. Divided by log K: ours.
"""

import numpy as np
from scipy.special import entr

from unheard.adaptation.evidence import Evidence

__all__ = ["BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "score"]

NAME = "entropy"
DIRECTION = "higher"
RANGE = (-1.0, 0.0)
NEEDS_SOURCE = False
BLIND = "A model that calls every recording the same, and is sure of it, has the best score."


def score(evidence: Evidence) -> float:
    """The mean entropy of the answers, negated, as a share of the highest: 0 is sure of everything, -1 of nothing.

    Args:
        evidence: probabilities alone are read.
    """
    answers = evidence.probabilities
    if not len(answers) or answers.shape[1] < 2:
        return float("nan")
    return -float(entr(answers).sum(axis=1).mean() / np.log(answers.shape[1]))
