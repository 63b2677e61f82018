"""Power of a waveform, block by block: doubles of an hour of samples would take half a gigabyte."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["frame_powers", "mean_square"]

_BLOCK = 1 << 22  # samples


def mean_square(samples: NDArray[np.float32]) -> float:
    """Mean of the squares, in double precision.

    Args:
        samples: shape (samples,), at least one.
    """
    if len(samples) <= _BLOCK:
        return float(np.mean(np.square(samples, dtype=np.float64)))
    blocks = (samples[at : at + _BLOCK] for at in range(0, len(samples), _BLOCK))
    return float(sum(np.sum(np.square(block, dtype=np.float64)) for block in blocks)) / len(samples)


def frame_powers(samples: NDArray[np.float32], frame: int, count: int) -> NDArray[np.float64]:
    """Mean square of each frame, shape (count,), in double precision.

    Args:
        samples: shape (samples,), `count` frames or more.
        frame: samples of a frame; frames do not overlap.
        count: how many.
    """
    frames = samples[: count * frame].reshape(count, frame)
    step = max(1, _BLOCK // frame)
    blocks = [np.square(frames[at : at + step], dtype=np.float64).mean(axis=1) for at in range(0, count, step)]
    return np.concatenate(blocks)
