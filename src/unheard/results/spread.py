"""Mean and deviation of what several folds and seeds gave."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from unheard.schemas.scores import SeedScores, Spread

__all__ = ["over_seeds", "spread"]


def spread(values: Iterable[float | None], weights: Iterable[float] | None = None) -> Spread:
    """Mean and standard deviation (n - 1) of the numbers among the values; None where there are too few.

    Args:
        values: what cannot be had is None or nan.
        weights: what each value counts in the mean, as many; None for 1 each.
    """
    numbers = np.array([math.nan if value is None else float(value) for value in values])
    counts = np.ones(numbers.size) if weights is None else np.array(list(weights))
    known = np.isfinite(numbers) & (counts > 0)
    return Spread(
        mean=float(np.average(numbers[known], weights=counts[known])) if known.any() else None,
        std=float(np.std(numbers[known], ddof=1)) if known.sum() > 1 else None,
    )


def over_seeds(per_seed: Sequence[float]) -> SeedScores:
    """A score of each seed with mean and deviation."""
    return SeedScores(**dict(spread(per_seed)), per_seed=list(per_seed))
