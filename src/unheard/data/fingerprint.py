"""Acoustic fingerprints: which recordings are the same sound, whatever was done to the file.

    samples, rate -> fingerprint (frames, contrasts) -> near_duplicates -> Twins

A fingerprint is the contrast of loudness between neighbouring bands, frame by frame, less its mean over a fifth
of a second. A copy that was re-encoded, made louder or softer, resampled or trimmed at its ends keeps it; a
second rendition of the same sentence by the same speaker does not, because nobody repeats a pitch glide and a
rhythm to within a few milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from unheard.records import Hertz, Seconds

__all__ = ["ALIKE", "ALIKE_IF_SHORT", "HOP", "Comparison", "Twins", "compare", "fingerprint", "near_duplicates"]

HOP: Seconds = 0.008
"""Distance between the frames of a fingerprint."""
ALIKE = 0.9
"""Correlation from which two fingerprints are of one sound; docs/how-to/audit.md has what it was tuned on."""
ALIKE_IF_SHORT = 0.98
"""The same where they overlap by less than a second: less sound is less evidence."""

_WINDOW: Seconds = 0.032
_EDGES = np.geomspace(150.0, 3500.0, 18)  # hertz: what a telephone and any codec leave
_MEAN = 25  # frames of the running mean that is taken away
_WHOLE = 0.9  # of the contrast of both must lie where they overlap ...
_SHORT: Seconds = 1.0  # ... unless they overlap by as much as this ...
_PART = 0.5  # ... and this share of one of them lies there
_SHORTEST: Seconds = 0.25

_COARSE = 4  # frames that are one in the search
_CANDIDATE = 0.5  # correlation in the search from which two are compared closely
_ROWS, _COLUMNS = 64, 256  # recordings whose pairs are searched at once: some tens of megabytes

Fingerprint = NDArray[np.int8]
_Frames = NDArray[np.float32]
_Spectra = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two recordings that are one sound, or one of which is a part of the other.

    Args:
        first: name of one.
        second: name of the other; it comes behind `first` in sorted order.
        likeness: correlation of the fingerprints where they overlap, in [-1, 1].
        offset: how much later the sound comes in the second, in seconds.
    """

    first: str
    second: str
    likeness: float
    offset: Seconds

    def __str__(self) -> str:
        """The two names and how alike they are."""
        return f"{self.first} and {self.second} (likeness {self.likeness:.3f})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two fingerprints at the offset that suits them best.

    Args:
        likeness: correlation where they overlap, in [-1, 1].
        offset: how much later the sound comes in the second, in seconds.
        overlap: how long both sound, in seconds.
    """

    likeness: float
    offset: Seconds
    overlap: Seconds


def fingerprint(samples: NDArray[np.float32], rate: Hertz) -> Fingerprint:
    """The fingerprint of one stretch of sound.

    Args:
        samples: shape (samples,) or (samples, channels), at any level; channels are averaged.
        rate: in hertz, at least 8000.

    Returns:
        Shape (frames, 16), int8, a frame each `HOP`; all 0 for silence.

    Reference: haitsma2002highly (contrast of neighbouring bands over time; here the contrast itself is kept, not
    its sign, and all pairs are compared instead of looked up).
    """
    mono = samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)
    width = round(_WINDOW * rate)
    padded = np.pad(mono, (width, width)).astype(np.float32)
    starts = np.round(np.arange(0, len(padded) - width, HOP * rate)).astype(np.int64)
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[starts]
    window = np.hanning(width + 2)[1:-1].astype(np.float32)
    power = np.square(np.abs(scipy.fft.rfft(frames * window, axis=1)))
    loudness = np.cbrt(power @ _bands(width, rate))
    contrast = loudness[:, 1:] - loudness[:, :-1]
    contrast = contrast - uniform_filter1d(contrast, _MEAN, axis=0)
    largest = float(np.abs(contrast).max(initial=0.0))
    return np.asarray(np.round(contrast * (127 / largest if largest > 0 else 0.0)), dtype=np.int8)


def _bands(width: int, rate: Hertz) -> NDArray[np.float32]:
    """How much of each bin of a spectrum lies in each band, shape (bins, bands)."""
    bin_width = rate / width
    middles = np.arange(width // 2 + 1)[:, None] * bin_width
    top = np.minimum(middles + bin_width / 2, _EDGES[1:])
    bottom = np.maximum(middles - bin_width / 2, _EDGES[:-1])
    return np.asarray(np.clip(top - bottom, 0, None) / bin_width, dtype=np.float32)


def near_duplicates(prints: Mapping[str, Fingerprint]) -> list[Twins]:
    """All pairs of recordings that are one sound, by comparing every pair at every offset.

    A coarse correlation, of all pairs at once in the frequency domain, finds candidates; `compare` decides. The
    cost grows with the square of the number: 2500 recordings of 3 s take some ten seconds of one core.

    Args:
        prints: name -> fingerprint. Silence and what is shorter than 0.25 s is never alike.

    Returns:
        The pairs, sorted by their names.
    """
    names = [name for name, own in prints.items() if own.any() and len(own) * HOP >= _SHORTEST]
    names.sort(key=lambda name: (len(prints[name]), name))
    coarse = [_coarse(prints[name]) for name in names]
    found = []
    for row, column in _candidates(coarse):
        first, second = sorted((names[row], names[column]))
        own = compare(prints[first], prints[second])
        if own.likeness >= (ALIKE if own.overlap >= _SHORT else ALIKE_IF_SHORT):
            found.append(Twins(first, second, own.likeness, own.offset))
    return sorted(found, key=lambda twins: (twins.first, twins.second))


def compare(first: Fingerprint, second: Fingerprint) -> Comparison:
    """How alike two fingerprints are at the offset that suits them best.

    Args:
        first: shape (frames, contrasts).
        second: shape (frames, contrasts); the number of frames may differ.

    Returns:
        The likeness is 0 where they overlap too little to tell.
    """
    one, other = first.astype(np.float32), second.astype(np.float32)
    size = scipy.fft.next_fast_len(len(one) + len(other), real=True)
    spectra = scipy.fft.rfft(one, size, axis=0).conj() * scipy.fft.rfft(other, size, axis=0)
    lag = int(np.argmax(scipy.fft.irfft(spectra.sum(axis=1), size)))
    lag -= size if lag >= len(other) else 0
    begin, end = max(0, -lag), min(len(one), len(other) - lag)
    mine, theirs = one[begin:end], other[begin + lag : end + lag]
    power = float(np.square(mine).sum()), float(np.square(theirs).sum())
    shared = power[0] / max(np.square(one).sum(), 1), power[1] / max(np.square(other).sum(), 1)
    overlap = (end - begin) * HOP
    excerpt = overlap >= _SHORT and max(shared) >= _PART
    enough = min(shared) >= _WHOLE or excerpt
    likeness = float((mine * theirs).sum() / np.sqrt(max(power[0] * power[1], 1.0))) if enough else 0.0
    return Comparison(likeness, lag * HOP, overlap)


def _coarse(own: Fingerprint) -> _Frames:
    """Every few frames as one, scaled to unit norm."""
    count = -(-len(own) // _COARSE)
    padded = np.pad(own.astype(np.float32), ((0, count * _COARSE - len(own)), (0, 0)))
    frames = padded.reshape(count, _COARSE, -1).mean(axis=1)
    return np.asarray(frames / max(float(np.linalg.norm(frames)), 1e-9), dtype=np.float32)


def _candidates(coarse: Sequence[_Frames]) -> Iterator[tuple[int, int]]:
    """Pairs of numbers whose correlation at some offset is high; the recordings must be sorted by length."""
    for right in range(0, len(coarse), _COLUMNS):
        columns = coarse[right : right + _COLUMNS]
        sized: dict[int, _Spectra] = {}
        for left in range(0, min(right + _COLUMNS, len(coarse)), _ROWS):
            rows = coarse[left : left + _ROWS]
            # Powers of two are few sizes, so that the spectra of the columns serve many rows.
            size = 1 << (len(rows[-1]) + len(columns[-1]) - 1).bit_length()
            if size not in sized:
                sized[size] = np.ascontiguousarray(_spectra(columns, size).transpose(0, 2, 1))
            best = scipy.fft.irfft(_spectra(rows, size).conj() @ sized[size], size, axis=0).max(axis=0)
            for row, column in np.argwhere(best >= _CANDIDATE).tolist():
                if left + row < right + column:
                    yield left + row, right + column


def _spectra(frames: Sequence[_Frames], size: int) -> _Spectra:
    """Spectra over time, shape (frequencies, recordings, contrasts)."""
    stacked = np.stack([np.pad(own, ((0, size - len(own)), (0, 0))) for own in frames])
    return np.ascontiguousarray(scipy.fft.rfft(stacked, axis=1).transpose(1, 0, 2))
