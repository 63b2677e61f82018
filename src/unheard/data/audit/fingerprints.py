"""Acoustic fingerprints: which recordings are the same sound, whatever was done to the file.

    samples, rate -> fingerprint (frames, contrasts) -> near_duplicates -> Twins

A fingerprint is the contrast of loudness between neighboring bands, frame by frame, less its mean over a fifth
of a second. A copy that was re-encoded, made louder or softer, resampled or trimmed at its ends keeps it; a
second rendition of the same sentence by the same speaker does not, because nobody repeats a pitch glide and a
rhythm to within a few milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from unheard.data.audit.landmarks import Meeting, meetings
from unheard.records import Hertz, Seconds

__all__ = [
    "ALIKE",
    "ALIKE_IF_SHORT",
    "HOP",
    "Comparison",
    "Fingerprint",
    "Twins",
    "compare",
    "fingerprint",
    "is_one_sound",
    "near_duplicates",
]

HOP: Seconds = 0.008
"""Distance between the frames of a fingerprint."""
ALIKE = 0.9
"""Correlation from which two fingerprints are of one sound; docs/how-to/audit.md has what it was tuned on."""
ALIKE_IF_SHORT = 0.98
"""The same where they overlap by less than a second: less sound is less evidence."""

_WINDOW: Seconds = 0.032
_EDGES = np.geomspace(150.0, 3500.0, 18)  # hertz: what a telephone and any codec leave
_MEAN = 25  # frames of the running mean that is taken away
_BLOCK = 1 << 22  # samples in spectra that are in memory at once
_WHOLE = 0.9  # of the contrast of both must lie where they overlap ...
_SHORT: Seconds = 1.0  # ... unless they overlap by as much as this ...
_PART = 0.5  # ... and this share of one of them lies there
_SHORTEST: Seconds = 0.25

_QUIET = 10 ** (-45 / 15)  # energy of a contrast 45 dB below the loudest: it goes with power to the power of 2/3
_EVIDENCE: Seconds = 1.0  # of the loudest frames are held against each other, however much quieter they are
_AROUND = 9  # frames in which two frames are held against each other
_AGREES = 0.5  # correlation from which they agree
_THROUGHOUT = 0.75  # share of one recording's sounding frames that must agree

_CANDIDATE = 0.5  # correlation where two landmarks meet from which two are compared closely

Fingerprint = NDArray[np.int8]
_Frames = NDArray[np.float32]


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
        Shape (frames, 16), int8, a frame each `HOP`; all 0 for silence. The root of the contrast is kept, so that a
        loud click leaves room for what is quiet.

    Reference: haitsma2002highly (contrast of neighboring bands over time; here the contrast itself is kept, not
    its sign, and landmarks are looked up instead of frames).
    """
    mono = samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)
    width = round(_WINDOW * rate)
    padded = np.pad(mono, (width, width)).astype(np.float32)
    starts = np.round(np.arange(0, len(padded) - width, HOP * rate)).astype(np.int64)
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)
    window = np.hanning(width + 2)[1:-1].astype(np.float32)
    bands, step, blocks = _bands(width, rate), max(1, _BLOCK // width), []
    for at in range(0, len(starts), step):  # the spectra of an hour are never held together
        power = np.square(np.abs(scipy.fft.rfft(frames[starts[at : at + step]] * window, axis=1)))
        blocks.append(np.cbrt(power @ bands))
    loudness = np.concatenate(blocks)
    contrast = loudness[:, 1:] - loudness[:, :-1]
    contrast = contrast - uniform_filter1d(contrast, _MEAN, axis=0)
    largest = float(np.abs(contrast).max(initial=0.0))
    scaled = contrast / largest if largest > 0 else np.zeros_like(contrast)
    return np.asarray(np.round(127 * np.sign(scaled) * np.sqrt(np.abs(scaled))), dtype=np.int8)


def _bands(width: int, rate: Hertz) -> NDArray[np.float32]:
    """How much of each bin of a spectrum lies in each band, shape (bins, bands)."""
    bin_width = rate / width
    middles = np.arange(width // 2 + 1)[:, None] * bin_width
    top = np.minimum(middles + bin_width / 2, _EDGES[1:])
    bottom = np.maximum(middles - bin_width / 2, _EDGES[:-1])
    return np.asarray(np.clip(top - bottom, 0, None) / bin_width, dtype=np.float32)


def near_duplicates(fingerprints: Mapping[str, Fingerprint]) -> list[Twins]:
    """All pairs of recordings that are one sound, at whatever offset.

    An index of landmarks finds candidates, so that the time hardly grows faster than the number of recordings
    (`landmarks.meetings`); `compare` decides. benchmarks/copies.py measures the time, and how many pairs it misses
    that comparing each with each would find. Of a sound that stands there dozens of times, each recording is paired
    with some of the others, and not with every one.

    Args:
        fingerprints: name -> fingerprint. Silence and what is shorter than 0.25 s is never alike.

    Returns:
        The pairs, sorted by their names.
    """
    names = sorted(name for name, own in fingerprints.items() if own.any() and len(own) * HOP >= _SHORTEST)
    found = []
    for (one, other), meeting in groupby(meetings([fingerprints[name] for name in names]), _pair):
        first, second = fingerprints[names[one]], fingerprints[names[other]]
        if all(_correlation(first, second, own.lag) < _CANDIDATE for own in meeting):
            continue
        close = compare(first, second)
        if is_one_sound(close):
            found.append(Twins(names[one], names[other], close.likeness, close.offset))
    return found


def is_one_sound(found: Comparison) -> bool:
    """Whether two fingerprints are so alike that they are of one sound."""
    return found.likeness >= (ALIKE if found.overlap >= _SHORT else ALIKE_IF_SHORT)


def _pair(meeting: Meeting) -> tuple[int, int]:
    return meeting.first, meeting.second


def _correlation(first: Fingerprint, second: Fingerprint, lag: int) -> float:
    """Of the frames that overlap where the second is so many frames later."""
    mine, theirs = (own[max(0, begin) :].astype(np.float32).ravel() for own, begin in ((first, -lag), (second, lag)))
    size = min(len(mine), len(theirs))
    mine, theirs = mine[:size], theirs[:size]
    return float(mine @ theirs / np.sqrt(max(float(mine @ mine) * float(theirs @ theirs), 1.0)))


def compare(first: Fingerprint, second: Fingerprint) -> Comparison:
    """How alike two fingerprints are at the offset that suits them best.

    Args:
        first: shape (frames, contrasts).
        second: shape (frames, contrasts); the number of frames may differ.

    Returns:
        The likeness is 0 where they overlap too little to tell, and where the correlation comes from a burst that
        both hold (a click, a beep, a jingle) while most of the frames around it differ.
    """
    one, other = _contrast(first), _contrast(second)
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
    if likeness >= ALIKE:
        agree = _agreement(mine, theirs) >= _AGREES
        sides = (one, slice(begin, end)), (other, slice(begin + lag, end + lag))
        likeness = likeness if any(_throughout(own, at, agree) for own, at in sides) else 0.0
    return Comparison(likeness, lag * HOP, overlap)


def _contrast(own: Fingerprint) -> _Frames:
    """The contrast whose root the fingerprint is."""
    root = own.astype(np.float32)
    return np.asarray(root * np.abs(root), dtype=np.float32)


def _agreement(mine: _Frames, theirs: _Frames) -> _Frames:
    """Correlation of two stretches around each frame, shape (frames,): loud and quiet frames count alike."""
    both, one, other = (
        uniform_filter1d(product.sum(axis=1), _AROUND, mode="constant")
        for product in (mine * theirs, mine * mine, theirs * theirs)
    )
    return np.asarray(both / np.sqrt(np.maximum(one * other, 1e-9)), dtype=np.float32)


def _throughout(own: _Frames, at: slice, agree: NDArray[np.bool_]) -> bool:
    """Whether a recording agrees with another over most of what sounds in it, and not in one burst.

    One side is enough: where noise was added to the pauses of a copy, only the original agrees throughout.

    Args:
        own: the whole recording, shape (frames, contrasts).
        at: its frames that overlap the other recording.
        agree: whether each of these agrees.
    """
    energy = uniform_filter1d(np.square(own).sum(axis=1), _AROUND)
    loudest = np.sort(energy)[::-1][: round(_EVIDENCE / HOP)]
    sounds = (energy >= min(_QUIET * loudest[0], loudest[-1])) & (energy > 0)
    inside = sounds[at]
    return bool(inside.sum() >= _PART * sounds.sum() and agree[inside].sum() >= _THROUGHOUT * inside.sum())
