"""Where the recordings are too few or too one-sided to tell whether an adaptation would help."""

from dataclasses import dataclass

import numpy as np

from unheard.adaptation.source import Source
from unheard.adaptation.target import Target
from unheard.adaptation.variety import discriminant_of, variety

__all__ = ["Refusal", "too_little"]


@dataclass(frozen=True)
class Refusal:
    """Why nothing is adapted.

    Args:
        reason: what was found and what was expected, for people.
        recordings: distinct ones.
        variety: see `unheard.adaptation.variety`; nan where there are too few to ask.
        found: classes that the read-out names at least once.
    """

    reason: str
    recordings: int
    variety: float
    found: int


def too_little(
    source: Source, target: Target, *, recordings: int = 8, least_variety: float = 0.15, classes: int = 2
) -> Refusal | None:
    """A refusal with its reason, or None where there is enough to adapt on.

    Args:
        source: statistics of the training items.
        target: unlabeled recordings, each once.
        recordings: fewest that are enough.
        least_variety: below it they look like one emotion.
        classes: fewest that the read-out must name.
    """
    count = len(target.embeddings)
    found = int(np.unique(target.probabilities.argmax(axis=1)).size) if count else 0
    if count < recordings:
        reason = f"{count} recordings, expected {recordings} at least: too few to tell where the speaker lies"
        return Refusal(reason, count, float("nan"), found)
    varied = variety(target.embeddings, discriminant_of(source.statistics))
    if varied < least_variety and found < classes:
        name = source.statistics.classes[int(target.probabilities.mean(axis=0).argmax())]
        reason = (
            f"all {count} recordings look like {name} and hardly differ (variety {varied:.2f}, expected "
            f"{least_variety:.2f} at least): an adaptation would take that emotion for the speaker"
        )
        return Refusal(reason, count, varied, found)
    return None
