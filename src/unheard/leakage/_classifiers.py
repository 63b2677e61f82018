"""The kinds of classifiers that probes are made of, each with the settings that it chooses among."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC

from unheard.leakage._cross_validation import Classifier, Labels, Matrix, Predict
from unheard.leakage._mlp import MLP
from unheard.leakage._whitening import unchanged, whitened

__all__ = ["CLASSIFIERS"]

_STRENGTHS = (0.01, 0.1, 1.0, 10.0)
_COSTS = (1.0, 10.0, 100.0)
_NEIGHBORS = (1, 3, 5, 9, 15)
_SPACES = {"scaled": lambda _train: unchanged, "whitened": whitened}
_MOST_ITEMS = 6000
"""A kernel machine takes a time that grows by the square of its items and more: of more, it reads a part."""


def _predict_linear(train: Matrix, labels: Labels, others: Matrix, seed: int) -> dict[float, Labels]:
    del seed  # the same start always
    model = LogisticRegression(class_weight="balanced", max_iter=200, tol=1e-3, warm_start=True)
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 200 steps from a warm start are enough to rank
        for strength in _STRENGTHS:
            found[strength] = model.set_params(C=strength).fit(train, labels).predict(others)
    return found


def _fit_linear(train: Matrix, labels: Labels, strength: float, seed: int) -> Predict:
    """From nothing: where nothing linear is left in train, as after an erasure, it stays there."""
    del seed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=200, tol=1e-3).fit(train, labels)
    predict: Predict = model.predict
    return predict


def _drawn(labels: Labels, seed: int) -> Labels:
    """Positions of at most `_MOST_ITEMS` items, drawn; all of them where there are fewer."""
    if labels.size <= _MOST_ITEMS:
        return np.arange(labels.size)
    return np.sort(np.random.default_rng(seed).permutation(labels.size)[:_MOST_ITEMS])


def _predict_svm(train: Matrix, labels: Labels, others: Matrix, seed: int) -> dict[tuple[str, float], Labels]:
    drawn = _drawn(labels, seed)
    train, labels = train[drawn], labels[drawn]
    found = {}
    for space, fit in _SPACES.items():
        project = fit(train)
        inputs = project(train)
        width = _width(inputs)
        # One kernel serves all costs, and costs a fraction of what the machine's own way takes on wide embeddings.
        near, far = rbf_kernel(inputs, gamma=width), rbf_kernel(project(others), inputs, gamma=width)
        for cost in _COSTS:
            model = SVC(C=cost, kernel="precomputed", class_weight="balanced")
            found[space, cost] = model.fit(near, labels).predict(far)
    return found


def _width(inputs: Matrix) -> float:
    """Of the Gaussian: one over the size and the variance, as scikit-learn's 'scale' has it."""
    variance = float(inputs.var())
    return 1.0 / (inputs.shape[1] * variance) if variance > 0 else 1.0


def _fit_svm(train: Matrix, labels: Labels, setting: tuple[str, float], seed: int) -> Predict:
    space, cost = setting
    drawn = _drawn(labels, seed)
    project = _SPACES[space](train[drawn])
    inputs = project(train[drawn])
    width = _width(inputs)
    model = SVC(C=cost, kernel="precomputed", class_weight="balanced")
    model.fit(rbf_kernel(inputs, gamma=width), labels[drawn])
    return lambda others: model.predict(rbf_kernel(project(others), inputs, gamma=width))


def _unit(rows: Matrix) -> Matrix:
    """Rows at length 1; a row of length 0 stays, alike to nothing."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def _nearest(known: Matrix, others: Matrix, number: int) -> tuple[Labels, Matrix]:
    """Positions and cosines of the nearest known items, nearest first, each of shape (others, number)."""
    cosines = _unit(others) @ _unit(known).T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :number]
    return order, np.take_along_axis(cosines, order, axis=1)


def _votes(labels: Labels, near: tuple[Labels, Matrix], number: int) -> Labels:
    """The label with most votes among the first `number` neighbors; the nearer ones decide between equals.

    A vote weighs one over the label's share of the train items: a label is not named for being common.
    """
    order, cosines = near
    share = np.maximum(np.bincount(labels), 1) / labels.size
    votes = np.zeros((len(order), share.size))
    rows, named = np.arange(len(order)), labels[order]
    for place in range(min(number, named.shape[1])):
        nearness = 1.0 + 1e-3 * cosines[:, place]
        np.add.at(votes, (rows, named[:, place]), nearness / share[named[:, place]])
    winners: Labels = votes.argmax(axis=1).astype(np.int64)
    return winners


def _predict_knn(train: Matrix, labels: Labels, others: Matrix, seed: int) -> dict[tuple[str, int], Labels]:
    del seed  # nothing is drawn
    found: dict[tuple[str, int], Labels] = {}
    for space, fit in _SPACES.items():
        project = fit(train)
        near = _nearest(project(train), project(others), _NEIGHBORS[-1])
        found |= {(space, number): _votes(labels, near, number) for number in _NEIGHBORS}
    return found


def _fit_knn(train: Matrix, labels: Labels, setting: tuple[str, int], seed: int) -> Predict:
    del seed
    space, number = setting
    project = _SPACES[space](train)
    known = project(train)
    return lambda others: _votes(labels, _nearest(known, project(others), number), number)


CLASSIFIERS = {
    "linear": Classifier(_predict_linear, _fit_linear, _STRENGTHS[0]),
    "mlp": MLP,
    "svm": Classifier(_predict_svm, _fit_svm, ("scaled", 1.0)),
    "knn": Classifier(_predict_knn, _fit_knn, ("scaled", 1)),
}
"""Softmax regression; networks with one hidden layer; a support vector machine with a Gaussian kernel; neighbors by
cosine. The last two on the embedding as it is (each channel at unit variance) or whitened, whichever reads more."""
