"""Mean and deviation of the corpus and of its speakers, brought to the source's: what two methods share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.source import Moments, Readout, Real
from unheard.adaptation.target import Target, places_of

__all__ = ["Move", "between", "move_of", "moved", "stacked", "trusted"]


@dataclass(frozen=True)
class Move:
    """x -> x * scale + offset, each of shape (size,)."""

    scale: Real
    offset: Real


def between(base: Moments, own: Moments, trust: float) -> Moments:
    """Moments a part of the way from some to others: means straight, deviations in their logarithm.

    Args:
        base: where trust 0 stays, bit for bit.
        own: what trust 1 reaches.
        trust: in [0, 1].
    """
    if trust == 0.0:
        return Moments(own.count, base.mean, base.deviation)
    alive = (base.deviation > 0) & (own.deviation > 0)
    ratio = np.divide(own.deviation, base.deviation, out=np.ones_like(base.deviation), where=alive)
    return Moments(own.count, base.mean + trust * (own.mean - base.mean), base.deviation * ratio**trust)


def move_of(source: Moments, own: Moments, *, deviation: bool) -> Move:
    """The move that brings these moments to the source's; of the source's own, exactly none (1 and 0).

    Args:
        source: mean and deviation to be reached.
        own: mean and deviation that the items have.
        deviation: whether the deviation is brought, too; channels that never vary keep theirs.
    """
    alive = (source.deviation > 0) & (own.deviation > 0) & deviation
    scale = np.divide(source.deviation, own.deviation, out=np.ones_like(own.deviation), where=alive)
    return Move(scale, source.mean - own.mean * scale)


def trusted(count: int, prior: float, variety: float) -> float:
    """How far a speaker's own moments count: 0 for one recording, and towards `variety` for many.

    >>> trusted(1, 5.0, 1.0), trusted(11, 10.0, 1.0), trusted(11, 10.0, 0.0)
    (0.0, 0.5, 0.0)

    Args:
        count: of the speaker's recordings.
        prior: recordings that the corpus counts for.
        variety: in [0, 1].
    """
    more = max(0, count - 1)
    return more / (more + prior) * variety if more else 0.0


def moved(fitted: Fitted, readout: Readout, target: Target) -> Target:
    """Recordings moved by the row of their speaker; where nothing moves, all is as it was, bit for bit."""
    places = places_of(target.speakers, fitted.speakers)
    scale, offset = fitted.arrays["scale"], fitted.arrays["offset"]
    if _still(scale, offset, places):
        return target
    return target.moved(target.embeddings * scale[places] + offset[places], readout)


def _still(scale: Real, offset: Real, places: NDArray[np.int64]) -> bool:
    used = np.unique(places)
    return bool((scale[used] == 1.0).all() and not offset[used].any())


def stacked(moves: Sequence[Move]) -> dict[str, Real]:
    """The arrays of a fitted step: scale and offset, shape (rows, size) each."""
    return {"scale": np.stack([move.scale for move in moves]), "offset": np.stack([move.offset for move in moves])}
