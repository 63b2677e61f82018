"""One temperature of an objective's models, from all dev predictions, kept only where it helps held-out speakers.

A fold has one or two dev speakers, and a temperature of theirs says more of them than of the next speaker. So the dev
predictions of all folds and seeds are pooled, and the speaker is the unit, as everywhere: each weighs the same,
however often they spoke and were predicted, and each is left out in turn to see what the temperature does to one whom
it was not fitted on.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize_scalar

from unheard.scores.calibration_errors import checked, logs_of

__all__ = ["Pooled", "Temperature", "fit_pooled", "pool"]

_AXIS = np.arange(-60, 61) / 20.0
"""Logarithms of the temperatures at which losses are computed: 0.05 to 20. Between them lies a spline."""
_RAW = 60


@dataclass(frozen=True, slots=True)
class Temperature:
    """What was found of an objective's temperature.

    Args:
        value: T, to divide logits by; 1 unless it is kept.
        kept: whether it helped speakers who were left out.
        speakers: how many it was fitted on.
        fitted: T before that question was asked; nan with fewer than two speakers.
        gain: how far the log loss of speakers left out falls with it, in nats, mean over them; nan as above.
        error: the standard error of that mean over speakers; nan as above.
    """

    value: float = 1.0
    kept: bool = False
    speakers: int = 0
    fitted: float = math.nan
    gain: float = math.nan
    error: float = math.nan

    @property
    def sentence(self) -> str:
        """What T is, on how many it was fitted, and why it was kept or not."""
        if self.speakers < 2:
            if not self.speakers:
                return "T = 1: no dev prediction of a new speaker is known."
            return (
                "T = 1: dev predictions are of one speaker alone, and two are the fewest of whom one can be left out."
            )
        change = f"{abs(self.gain):.4f} nats (standard error over speakers {self.error:.4f})"
        found = f"{'lowers' if self.gain >= 0 else 'raises'} the log loss of speakers left out in turn by {change}"
        whom = f"fitted on the dev predictions of {self.speakers} speakers"
        if self.kept:
            return f"T = {self.value:.2f}, {whom}: it {found}."
        return f"T = 1: one of {self.fitted:.2f}, {whom}, {found}; too little to keep it."


@dataclass(frozen=True, slots=True)
class Pooled:
    """The losses of dev predictions at all temperatures of the axis, speaker by speaker.

    Args:
        speakers: their names, shape (speakers,).
        losses: log loss, mean over a speaker's predictions, shape (speakers, temperatures).
        level: the same if every class were equally true.
        utterances: how many each speaker has, shape (speakers,).
    """

    speakers: NDArray[np.str_]
    losses: NDArray[np.float64]
    level: NDArray[np.float64]
    utterances: NDArray[np.int64]

    def without(self, speakers: Collection[str]) -> "Pooled":
        """The pool without some of its speakers: nothing that was true of them is left in it."""
        left = ~np.isin(self.speakers, list(speakers))
        return Pooled(self.speakers[left], self.losses[left], self.level[left], self.utterances[left])


def pool(
    truth: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    *,
    speakers: NDArray[np.str_],
    names: NDArray[np.str_],
) -> Pooled:
    """Dev predictions as their losses at every temperature.

    Args:
        truth: class numbers, shape (items,), -1 where there is no label: left out.
        probabilities: shape (items, classes).
        speakers: shape (items,).
        names: of the utterances, shape (items,); several models may have predicted one.

    Raises:
        LabelError: truth and probabilities do not fit each other.
    """
    known = np.asarray(truth) >= 0
    truth, probabilities = checked(truth, probabilities)
    own, whose = np.unique(speakers[known], return_inverse=True)
    count = np.bincount(whose, minlength=own.size)
    logs, items = logs_of(probabilities), np.arange(truth.size)
    losses, level = np.empty((2, own.size, _AXIS.size))
    for place, axis in enumerate(_AXIS):
        scaled = logs * np.exp(-axis)
        whole = scaled.max(axis=1, initial=-np.inf)
        whole += np.log(np.exp(scaled - whole[:, None]).sum(axis=1))
        right = np.bincount(whose, weights=whole - scaled[items, truth], minlength=own.size)
        alike = np.bincount(whose, weights=whole - scaled.mean(axis=1), minlength=own.size)
        losses[:, place], level[:, place] = right / count, alike / count
    spoken = np.array([np.unique(names[known][whose == number]).size for number in range(own.size)], dtype=np.int64)
    return Pooled(own, losses, level, spoken)


def _lowest(curve: NDArray[np.float64]) -> float:
    """The logarithm of the temperature where a curve over the axis is lowest."""
    # The loss is convex in 1/T, so it has one valley in log T as well: it lies beside the lowest point.
    place = int(np.argmin(curve))
    ends = _AXIS[max(0, place - 1)], _AXIS[min(_AXIS.size - 1, place + 1)]
    found = minimize_scalar(CubicSpline(_AXIS, curve), bounds=ends, method="bounded", options={"xatol": 1e-6})
    return float(found.x)


def _fitted(pooled: Pooled) -> float:
    """The logarithm of the shrunken temperature of a pool; see `fit_pooled`."""
    share = 1.0 / (1.0 + pooled.utterances.sum())
    curve = (1.0 - share) * pooled.losses.mean(axis=0) + share * pooled.level.mean(axis=0)
    speakers = pooled.speakers.size
    return _lowest(curve) * speakers / (speakers + 1)


def fit_pooled(pooled: Pooled) -> Temperature:
    """The temperature of a pool of dev predictions, and 1 unless it helps speakers whom it was not fitted on.

        T = exp( n / (n + 1) * argmin over log T of  mean over speakers of their log loss )

    Three things keep it from doing harm. It is shrunken to 1 by the number of speakers, n: the prior, log T about 0,
    weighs as much as one of them, for before any is heard the next one's own log T lies about as far from 0 as from
    the others' (a unit information prior; measured in docs/adr/0008-temperature.md). One utterance whose classes are
    all equally true is added to the N of the pool, so that a pool without an error does not call for certainty: after
    N right answers the next may still be wrong once in N or so. And it is kept only where it lowers the log loss of
    speakers left out in turn, each by the temperature of the others, by more than the standard error of that gain
    over speakers (n - 1); else T is 1.

    Args:
        pooled: of one objective, over all folds and seeds.

    Reference:
        guo2017calibration: temperature scaling.
        kass1995reference: the unit information prior; here the unit is a speaker.
        platt1999probabilistic: targets as if more had been seen, against certainty from few items.
    """
    speakers = pooled.speakers.size
    if speakers < 2:
        return Temperature(speakers=speakers)
    gains = np.empty(speakers)
    for number, (name, curve) in enumerate(zip(pooled.speakers, pooled.losses, strict=True)):
        gains[number] = curve[_RAW] - CubicSpline(_AXIS, curve)(_fitted(pooled.without([str(name)])))
    gain, error = float(gains.mean()), float(np.std(gains, ddof=1) / np.sqrt(speakers))
    fitted, kept = float(np.exp(_fitted(pooled))), gain > error
    return Temperature(fitted if kept else 1.0, kept, speakers, fitted, gain, error)
