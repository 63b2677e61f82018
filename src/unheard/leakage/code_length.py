"""Online code length: how many bits it takes to tell someone the speakers, who already has the embeddings.

A probe's accuracy does not say how hard it had to try: an embedding that gives the speaker away after ten examples
leaks more than one that needs a thousand. So the labels are sent block by block. Each block is coded with a probe
that has learnt from the blocks before it; the first with a uniform code:

    L = n_1 log2 K + sum over blocks i > 1 of sum over items in i of -log2 p(label | embedding, blocks before i)

An embedding that holds nothing takes at least the uniform code, log2 K bits an item. Permuted labels show what the
same procedure costs where there is nothing to learn: they take more, for a probe that overfits is a bad guess.
"""

import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from unheard.errors import SplitError
from unheard.leakage._checks import labeled_rows

__all__ = ["CodeLength", "online_code_length"]

_SHARES = (0.0625, 0.125, 0.25, 0.5, 1.0)
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
_INNER_SHARE = 0.2

Real = NDArray[np.float64]


@dataclass(frozen=True)
class CodeLength:
    """What it takes to send the labels of some items.

    Args:
        bits: of each item, shape (items,), in the order of the items given.
        uniform: bits an item without the embedding: log2 of the number of labels.
    """

    bits: Real
    uniform: float

    @property
    def mean(self) -> float:
        """Bits an item."""
        return float(self.bits.mean())


def _probabilities(train: Real, labels: NDArray[np.int64], block: Real, strength: float, classes: int) -> Real:
    """Probabilities of every label, shape (block, classes); labels that train lacks share what one item would get.

    Mixed with the uniform distribution in the proportion of one item to those seen: no code is infinitely long.
    """
    probabilities = np.full((len(block), classes), 1.0 / classes)
    present = np.unique(labels)
    seen = np.zeros((len(block), classes))
    if present.size > 1:
        scaler = StandardScaler().fit(train)
        model = LogisticRegression(C=strength, max_iter=200, tol=1e-3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a probe that is not done yet is still a code
            model.fit(scaler.transform(train), labels)
        seen[:, present] = model.predict_proba(scaler.transform(block))
    else:
        seen[:, present] = 1.0
    share = len(train) / (len(train) + 1.0)
    mixed: Real = share * seen + (1.0 - share) * probabilities
    return mixed


def _bits(train: Real, labels: NDArray[np.int64], block: Real, truth: NDArray[np.int64], classes: int) -> Real:
    """Bits of each item of a block, from a probe of the strength that codes the last fifth of train best."""
    border = len(train) - max(1, round(_INNER_SHARE * len(train)))
    chosen = _STRENGTHS[0]
    if border > 1:
        inner = [
            _lengths(_probabilities(train[:border], labels[:border], train[border:], one, classes), labels[border:])
            for one in _STRENGTHS
        ]
        chosen = _STRENGTHS[int(np.argmin([lengths.mean() for lengths in inner]))]
    return _lengths(_probabilities(train, labels, block, chosen, classes), truth)


def _lengths(probabilities: Real, truth: NDArray[np.int64]) -> Real:
    bits: Real = -np.log2(probabilities[np.arange(truth.size), truth])
    return bits


def online_code_length(
    embeddings: NDArray[np.floating], labels: NDArray[np.generic], *, seed: int, permuted: bool = False
) -> CodeLength:
    """Bits an item to send labels to someone who has the embeddings, by a linear probe that learns on the way.

    The items come in a seeded order, in blocks that end at 1/16, 1/8, 1/4, 1/2 and all of them. The probe's
    regularization is chosen in the blocks before, by code length.

    Args:
        embeddings: shape (items, size), finite.
        labels: names or numbers, shape (items,), all known; two different ones at least.
        seed: of the order, and of the permutation.
        permuted: whether to deal the labels anew among the items: what the procedure takes for nothing.

    Returns:
        Bits of each item and of the uniform code.

    Raises:
        SplitError: shapes do not fit, an embedding is not finite, or there are fewer than two labels.

    Reference:
        voita2020information: online (prequential) code, with blocks in powers of two.
    """
    embeddings, labels = labeled_rows("code length", embeddings, labels)
    names, numbers = np.unique(labels, return_inverse=True)
    if names.size < 2:
        raise SplitError(f"code length: {names.size} label(s), expected two at least. Code another column.")
    generator = np.random.default_rng(seed)
    order = generator.permutation(labels.size)
    numbers = numbers.astype(np.int64)
    coded = embeddings[order].astype(np.float64)
    truth = numbers[generator.permutation(labels.size) if permuted else order]
    bits = np.full(labels.size, np.log2(names.size))
    borders = np.unique([max(1, round(share * labels.size)) for share in _SHARES])
    for start, end in pairwise(borders):
        bits[start:end] = _bits(coded[:start], truth[:start], coded[start:end], truth[start:end], names.size)
    back = np.empty_like(bits)
    back[order] = bits
    return CodeLength(back, float(np.log2(names.size)))
