"""What an adaptation knows of the training items: statistics that were computed once, and the trained read-out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import AdaptationError

__all__ = [
    "Moments",
    "Readout",
    "Real",
    "Source",
    "SourceStatistics",
    "checked_rows",
    "describe_source",
    "moments_of",
]

Real = NDArray[np.float64]
Readout = Callable[[Real], Real]
"""From embeddings, shape (items, size), to class probabilities, shape (items, classes): the model's own head, or
`unheard.adaptation.readout.AffineReadout`."""


@dataclass(frozen=True)
class Moments:
    """Mean and deviation of each channel.

    Args:
        count: of the items.
        mean: shape (size,).
        deviation: shape (size,), dividing by the number of items.
    """

    count: int
    mean: Real
    deviation: Real


@dataclass(frozen=True, eq=False)
class SourceStatistics:
    """The training items' embeddings, summed up; the items themselves are not needed again.

    Two are the same only where they are one object: what is computed from one is kept for it.

    Args:
        classes: names, in the read-out's order.
        counts: training items of each class, shape (classes,).
        means: of each class, shape (classes, size).
        covariance: within classes, each class weighing the same, shape (size, size).
        moments: of all items, whatever their class.
    """

    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    means: Real
    covariance: Real
    moments: Moments

    @property
    def size(self) -> int:
        """Channels of an embedding."""
        return int(self.means.shape[1])


@dataclass(frozen=True)
class Source:
    """What the target is adapted to.

    Args:
        statistics: of the training items.
        readout: trained on the same items; it is never changed.
    """

    statistics: SourceStatistics
    readout: Readout

    def probabilities(self, embeddings: Real) -> Real:
        """The read-out's answers, shape (items, classes).

        Raises:
            AdaptationError: they are not a probability of each class of the statistics.
        """
        answers = np.asarray(self.readout(embeddings), dtype=np.float64)
        expected = (len(embeddings), len(self.statistics.classes))
        if answers.shape != expected or not np.isfinite(answers).all():
            found = f"shape {answers.shape}" if answers.shape != expected else "nan or infinite numbers"
            raise AdaptationError(f"read-out: it gives {found}, expected one probability a class, shape {expected}.")
        return answers


def checked_rows(embeddings: NDArray[np.floating], *, size: int | None = None, who: str = "adaptation") -> Real:
    """Embeddings in double precision, shape (items, size), all finite.

    Args:
        embeddings: shape (items, size).
        size: that they must have; None for any.
        who: asks, for the message.

    Raises:
        AdaptationError: they have another shape, or hold nan or infinite numbers.
    """
    rows = np.asarray(embeddings, dtype=np.float64)
    if rows.ndim != 2 or (size is not None and rows.shape[1] != size):
        expected = "(items, size)" if size is None else f"(items, {size})"
        raise AdaptationError(
            f"{who}: embeddings of shape {rows.shape}, expected {expected}. Use those of one model."
        )
    if not np.isfinite(rows).all():
        raise AdaptationError(f"{who}: embeddings hold nan or infinite numbers. Look for a diverged model.")
    return rows


def moments_of(embeddings: Real) -> Moments:
    """Mean and deviation of each channel; the order of the items changes no bit of them.

    >>> moments_of(np.array([[1.0], [3.0]]))
    Moments(count=2, mean=array([2.]), deviation=array([1.]))

    Args:
        embeddings: shape (items, size), at least one item.
    """
    ordered = np.sort(embeddings, axis=0)  # sums of floating numbers hang on their order
    return Moments(len(ordered), ordered.mean(axis=0), ordered.std(axis=0))


def describe_source(
    embeddings: NDArray[np.floating], labels: NDArray[np.integer], classes: tuple[str, ...]
) -> SourceStatistics:
    """Sum up the training items; nothing of the target is read.

    Args:
        embeddings: shape (items, size).
        labels: class numbers, shape (items,); UNLABELED (-1) items are left out.
        classes: names, in the order of the numbers.

    Raises:
        AdaptationError: shapes do not fit, or a class has no item.
    """
    rows, numbers = checked_rows(embeddings, who="source"), np.asarray(labels)
    if numbers.shape != rows.shape[:1] or (numbers.size and numbers.max() >= len(classes)):
        raise AdaptationError(
            f"source: embeddings {rows.shape} and labels {numbers.shape} of {len(classes)} classes do not fit. "
            "Pass one class number an item."
        )
    rows, numbers = rows[numbers >= 0], numbers[numbers >= 0]
    counts = np.bincount(numbers, minlength=len(classes)).astype(np.int64)
    if len(classes) < 2 or not counts.all():
        lacking = [name for name, count in zip(classes, counts, strict=True) if not count]
        raise AdaptationError(f"source: no training item of {', '.join(lacking) or 'two classes'}. Leave them out.")
    means = np.stack([rows[numbers == number].mean(axis=0) for number in range(len(classes))])
    residuals = (rows - means[numbers]) / np.sqrt(counts.size * counts[numbers])[:, np.newaxis]
    return SourceStatistics(tuple(classes), counts, means, residuals.T @ residuals, moments_of(rows))
