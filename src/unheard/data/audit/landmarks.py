"""Which recordings may be the same sound, without holding each against each: an index of their landmarks.

A landmark is a frame that is louder than those around it. A copy has its landmarks at the same places of the
sound, whatever was done to the file, and about the same fingerprint around each. So only the surroundings of
landmarks are compared, and of these only such as fall into one cell: the surroundings of some landmarks, taken at
random, are the middles of cells, and each landmark lies in the cells of the few that it resembles most.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

__all__ = ["Meeting", "meetings"]

_SMOOTH = 9  # frames over which loudness is averaged
_APART = 12  # frames: a landmark is the loudest of all that lie as near
_QUIET = 10 ** (-40 / 30)  # square of a fingerprint 40 dB below the loudest: it goes with power to the power of 1/3
_BEFORE, _BEHIND = 16, 32  # frames around a landmark that are looked at
_COARSE = 4  # of these are one, so that a landmark may be found a frame early or late
_RESEMBLE = 0.8  # correlation of surroundings from which two landmarks may be one
_CELLS_EACH = 3  # cells that a landmark lies in
_PARTNERS = 16  # that a landmark may find in a cell
_CELL = 32  # landmarks for each cell ...
_MANY = 6  # ... but no more cells than this times the square root of the number of landmarks
_AT_ONCE = 1 << 21  # correlations that are held at once: 8 MB
_NORM = 400.0  # of surroundings as int8: rounding costs less than 1 % of a correlation

Fingerprint = NDArray[np.int8]
_Vectors = NDArray[np.float32]
_Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two recordings with one landmark that may be the same.

    Args:
        first: number of one recording.
        second: number of the other, the higher one.
        lag: how many frames later the landmark comes in the second.
    """

    first: int
    second: int
    lag: int


def meetings(fingerprints: Sequence[Fingerprint], *, seed: int = 0) -> list[Meeting]:
    """Pairs of recordings that are worth a closer look, and where they would meet.

    The time grows with the number of landmarks (three to five a second of speech) to the power of 1.5 at most, the
    memory with the number itself. A landmark that very many recordings have (a beep before each) leads from each to
    some of them only.

    Args:
        fingerprints: shape (frames, contrasts) each.
        seed: of the middles of cells.

    Returns:
        Each meeting once, in the order of the numbers and lags.

    Reference: wang2003industrial (landmarks, which survive noise and coding, as the key of an index);
        sivic2003video (lists of all that lies nearest to a middle).
    """
    places = [_landmarks(own) for own in fingerprints]
    owner = np.repeat(np.arange(len(fingerprints)), [len(own) for own in places])
    if len(owner) == 0:
        return []
    vectors = np.concatenate([_surroundings(own, at) for own, at in zip(fingerprints, places, strict=True)])
    frame = np.concatenate(places)
    found = [_partners(_scaled(vectors[cell]), owner[cell], cell) for cell in _cells(vectors, seed)]
    one, other = np.concatenate(found, axis=1)
    turned = owner[one] > owner[other]
    one, other = np.where(turned, other, one), np.where(turned, one, other)
    rows = np.unique(np.stack([owner[one], owner[other], frame[other] - frame[one]], axis=1), axis=0)
    return [Meeting(first, second, lag) for first, second, lag in rows.tolist()]


def _landmarks(own: Fingerprint) -> _Numbers:
    """The frames that are louder than those around them; none in silence."""
    energy = uniform_filter1d(np.square(own, dtype=np.float32).sum(axis=1), _SMOOTH)
    loudest = energy == maximum_filter1d(energy, 2 * _APART + 1)
    return np.flatnonzero(loudest & (energy > _QUIET * energy.max(initial=0.0)))


def _surroundings(own: Fingerprint, places: _Numbers) -> Fingerprint:
    """What lies around each landmark, every few frames as one, shape (landmarks, values), of one norm."""
    padded = np.pad(own, ((_BEFORE, _BEHIND), (0, 0)))
    frames = padded[places[:, None] + np.arange(_BEFORE + _BEHIND)]
    coarse = frames.reshape(len(places), (_BEFORE + _BEHIND) // _COARSE, _COARSE, own.shape[1])
    flat = coarse.mean(axis=2, dtype=np.float32).reshape(len(places), (_BEFORE + _BEHIND) // _COARSE * own.shape[1])
    return np.asarray(np.clip(np.round(_NORM * _scaled(flat)), -127, 127), dtype=np.int8)


def _scaled(vectors: NDArray[Any]) -> _Vectors:
    """As floats of norm 1."""
    floats = vectors.astype(np.float32)
    return np.asarray(floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _cells(vectors: Fingerprint, seed: int) -> Iterator[_Numbers]:
    """The numbers of the landmarks in each cell, sorted."""
    count = max(1, min(len(vectors) // _CELL, round(_MANY * math.sqrt(len(vectors)))))
    chosen = np.random.default_rng(seed).choice(len(vectors), count, replace=False)
    middles = _scaled(vectors[chosen])
    each, rows = min(_CELLS_EACH, count), max(1, _AT_ONCE // count)
    nearest = np.empty((len(vectors), each), dtype=np.int32)
    for begin in range(0, len(vectors), rows):
        alike = _scaled(vectors[begin : begin + rows]) @ middles.T
        nearest[begin : begin + rows] = np.argpartition(alike, -each, axis=1)[:, -each:]
    order = np.argsort(nearest.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(nearest.ravel(), minlength=count))
    for begin, end in pairwise([0, *ends.tolist()]):
        yield order[begin:end] // each


def _partners(vectors: _Vectors, owner: _Numbers, numbers: _Numbers) -> _Numbers:
    """Pairs of landmarks in a cell that resemble each other most, shape (2, pairs).

    Args:
        vectors: of the landmarks in the cell, shape (landmarks, values).
        owner: the recording of each.
        numbers: of each, by which it is named.
    """
    many, rows = min(_PARTNERS, len(vectors)), max(1, _AT_ONCE // max(1, len(vectors)))
    pairs = [np.zeros((2, 0), dtype=np.int64)]
    for begin in range(0, len(vectors), rows):
        alike = vectors[begin : begin + rows] @ vectors.T
        alike[owner[begin : begin + rows, None] == owner] = -1
        best = np.argpartition(alike, -many, axis=1)[:, -many:]
        one, place = np.nonzero(np.take_along_axis(alike, best, axis=1) >= _RESEMBLE)
        pairs.append(np.stack([numbers[one + begin], numbers[best[one, place]]]))
    return np.concatenate(pairs, axis=1)
