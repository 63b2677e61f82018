"""Other coordinates for the same items, fitted on train items: what is far apart in one may be near in another."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

__all__ = ["Projection", "principal", "unchanged", "whitened"]

_DEAD = 1e-6
"""A direction with less than this share of the largest variance holds rounding, and nothing else."""

Matrix = NDArray[np.float32]
Projection = Callable[[Matrix], Matrix]
"""From items, shape (items, size), to the same items, shape (items, directions)."""


def unchanged(items: Matrix) -> Matrix:
    """The items as they are."""
    return items


def _directions(train: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Center, directions of the train items (size, directions) and the variance along each, the largest first."""
    rows = train.astype(np.float64)
    center = rows.mean(axis=0)
    rows -= center
    # Items or channels, whichever are fewer: either product has the same variances.
    few = len(rows) < rows.shape[1]
    values, vectors = linalg.eigh(rows @ rows.T if few else rows.T @ rows)
    kept = values > _DEAD * max(float(values[-1]), 1e-300)
    values, vectors = values[kept][::-1], vectors[:, kept][:, ::-1]
    if few:
        vectors = rows.T @ vectors / np.sqrt(values)
    return center, vectors, values / max(len(rows), 1)


def _onto(center: NDArray[np.float64], axes: NDArray[np.float64]) -> Projection:
    offset = center @ axes

    def project(items: Matrix) -> Matrix:
        projected: Matrix = (items @ axes.astype(np.float32) - offset).astype(np.float32)
        return projected

    return project


def principal(train: Matrix, most: int) -> Projection:
    """Onto the directions along which the train items vary most; unchanged where they have no more channels.

    Args:
        train: shape (items, size).
        most: directions to keep.
    """
    if train.shape[1] <= most:
        return unchanged
    center, axes, _ = _directions(train)
    return _onto(center, axes[:, :most])


def whitened(train: Matrix) -> Projection:
    """To uncorrelated directions of unit variance: a few large directions drown no others.

    Unchanged where the train items do not vary at all.

    Args:
        train: shape (items, size).
    """
    center, axes, variances = _directions(train)
    return _onto(center, axes / np.sqrt(variances)) if variances.size else unchanged
