"""A network with one hidden layer, small enough that a step costs less than a library's checks of its inputs.

A probe takes some thousand steps on some thousand items, and a run is probed some hundred times.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Network"]

_RATE, _DECAY = 2e-3, 1e-3
_MOMENTS, _TINY = (0.9, 0.999), 1e-8

Matrix = NDArray[np.float32]


class Network:
    """size -> hidden, ReLU -> classes, softmax; cross-entropy and a little weight decay, by Adam.

    All parameters lie in one vector, so that Adam is a few operations on it.

    Args:
        size: of the inputs.
        hidden: of the layer between.
        classes: of the output.
        generator: of the first weights (uniform, as wide as the layer's two sizes ask for).
    """

    def __init__(self, size: int, hidden: int, classes: int, generator: np.random.Generator) -> None:
        shapes = ((size, hidden), (hidden,), (hidden, classes), (classes,))
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        self._places = [
            (int(end) - int(np.prod(shape)), int(end), shape) for end, shape in zip(ends, shapes, strict=True)
        ]
        self.parameters = np.zeros(int(ends[-1]), np.float32)
        self._gradient = np.zeros_like(self.parameters)
        self._first, self._second = np.zeros_like(self.parameters), np.zeros_like(self.parameters)
        self._steps = 0
        for weights in self._views(self.parameters)[::2]:
            bound = np.sqrt(6.0 / sum(weights.shape))
            weights[:] = generator.uniform(-bound, bound, weights.shape)

    def _views(self, vector: Matrix) -> list[Matrix]:
        return [vector[start:end].reshape(shape) for start, end, shape in self._places]

    def scores(self, inputs: Matrix) -> Matrix:
        """Logits, shape (items, classes)."""
        into, bias, out, shift = self._views(self.parameters)
        logits: Matrix = np.maximum(inputs @ into + bias, 0) @ out + shift
        return logits

    def predict(self, inputs: Matrix) -> NDArray[np.int64]:
        """The likeliest class of each item, shape (items,)."""
        likeliest: NDArray[np.int64] = self.scores(inputs).argmax(axis=1).astype(np.int64)
        return likeliest

    def gradient(self, inputs: Matrix, labels: NDArray[np.int64], weights: Matrix | None = None) -> Matrix:
        """Of the mean weighted cross-entropy and decay / (2 items) times the squares, a vector like `parameters`."""
        into, bias, out, shift = self._views(self.parameters)
        hidden = np.maximum(inputs @ into + bias, 0)
        logits = hidden @ out + shift
        error = np.exp(logits - logits.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(labels.size), labels] -= 1.0
        if weights is not None:
            error *= weights[:, np.newaxis]
        error /= labels.size
        back = (error @ out.T) * (hidden > 0)
        of_into, of_bias, of_out, of_shift = self._views(self._gradient)
        of_into[:] = inputs.T @ back + (_DECAY / labels.size) * into
        of_bias[:] = back.sum(axis=0)
        of_out[:] = hidden.T @ error + (_DECAY / labels.size) * out
        of_shift[:] = error.sum(axis=0)
        return self._gradient

    def step(self, inputs: Matrix, labels: NDArray[np.int64], weights: Matrix | None = None) -> None:
        """One step of Adam on a batch.

        Args:
            inputs: shape (batch, size), float32.
            labels: class numbers, shape (batch,).
            weights: what each item counts, shape (batch,), float32; None for 1 each.

        Reference:
            kingma2015adam: algorithm 1.
        """
        gradient = self.gradient(inputs, labels, weights)
        self._steps += 1
        one, two = _MOMENTS
        self._first *= one
        self._first += (1 - one) * gradient
        self._second *= two
        self._second += (1 - two) * gradient * gradient
        rate = _RATE * np.sqrt(1 - two**self._steps) / (1 - one**self._steps)
        self.parameters -= (rate * self._first / (np.sqrt(self._second) + _TINY)).astype(np.float32)
