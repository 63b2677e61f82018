"""Recordings without labels, as every step of an adaptation hands them to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.adaptation.source import Readout, Real, Source, checked_rows
from unheard.errors import AdaptationError

__all__ = ["UNKNOWN", "Target", "distinct", "places_of", "read_target"]

UNKNOWN = ""
"""The speaker of a recording of whom nothing is known: what holds for the whole corpus holds for it."""


@dataclass(frozen=True)
class Target:
    """Unlabeled recordings. There is no room for a label, so that none can be read.

    Args:
        embeddings: shape (items, size).
        speakers: names, shape (items,); UNKNOWN where nobody knows.
        probabilities: what the model says of each so far, shape (items, classes).
    """

    embeddings: Real
    speakers: NDArray[np.str_]
    probabilities: Real

    @property
    def names(self) -> tuple[str, ...]:
        """Speakers who are known by name, sorted."""
        return tuple(str(name) for name in np.unique(self.speakers) if name != UNKNOWN)

    def moved(self, embeddings: Real, readout: Readout) -> "Target":
        """The same recordings at other places, read out there."""
        return Target(embeddings, self.speakers, np.asarray(readout(embeddings), dtype=np.float64))

    def answered(self, probabilities: Real) -> "Target":
        """The same recordings with other answers."""
        return Target(self.embeddings, self.speakers, probabilities)

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Target":
        """Some of the recordings."""
        return Target(self.embeddings[chosen], self.speakers[chosen], self.probabilities[chosen])


def read_target(
    source: Source, embeddings: NDArray[np.floating], speakers: NDArray[np.generic] | None = None
) -> Target:
    """Unlabeled recordings and what the source's read-out says of them.

    Args:
        source: statistics and read-out.
        embeddings: shape (items, size).
        speakers: names, shape (items,); None where nobody knows who speaks.

    Raises:
        AdaptationError: shapes do not fit, or an embedding is not finite.
    """
    rows = checked_rows(embeddings, size=source.statistics.size, who="target")
    names = np.full(len(rows), UNKNOWN) if speakers is None else np.asarray(speakers).astype(np.str_)
    if names.shape != rows.shape[:1]:
        problem = f"embeddings {rows.shape} and speakers {names.shape}"
        raise AdaptationError(f"target: {problem}, expected (items, size), (items,). Pass one speaker an item.")
    return Target(rows, names, source.probabilities(rows))


def distinct(embeddings: Real, speakers: NDArray[np.str_]) -> NDArray[np.int64]:
    """Which recordings to fit on: each once, however often it is given, in an order that hangs on nothing but them.

    Args:
        embeddings: shape (items, size).
        speakers: shape (items,).

    Returns:
        Positions, shape (distinct items,).
    """
    if not embeddings.size:
        return np.arange(0)
    rows = np.ascontiguousarray(embeddings + 0.0)  # 0 and -0 are one number
    bytes_of = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel()
    _, number = np.unique(bytes_of, return_inverse=True)
    _, voice = np.unique(speakers, return_inverse=True)
    _, first = np.unique(number * (int(voice.max()) + 1) + voice, return_index=True)
    chosen: NDArray[np.int64] = first.astype(np.int64)
    return chosen


def places_of(speakers: NDArray[np.str_], names: tuple[str, ...]) -> NDArray[np.int64]:
    """The row of each recording's speaker in arrays with one row a speaker behind that of the corpus.

    >>> places_of(np.array(["ben", "zoe", ""]), ("anna", "ben"))
    array([2, 0, 0])

    Args:
        speakers: shape (items,).
        names: sorted.

    Returns:
        Shape (items,): 0 (the corpus) for whoever is not among the names, else 1 and more.
    """
    known = np.array([UNKNOWN, *names])
    place = np.searchsorted(known, speakers).clip(max=len(names))
    found: NDArray[np.int64] = np.where(known[place] == speakers, place, 0).astype(np.int64)
    return found
