"""The voice cycle by cycle: how much period and amplitude change from one cycle to the next."""

from dataclasses import dataclass

import numpy as np
import scipy.fft

from unheard.records import Hertz

__all__ = ["cycle_changes"]

_OVERSAMPLING = 4  # between lags: half a sample would be as much as the jitter of a healthy voice
_SHORTEST, _LONGEST = 0.8, 1.25  # of the period that the pitch gives
_BLOCK = 1024  # cycles measured at once, which bounds memory
_ALIKE = 0.5  # correlation with what follows below which a cycle has no successor
_APART = 1.3  # neighbors whose periods differ by a larger factor are not one voice's


@dataclass(frozen=True, slots=True)
class _Marks:
    """Where cycles are: position in samples, period in samples, number of the voiced segment; each (cycles,)."""

    position: np.ndarray
    period: np.ndarray
    segment: np.ndarray

    def kept(self, which: np.ndarray) -> "_Marks":
        return _Marks(self.position[which], self.period[which], self.segment[which])


def cycle_changes(
    samples: np.ndarray, rate: Hertz, frequency: np.ndarray, centers: np.ndarray, low: float
) -> tuple[np.ndarray, np.ndarray]:
    """Local jitter and local shimmer of each pair of neighboring cycles.

    Cycles are marked by the pitch and moved to the waveform's highest peak within half a period. The period at
    a mark is the lag, near the one that the pitch gives, at which one period around the mark matches what follows
    best (normalized cross-correlation); its amplitude is the root mean square of that period. With periods T and
    amplitudes A, jitter is 200 |T' - T| / (T' + T) in per cent, and shimmer |20 lg (A' / A)| in dB.

    Args:
        samples: shape (samples,).
        rate: in hertz.
        frequency: pitch of each frame in hertz, 0 where unvoiced, shape (frames,).
        centers: middle of each frame, in samples, rising, shape (frames,).
        low: lowest pitch, in hertz.

    Returns:
        Jitter and shimmer, each of shape (pairs,); no pairs without a voice.

    Reference:
        titze1993comparison: waveform matching for the periods; milenkovic1987least for the match.
    """
    longest = int(np.ceil(rate / low))
    margin = 2 * longest
    padded = np.pad(samples, (margin, 3 * margin))
    marks = _at_peaks(padded, margin, _marks(len(samples), rate, frequency, centers), longest)
    if len(marks.position) < 2:
        return np.zeros(0), np.zeros(0)
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(marks.position), _BLOCK)]
    measured = [_measure(padded, margin + marks.position[block], marks.period[block]) for block in blocks]
    period, amplitude = (np.concatenate(parts) for parts in zip(*measured, strict=True))
    before, after = period[:-1], period[1:]
    neighbors = (np.diff(marks.segment) == 0) & (np.diff(marks.position) < 1.5 * marks.period[:-1])
    neighbors &= (np.maximum(before, after) < _APART * np.minimum(before, after)) & (before > 0) & (after > 0)
    neighbors &= (amplitude[:-1] > 0) & (amplitude[1:] > 0)
    before, after = before[neighbors], after[neighbors]
    jitter = 200.0 * np.abs(after - before) / (after + before)
    shimmer = np.abs(20.0 * np.log10(amplitude[1:][neighbors] / amplitude[:-1][neighbors]))
    return jitter, shimmer


def _marks(length: int, rate: Hertz, frequency: np.ndarray, centers: np.ndarray) -> _Marks:
    """One mark a cycle: where the phase that the pitch runs up passes a whole number."""
    edges = (centers[1:] + centers[:-1]) / 2
    frame = np.searchsorted(edges, np.arange(length))
    pitch = frequency[frame]
    turns = np.floor(np.cumsum(pitch / rate))
    position = np.flatnonzero(np.diff(turns, prepend=0.0) > 0)
    voiced = frequency > 0
    segment = np.cumsum(voiced & ~np.concatenate([[False], voiced[:-1]]))
    return _Marks(position, rate / pitch[position], segment[frame[position]])


def _at_peaks(padded: np.ndarray, margin: int, marks: _Marks, longest: int) -> _Marks:
    """The marks moved to the waveform's highest peak within half a period; of two on one peak, one is kept."""
    if len(marks.position) == 0:
        return marks
    # Peaks are looked for on the side to which the waveform is skewed: there the pulses of the voice are.
    upright = padded if np.sum(padded**3) >= 0 else -padded
    reach = np.arange(-(longest // 2), longest // 2 + 1)
    near = upright[margin + marks.position[:, None] + reach]
    near = np.where(np.abs(reach) <= marks.period[:, None] / 2, near, -np.inf)
    position = np.maximum(marks.position + reach[near.argmax(axis=1)], 0)
    fresh = np.concatenate([[True], np.diff(position) >= 0.5 * marks.period[1:]])
    return _Marks(position, marks.period, marks.segment).kept(fresh)


def _measure(padded: np.ndarray, position: np.ndarray, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Period in samples (0 where nothing matches) and amplitude of each cycle, each of shape (cycles,)."""
    start = position - np.round(guess / 2).astype(np.int64)
    width = np.round(guess).astype(np.int64)
    longest = int(np.ceil(guess.max()))
    size = scipy.fft.next_fast_len(int((2 + _LONGEST) * longest) + 2, real=True)
    size += size % 2
    ahead = padded[start[:, None] + np.arange(size)]
    cycle = np.where(np.arange(size) < width[:, None], ahead, 0.0)
    cross = np.conj(scipy.fft.rfft(cycle, axis=1)) * scipy.fft.rfft(ahead, axis=1)
    cross[:, -1] /= 2
    match = scipy.fft.irfft(cross, n=size * _OVERSAMPLING, axis=1) * _OVERSAMPLING
    lags = np.arange(int(_LONGEST * longest * _OVERSAMPLING) + 1) / _OVERSAMPLING
    energy = np.cumsum(ahead**2, axis=1)
    own = energy[np.arange(len(width)), width - 1]
    follows = _energy_at(energy, width, lags)
    scale = np.sqrt(own[:, None] * follows)
    match = np.divide(match[:, : len(lags)], scale, out=np.zeros(scale.shape), where=scale > 1e-20)
    inside = (lags >= _SHORTEST * guess[:, None]) & (lags <= _LONGEST * guess[:, None])
    best = np.clip(np.where(inside, match, -np.inf).argmax(axis=1), 1, len(lags) - 2)
    rows = np.arange(len(best))
    left, middle, right = match[rows, best - 1], match[rows, best], match[rows, best + 1]
    bend = left - 2 * middle + right
    offset = np.divide(left - right, 2 * bend, out=np.zeros_like(bend), where=bend < 0)
    period = lags[best] + np.clip(offset, -1, 1) / _OVERSAMPLING
    matches = (middle > _ALIKE) & (middle >= left) & (middle >= right)
    return np.where(matches, period, 0.0), np.sqrt(own / width)


def _energy_at(energy: np.ndarray, width: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Energy of the `width` samples that begin `lags` samples on, between samples by a straight line."""
    whole = lags.astype(np.int64)
    share = lags - whole
    every = np.arange(whole[-1] + 2)
    sums = np.pad(energy, ((0, 0), (1, 0)))
    ahead = sums[np.arange(len(width))[:, None], width[:, None] + every] - sums[:, every]
    return np.asarray(np.maximum((1 - share) * ahead[:, whole] + share * ahead[:, whole + 1], 0.0))
