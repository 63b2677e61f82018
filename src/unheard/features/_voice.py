"""The voice in frames: pitch (a path through autocorrelation peaks), harmonicity, cepstral peak prominence."""

import functools
import math
from dataclasses import dataclass

import numpy as np
import scipy.fft

from unheard.records import Hertz, Seconds

__all__ = ["Candidates", "PitchRange", "best_path", "harmonicity", "pitch_candidates", "prominence"]

_OVERSAMPLING = 4  # between lags: a peak of a full-band voice is as narrow as one sample
_KEPT = 6  # candidates a frame
_SILENCE = 0.03  # of the loudest sample of the recording: quieter frames count less and less as voiced
_OCTAVE = 0.02  # advantage of a candidate over the one an octave below it
_JUMP = 0.35  # for a pitch that moves an octave in 10 ms
_SWITCH = 0.14  # for a voice that sets in or ends
_NEVER = -1e9  # the strength of a candidate that is not there


@dataclass(frozen=True, slots=True)
class PitchRange:
    """Where to look for pitch.

    Args:
        low: lowest pitch, in hertz.
        high: highest pitch, in hertz.
        voicing: correlation with the next period, 0 to 1, above which a frame is a voice's.
        hop: distance between frames, in seconds.
    """

    low: float
    high: float
    voicing: float
    hop: Seconds


@dataclass(frozen=True, slots=True)
class Candidates:
    """What might be the pitch of each frame.

    Args:
        frequency: shape (frames, candidates), in hertz; 1 where there is no candidate.
        correlation: shape (frames, candidates), normalized autocorrelation at that period, very negative
            where there is none.
        peak: shape (frames,), largest magnitude of a frame about its mean.
    """

    frequency: np.ndarray
    correlation: np.ndarray
    peak: np.ndarray

    @staticmethod
    def joined(blocks: list["Candidates"]) -> "Candidates":
        """Blocks of frames, one after the other."""
        return Candidates(
            np.concatenate([block.frequency for block in blocks]),
            np.concatenate([block.correlation for block in blocks]),
            np.concatenate([block.peak for block in blocks]),
        )


@functools.lru_cache(maxsize=8)
def _hann(size: int) -> np.ndarray:
    window = np.hanning(size + 2)[1:-1]
    window.flags.writeable = False
    return window


def _autocorrelation(windowed: np.ndarray, lags: int) -> np.ndarray:
    """Autocorrelation at lags a quarter of a sample apart, shape (frames, lags): 1 at lag 0, 0 in silence."""
    size = scipy.fft.next_fast_len(windowed.shape[1] + lags // _OVERSAMPLING + 1, real=True)
    size += size % 2
    spectrum = scipy.fft.rfft(windowed, n=size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    power[:, -1] /= 2  # half the rate appears once in this spectrum and twice in the oversampled one
    correlation = scipy.fft.irfft(power, n=size * _OVERSAMPLING, axis=1)[:, :lags]
    energy = correlation[:, :1]
    return np.asarray(np.divide(correlation, energy, out=np.zeros(correlation.shape), where=energy > 1e-20))


@functools.lru_cache(maxsize=8)
def _window_autocorrelation(size: int, lags: int) -> np.ndarray:
    return np.asarray(_autocorrelation(_hann(size)[None, :], lags)[0])


def pitch_candidates(frames: np.ndarray, rate: Hertz, within: PitchRange) -> Candidates:
    """The strongest peaks of the autocorrelation of each frame, that of the window divided out.

    Args:
        frames: shape (frames, samples), three periods of the lowest pitch or more.
        rate: in hertz.
        within: where to look.

    Reference:
        boersma1993accurate: equations 8 and 9; oversampling and a parabola stand for its sinc interpolation.
    """
    centered = frames - frames.mean(axis=1, keepdims=True)
    fine = rate * _OVERSAMPLING
    first, lags = math.floor(fine / within.high), math.ceil(fine / within.low) + 2
    size = frames.shape[1]
    correlation = _autocorrelation(centered * _hann(size), lags)[:, first - 1 :]
    correlation /= _window_autocorrelation(size, lags)[first - 1 :]
    left, middle, right = correlation[:, :-2], correlation[:, 1:-1], correlation[:, 2:]
    is_peak = (middle > left) & (middle >= right) & (middle > 0.25 * within.voicing)
    preference = np.where(is_peak, middle - _OCTAVE * np.log2(np.arange(first, lags - 1)), _NEVER)
    kept = np.argpartition(-preference, min(_KEPT, preference.shape[1]) - 1, axis=1)[:, :_KEPT]
    rows = np.arange(len(frames))[:, None]
    before, at, after = left[rows, kept], middle[rows, kept], right[rows, kept]
    bend = np.where(is_peak[rows, kept], before - 2 * at + after, -1.0)
    offset = 0.5 * (before - after) / bend
    height = at - 0.25 * (before - after) * offset
    frequency = np.clip(fine / (first + kept + offset), within.low, within.high)
    # Noise may correlate beyond 1 where little of the window is left; that counts as its inverse.
    height = np.where(height > 1.0, 1.0 / np.maximum(height, 1.0), height)
    there = is_peak[rows, kept]
    return Candidates(np.where(there, frequency, 1.0), np.where(there, height, _NEVER), np.abs(centered).max(axis=1))


def best_path(candidates: Candidates, loudest: float, within: PitchRange) -> tuple[np.ndarray, np.ndarray]:
    """One candidate a frame, or none: the path whose strengths less its costs of jumping are largest.

    Args:
        candidates: of all frames.
        loudest: largest magnitude in the recording.
        within: the same range as for the candidates.

    Returns:
        Pitch in hertz, 0 where unvoiced, and the correlation with the next period, 0 where unvoiced; both of
        shape (frames,).

    Reference:
        boersma1993accurate: its dynamic programming over candidates, here with an octave cost of 0.02.
    """
    octaves = np.log2(candidates.frequency)
    voiced = candidates.correlation + _OCTAVE * (octaves - math.log2(within.low))
    quiet = candidates.peak / max(loudest, 1e-20) * (1 + within.voicing) / _SILENCE
    unvoiced = within.voicing + np.maximum(0.0, 2.0 - quiet)
    strength = np.column_stack([unvoiced, np.where(candidates.correlation > _NEVER, voiced, _NEVER)])
    scale = 0.010 / within.hop
    moves = np.full((len(octaves) - 1, strength.shape[1], strength.shape[1]), scale * _SWITCH)
    moves[:, 0, 0] = 0.0
    moves[:, 1:, 1:] = scale * _JUMP * np.abs(octaves[:-1, :, None] - octaves[1:, None, :])
    chosen = _viterbi(strength, moves)
    rows = np.arange(len(chosen))
    pick = np.maximum(chosen - 1, 0)
    frequency = np.where(chosen > 0, candidates.frequency[rows, pick], 0.0)
    return frequency, np.where(chosen > 0, candidates.correlation[rows, pick], 0.0)


def _viterbi(strength: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Viterbi: the state of each frame, shape (frames,)."""
    best, came = strength[0], np.zeros(strength.shape, dtype=np.int64)
    for frame, move in enumerate(moves, start=1):
        options = best[:, None] - move
        came[frame] = options.argmax(axis=0)
        best = options.max(axis=0) + strength[frame]
    states = np.empty(len(strength), dtype=np.int64)
    states[-1] = best.argmax()
    for frame in range(len(strength) - 1, 0, -1):
        states[frame - 1] = came[frame, states[frame]]
    return states


def harmonicity(correlation: np.ndarray) -> np.ndarray:
    """Harmonics-to-noise ratio 10 lg(r / (1 - r)) in dB, cut to -20 to 50.

    A window of three of the lowest periods sets a bound near that pitch: a noiseless voice of 80 Hz, its harmonics
    equally strong, has about 26 dB.

    Args:
        correlation: r, with the next period.

    Reference:
        boersma1993accurate: equation 4.
    """
    share = np.clip(correlation, 0.01 / 1.01, 1e5 / (1e5 + 1))
    return np.asarray(10.0 * np.log10(share / (1.0 - share)))


def prominence(frames: np.ndarray, rate: Hertz, within: PitchRange) -> np.ndarray:
    """Cepstral peak prominence in dB: how far the peak of a voice stands above the cepstrum's trend.

    The cepstrum is the magnitude, in dB, of the inverse transform of the power spectrum in dB (cut 100 dB below
    the frame's strongest bin); the trend is its least squares line from 1 ms to the longest period; the peak is
    its highest point among the periods of the pitch range.

    Args:
        frames: shape (frames, samples), three periods of the lowest pitch or more.
        rate: in hertz.
        within: the pitch range.

    Returns:
        Shape (frames,); 0 for silence.

    Reference:
        hillenbrand1994acoustic: cepstral peak prominence, without smoothing.
    """
    size = 1 << (frames.shape[1] - 1).bit_length()
    centered = frames - frames.mean(axis=1, keepdims=True)
    spectrum = scipy.fft.rfft(centered * _hann(frames.shape[1]), n=size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    strongest = power.max(axis=1, keepdims=True)
    silent = strongest[:, 0] <= 1e-20
    relative = np.divide(power, strongest, out=np.ones_like(power), where=~silent[:, None])
    levels = 10.0 * np.log10(np.maximum(relative, 1e-10))
    cepstrum = np.abs(scipy.fft.irfft(levels, n=size, axis=1))
    last = min(math.ceil(rate / within.low), size // 2)
    start, first = max(1, round(0.001 * rate)), math.floor(rate / within.high)
    curve = 20.0 * np.log10(cepstrum[:, : last + 1] + 1e-6)
    quefrency = np.arange(start, last + 1) - (start + last) / 2
    trend = curve[:, start:] @ quefrency / np.sum(quefrency**2)
    center = curve[:, start:].mean(axis=1)
    peak = first + curve[:, first:].argmax(axis=1)
    line = center + trend * (peak - (start + last) / 2)
    return np.where(silent, 0.0, curve[np.arange(len(frames)), peak] - line)
