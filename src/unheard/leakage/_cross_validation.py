"""How a probe chooses its settings: by cross-validation inside its train items, then it is fitted to all of them.

A probe that sets items aside for good learns from fewer of them than an attacker would, and one that judges its
settings by a handful of items chooses by luck. So every train item is a validation item once, of a probe that has
not met it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.leakage._groups import assign_groups
from unheard.metrics import uar

__all__ = ["Classifier", "Labels", "Matrix", "Predict", "fit_chosen", "inner_folds"]

_FOLDS = 3

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Predict = Callable[[Matrix], NDArray[np.generic]]


@dataclass(frozen=True)
class Classifier:
    """One kind of probe.

    Args:
        predict_each: (train (items, size), labels (items,), others (others, size), seed) -> the label numbers that
            each setting gives the others; the gentlest setting first.
        fit: (train, labels, setting, seed) -> predict: (others, size) -> label numbers.
        default: the setting where nothing can be chosen.
    """

    predict_each: Callable[[Matrix, Labels, Matrix, int], Mapping[Any, Labels]]
    fit: Callable[[Matrix, Labels, Any, int], Predict]
    default: Any


def inner_folds(
    labels: Labels, generator: np.random.Generator, groups: NDArray[np.generic] | None = None
) -> NDArray[np.int64]:
    """The inner fold in which each item is a validation item; -1 where it is learnt from in all.

    Args:
        labels: shape (items,).
        generator: of the draw.
        groups: what the test part does not share with train (speakers), shape (items,): then whole groups are
            held out, so that settings are chosen for new groups.

    Returns:
        Shape (items,). A label that would stand in one fold alone (a single item, or a single group) is always
        learnt from.
    """
    if groups is None:
        units, strata = np.arange(labels.size), labels
    else:
        _, first, units = np.unique(groups, return_index=True, return_inverse=True)
        strata = labels[first][units]  # a group counts by the label of its first item
    folds = assign_groups(units, strata, groups=_FOLDS, generator=generator)
    for label in np.unique(labels):
        own = labels == label
        if np.unique(folds[own]).size < 2:
            folds[own] = -1
    return folds


def fit_chosen(
    kind: Classifier,
    train: Matrix,
    labels: Labels,
    *,
    seed: int,
    groups: NDArray[np.generic] | None = None,
) -> Predict:
    """A probe of a kind with the setting that scores best in cross-validation, fitted to all train items.

    Args:
        kind: of probe.
        train: shape (items, size), scaled.
        labels: label numbers from 0 on, each of them present, shape (items,).
        seed: of the inner folds and of what the kind draws.
        groups: as in `inner_folds`.

    Returns:
        From items (others, size) to their label numbers (others,).
    """
    folds = inner_folds(labels, np.random.default_rng(seed), groups)
    found: dict[Any, Labels] = {}
    for fold in range(_FOLDS):
        validation = folds == fold
        if not validation.any():
            continue
        for setting, own in kind.predict_each(
            train[~validation], labels[~validation], train[validation], seed
        ).items():
            found.setdefault(setting, np.zeros_like(labels))[validation] = own
    known, classes = folds >= 0, int(labels.max()) + 1
    scores = {setting: uar.score(labels[known], own[known], classes=classes) for setting, own in found.items()}
    setting = max(scores, key=lambda each: scores[each], default=kind.default)
    return kind.fit(train, labels, setting, seed)
