"""What everything that reads embeddings asks of them."""

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError

__all__ = ["labeled_rows"]


def labeled_rows(
    who: str, embeddings: NDArray[np.floating], labels: NDArray[np.generic], *, noun: str = "label", part: str = ""
) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
    """Embeddings (items, size) in double precision and their labels (items,), which fit each other and are finite.

    Args:
        who: asks, for the message.
        embeddings: shape (items, size).
        labels: shape (items,).
        noun: what a label is called.
        part: which items these are, for the message.

    Raises:
        SplitError: shapes do not fit, or an embedding is not finite.
    """
    rows, named = np.asarray(embeddings, dtype=np.float64), np.asarray(labels)
    whose = f"{who}: {part} " if part else f"{who}: "
    if rows.ndim != 2 or named.shape != rows.shape[:1]:
        shapes = f"embeddings {rows.shape} and {noun}s {named.shape}"
        raise SplitError(f"{whose}{shapes}, expected (items, size), (items,). Pass one {noun} an item.")
    if not np.isfinite(rows).all():
        raise SplitError(f"{whose}embeddings hold nan or inf. Look for a diverged model.")
    return rows, named
