"""Information maximization: sure of each recording, and even over all of them.

    s = (H(mean_i p_i) - mean_i H(p_i)) / log K

the mutual information of recording and answer.

Reference: bridle1991unsupervised; shi2012information, for adaptation. Divided by log K: ours.
"""

from unheard.adaptation.evidence import Evidence
from unheard.adaptation.validators import balance, entropy

__all__ = ["BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "score"]

NAME = "information_maximization"
DIRECTION = "higher"
RANGE = (0.0, 1.0)
NEEDS_SOURCE = False
BLIND = "Any even and certain division of the recordings scores as high, also by speaker or by sentence."


def score(evidence: Evidence) -> float:
    """The mutual information of recording and answer, as a share of log K, in [0, 1].

    Args:
        evidence: probabilities alone are read.
    """
    return balance.score(evidence) + entropy.score(evidence)
