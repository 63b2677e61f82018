"""Features normalised by their own voice: what the adaptive protocol does, in training and afterwards alike."""

from collections.abc import Sequence

import numpy as np

from unheard.errors import SplitError
from unheard.records import Features

__all__ = ["standardise"]

_FLOOR = 1e-3
"""Smallest deviation, as in the model's own normaliser."""


def _moments(recordings: Sequence[Features]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each channel over all frames of some recordings, shape (channels,) each."""
    frames = np.concatenate(recordings).astype(np.float64)
    return frames.mean(axis=0), np.maximum(frames.std(axis=0), _FLOOR)


def standardise(recordings: Sequence[Features], known: Sequence[Features]) -> list[Features]:
    """Recordings of one voice with the mean and the deviation of what is known of it taken out.

    Args:
        recordings: each of shape (frames, channels).
        known: unlabelled recordings of the same voice, of the same channels; at least two frames in all.

    Raises:
        SplitError: a single frame is known, and a deviation needs two.
    """
    if sum(map(len, known)) < 2:
        raise SplitError(
            "a voice with a single utterance cannot be normalised by itself. Leave it out, or add recordings of it."
        )
    mean, deviation = _moments(known)
    return [((frames - mean) / deviation).astype(np.float32) for frames in recordings]
