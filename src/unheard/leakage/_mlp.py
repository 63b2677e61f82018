"""The probe that reads what is not linear: a wide network with one hidden layer, and the mean of several of them."""

import numpy as np
from numpy.typing import NDArray

from unheard.leakage._cross_validation import Classifier, Labels, Matrix, Predict
from unheard.leakage._network import Network
from unheard.leakage._whitening import principal

__all__ = ["MLP"]

_WIDTHS = (128, 512)
_MEMBERS = 3
"""Networks of the last fit. They differ in their start and in the order of items; their mean errs less than each."""
_BATCH = 64
_SHOWN, _FEWEST, _MOST = 400_000, 20, 100
"""Items that a network is shown in all; passes over train at the least and at the most."""
_INPUTS = 256
"""Wider inputs are read along their first principal directions: a step takes as long as there are weights."""

_Setting = tuple[int, int]
"""Width of the hidden layer; how long it is trained, as a place in `_passes`."""


def _passes(items: int) -> tuple[int, int, int]:
    """After how many passes over the train items a network is judged: a tenth, a third, and all."""
    most = int(np.clip(_SHOWN // max(items, 1), _FEWEST, _MOST))
    return most // 10, most // 3, most


def _train(network: Network, train: Matrix, labels: Labels, generator: np.random.Generator) -> None:
    """One pass over the train items, in an order of its own, labels weighted evenly."""
    weights = (1.0 / np.bincount(labels)[labels]).astype(np.float32)
    weights /= weights.mean()
    order = generator.permutation(len(train))
    for start in range(0, len(train), _BATCH):
        batch = order[start : start + _BATCH]
        network.step(train[batch], labels[batch], weights[batch])


def _predict_each(train: Matrix, labels: Labels, others: Matrix, seed: int) -> dict[_Setting, Labels]:
    project = principal(train, _INPUTS)
    train, others = project(train), project(others)
    stops = _passes(len(train))
    found: dict[_Setting, Labels] = {}
    for width in _WIDTHS:
        generator = np.random.default_rng([seed, width])
        network = Network(train.shape[1], width, int(labels.max()) + 1, generator)
        for passed in range(1, stops[-1] + 1):
            _train(network, train, labels, generator)
            if passed in stops:
                found[width, stops.index(passed)] = network.predict(others)
    return found


def _fit(train: Matrix, labels: Labels, setting: _Setting, seed: int) -> Predict:
    width, place = setting
    project = principal(train, _INPUTS)
    train, members = project(train), []
    for member in range(_MEMBERS):
        generator = np.random.default_rng([seed, width, member])
        network = Network(train.shape[1], width, int(labels.max()) + 1, generator)
        for _ in range(_passes(len(train))[place]):
            _train(network, train, labels, generator)
        members.append(network)

    def predict(others: Matrix) -> Labels:
        inputs = project(others)
        shares = np.stack([_shares(network.scores(inputs)) for network in members])
        likeliest: Labels = shares.mean(axis=0).argmax(axis=1).astype(np.int64)
        return likeliest

    return predict


def _shares(logits: Matrix) -> NDArray[np.float64]:
    """Probabilities, shape (items, classes)."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


MLP = Classifier(_predict_each, _fit, (_WIDTHS[0], 1))
"""Hidden ReLU units, Adam; width and passes chosen inside, three networks fitted to all train items."""
