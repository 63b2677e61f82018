"""Open-set leakage: can two utterances of an unseen speaker be told to be of one speaker?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError
from unheard.metrics import eer
from unheard.records import UNLABELED
from unheard.statistics.jackknife import Measure, leave_each_out

__all__ = ["Trials", "Verification", "cosines", "draw_trials", "measured_eer", "verification_eer"]


@dataclass(frozen=True, slots=True)
class Verification:
    """The equal error rate of telling speakers apart, and on how many trials it stands.

    Args:
        eer: in [0, 1]; 0: every speaker is recognized, 0.5: nothing of it is left; nan without both kinds.
        targets: trials of one speaker against the same.
        impostors: trials of one speaker against another.
    """

    eer: float
    targets: int
    impostors: int


@dataclass(frozen=True, slots=True)
class Trials:
    """Pairs of items: are they of the same speaker?

    Args:
        left: position of one item, shape (trials,).
        right: position of the other.
        same: whether one speaker said both, shape (trials,).
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    same: NDArray[np.bool_]


def _pairs(
    first_partner: NDArray[np.int64], number: NDArray[np.int64], quota: int, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """At most `quota` different pairs: item i has `number[i]` partners, from `first_partner[i]` on."""
    ends = np.cumsum(number)
    total = int(ends[-1]) if ends.size else 0
    chosen = np.arange(total) if total <= quota else generator.choice(total, quota, replace=False, shuffle=False)
    left = np.searchsorted(ends, chosen, side="right")
    right = first_partner[left] + chosen - (ends[left] - number[left])
    return left, right


def _trials(
    speakers: NDArray[np.int64], limit: int, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Left item, right item and whether they are the same speaker; `speakers` is sorted."""
    items = speakers.size
    after = np.searchsorted(speakers, speakers, side="right").astype(np.int64)
    following = np.arange(1, items + 1, dtype=np.int64)
    same, other = after - following, items - after
    targets = min(int(same.sum()), max(limit // 2, limit - int(other.sum())))
    left, right = _pairs(following, same, targets, generator)
    left_other, right_other = _pairs(after, other, limit - left.size, generator)
    truth = np.arange(left.size + left_other.size) < left.size
    return np.concatenate([left, left_other]), np.concatenate([right, right_other]), truth


def _directions(embeddings: NDArray[np.floating], center: NDArray[np.floating]) -> NDArray[np.float64]:
    """Each embedding as seen from the center, at length 1 (length 0 stays 0: alike to nothing)."""
    seen = np.asarray(embeddings, dtype=np.float64) - np.asarray(center, dtype=np.float64)
    for size in (np.abs(seen).max(axis=1, initial=0.0), None):  # by the largest first: tiny squares vanish
        length = np.linalg.norm(seen, axis=1) if size is None else size
        seen /= np.where(length > 0, length, 1.0)[:, np.newaxis]
    return seen


def draw_trials(
    speakers: NDArray[np.generic], *, limit: int, seed: int, apart: NDArray[np.generic] | None = None
) -> Trials:
    """Every pair of items, thinned by a seeded draw if there are more than `limit` (see `verification_eer`).

    Args:
        speakers: who speaks, shape (items,), all known.
        limit: most trials, at least 2.
        seed: of the draw.
        apart: what the two sides may not share (sentences), shape (items,), '' where unknown: such items are in no
            trial. Where the draw is thinned, what is shared is left out after it.
    """
    numbers = np.unique(speakers, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(numbers, kind="stable")
    left, right, same = _trials(numbers[order], limit, np.random.default_rng(seed))
    left, right = order[left], order[right]
    if apart is not None:
        fit = (apart[left] != apart[right]) & (apart[left] != "") & (apart[right] != "")
        left, right, same = left[fit], right[fit], same[fit]
    return Trials(left, right, same)


def cosines(embeddings: NDArray[np.floating], center: NDArray[np.floating], trials: Trials) -> NDArray[np.float64]:
    """The cosine of the two sides of each trial as seen from the center, shape (trials,).

    Args:
        embeddings: shape (items, size).
        center: mean embedding of training items, shape (size,).
        trials: pairs of positions.
    """
    directions = _directions(embeddings, center)
    similarity = np.empty(trials.left.size)
    for start in range(0, trials.left.size, 8192):  # so many pairs of directions at once, to bound memory
        part = slice(start, start + 8192)
        similarity[part] = np.einsum("ij,ij->i", directions[trials.left[part]], directions[trials.right[part]])
    return similarity


def measured_eer(trials: Trials, similarity: NDArray[np.floating], speakers: NDArray[np.generic]) -> Measure:
    """The EER, and the EER without the trials of each speaker (on whichever side they stand).

    Args:
        trials: pairs of positions.
        similarity: of their two sides, higher for more alike, shape (trials,).
        speakers: who speaks, shape (items,).
    """
    return leave_each_out(
        lambda kept: eer.score(trials.same[kept], similarity[kept]), speakers[trials.left], speakers[trials.right]
    )


def _check(
    embeddings: NDArray[np.floating], speakers: NDArray[np.generic], center: NDArray[np.floating], limit: int
) -> None:
    if embeddings.ndim != 2 or speakers.shape != embeddings.shape[:1] or center.shape != embeddings.shape[1:]:
        shapes = f"embeddings {embeddings.shape}, speakers {speakers.shape}, center {center.shape}"
        message = f"verification: {shapes}; expected (items, size), (items,), (size,). Pass one speaker an item."
        raise SplitError(message)
    if not (np.isfinite(embeddings).all() and np.isfinite(center).all()):
        raise SplitError("verification: embeddings hold nan or inf. Look for a diverged model.")
    if limit < 2:
        raise SplitError(f"verification: a limit of {limit} trials, expected at least 2. Raise the limit.")


def verification_eer(
    embeddings: NDArray[np.floating],
    speakers: NDArray[np.generic],
    *,
    center: NDArray[np.floating],
    limit: int = 200_000,
    seed: int,
) -> Verification:
    """How far unseen speakers can be verified by the cosine of two embeddings: 0.5 is full invariance.

    Every pair of items is a trial. If there are more than `limit`, each kind is thinned by a seeded draw
    without replacement: targets to half of the limit, impostors to the rest (EER does not depend on the
    proportion of the two). The cosine is taken as seen from `center`, for embeddings behind a ReLU all point
    the same way. Embeddings that have collapsed onto the center are alike to nothing, which gives 0.5.

    Args:
        embeddings: of unseen speakers, shape (items, size).
        speakers: who speaks, shape (items,), numbers or names; items with UNLABELED (-1) are left out.
        center: mean embedding of the *training* items, shape (size,).
        limit: most trials, at least 2.
        seed: of the draw of trials.

    Returns:
        EER and the number of trials of each kind; eer is nan unless there are two speakers, one of them
        with two items.

    Raises:
        SplitError: shapes do not fit, an embedding is not finite, or the limit is below 2.
    """
    embeddings, speakers, center = np.asarray(embeddings), np.asarray(speakers), np.asarray(center)
    _check(embeddings, speakers, center, limit)
    known = np.ones(speakers.shape, np.bool_) if speakers.dtype.kind in "US" else speakers != UNLABELED
    trials = draw_trials(speakers[known], limit=limit, seed=seed)
    similarity = cosines(embeddings[known], center, trials)
    targets = int(np.count_nonzero(trials.same))
    return Verification(eer.score(trials.same, similarity), targets, trials.left.size - targets)
