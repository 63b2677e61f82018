"""Where a difference between two systems varies, and how many speakers and seeds it would take to show it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unheard.metrics.uar import uar_of_each
from unheard.statistics.intervals import with_items, without_each

__all__ = ["LIMITS", "Components", "Power", "components_of", "power_of", "power_to_show"]

LIMITS = {"speakers": 10_000, "seeds": 1_000}
"""More than these are called 'no number'."""
_SURE = 12.0
"""So many standard errors are always shown (and the noncentral t of larger ones is not reliable)."""


@dataclass(frozen=True, slots=True)
class Components:
    """Variances of a difference of UAR: drawing other speakers, training again, and both at once.

        error^2 = speaker / S + seed / R + both / (S R)

    Args:
        speaker: variance between speakers of their expected difference.
        seed: variance between trainings of their expected difference; nan with one seed.
        both: variance of what a training does to one speaker alone, clip noise included; nan with one seed, where
            it is part of `speaker`.
        speakers: S, how many they were estimated on.
        seeds: R.
    """

    speaker: float
    seed: float
    both: float
    speakers: int
    seeds: int

    def error(self, speakers: float, seeds: float) -> tuple[float, float]:
        """Standard error of the mean difference with so many of both, and its degrees of freedom.

        Satterthwaite's, with the seeds' whole mean square in the denominator: what was taken off it for clip noise
        is no surer than the rest. In simulation (docs/interval-coverage.md) that keeps 3 seeds honest.

        Reference:
            hillis2007comparison: degrees of freedom where readers, here seeds, are few.
        """
        seed, both = np.nan_to_num([self.seed, self.both])
        between_speakers, trainings = (self.speaker + both / seeds) / speakers, seed / seeds
        square = trainings + both / (speakers * seeds)
        doubt = between_speakers**2 / max(1.0, speakers - 1) + square**2 / max(1.0, seeds - 1)
        freedom = (between_speakers + trainings) ** 2 / doubt if doubt > 0 else max(1.0, speakers - 1)
        return float(np.sqrt(between_speakers + trainings)), float(freedom)


@dataclass(frozen=True, slots=True)
class Power:
    """What it would take to show a difference of a given size.

    Args:
        difference: the difference that is to be shown, above 0, of UAR.
        power: the chance that the speakers and seeds at hand show it, in [0, 1].
        speakers: how many would, with the seeds at hand; None: no number.
        seeds: how many would, with the speakers at hand; None: no number, or not known from one seed.
        sentence: that in plain words.
    """

    difference: float
    power: float
    speakers: int | None
    seeds: int | None
    sentence: str


def components_of(first: NDArray[np.integer], second: NDArray[np.integer]) -> Components:
    """The variance components of the difference of two systems on the same clips.

    The speaker's part is the jackknife's, less the share that belongs to both. The others come from the table of
    each speaker's influence on each seed's difference: a two-way layout without repetition. What comes out
    negative is 0.

    Args:
        first: confusions of one system, shape (seeds, speakers, classes, classes).
        second: those of the other.

    Reference:
        obuchowski1995hypothesis: readers are our seeds, cases our speakers: both are random.
    """
    first, second = with_items(first), with_items(second)
    seeds, speakers = first.shape[:2]
    if speakers < 2:
        return Components(float("nan"), float("nan"), float("nan"), speakers, seeds)
    between_speakers = (speakers - 1) * float(np.var(without_each(first) - without_each(second)))
    if seeds < 2:
        return Components(speakers * between_speakers, float("nan"), float("nan"), speakers, seeds)
    table = _influences(first, second)
    own, whole = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    residual = table - own - whole + table.mean()
    both = float((residual**2).sum()) / ((seeds - 1) * (speakers - 1))
    seed = max(0.0, float(np.var(own, ddof=1)) - both / speakers)
    return Components(max(0.0, speakers * between_speakers - both / seeds), seed, both, speakers, seeds)


def _influences(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each seed's difference as each speaker pulls it, shape (seeds, speakers); a row's mean is the difference."""
    items = first[0].sum(axis=-1)
    present = items.sum(axis=0) > 0
    items = items[:, present]
    gained = np.diagonal(first - second, axis1=-2, axis2=-1)[..., present]
    total = items.sum(axis=0)
    recall = gained.sum(axis=1, keepdims=True) / total
    pulls = ((gained - recall * items) / total).mean(axis=-1)
    difference = uar_of_each(first.sum(axis=1)) - uar_of_each(second.sum(axis=1))
    table: NDArray[np.float64] = len(items) * pulls + difference[:, np.newaxis]
    return table


def power_of(
    components: Components, difference: float, *, speakers: float, seeds: float, level: float = 0.95
) -> float:
    """The chance that an interval of that level excludes 0 on the right side.

    Args:
        components: the variances.
        difference: the true one, of UAR; its sign does not matter.
        speakers: how many are tested.
        seeds: how many trainings are averaged.
        level: of the interval, in (0, 1).

    Returns:
        Power in [0, 1]; nan where the variances are. 0 with so few speakers that the test which swaps the systems
        speaker by speaker cannot agree: its smallest p-value, 2 sign patterns of 2^speakers, is 1 - level or more.
    """
    error, freedom = components.error(speakers, seeds)
    if not np.isfinite(error):
        return float("nan")
    if 2.0 ** (1 - speakers) >= 1 - level:
        return 0.0
    if error == 0 or abs(difference) / error > _SURE:
        return 1.0 if difference else 0.0
    return float(stats.nct.sf(stats.t.ppf(0.5 + level / 2, freedom), freedom, abs(difference) / error))


def _fewest(enough: Callable[[int], bool], limit: int) -> int | None:
    """The smallest number from 2 to the limit for which it is enough, if there is one."""
    if not enough(limit):
        return None
    low, high = 2, limit
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def power_to_show(
    components: Components, difference: float, *, power: float = 0.8, level: float = 0.95
) -> Power | None:
    """How many speakers, or how many seeds, would show a difference of that size.

    A guide for planning: the variances are estimates, from few seeds rough ones. For the very difference that was
    observed it says no more than the p-value does; a size that matters for its own sake says more.

    Args:
        components: the variances.
        difference: of UAR; its sign does not matter.
        power: the chance to be reached, in (0, 1).
        level: of the interval that is to exclude 0.

    Returns:
        The numbers and a sentence; None where there is no difference, or no variance is known.
    """
    if not difference or not np.isfinite(components.speaker):
        return None
    here, again = components.speakers, components.seeds

    def reached(speakers: int, seeds: int) -> float:
        return power_of(components, difference, speakers=speakers, seeds=seeds, level=level)

    speakers = _fewest(lambda number: reached(number, again) >= power, LIMITS["speakers"])
    seeds = _fewest(lambda number: reached(here, number) >= power, LIMITS["seeds"]) if again > 1 else None
    found = Power(abs(difference), reached(here, again), speakers, seeds, "")
    return Power(found.difference, found.power, speakers, seeds, _sentence(found, components, power))


def _sentence(found: Power, components: Components, power: float) -> str:
    here, again = components.speakers, components.seeds
    these = f"{again} seed{'' if again == 1 else 's'}"
    points = f"{100 * found.difference:.1f} points"
    if found.power >= power:
        return f"{here} speakers and {these} have {100 * found.power:.0f} % power to show a difference of {points}."
    who = "no number of speakers would do" if found.speakers is None else f"about {found.speakers} speakers"
    if again < 2:
        what = "and from one it is not known what more seeds would do"
    elif found.seeds is None:
        what = f"and with these {here} speakers no number of seeds would do"
    else:
        what = f"or about {found.seeds} seeds with these {here} speakers"
    return f"To show a difference of {points} with {100 * power:.0f} % power: {who} with {these}, {what}."
