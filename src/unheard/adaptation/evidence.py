"""What a label-free validator may read."""

from dataclasses import dataclass

import numpy as np

from unheard.adaptation.source import Real, checked_rows
from unheard.errors import AdaptationError

__all__ = ["Evidence", "HeldOut"]


@dataclass(frozen=True)
class HeldOut:
    """Items of the source whose labels are known, for validators that weigh errors made there.

    Args:
        train: embeddings that the read-out was trained on, shape (train items, size).
        validation: embeddings of other items, of speakers whom training has not met, shape (items, size).
        losses: what the read-out loses on each of those, shape (items,): cross-entropy, or 0 and 1.
    """

    train: Real
    validation: Real
    losses: Real


@dataclass(frozen=True)
class Evidence:
    """Unlabeled recordings and what a model says of them.

    Args:
        embeddings: where they lie after adaptation, shape (items, size).
        probabilities: shape (items, classes).
        held_out: items of the source; None where nobody has them.
    """

    embeddings: Real
    probabilities: Real
    held_out: HeldOut | None = None

    def __post_init__(self) -> None:
        rows, answers = checked_rows(self.embeddings, who="validator"), np.asarray(self.probabilities)
        if answers.ndim != 2 or len(answers) != len(rows) or not np.isfinite(answers).all():
            problem = f"embeddings {rows.shape} and probabilities {answers.shape} do not fit, or are no numbers"
            raise AdaptationError(f"validator: {problem}. Pass one row an item of each.")
