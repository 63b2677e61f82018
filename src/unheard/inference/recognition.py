"""What a recognizer says of one stretch of speech."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Recognition"]


@dataclass(frozen=True, slots=True)
class Recognition:
    """The answer to one stretch of speech.

    Args:
        label: the likeliest class (the first of equals); None where the recognizer abstains, as none does yet.
        probabilities: class -> probability, in the recognizer's order; they sum to 1.
        embedding: shape (size,), float32: what the heads read. Of several models, those of all, one after the other,
            so that squared distances are sums over models.
        numbers: name -> value in its own unit ('arousal', say), of models that predict any.

    >>> Recognition.of({"anger": 0.25, "joy": 0.75}, np.zeros(4, np.float32)).label
    'joy'
    """

    label: str | None
    probabilities: Mapping[str, float]
    embedding: NDArray[np.float32] = field(repr=False, compare=False)
    numbers: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        probabilities: Mapping[str, float],
        embedding: NDArray[np.float32],
        numbers: Mapping[str, float] | None = None,
    ) -> "Recognition":
        """The recognition whose label is the likeliest class."""
        label = max(probabilities, key=lambda name: probabilities[name])
        return cls(label, dict(probabilities), embedding, dict(numbers or {}))
