"""Utterance functionals: one row of pitch, level, spectrum, voice quality and rhythm statistics an utterance.

An own set in the spirit of the prosody and voice-quality literature (eyben2016geneva gives the reasons for such a
set); its descriptors, formulas and names are its own, and it does not reproduce any toolkit's numbers.

Descriptors, every 10 ms:
- pitch in semitones above 27.5 Hz, 12 log2(F0 / 27.5), `hnr` and `cpp` in dB: `unheard.features._voice`;
- level in dB below full scale, 10 lg of the Hann-weighted mean square (a sine of amplitude 1 has -3.01);
- the shape of the spectrum: `unheard.features._spectral`;
- jitter in per cent and shimmer in dB, a value for each pair of cycles: `unheard.features._cycles`.

A frame is *active* where its level is less than 30 dB below the 95th percentile of the utterance's levels, and
*voiced* where it is active and has a pitch. Voice descriptors are summed up over voiced frames, the others over
active frames, and the spectrum's mean and deviation over voiced frames as well.

An utterance without voice has 0 in every statistic of voiced frames and cycles (and voiced_ratio 0, which tells);
digital silence has 0 in every channel.
"""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from unheard.features._cycles import cycle_changes
from unheard.features._spectral import SPECTRAL, power_spectra, spectral_descriptors
from unheard.features._statistics import BRIEF, RHYTHM, TREND, rhythm, summaries, trends
from unheard.features._voice import (
    Candidates,
    PitchRange,
    best_path,
    harmonicity,
    pitch_candidates,
    prominence,
)
from unheard.records import Features, Hertz, Samples, Seconds

__all__ = [
    "KIND",
    "Contours",
    "Descriptors",
    "Settings",
    "channel_names",
    "contours",
    "describe",
    "extract",
    "summarize",
]

KIND = "utterance"

_VOICE = ("pitch", "hnr", "cpp")
_BODY = ("level", *SPECTRAL)
_CYCLES = ("jitter", "shimmer")
_LOWEST_NOTE = 27.5  # hertz: semitones are counted from here
_BLOCK = 512  # frames described at once, which bounds memory
_SILENT = 1e-18  # mean square below which a frame is digital silence
_QUIETEST = -180.0  # dB, the level of digital silence


class Settings(BaseModel):
    """Framing, pitch range and decisions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hop: Seconds = Field(0.010, gt=0, le=0.1)
    """Distance between frames, in seconds."""
    window: Seconds = Field(0.025, ge=0.01, le=0.5)
    """Length of the Hann window of level and spectrum, in seconds; pitch takes three periods of `low`."""
    low: float = Field(60.0, ge=20, le=500)
    """Lowest pitch, in hertz."""
    high: float = Field(500.0, gt=20, le=1500)
    """Highest pitch, in hertz; at least twice the lowest."""
    voicing: float = Field(0.45, gt=0, lt=1)
    """Correlation of one period with the next, 0 to 1, from which a frame counts as voiced."""
    activity: float = Field(30.0, gt=0, le=120)
    """Decibels below the 95th percentile of the level down to which a frame counts as speech."""

    @model_validator(mode="after")
    def _edges(self) -> "Settings":
        if self.high < 2 * self.low:
            msg = f"high ({self.high:g} Hz) must be at least twice low ({self.low:g} Hz)"
            raise ValueError(msg)
        return self


@dataclass(frozen=True, slots=True)
class Contours:
    """Descriptors frame by frame.

    Args:
        level: in dB below full scale, shape (frames,).
        spectrum: columns as in `unheard.features._spectral.SPECTRAL`, shape (frames, 12).
        frequency: pitch in hertz, 0 where unvoiced, shape (frames,).
        hnr: harmonics-to-noise ratio in dB, 0 where unvoiced, shape (frames,).
        cpp: cepstral peak prominence in dB, shape (frames,).
        active: whether there is speech, shape (frames,).
    """

    level: np.ndarray
    spectrum: np.ndarray
    frequency: np.ndarray
    hnr: np.ndarray
    cpp: np.ndarray
    active: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        """Whether there is voice, shape (frames,)."""
        return np.asarray(self.frequency > 0)

    @property
    def semitones(self) -> np.ndarray:
        """Pitch in semitones above 27.5 Hz, 0 where unvoiced, shape (frames,)."""
        return np.asarray(12.0 * np.log2(np.where(self.voiced, self.frequency, _LOWEST_NOTE) / _LOWEST_NOTE))


@dataclass(frozen=True, slots=True)
class Descriptors(Contours):
    """All that the statistics are of.

    Args:
        jitter: in per cent, shape (pairs of cycles,).
        shimmer: in dB, shape (pairs of cycles,).
    """

    jitter: np.ndarray
    shimmer: np.ndarray


def channel_names(settings: Settings) -> list[str]:  # noqa: ARG001 - the same for all settings, as for all features
    """What each channel is: descriptor and statistic, then the rhythm.

    >>> channel_names(Settings())[:3]
    ['pitch_mean', 'pitch_std', 'pitch_p20']
    """
    full = [f"{name}_{statistic}" for name in (*_VOICE, *_BODY) for statistic in (*BRIEF, *TREND)]
    voiced = [f"{name}_voiced_{statistic}" for name in SPECTRAL for statistic in BRIEF[:2]]
    cycles = [f"{name}_{statistic}" for name in _CYCLES for statistic in BRIEF]
    return [*full, *voiced, *cycles, *RHYTHM]


def extract(samples: Samples, rate: Hertz, settings: Settings) -> Features:
    """The functionals of an utterance, shape (1, channels), named by `channel_names`, finite whatever comes.

    Args:
        samples: shape (samples,), mono; shorter than a window: padded with zeros to one.
        rate: in hertz.
        settings: framing, pitch range and decisions.

    >>> row = extract(np.zeros(16000, np.float32), 16000, Settings())
    >>> row.shape == (1, len(channel_names(Settings()))), bool(row.any())
    (True, False)
    """
    return summarize(describe(samples, rate, settings), settings)


def summarize(found: Descriptors, settings: Settings) -> Features:
    """The functionals of descriptors, as `extract` gives them, shape (1, channels)."""
    voiced = found.voiced
    voice = np.column_stack([found.semitones, found.hnr, found.cpp])
    body = np.column_stack([found.level, found.spectrum])
    parts = [
        np.column_stack([summaries(voice[voiced]), trends(voice, voiced, settings.hop)]),
        np.column_stack([summaries(body[found.active]), trends(body, found.active, settings.hop)]),
        summaries(found.spectrum[voiced])[:, :2],
        summaries(np.column_stack([found.jitter, found.shimmer])),
        rhythm(found.level, found.active, voiced, settings.hop),
    ]
    return np.concatenate([part.ravel() for part in parts])[None, :].astype(np.float32)


def describe(samples: Samples, rate: Hertz, settings: Settings) -> Descriptors:
    """The contours of an utterance, and how its voice changes from cycle to cycle.

    Args:
        samples: shape (samples,), mono.
        rate: in hertz.
        settings: framing, pitch range and decisions.
    """
    framing = _Framing(samples, rate, settings)
    found = _contours(framing, rate, settings)
    jitter, shimmer = cycle_changes(framing.wave, rate, found.frequency, framing.middles, settings.low)
    return Descriptors(
        found.level, found.spectrum, found.frequency, found.hnr, found.cpp, found.active, jitter, shimmer
    )


def contours(samples: Samples, rate: Hertz, settings: Settings) -> Contours:
    """The contours alone, without the search for cycles, which is more than a third of `describe`.

    Frame i is centered on i * hop + window / 2 seconds. The pitch windows, which are longer, are moved inwards at
    both ends of the recording, so that they never reach over it.

    Args:
        samples: shape (samples,), mono.
        rate: in hertz.
        settings: framing, pitch range and decisions.
    """
    return _contours(_Framing(samples, rate, settings), rate, settings)


class _Framing:
    """Where the frames of an utterance lie: its wave about its mean, the windows' lengths, starts and middles."""

    def __init__(self, samples: Samples, rate: Hertz, settings: Settings) -> None:
        self.short, self.long = round(settings.window * rate), int(np.ceil(3 * rate / settings.low))
        hop, length = max(1, round(settings.hop * rate)), len(samples)
        wave = np.asarray(samples, dtype=np.float64)
        wave = wave - (wave.mean() if length else 0.0)
        self.wave = np.pad(wave, (0, max(0, max(self.short, self.long) - length)))
        self.starts = np.arange(1 + max(0, length - self.short) // hop) * hop
        self.middles = self.starts + self.short // 2


def _contours(framing: _Framing, rate: Hertz, settings: Settings) -> Contours:
    wave, long = framing.wave, framing.long
    within = PitchRange(settings.low, settings.high, settings.voicing, settings.hop)
    level, spectrum = _bodies(np.lib.stride_tricks.sliding_window_view(wave, framing.short), framing.starts, rate)
    windows = np.lib.stride_tricks.sliding_window_view(wave, long)
    candidates, cpp = _voices(windows, np.clip(framing.middles - long // 2, 0, len(wave) - long), rate, within)
    active = (level > np.percentile(level, 95) - settings.activity) & (level > _QUIETEST)
    frequency, correlation = best_path(candidates, float(np.abs(wave).max()), within)
    frequency = np.where(active, frequency, 0.0)
    hnr = np.where(frequency > 0, harmonicity(correlation), 0.0)
    return Contours(level, spectrum, frequency, hnr, cpp, active)


def _bodies(windows: np.ndarray, starts: np.ndarray, rate: Hertz) -> tuple[np.ndarray, np.ndarray]:
    """Level and spectral descriptors of the frames that begin at `starts`."""
    levels, spectra = [], []
    for begin in range(0, len(starts), _BLOCK):
        first = max(0, begin - 1)  # the frame before, for the flux
        power = power_spectra(windows[starts[first : begin + _BLOCK]])
        mean_square = 2.0 * power.sum(axis=1)
        level = np.where(mean_square > _SILENT, 10.0 * np.log10(mean_square + _SILENT), _QUIETEST)
        levels.append(level[begin - first :])
        spectra.append(spectral_descriptors(power, rate)[begin - first :])
    return np.concatenate(levels), np.concatenate(spectra)


def _voices(
    windows: np.ndarray, starts: np.ndarray, rate: Hertz, within: PitchRange
) -> tuple[Candidates, np.ndarray]:
    """Pitch candidates and cepstral peak prominence of the frames that begin at `starts`."""
    candidates, prominences = [], []
    for begin in range(0, len(starts), _BLOCK):
        frames = windows[starts[begin : begin + _BLOCK]]
        candidates.append(pitch_candidates(frames, rate, within))
        prominences.append(prominence(frames, rate, within))
    return Candidates.joined(candidates), np.concatenate(prominences)
