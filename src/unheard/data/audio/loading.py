"""Recordings in: any rate and channel count, from WAV, FLAC, OGG, Opus and MP3, to one mono waveform.

What cannot be used is an error that names the file and the mend; nothing is repaired in silence.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from unheard.data.audio.decoding import ENDINGS, Bounds, opened
from unheard.data.audio.levels import frame_powers, mean_square
from unheard.data.audio.segments import Digest, Stretch, joined, read_stretches
from unheard.errors import AudioError
from unheard.records import Hertz, Samples, Seconds

__all__ = [
    "ENDINGS",
    "AudioSettings",
    "Bounds",
    "Stretch",
    "condition",
    "read_audio",
    "read_parts",
    "read_recording",
    "recording_digest",
    "speech_span",
]

_QUIETEST = 1e-7  # full scale; a root mean square below it is not brought up
_USUAL = Bounds()
_BOUNDS = ("lowest_rate", "highest_rate", "longest")
_MOST = 1 << 27  # numbers that a whole recording may have in memory (half a gibibyte)


class AudioSettings(BaseModel):
    """How a recording is brought into the form that features are computed from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Hertz = Field(16_000, ge=4_000, le=96_000)
    """Sampling rate that every recording is resampled to, in hertz."""
    trim: float = Field(0.0, ge=0.0, le=120.0)
    """Leading and trailing parts quieter than this many decibels below the loudest 25 ms are cut; 0 cuts nothing."""
    level: Literal["as recorded", "rms"] = "as recorded"
    """'rms' scales every utterance to the same root mean square (-26 dBFS), where the level betrays the label."""
    lowest_rate: Hertz = Field(_USUAL.lowest, ge=1)
    """Sampling rate in hertz below which a file's header is taken for wrong."""
    highest_rate: Hertz = Field(_USUAL.highest, ge=1)
    """Sampling rate in hertz above which a file's header is taken for wrong."""
    longest: Seconds = Field(_USUAL.longest, gt=0, le=24 * 3600)
    """Most seconds of one utterance; a recording in which utterances are marked may be longer."""

    @model_validator(mode="after")
    def _some_rate(self) -> "AudioSettings":
        if self.lowest_rate > self.highest_rate:
            msg = f"lowest_rate ({self.lowest_rate} Hz) must not lie above highest_rate ({self.highest_rate} Hz)"
            raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _without_default_bounds(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # What only says which files are refused must not make other features, or another run, of older ones.
        plain: dict[str, Any] = handler(self)
        own = type(self).model_fields
        return {key: value for key, value in plain.items() if key not in _BOUNDS or value != own[key].default}

    @property
    def bounds(self) -> Bounds:
        """What a recording can plausibly be."""
        return Bounds(self.lowest_rate, self.highest_rate, self.longest)

    @property
    def identity(self) -> dict[str, Any]:
        """The settings that samples depend on."""
        return self.model_dump(mode="json", exclude=set(_BOUNDS))


def read_recording(file: Path | str, bounds: Bounds | None = None) -> tuple[np.ndarray, Hertz]:
    """All channels of a recording as they are on disk.

    Args:
        file: WAV, FLAC, OGG, Opus or MP3.
        bounds: what it can plausibly be.

    Returns:
        The samples, shape (samples, channels), float32, and the sampling rate in hertz.

    Raises:
        AudioError: the file is missing, empty, truncated, not audio, named for another format, or holds
            NaN, infinite or no samples; it has a rate that no recording has, or is too long to be held whole.
    """
    with opened(Path(file), bounds or _USUAL) as recording:
        blocks, total = [], 0
        for block in recording.blocks():
            blocks.append(block.copy())
            total += block.size
            if total > _MOST:
                seconds = total / recording.channels / recording.rate
                raise AudioError(file, f"is longer than {seconds:.0f} s, too much to be held whole", "Divide it.")
        if total == 0:
            raise AudioError(file, "holds no samples", "Remove it, or pass --skip-bad.")
        return joined(blocks), recording.rate


def recording_digest(samples: np.ndarray, rate: Hertz) -> str:
    """The identity of a recording by its content: SHA-256 over rate, channels and decoded samples.

    A lossless copy in another container has the same digest; a renamed file has, too.
    """
    digest = Digest(rate, samples.shape[1] if samples.ndim > 1 else 1)
    digest.add(samples)
    return digest.hex()


def read_parts(
    file: Path | str, stretches: Sequence[Stretch], settings: AudioSettings
) -> tuple[list[Samples | AudioError], str]:
    """Several stretches of one recording as mono waveforms, from one pass over the file, and its digest.

    Args:
        file: WAV, FLAC, OGG, Opus or MP3.
        stretches: (start, end) of each in seconds; an end of None is that of the recording.
        settings: the rate of what is returned, and what a recording can plausibly be.

    Returns:
        For each stretch what `read_audio` gives, or the error that it raises; and the digest of the recording.

    Raises:
        AudioError: the recording itself cannot be used.
    """
    return read_stretches(Path(file), stretches, settings.rate, settings.bounds)


def read_audio(
    file: Path | str,
    *,
    rate: Hertz = 16_000,
    start: Seconds = 0.0,
    end: Seconds | None = None,
    bounds: Bounds | None = None,
) -> tuple[Samples, str]:
    """One stretch of a recording as a mono waveform, and the digest of the whole recording.

    The first call for a file reads all of it; a later one for a part of the same file seeks, where that is exact.

    Args:
        file: WAV, FLAC, OGG, Opus or MP3.
        rate: sampling rate of what is returned, in hertz (soxr, high quality).
        start: in seconds.
        end: in seconds; None is the end of the recording.
        bounds: what a recording can plausibly be (see `AudioSettings.bounds`).

    Returns:
        Samples of shape (samples,), float32 (channels are averaged), and the digest of `recording_digest`.

    Raises:
        AudioError: see `read_recording`; also when the stretch lies outside the recording, is too long or too
            short, or silent.
    """
    (found,), digest = read_stretches(Path(file), [(start, end)], rate, bounds or _USUAL)
    if isinstance(found, AudioError):
        raise found
    return found, digest


def condition(samples: Samples, settings: AudioSettings) -> Samples:
    """Trim silence at both ends and set the level, as the settings say.

    Args:
        samples: shape (samples,) at `settings.rate`.
        settings: what to do.

    Returns:
        Samples of shape (samples,), never empty.
    """
    first, last = speech_span(samples, settings.rate, settings.trim)
    if last - first < len(samples):
        samples = samples[first:last]
    if settings.level == "rms":
        rms = math.sqrt(mean_square(samples))
        samples = (samples * (10 ** (-26 / 20) / max(rms, _QUIETEST))).astype(np.float32)
    return samples


def speech_span(samples: Samples, rate: Hertz, decibels: float) -> tuple[int, int]:
    """Where the speech begins and ends; 50 ms stay on each side, so that no onset is lost.

    Args:
        samples: shape (samples,).
        rate: in hertz.
        decibels: how far below the loudest 25 ms both ends are quiet; 0 takes the whole for speech.

    Returns:
        The first sample, and the one after the last.
    """
    frame = max(1, round(0.025 * rate))
    count = len(samples) // frame
    if count < 2 or decibels <= 0:
        return 0, len(samples)
    power = frame_powers(samples, frame, count)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-decibels / 10))
    margin = round(0.05 * rate)
    return max(0, int(loud[0]) * frame - margin), min(len(samples), (int(loud[-1]) + 1) * frame + margin)
