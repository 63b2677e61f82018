"""The classifiers that probes are made of: each is fitted on train items and chooses its settings inside them.

fit(train (items, size), labels (items,), aside (items,), seed) -> predict: (items, size) -> label numbers
"""

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from unheard.evaluation._network import Network
from unheard.metrics import uar

__all__ = ["FITS", "Labels", "Matrix", "Predict", "inner_split"]

_INNER_SHARE = 0.2
_STRENGTHS = (0.01, 0.1, 1.0, 10.0)
_HIDDEN, _EPOCHS, _PATIENCE, _BATCH = 128, 150, 20, 64
_NEIGHBOURS = (1, 3, 5, 9, 15)

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Predict = Callable[[Matrix], NDArray[np.generic]]


def inner_split(
    labels: Labels, generator: np.random.Generator, groups: NDArray[np.generic] | None = None
) -> NDArray[np.bool_]:
    """Which items are set aside to choose settings: a fifth of each label, at least one if it has two.

    Args:
        labels: shape (items,).
        generator: of the draw.
        groups: what the test part does not share with train (speakers), shape (items,): then whole groups are set
            aside, so that settings are chosen for new groups; a label with a single group gives none.
    """
    aside = np.zeros(labels.size, np.bool_)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        units = own if groups is None else np.unique(groups[own])
        number = max(1, round(_INNER_SHARE * units.size)) if units.size > 1 else 0
        drawn = generator.permutation(units)[:number]
        aside[drawn if groups is None else own[np.isin(groups[own], drawn)]] = True
    return aside


def _linear(train: Matrix, labels: Labels, aside: NDArray[np.bool_], seed: int) -> Predict:
    """Softmax regression, labels weighted evenly, as strong as was best on the items set aside.

    The last fit starts from nothing: where nothing linear is left in train, as after an erasure, it stays there,
    and does not answer with what the fits on a part of the items had found.
    """
    del seed  # the same start always
    classes = int(labels.max()) + 1
    model = LogisticRegression(class_weight="balanced", max_iter=200, tol=1e-3, warm_start=True)
    best, chosen = -1.0, _STRENGTHS[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 200 steps from a warm start are enough to rank
        for strength in _STRENGTHS if aside.any() else ():
            model.set_params(C=strength).fit(train[~aside], labels[~aside])
            reached = uar.score(labels[aside], model.predict(train[aside]), classes=classes)
            if reached > best:
                best, chosen = reached, strength
        model.set_params(C=chosen, warm_start=False).fit(train, labels)
    predict: Predict = model.predict
    return predict


def _mlp(train: Matrix, labels: Labels, aside: NDArray[np.bool_], seed: int) -> Predict:
    """One hidden layer, Adam, labels drawn evenly; the epoch that was best on the items set aside."""
    generator = np.random.default_rng(seed)
    inner, inner_labels = train[~aside], labels[~aside]
    weight = 1.0 / np.bincount(inner_labels)[inner_labels]
    weight /= weight.sum()
    judged = aside if aside.any() else ~aside
    classes = int(labels.max()) + 1
    network = Network(train.shape[1], _HIDDEN, classes, generator)
    best, waited, kept = -1.0, 0, network.parameters.copy()
    for _ in range(_EPOCHS):
        drawn = generator.choice(len(inner), len(inner), p=weight)
        for start in range(0, len(inner), _BATCH):
            batch = drawn[start : start + _BATCH]
            network.step(inner[batch], inner_labels[batch])
        reached = uar.score(labels[judged], network.predict(train[judged]), classes=classes)
        waited += 1
        if reached > best:
            best, waited, kept = reached, 0, network.parameters.copy()
        if waited >= _PATIENCE:
            break
    network.parameters[:] = kept
    return network.predict


def _unit(rows: Matrix) -> Matrix:
    """Rows at length 1; a row of length 0 stays, alike to nothing."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def _nearest(known: Matrix, asked: Matrix, number: int) -> tuple[NDArray[np.int64], Matrix]:
    """Positions and cosines of the nearest known items, nearest first, each of shape (asked, number)."""
    cosines = _unit(asked) @ _unit(known).T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :number]
    return order, np.take_along_axis(cosines, order, axis=1)


def _votes(labels: Labels, cosines: Matrix, share: NDArray[np.float64], number: int) -> Labels:
    """The label with most votes among the first `number` neighbours; the nearer ones decide between equals.

    A vote weighs one over the label's share of the train items: a label is not named for being common.
    """
    votes = np.zeros((len(labels), share.size))
    rows = np.arange(len(labels))
    for place in range(min(number, labels.shape[1])):
        nearness = 1.0 + 1e-3 * cosines[:, place]
        np.add.at(votes, (rows, labels[:, place]), nearness / share[labels[:, place]])
    winners: Labels = votes.argmax(axis=1).astype(np.int64)
    return winners


def _knn(train: Matrix, labels: Labels, aside: NDArray[np.bool_], seed: int) -> Predict:
    """The nearest neighbours by cosine, as many as were best on the items set aside."""
    del seed  # nothing is drawn
    share = np.maximum(np.bincount(labels), 1) / labels.size
    best, chosen = -1.0, _NEIGHBOURS[0]
    if aside.any():
        inner = labels[~aside]
        order, cosines = _nearest(train[~aside], train[aside], _NEIGHBOURS[-1])
        for number in _NEIGHBOURS:
            reached = uar.score(labels[aside], _votes(inner[order], cosines, share, number), classes=share.size)
            if reached > best:
                best, chosen = reached, number

    def predict(asked: Matrix) -> Labels:
        order, cosines = _nearest(train, asked, chosen)
        return _votes(labels[order], cosines, share, chosen)

    return predict


FITS = {"linear": _linear, "mlp": _mlp, "knn": _knn}
"""Kind of probe -> how it is fitted."""
