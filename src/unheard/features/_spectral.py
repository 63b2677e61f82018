"""Descriptors of the short-time spectrum: where its energy lies and how that moves."""

import functools

import numpy as np
import scipy.fft

from unheard.features._mel import mel_filters
from unheard.records import Hertz

__all__ = ["SPECTRAL", "power_spectra", "spectral_descriptors"]

SPECTRAL = (
    "centroid",
    "spread",
    "slope",
    "flux",
    "rolloff",
    "flatness",
    "alpha",
    "hammarberg",
    "mfcc1",
    "mfcc2",
    "mfcc3",
    "mfcc4",
)
"""The columns of `spectral_descriptors`, in their order.

P(f) is the share of the frame's power at frequency f, so that the level does not count; before a logarithm
is taken, -90 dB of the frame's power are added.

- centroid c = sum f P, and spread sqrt(sum (f - c)^2 P), in hertz (peeters2004large);
- slope: least squares line through 10 lg P over f from 50 Hz to 5 kHz, in dB/kHz;
- flux: Euclidean distance of sqrt(P) to that of the frame before, 0 to sqrt(2); 0 for the first frame
  (scheirer1997construction, with each spectrum at unit length);
- rolloff: the lowest f below which 85 % of the power lies, in hertz (scheirer1997construction, there 95 %);
- flatness: geometric over arithmetic mean of P, 0 for a line to 1 for equal powers (gray1974spectral);
- alpha: power from 50 Hz to 1 kHz over power from 1 to 5 kHz, in dB (frokjaer1976measurement,
  eyben2016geneva);
- hammarberg: the strongest bin below 2 kHz over the strongest from 2 to 5 kHz, in dB
  (hammarberg1980perceptual);
- mfcc1 to mfcc4: orthonormal DCT-II of the natural logarithm of 26 mel bands from 20 Hz to 8 kHz
  (davis1980comparison).

Bands end at half the rate where that is lower. A silent frame has flatness 1 and 0 elsewhere.
"""

_SILENT = 1e-18  # mean square below which a frame has no spectrum
_FLOOR = 1e-9  # share of a frame's power that is added to each bin or band before a logarithm is taken
_ROLLOFF = 0.85  # share of the power that lies below the roll-off frequency
_SLOPE = (50.0, 5000.0)  # hertz
_ALPHA = (50.0, 1000.0, 5000.0)  # hertz
_HAMMARBERG = (2000.0, 5000.0)  # hertz
_BANDS = 26  # mel bands under the cepstrum
_BAND_EDGES = (20.0, 8000.0)  # hertz


@functools.lru_cache(maxsize=8)
def _window(size: int) -> np.ndarray:
    window = np.hanning(size + 2)[1:-1]  # without the zeros at both ends
    window.flags.writeable = False
    return window


def power_spectra(frames: np.ndarray) -> np.ndarray:
    """Hann-windowed power spectra; the bins of a frame add up to about half of its mean square.

    Args:
        frames: shape (frames, samples).

    Returns:
        Shape (frames, size // 2 + 1), size the next power of two; the bin at 0 Hz is set to zero.
    """
    window = _window(frames.shape[1])
    size = 1 << (frames.shape[1] - 1).bit_length()
    spectrum = scipy.fft.rfft(frames * window, n=size, axis=1)
    power = np.asarray((spectrum.real**2 + spectrum.imag**2) / (size * np.sum(window**2)))
    power[:, 0] = 0.0  # an offset of the recording is no sound
    return power


def spectral_descriptors(power: np.ndarray, rate: Hertz) -> np.ndarray:
    """One row of `SPECTRAL` a frame, which also has the formulas.

    Args:
        power: shape (frames, bins), from `power_spectra`.
        rate: in hertz.

    Returns:
        Shape (frames, 12), finite.
    """
    frequencies = np.linspace(0.0, rate / 2, power.shape[1])
    total = power.sum(axis=1, keepdims=True)
    share = np.divide(power, total, out=np.zeros_like(power), where=total > _SILENT)
    levels = _decibels(share)
    centroid = share @ frequencies
    # The second moment about the centroid, expanded: no (frames, bins) array of distances is needed.
    variance = share @ frequencies**2 - centroid**2
    columns = [
        centroid,
        np.sqrt(np.maximum(variance, 0.0)),
        _slope(levels, frequencies),
        _flux(share),
        _rolloff(share, frequencies),
        10.0 ** (levels[:, 1:].mean(axis=1) / 10.0) / (share[:, 1:].mean(axis=1) + _FLOOR),
        _band_ratio(share, frequencies),
        _peak_ratio(levels, frequencies),
    ]
    return np.column_stack([*columns, _cepstrum(share, rate)])


def _decibels(share: np.ndarray) -> np.ndarray:
    return np.asarray(10.0 * np.log10(share + _FLOOR))


def _slope(levels: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    inside = (frequencies >= _SLOPE[0]) & (frequencies <= _SLOPE[1])
    kilohertz = frequencies[inside] / 1000.0
    kilohertz = kilohertz - kilohertz.mean()
    return np.asarray(levels[:, inside] @ kilohertz / np.sum(kilohertz**2))


def _flux(share: np.ndarray) -> np.ndarray:
    moved = np.sqrt(np.sum(np.diff(np.sqrt(share), axis=0) ** 2, axis=1))
    return np.concatenate([[0.0], moved])


def _rolloff(share: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    below = np.cumsum(share, axis=1)
    return np.asarray(frequencies[np.argmax(below >= _ROLLOFF * below[:, -1:], axis=1)])


def _band_ratio(share: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    low, middle, high = _ALPHA
    lower = share[:, (frequencies >= low) & (frequencies < middle)].sum(axis=1)
    upper = share[:, (frequencies >= middle) & (frequencies <= high)].sum(axis=1)
    return np.asarray(_decibels(lower) - _decibels(upper))


def _peak_ratio(levels: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    middle, high = _HAMMARBERG
    lower = levels[:, frequencies < middle].max(axis=1)
    upper = levels[:, (frequencies >= middle) & (frequencies <= high)].max(axis=1)
    return np.asarray(lower - upper)


def _cepstrum(share: np.ndarray, rate: Hertz) -> np.ndarray:
    filters = mel_filters(_BANDS, 2 * (share.shape[1] - 1), rate, *_BAND_EDGES).numpy()
    bands = np.log(share @ filters.astype(np.float64) + _FLOOR)
    return np.asarray(scipy.fft.dct(bands, type=2, norm="ortho", axis=1)[:, 1:5])
