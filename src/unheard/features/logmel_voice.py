"""Log-mel with contours of the voice beside it: pitch, voicing, harmonics-to-noise ratio, prominence, flux.

A spectrogram thin enough to train on fast blurs what does not depend on the words: how high, how steady and how
breathy a voice is. The contours are those behind `functionals`, taken every 10 ms or finer and averaged onto the
frames of the log-mel. They differ in scale from the bands: a model wants `normalization = "training"` with them.
The functionals themselves may follow, the same in every frame.
"""

import numpy as np
from pydantic import Field, model_validator

from unheard.features import functionals as utterance
from unheard.features._mel import MelSettings, log_mel
from unheard.features._spectral import SPECTRAL
from unheard.records import Features, Hertz, Samples, Seconds

__all__ = ["KIND", "Settings", "bands", "channel_names", "constants", "extract"]

KIND = "frames"
CONTOURS = ("pitch", "voicing", "hnr", "cpp", "flux")
"""Pitch in semitones above 27.5 Hz and harmonics-to-noise ratio in dB, each the mean over the voiced frames near, 0
where there are none; the voiced share of the frames near; cepstral peak prominence in dB; spectral flux."""
_FINE: Seconds = 0.010


class Settings(MelSettings):
    """Log-mel settings, and where to look for pitch."""

    pitch_low: float = Field(60.0, ge=20, le=500)
    """Lowest pitch, in hertz."""
    pitch_high: float = Field(500.0, gt=20, le=1500)
    """Highest pitch, in hertz; at least twice the lowest."""
    voicing: float = Field(0.45, gt=0, lt=1)
    """Correlation of one period with the next, 0 to 1, from which a frame counts as voiced."""

    functionals: bool = False
    """Whether the utterance's functionals follow, the same in all frames: the model reads them beside its encoder."""

    @model_validator(mode="after")
    def _pitch(self) -> "Settings":
        if self.pitch_high < 2 * self.pitch_low:
            msg = f"pitch_high ({self.pitch_high:g} Hz) must be at least twice pitch_low ({self.pitch_low:g} Hz)"
            raise ValueError(msg)
        return self

    @property
    def contours(self) -> utterance.Settings:
        """Framing and range of the contours."""
        return utterance.Settings(
            hop=min(_FINE, self.hop), low=self.pitch_low, high=self.pitch_high, voicing=self.voicing
        )


def channel_names(settings: Settings) -> list[str]:
    """What each channel is: the bands, then the contours.

    >>> channel_names(Settings(channels=2))
    ['mel0', 'mel1', 'pitch', 'voicing', 'hnr', 'cpp', 'flux']
    """
    names = [*(f"mel{band}" for band in range(settings.channels)), *CONTOURS]
    return [*names, *utterance.channel_names(settings.contours)] if settings.functionals else names


def bands(settings: Settings) -> int:
    """How many leading channels lie along frequency: what warping and frequency masks may touch."""
    return settings.channels


def constants(settings: Settings) -> int:
    """How many trailing channels are the same in every frame of an utterance."""
    return len(utterance.channel_names(settings.contours)) if settings.functionals else 0


def extract(samples: Samples, rate: Hertz, settings: Settings) -> Features:
    """Log-mel power and contours, shape (frames, channels + 5), frames as log-mel has them; functionals behind them.

    Args:
        samples: shape (samples,), mono.
        rate: in hertz.
        settings: framing, filters and pitch range.

    Reference:
        boersma1993accurate: pitch and harmonics-to-noise ratio.

    >>> extract(np.zeros(16000, np.float32), 16000, Settings()).shape
    (98, 85)
    """
    mel = log_mel(samples, rate, settings).numpy()
    fine = settings.contours
    found = (utterance.describe if settings.functionals else utterance.contours)(samples, rate, fine)
    near = _near(len(mel), len(found.frequency), settings, fine)
    voiced = found.voiced[near]
    count = voiced.sum(axis=1)

    def over_voice(contour: np.ndarray) -> np.ndarray:
        return np.asarray((contour[near] * voiced).sum(axis=1) / np.maximum(count, 1))

    flux = found.spectrum[:, SPECTRAL.index("flux")]
    contours = [
        over_voice(found.semitones),
        voiced.mean(axis=1),
        over_voice(found.hnr),
        found.cpp[near].mean(axis=1),
        flux[near].mean(axis=1),
    ]
    if isinstance(found, utterance.Descriptors):
        whole = utterance.summarize(found, fine)
        contours.append(np.broadcast_to(whole, (len(mel), whole.shape[1])))
    return np.column_stack([mel, *contours]).astype(np.float32)


def _near(frames: int, contour: int, settings: Settings, fine: utterance.Settings) -> np.ndarray:
    """Which points of a contour lie within a hop about the middle of each frame: shape (frames, points).

    At the ends of a recording the first or the last point stands for those that are not there.
    """
    middles = np.arange(frames) * settings.hop + settings.window / 2
    nearest = np.rint((middles - fine.window / 2) / fine.hop).astype(np.int64)
    half = int(settings.hop / fine.hop / 2)
    return np.asarray(np.clip(nearest[:, None] + np.arange(-half, half + 1), 0, contour - 1))
