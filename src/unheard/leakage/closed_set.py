"""Closed-set leakage: what a fresh classifier, trained after freezing, can still read from an embedding.

The adversary of the training is never used: one that failed to learn looks like invariance. A probe only
shows what it finds, so several kinds are tried and the best one counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from unheard.errors import SplitError, UnknownNameError
from unheard.leakage._checks import labeled_rows
from unheard.leakage._classifiers import CLASSIFIERS
from unheard.leakage._cross_validation import Labels, Matrix, fit_chosen
from unheard.leakage.probe_kinds import KINDS
from unheard.metrics import uar
from unheard.records import UNLABELED

__all__ = [
    "emotion_code_floor",
    "predict_labels",
    "probe_closed_set",
]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Scaled embeddings and label numbers of the labeled items; the labels' names, by number."""

    train: Matrix
    train_labels: Labels
    test: Matrix
    test_labels: Labels
    names: NDArray[np.generic]

    @property
    def classes(self) -> int:
        return int(self.names.size)


def _labeled(
    part: str, embeddings: NDArray[np.floating], labels: NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
    embeddings, labels = labeled_rows("probe", embeddings, labels, part=part)
    known = np.ones(labels.shape, np.bool_) if labels.dtype.kind in "US" else labels != UNLABELED
    return embeddings[known], labels[known]


def _prepare(
    train: NDArray[np.floating],
    train_labels: NDArray[np.generic],
    test: NDArray[np.floating],
    test_labels: NDArray[np.generic],
) -> _Parts:
    """Labeled items only, labels numbered, both parts scaled by the mean and deviation of train."""
    train, train_labels = _labeled("train", train, train_labels)
    test, test_labels = _labeled("test", test, test_labels)
    if train.shape[1] != test.shape[1]:
        sizes = f"train embeddings have size {train.shape[1]}, test embeddings {test.shape[1]}"
        raise SplitError(f"probe: {sizes}. Encode both with the same model.")
    names, numbers = np.unique(train_labels, return_inverse=True)
    strange = np.setdiff1d(test_labels, names)
    if strange.size:
        found = f"test items of {strange[0]!r} ({strange.size} labels in all), of which train has none"
        raise SplitError(f"closed-set probe: {found}. Hold out utterances of training speakers.")
    if len(train):
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test) if len(test) else test
    wanted = np.searchsorted(names, test_labels).astype(np.int64)
    numbers = numbers.astype(np.int64)
    return _Parts(train.astype(np.float32), numbers, test.astype(np.float32), wanted, names)


def _predict(parts: _Parts, kind: str, seed: int, groups: NDArray[np.generic] | None = None) -> Labels:
    if kind not in CLASSIFIERS:
        raise UnknownNameError("probe", kind, CLASSIFIERS)
    predict = fit_chosen(CLASSIFIERS[kind], parts.train, parts.train_labels, seed=seed, groups=groups)
    return np.asarray(predict(parts.test)).astype(np.int64)


def _accuracy(parts: _Parts, kind: str, seed: int) -> float:
    if kind not in CLASSIFIERS:
        raise UnknownNameError("probe", kind, CLASSIFIERS)
    if parts.classes < 2 or not parts.test_labels.size:
        return float("nan")
    return uar.score(parts.test_labels, _predict(parts, kind, seed), classes=parts.classes)


def predict_labels(  # noqa: PLR0913 (two parts of two arrays each)
    kind: str,
    train_embeddings: NDArray[np.floating],
    train_labels: NDArray[np.generic],
    test_embeddings: NDArray[np.floating],
    *,
    seed: int,
    groups: NDArray[np.generic] | None = None,
) -> NDArray[np.generic]:
    """The label that a fresh probe gives each test item, for scores of one's own.

    Args:
        kind: one of KINDS.
        train_embeddings: shape (items, size).
        train_labels: names or numbers, shape (items,), all known; at least two different ones.
        test_embeddings: shape (items, size).
        seed: of the inner folds and of the MLP's start.
        groups: what test does not share with train (speakers), shape (train items,): settings are then chosen
            for groups that they have not met, not for items.

    Returns:
        Shape (test items,), of the kind of the train labels.

    Raises:
        SplitError: shapes do not fit, an embedding is not finite, or there are fewer than two labels.
        UnknownNameError: the kind is unknown.
    """
    some = np.asarray(train_labels)[:1].repeat(len(test_embeddings))  # the truth is not needed to read
    parts = _prepare(train_embeddings, train_labels, test_embeddings, some)
    if parts.classes < 2:
        raise SplitError(f"probe: {parts.classes} label(s) in train, expected two at least. Probe another column.")
    numbers = _predict(parts, kind, seed, groups)
    labels: NDArray[np.generic] = parts.names[numbers]
    return labels


def probe_closed_set(  # noqa: PLR0913 (two parts of two arrays each)
    train_embeddings: NDArray[np.floating],
    train_labels: NDArray[np.generic],
    test_embeddings: NDArray[np.floating],
    test_labels: NDArray[np.generic],
    *,
    seed: int,
    kinds: Sequence[str] = KINDS,
) -> dict[str, float]:
    """How well fresh probes name the speaker (or another domain) of held-out utterances.

    Scaling and settings see train items only (settings are chosen by cross-validation inside, then each
    probe is fitted to all train items); test items are read once. The score is balanced accuracy (the mean
    recall of the labels in test). 'best' picks by test score, so on pure noise it lies a little above chance:
    leakage is the part above chance (`permuted_chance` is measured the same way) and above `emotion_code_floor`.

    Args:
        train_embeddings: of training utterances, shape (items, size).
        train_labels: shape (items,), numbers or names; items with UNLABELED (-1) are left out.
        test_embeddings: of other utterances of the same speakers, shape (items, size).
        test_labels: shape (items,); only labels that train has.
        seed: of the inner folds and of the MLP's start; the same seed gives the same scores.
        kinds: probes to fit.

    Returns:
        Balanced accuracy in [0, 1] of each kind, and 'best', their maximum; nan without test items or with
        fewer than two labels. Chance is one over the number of labels in train.

    Raises:
        SplitError: shapes do not fit, an embedding is not finite, or test holds a label that train has not.
        UnknownNameError: a kind is unknown, or none is given.
    """
    if not kinds:
        raise UnknownNameError("probe", "", CLASSIFIERS)
    parts = _prepare(train_embeddings, train_labels, test_embeddings, test_labels)
    scores = {kind: _accuracy(parts, kind, seed) for kind in kinds}
    return {**scores, "best": max(scores.values())}


def emotion_code_floor(  # noqa: PLR0913 (two parts of two columns each)
    train_emotions: NDArray[np.generic],
    train_speakers: NDArray[np.generic],
    test_emotions: NDArray[np.generic],
    test_speakers: NDArray[np.generic],
    *,
    seed: int = 0,
    kinds: Sequence[str] = KINDS,
) -> dict[str, float]:
    """How well probes name the speaker from a perfect emotion code alone: the floor of invariance.

    Where speakers show some emotions more often than others do, an embedding that is nothing but the right
    emotion, one-hot, still leaks this much. Items without an emotion or a speaker are left out.

    Args:
        train_emotions: shape (items,), numbers or names, UNLABELED (-1) where unknown.
        train_speakers: shape (items,), likewise.
        test_emotions: of other items, shape (items,).
        test_speakers: shape (items,); only speakers that train has.
        seed: of the probe's inner folds.
        kinds: probes to fit.

    Returns:
        As of `probe_closed_set`.

    Raises:
        SplitError: shapes do not fit, or test holds a speaker that train has not.
    """
    known: list[NDArray[np.bool_]] = []
    for emotions, speakers in ((train_emotions, train_speakers), (test_emotions, test_speakers)):
        if np.asarray(emotions).shape != np.asarray(speakers).shape:
            raise SplitError("emotion code: emotions and speakers differ in number. Pass one of each an item.")
        known.append(np.asarray([str(emotion) != str(UNLABELED) for emotion in emotions], dtype=np.bool_))
    train, test = np.asarray(train_emotions)[known[0]], np.asarray(test_emotions)[known[1]]
    names = np.unique(train)
    parts = (np.asarray(train_speakers)[known[0]], np.asarray(test_speakers)[known[1]])
    codes = [np.asarray(part[:, np.newaxis] == names, dtype=np.float64) for part in (train, test)]
    return probe_closed_set(codes[0], parts[0], codes[1], parts[1], seed=seed, kinds=kinds)
