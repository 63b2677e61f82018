"""What the normalizer is told of a training part: mean and deviation of each channel, one item at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.features.stored import Frames

__all__ = ["channel_statistics"]

_MANY = 1 << 23  # frames, a day of speech: a sum of more of them in float32 would lose what is added last


def channel_statistics(items: Sequence[Frames]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and deviation of each channel over all frames of some recordings, shape (channels,) each.

    Up to a day of speech they are, to the last bit, what NumPy gives of all frames in one array: it sums row by row,
    so that items can be added in their order. A single channel it sums in pairs, for which its frames must stand in
    one array, if they are in memory.

    Args:
        items: each of shape (frames, channels), in memory or on disk; one at least.
    """
    count = np.int64(sum(map(len, items)))
    if items[0].shape[1] == 1 and count <= _MANY and all(isinstance(item, np.ndarray) for item in items):
        frames = np.concatenate([np.asarray(item) for item in items])
        return frames.mean(axis=0), frames.std(axis=0)
    kind = np.float32 if count <= _MANY else np.float64
    mean = np.true_divide(_sum(items, lambda frames: frames, kind), count).astype(np.float32)
    squares = _sum(items, lambda frames: np.square(frames - mean), kind)
    return mean, np.sqrt(np.true_divide(squares, count).astype(np.float32))


def _sum(items: Sequence[Frames], change: Callable[[Any], Any], kind: type[np.floating]) -> NDArray[np.floating]:
    """The sum over frames of what becomes of them, shape (channels,)."""
    total: Any = None
    for item in items:
        rows = change(np.asarray(item, dtype=np.float32)).astype(kind, copy=False)
        total = np.add.reduce(rows if total is None else np.concatenate([total[None], rows]), axis=0)
    found: NDArray[np.floating] = total
    return found
