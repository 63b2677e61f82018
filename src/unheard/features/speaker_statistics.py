"""Features normalized by their own speaker: what the adaptive protocol does, in training and afterwards alike."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unheard.errors import SplitError
from unheard.features.stored import Frames
from unheard.records import Features

__all__ = ["SpeakerStatistics", "standardize", "statistics_of"]

_FLOOR = 1e-3
"""Smallest deviation, as in the model's own normalizer."""


@dataclass(frozen=True)
class SpeakerStatistics:
    """What is known of how a speaker sounds: mean and deviation of each channel, shape (channels,) each."""

    mean: np.ndarray
    deviation: np.ndarray

    def standardized(self, frames: Features) -> Features:
        """A recording without them, shape (frames, channels)."""
        found: Features = ((frames - self.mean) / self.deviation).astype(np.float32)
        return found


def statistics_of(known: Sequence[Frames]) -> SpeakerStatistics:
    """Statistics over all frames of some unlabeled recordings of one speaker, each of shape (frames, channels).

    Raises:
        SplitError: a single frame is known, and a deviation needs two.
    """
    if sum(map(len, known)) < 2:
        raise SplitError(
            "a speaker with a single utterance cannot be normalized by itself. Leave it out, or add recordings of it."
        )
    frames = np.concatenate([np.asarray(one) for one in known]).astype(np.float64)
    return SpeakerStatistics(frames.mean(axis=0), np.maximum(frames.std(axis=0), _FLOOR))


def standardize(recordings: Sequence[Features], known: Sequence[Features]) -> list[Features]:
    """Recordings of one speaker with the mean and the deviation of what is known of that speaker taken out.

    Args:
        recordings: each of shape (frames, channels).
        known: as for `statistics_of`.

    Raises:
        SplitError: too little is known.
    """
    statistics = statistics_of(known)
    return [statistics.standardized(frames) for frames in recordings]
