"""Fewer labels: which items of a training part keep their emotion when only a share of them is labeled.

The others stay, without a label: what learns from speakers alone still hears them, so that two objectives at one
share differ in the objective and in nothing else.
"""

from dataclasses import replace

import numpy as np

from unheard.records import UNLABELED
from unheard.seeds import named_seed
from unheard.training.dataset import Dataset

__all__ = ["keep_labels", "labeled_items"]


def labeled_items(speakers: np.ndarray, emotions: np.ndarray, share: float, *, seed: int) -> np.ndarray:
    """Which items keep their label, shape (items,), bool.

    Each emotion of each speaker gives about the same share, and what is kept at a smaller share is kept at every
    larger one. Every emotion keeps one item at least.

    Args:
        speakers: shape (items,), int.
        emotions: shape (items,), int, UNLABELED where missing already.
        share: in (0, 1].
        seed: of the draw.
    """
    # The draw of the kept results hangs on this spelling.
    generator = np.random.default_rng(named_seed(seed, "labelled"))
    place = np.full(len(emotions), np.inf)
    for speaker in np.unique(speakers):
        for emotion in np.unique(emotions):
            own = generator.permutation(np.flatnonzero((speakers == speaker) & (emotions == emotion)))
            # Evenly spaced from a random start: of n items, share x n are below the share on average.
            place[own] = (np.arange(len(own)) + generator.random()) / max(1, len(own))
    place[emotions == UNLABELED] = np.inf
    kept = place < share if share < 1 else emotions != UNLABELED
    for emotion in np.unique(emotions[emotions != UNLABELED]):
        own = np.flatnonzero(emotions == emotion)
        kept[own[np.argmin(place[own])]] = True
    return kept


def keep_labels(part: Dataset, share: float, *, seed: int) -> Dataset:
    """The training part with a share of its emotion labels; 1 gives the part itself.

    Args:
        part: with the columns `emotion` and `speaker`.
        share: in (0, 1].
        seed: of the draw.
    """
    if share >= 1:
        return part
    emotions = part.columns["emotion"]
    kept = labeled_items(part.columns["speaker"], emotions, share, seed=seed)
    columns = {**part.columns, "emotion": np.where(kept, emotions, UNLABELED)}
    return replace(part, columns=columns)
