"""Features normalized by their own voice: what the adaptive protocol does, in training and afterwards alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unheard.errors import SplitError
from unheard.records import Features

__all__ = ["Voice", "standardize", "voice_of"]

_FLOOR = 1e-3
"""Smallest deviation, as in the model's own normalizer."""


@dataclass(frozen=True)
class Voice:
    """What is known of a voice: mean and deviation of each channel, shape (channels,) each."""

    mean: np.ndarray
    deviation: np.ndarray

    def standardized(self, frames: Features) -> Features:
        """A recording without them, shape (frames, channels)."""
        found: Features = ((frames - self.mean) / self.deviation).astype(np.float32)
        return found


def voice_of(known: Sequence[Features]) -> Voice:
    """Statistics over all frames of some unlabeled recordings of one voice, each of shape (frames, channels).

    Raises:
        SplitError: a single frame is known, and a deviation needs two.
    """
    if sum(map(len, known)) < 2:
        raise SplitError(
            "a voice with a single utterance cannot be normalized by itself. Leave it out, or add recordings of it."
        )
    frames = np.concatenate(known).astype(np.float64)
    return Voice(frames.mean(axis=0), np.maximum(frames.std(axis=0), _FLOOR))


def standardize(recordings: Sequence[Features], known: Sequence[Features]) -> list[Features]:
    """Recordings of one voice with the mean and the deviation of what is known of it taken out.

    Args:
        recordings: each of shape (frames, channels).
        known: as for `voice_of`.

    Raises:
        SplitError: too little is known.
    """
    voice = voice_of(known)
    return [voice.standardized(frames) for frames in recordings]
