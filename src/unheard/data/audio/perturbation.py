"""The same words from another throat: speed and pitch perturbation of a waveform.

Speed is changed by resampling (tempo and pitch together, Ko et al. 2015); pitch alone by a phase vocoder that
stretches time, and a resampling that takes the stretch back. Both are deterministic.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
import soxr

from unheard.errors import SettingsError
from unheard.records import Hertz, Samples, Seconds

__all__ = ["Perturbation", "change_speed", "shift_pitch"]

_SLOWEST, _FASTEST = 0.25, 4.0
_FARTHEST = 24.0  # semitones
_WINDOW: Seconds = 0.064  # separates the harmonics of a voice from about 60 Hz on
_OVERLAP = 4  # windows over each sample


def _check(key: str, value: float, low: float, high: float, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        problem = f"{value!r} is out of range; give a number from {low:g} to {high:g} {unit}"
        raise SettingsError(source="perturbation", key=key, problem=problem)
    return float(value) + 0.0  # -0.0 becomes 0.0, so that equal perturbations have one name


def change_speed(samples: Samples, rate: Hertz, factor: float) -> Samples:
    """The recording played `factor` times as fast: length / factor, every frequency * factor.

    Args:
        samples: shape (samples,), mono.
        rate: in hertz; what is returned has the same rate.
        factor: 0.25 to 4; 1 returns the samples themselves. What a factor above 1 would move beyond half the
            rate is filtered out, not folded back.

    Returns:
        Shape (round(samples / factor),), float32, at least one sample where there was one.

    Raises:
        SettingsError: the factor is not a number from 0.25 to 4.

    >>> change_speed(np.zeros(16000, np.float32), 16000, 0.8).shape
    (20000,)

    Reference:
        ko2015audio: speed perturbation by resampling, with factors 0.9, 1.0 and 1.1.
    """
    factor = _check("speed", factor, _SLOWEST, _FASTEST, "times the speed")
    if factor == 1.0 or len(samples) == 0:
        return samples
    resampled = soxr.resample(np.asarray(samples, dtype=np.float32), rate * factor, rate, quality="HQ")
    return _of_length(resampled, max(1, round(len(samples) / factor)))


def shift_pitch(samples: Samples, rate: Hertz, semitones: float) -> Samples:
    """The recording with every frequency times 2 ** (semitones / 12), at the same length.

    Formants move with the pitch, as from a smaller or larger vocal tract.

    Args:
        samples: shape (samples,), mono.
        rate: in hertz.
        semitones: -24 to 24; 0 returns the samples themselves.

    Returns:
        Shape (samples,), float32: exactly as long as what came.

    Raises:
        SettingsError: the shift is not a number from -24 to 24.

    >>> shift_pitch(np.zeros(16000, np.float32), 16000, 2).shape
    (16000,)

    Reference:
        laroche1999improved: the phase vocoder of flanagan1966phase with identity phase locking; a resampling
        then takes the stretch back.
    """
    semitones = _check("semitones", semitones, -_FARTHEST, _FARTHEST, "semitones")
    if semitones == 0.0 or len(samples) == 0:
        return samples
    ratio = 2.0 ** (semitones / 12.0)
    stretched = _stretch(np.asarray(samples, dtype=np.float64), rate, ratio)
    return _of_length(change_speed(stretched.astype(np.float32), rate, ratio), len(samples))


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A change of speed followed by a shift of pitch.

    Args:
        speed: how many times as fast, 0.25 to 4; moves the pitch along.
        semitones: shift of the pitch on top, -24 to 24, at the length that the speed left.

    Raises:
        SettingsError: one of them is out of range.

    >>> Perturbation(speed=0.9, semitones=2).name
    'speed0.9-pitch+2'
    """

    speed: float = 1.0
    semitones: float = 0.0

    def __post_init__(self) -> None:
        """Check both and make them floats, so that 1 and 1.0 are one perturbation with one name."""
        object.__setattr__(self, "speed", _check("speed", self.speed, _SLOWEST, _FASTEST, "times the speed"))
        object.__setattr__(self, "semitones", _check("semitones", self.semitones, -_FARTHEST, _FARTHEST, "semitones"))

    @property
    def name(self) -> str:
        """A key that is stable across versions; different perturbations never share one."""
        # repr gives all digits: a rounded name would let two perturbations share a cache entry.
        speed, shift = repr(self.speed).removesuffix(".0"), repr(abs(self.semitones)).removesuffix(".0")
        return f"speed{speed}-pitch{'-' if self.semitones < 0 else '+'}{shift}"

    @property
    def identity(self) -> bool:
        """Whether it changes nothing."""
        return self.speed == 1.0 and self.semitones == 0.0

    def apply(self, samples: Samples, rate: Hertz) -> Samples:
        """The perturbed waveform; the identity gives back the very samples.

        Args:
            samples: shape (samples,), mono.
            rate: in hertz.

        Returns:
            Shape (round(samples / speed),), float32.
        """
        return shift_pitch(change_speed(samples, rate, self.speed), rate, self.semitones)


def _of_length(samples: np.ndarray, length: int) -> Samples:
    """Cut, or padded with zeros: resamplers round the length, and give nothing for a sample or two."""
    return np.pad(samples[:length], (0, max(0, length - len(samples)))).astype(np.float32, copy=False)


@functools.lru_cache(maxsize=8)
def _hann(size: int) -> np.ndarray:
    window = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(size) / size)
    window.flags.writeable = False
    return window


def _stretch(samples: np.ndarray, rate: Hertz, ratio: float) -> np.ndarray:
    """Time stretched by `ratio` at the same pitch and level: shape (samples,) to (round(samples * ratio),).

    Frames are laid `hop` apart and read `hop / ratio` apart. The phase advance over one hop is taken from a
    second frame read one hop earlier, so that nothing has to be unwrapped.
    """
    hop = max(1, round(_WINDOW * rate / _OVERLAP))
    size = hop * _OVERLAP
    length = max(1, round(len(samples) * ratio))
    count = length // hop + _OVERLAP
    reads = np.round(np.arange(count) * hop / ratio).astype(np.int64)
    # Frame 0 is centered on sample 0, and the frame one hop before it must exist, too.
    padded = np.pad(samples, (hop + size // 2, max(0, int(reads[-1]) + size - len(samples)) + hop))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)
    now = scipy.fft.rfft(windows[reads + hop] * _hann(size), axis=1)
    before = scipy.fft.rfft(windows[reads] * _hann(size), axis=1)
    frames = scipy.fft.irfft(now * _rotations(now, before), n=size, axis=1) * _hann(size)
    laid, weight = np.zeros(count * hop + size), np.zeros(count * hop + size)
    for index, frame in enumerate(frames):
        laid[index * hop : index * hop + size] += frame
        weight[index * hop : index * hop + size] += _hann(size) ** 2
    inside = slice(size // 2, size // 2 + length)
    stretched = laid[inside] / weight[inside]
    # Frames of noise do not add up in phase and come out quieter; give that level back.
    got = float(np.sqrt(np.mean(stretched**2)))
    wanted = float(np.sqrt(np.mean(samples**2)))
    return stretched * (wanted / got) if got > 0.0 else stretched


def _rotations(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The unit phasors that make each frame continue the one laid before it.

    Only the peaks of the spectrum are continued; the bins around a peak turn with it (identity phase locking,
    laroche1999improved), which keeps the shape of a pulse.

    Args:
        now: spectra of the frames, shape (frames, bins).
        before: spectra one hop earlier, shape (frames, bins).

    Returns:
        Shape (frames, bins), complex, of modulus 1.
    """
    nearest = _nearest_peaks(np.abs(now))
    advance, phase = np.angle(now * np.conj(before)), np.angle(now)
    turned = np.empty_like(phase)
    turned[0] = 0.0
    for frame in range(1, len(now)):
        laid = phase[frame - 1] + turned[frame - 1] + advance[frame]
        turned[frame] = (laid - phase[frame])[nearest[frame]]
    return np.asarray(np.exp(1j * turned))


def _nearest_peaks(magnitude: np.ndarray) -> np.ndarray:
    """For each bin the nearest peak (not below its two neighbors on each side), shape (frames, bins).

    A frame without any peak has each bin for itself.
    """
    bins = magnitude.shape[1]
    around = np.pad(magnitude, ((0, 0), (2, 2)), constant_values=-1.0)
    sides = [around[:, shift : shift + bins] for shift in (0, 1, 3, 4)]
    peak = (magnitude > 0.0) & (magnitude >= np.maximum.reduce(sides))
    index = np.arange(bins)
    left = np.maximum.accumulate(np.where(peak, index, -bins), axis=1)
    right = np.minimum.accumulate(np.where(peak, index, 2 * bins)[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where(index - left <= right - index, left, right)
    return np.asarray(np.where(peak.any(axis=1, keepdims=True), nearest, index))
