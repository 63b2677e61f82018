"""A measured value and what it would be without each speaker: what figures of leakage are made of.

A `Measure` is what one fold of one seed gives. Measures of many folds and seeds are averaged into one, speaker by
speaker, whatever they measure: recall, EER, bits. The interval is the jackknife-t over speakers, as for UAR (see
`significance.interval`, where it is held against the bootstrap in simulation: it covers better, and needs no draws).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unheard.errors import SplitError
from unheard.schemas.probes import Figure

__all__ = ["Measure", "average", "balanced_accuracy", "combine", "leave_each_out", "summary"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One value, and the value without each of the speakers that it stands on.

    Args:
        value: nan where it cannot be had.
        without: speaker -> the value when that speaker's items are left out.
        variance: what else the value would vary by, whoever spoke: the square of a standard error, of a draw.
        weight: what the value counts in a mean, e.g. how many items it stands on.
    """

    value: float
    without: Mapping[str, float] = field(default_factory=dict)
    variance: float = 0.0
    weight: float = 1.0


def leave_each_out(
    score: Callable[[NDArray[np.bool_]], float],
    speakers: NDArray[np.generic],
    involved: NDArray[np.generic] | None = None,
) -> Measure:
    """The score of all items, and of all but one speaker's, for each speaker.

    Args:
        score: from a mask of the items that count, shape (items,), to the value.
        speakers: who speaks, shape (items,).
        involved: a second speaker of each item (the other side of a trial), shape (items,); None if there is none.
    """
    names = np.unique(speakers if involved is None else np.concatenate([speakers, involved]))
    without = {}
    for name in names:
        kept = speakers != name
        if involved is not None:
            kept &= involved != name
        without[str(name)] = score(kept) if kept.any() else float("nan")
    return Measure(score(np.ones(speakers.shape, np.bool_)), without)


def balanced_accuracy(
    truth: NDArray[np.generic], prediction: NDArray[np.generic], speakers: NDArray[np.generic]
) -> Measure:
    """Mean recall of the values in truth (UAR), and the same without each speaker.

    Where the values are the speakers themselves, leaving one out leaves their recall out of the mean. In a mean over
    folds it weighs as many items as were tested.

    Args:
        truth: shape (items,), names or numbers.
        prediction: shape (items,), of the same kind.
        speakers: who speaks, shape (items,).

    Raises:
        SplitError: the three differ in length.
    """
    if not truth.shape == prediction.shape == speakers.shape:
        shapes = f"truth {truth.shape}, prediction {prediction.shape}, speakers {speakers.shape}"
        raise SplitError(f"balanced accuracy: {shapes}. Pass one of each an item.")
    if not truth.size:
        return Measure(float("nan"))
    values, number = np.unique(truth, return_inverse=True)
    names, speaker = np.unique(speakers, return_inverse=True)
    items = np.zeros((names.size, values.size))
    hits = np.zeros_like(items)
    np.add.at(items, (speaker, number), 1.0)
    np.add.at(hits, (speaker, number), np.asarray(truth == prediction, dtype=np.float64))
    whole = _mean_recall(hits.sum(axis=0, keepdims=True), items.sum(axis=0, keepdims=True))
    without = _mean_recall(hits.sum(axis=0) - hits, items.sum(axis=0) - items)
    left_out = {str(name): float(value) for name, value in zip(names, without, strict=True)}
    return Measure(float(whole[0]), left_out, weight=float(truth.size))


def _mean_recall(hits: NDArray[np.float64], items: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the values that have items, one for each row; nan for a row without any."""
    present = items > 0
    recalls = np.divide(hits, items, out=np.zeros_like(hits), where=present)
    counted = present.sum(axis=1)
    means: NDArray[np.float64] = np.where(counted > 0, recalls.sum(axis=1) / np.maximum(counted, 1), np.nan)
    return means


def combine(function: Callable[..., float], *measures: Measure) -> Measure:
    """A function of measures, taken with and without each speaker: a difference, a ratio, a distance.

    Args:
        function: from as many values as there are measures to one.
        measures: a speaker that one of them does not stand on changes nothing there. Their `variance` is not
            carried over: whoever knows the function sets it anew. What comes of it weighs what the first does.
    """
    names = dict.fromkeys(name for measure in measures for name in measure.without)
    without = {name: function(*(one.without.get(name, one.value) for one in measures)) for name in names}
    return Measure(
        function(*(one.value for one in measures)), without, weight=measures[0].weight if measures else 1.0
    )


def average(measures: Sequence[Measure]) -> Measure:
    """The weighted mean of several folds and seeds, and that mean without each speaker, wherever they stand.

    A fold in which few items are tested says little, and weighs as little. Values that could not be had are left out;
    nan if none could.
    """
    known = [measure for measure in measures if np.isfinite(measure.value)]
    weights = np.array([measure.weight for measure in known])

    def mean(*values: float) -> float:
        finite = np.isfinite(values)
        return float(np.average(np.array(values)[finite], weights=weights[finite])) if finite.any() else float("nan")

    shares = weights / max(weights.sum(), 1e-12)
    variance = sum(share**2 * measure.variance for share, measure in zip(shares, known, strict=True))
    return replace(combine(mean, *known), variance=float(variance), weight=float(weights.sum()) if known else 1.0)


def summary(
    measures: Sequence[Measure], *, level: float = 0.95, span: tuple[float, float] = (-np.inf, np.inf)
) -> Figure:
    """Mean, spread and interval of what several folds and seeds gave.

        mean -+ t * se,   se^2 = (S - 1)/S * sum over s of (mean_-s - mean of these)^2  (+ variance)

    t has S - 1 degrees of freedom; S counts the speakers that any of the measures stands on.

    Args:
        measures: one a fold and seed.
        level: coverage of the interval, in (0, 1).
        span: range of the quantity, to which the interval is cut.

    Returns:
        Its deviation is over folds and seeds (n - 1), None with fewer than two; its interval None with fewer than
        two speakers.

    Reference:
        efron1993bootstrap: chapter 11, the jackknife estimate of standard error.
    """
    whole = average(measures)
    values = [measure.value for measure in measures if np.isfinite(measure.value)]
    without = np.array([value for value in whole.without.values() if np.isfinite(value)])
    low = high = float("nan")
    if without.size > 1 and np.isfinite(whole.value):
        error = np.sqrt((without.size - 1) * np.var(without) + whole.variance)
        margin = float(stats.t.ppf(0.5 + level / 2, without.size - 1) * error)
        low, high = max(span[0], whole.value - margin), min(span[1], whole.value + margin)
    return Figure(
        mean=whole.value,
        std=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        interval=(low, high),
        speakers=len(whole.without),
        jobs=len(values),
    )
