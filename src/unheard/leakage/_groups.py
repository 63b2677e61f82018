"""Units assigned to groups: what keeps whole speakers, sentences or items together."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["assign_groups"]


def assign_groups(
    values: NDArray[np.generic], strata: NDArray[np.generic], *, groups: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """A group number for each distinct unit of `values`, evenly within each stratum.

    Args:
        values: the unit of each item, shape (items,).
        strata: the stratum of each item, shape (items,); a unit of several strata is assigned in each.
        groups: how many.
        generator: of the draw.

    Returns:
        Numbers in 0 ... groups - 1, shape (items,).
    """
    numbers = np.zeros(values.shape, np.int64)
    given = 0
    for stratum in np.unique(strata):
        own = strata == stratum
        units, unit = np.unique(values[own], return_inverse=True)
        place = np.empty(units.size, np.int64)
        place[generator.permutation(units.size)] = np.arange(units.size)
        numbers[own] = (place[unit] + given) % groups
        given += units.size
    return numbers
