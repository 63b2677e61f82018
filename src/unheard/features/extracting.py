"""From a waveform to its features, or to an error of its file: numbers in, numbers out."""

from pathlib import Path
from typing import Any

import numpy as np

from unheard.errors import AudioError
from unheard.records import Features, Hertz, Samples
from unheard.registry import load

__all__ = ["frames_of", "refuse_no_sound"]

_AGAIN = "Remove it, or pass --skip-bad."


def refuse_no_sound(samples: Samples, file: Path | str) -> None:
    """Refuse a waveform without samples, or with some that are no numbers.

    Raises:
        AudioError: it is one.
    """
    if len(samples) == 0:
        raise AudioError(file, "has no samples left", _AGAIN)
    if not np.isfinite(samples).all():
        raise AudioError(file, "has samples that are NaN or infinite", _AGAIN)


def frames_of(samples: Samples, rate: Hertz, feature: str, settings: Any, file: Path | str) -> Features:
    """Features of one waveform, shape (frames, channels), at least one frame, finite.

    Args:
        samples: shape (samples,), mono, conditioned.
        rate: in hertz.
        feature: its registered name.
        settings: the feature's own.
        file: what an error names.

    Raises:
        AudioError: there is nothing to compute from, or what comes of it is no number.
    """
    refuse_no_sound(samples, file)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is told below, of this file
        frames: Features = load("features", feature).extract(samples, rate, settings)
    if len(frames) == 0 or not np.isfinite(frames).all():
        raise AudioError(file, f"{feature} is {'empty' if len(frames) == 0 else 'not finite'}", _AGAIN)
    return frames
