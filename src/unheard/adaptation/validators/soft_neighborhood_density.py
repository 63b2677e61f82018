"""SND, soft neighborhood density: whether recordings of like answers form dense groups.

    s = 1/n sum_i H(q_i) / log (n - 1),    q_ij  in proportion to  exp(u_i . u_j / t),  j != i

u is an answer of length 1. In a dense group each recording has many neighbors that are equally near, and the entropy
over them is high.

Reference: saito2021tune, with its temperature t of 0.05. Divided by log (n - 1): ours, so that it
does not hang on how many recordings there are; by it, one group of all recordings has the best score.
"""

import numpy as np
from scipy.special import entr, softmax

from unheard.adaptation.evidence import Evidence

__all__ = ["BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "score"]

NAME = "soft_neighborhood_density"
DIRECTION = "higher"
RANGE = (0.0, 1.0)
NEEDS_SOURCE = False
BLIND = "One group of all recordings is the densest: a model that calls everything the same has the best score."
_TEMPERATURE = 0.05
_BLOCK = 512
"""Recordings whose neighbors are looked at together: a matrix of 512 by the number of all."""


def score(evidence: Evidence) -> float:
    """The mean entropy of each recording's soft neighbors, as a share of the highest, in [0, 1].

    Args:
        evidence: probabilities alone are read.
    """
    answers = evidence.probabilities
    count = len(answers)
    if count < 3:
        return float("nan")
    unit = answers / np.linalg.norm(answers, axis=1, keepdims=True)
    total = 0.0
    for start in range(0, count, _BLOCK):
        alike = unit[start : start + _BLOCK] @ unit.T / _TEMPERATURE
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -np.inf
        total += float(entr(softmax(alike, axis=1)).sum())
    return total / count / float(np.log(count - 1))
