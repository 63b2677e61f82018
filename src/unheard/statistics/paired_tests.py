"""Whether one system is better than another: paired over speakers and clips, and over several comparisons.

The interval takes both the speakers and the seeds as drawn: with several seeds, what one training is luckier than
another counts as doubt (`power.Components`), as it must where methods are compared and not two files of weights.
With one seed it stands on that one training, as the sentence says.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unheard.errors import RunError
from unheard.statistics.intervals import bootstrap_interval, mean_uar, with_items
from unheard.statistics.power import Power, components_of, power_to_show

__all__ = [
    "DRAWS",
    "Pair",
    "Paired",
    "compare_pairs",
    "correct_differences",
    "holm",
    "paired_difference",
    "speaker_differences",
]

DRAWS = 10_000
"""Random swaps of the paired test, where there are too many speakers to try all."""
_ALL_SWAPS = 12
_TIE = 1e-12


@dataclass(frozen=True, slots=True)
class Paired:
    """Two systems on the same speakers, clips and seeds.

    Args:
        difference: UAR of the first minus UAR of the second, in [-1, 1].
        low: lower end of its interval over speakers and seeds.
        high: upper end.
        p_value: of the test that swaps the systems speaker by speaker, two-sided.
        speakers: speakers with labeled clips.
        seeds: seeds, averaged.
        wins: speakers whose own mean recall is higher with the first.
        losses: speakers whose own mean recall is lower with the first.
        ties: speakers where it is the same.
        shown: whether the interval excludes 0 and the p-value is below 1 - level.
        sentence: all that in plain words.
        bootstrap: both ends of the plain bootstrap over speakers; for comparison, it decides nothing.
    """

    difference: float
    low: float
    high: float
    p_value: float
    speakers: int
    seeds: int
    wins: int
    losses: int
    ties: int
    shown: bool
    sentence: str
    bootstrap: tuple[float, float] = (float("nan"), float("nan"))


@dataclass(frozen=True, slots=True)
class Pair:
    """A paired difference between two named systems.

    Args:
        first: name of the one.
        second: name of the other.
        paired: their difference.
        p_holm: its p-value after Holm's correction for all pairs.
        power: what it would take to show the difference that was observed, and one of `planned`; None where that
            is not known.
    """

    first: str
    second: str
    paired: Paired
    p_holm: float
    power: tuple[Power | None, Power | None] = (None, None)


def _swap_test(shares: NDArray[np.float64], seed: int) -> float:
    """Two-sided p-value of the sum of the speakers' shares when each may change its sign.

    All sign patterns are tried for up to 12 speakers, else DRAWS random ones (the observed one counts too).
    """
    observed = abs(shares.sum()) - _TIE
    if shares.size <= _ALL_SWAPS:
        signs = np.array(list(itertools.product((-1, 1), repeat=shares.size)))
        return float(np.mean(np.abs(signs @ shares) >= observed))
    signs = 2 * np.random.default_rng(seed).integers(0, 2, (DRAWS, shares.size), dtype=np.int8) - 1
    return float((1 + np.count_nonzero(np.abs(signs @ shares) >= observed)) / (1 + DRAWS))


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _sentence(names: tuple[str, str], ends: tuple[float, float, float], level: float, rest: str) -> str:
    """In words; `ends` is (difference, low, high), which 'worse by' turns round."""
    difference, low, high = (100.0 * end for end in ends)
    if difference < 0:
        difference, low, high = -difference, -high, -low
    relation = "is worse than" if ends[0] < 0 else "is better than" if ends[0] > 0 else "is level with"
    low, high = low + 0.0, high + 0.0  # no minus before a zero
    span = "no interval" if np.isnan(low) else f"{100 * level:g} % interval {low:.1f} to {high:.1f}"
    by = f" by {difference:.1f} points" if ends[0] else ""
    return f"{names[0]} {relation} {names[1]}{by} ({span}, {rest}"


def speaker_differences(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.float64]:
    """Each speaker's own UAR with the first system minus that with the second, mean over seeds.

    Args:
        first: confusions, shape (seeds, speakers, classes, classes).
        second: those of the other on the same clips.

    Returns:
        Differences, shape (speakers,), in [-1, 1]; nan for a speaker without labeled clips.
    """
    return mean_uar(np.asarray(first, dtype=np.int64)) - mean_uar(np.asarray(second, dtype=np.int64))


def paired_difference(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    *,
    names: tuple[str, str] = ("a", "b"),
    level: float = 0.95,
    seed: int = 0,
) -> Paired:
    """Whether one system is better than another on the same speakers, clips and seeds.

    The interval is a t interval whose standard error holds the jackknife's over speakers (as in `interval`, not on
    the logit scale) and, with several seeds, what trainings differ in as a whole; its degrees of freedom are
    Satterthwaite's. The test asks how often a difference as large comes about when, for each speaker, chance
    says which system is called which. A difference is 'shown' only if both agree.

    Args:
        first: confusions of one system, shape (seeds, speakers, classes, classes).
        second: those of the other, on the same clips.
        names: what the sentence calls them.
        level: coverage of the interval, in (0, 1).
        seed: of the random swaps and resamples.

    Returns:
        Difference, interval, p-value, per-speaker wins, and a sentence.

    Raises:
        RunError: the two were not judged on the same speakers, clips and seeds.
    """
    first, second = with_items(first), with_items(second)
    if first.shape != second.shape or not np.array_equal(first.sum(axis=-1), second.sum(axis=-1)):
        message = f"{names[0]} {first.shape} and {names[1]} {second.shape} (seeds, speakers, classes, classes)"
        raise RunError(f"{message} were not judged on the same clips. Run both on the same folds and seeds.")
    seeds, speakers = first.shape[:2]
    # The clips being the same, UAR is linear in the hits: a speaker adds (hits - hits') / items of each class.
    gained = np.diagonal(first - second, axis1=-2, axis2=-1).mean(axis=0)
    items = first[0].sum(axis=-1)
    present = items.sum(axis=0) > 0
    gained, items = gained[:, present], items[:, present]
    shares = (gained / items.sum(axis=0)).mean(axis=1)
    difference = float(shares.sum())
    error, freedom = components_of(first, second).error(speakers, seeds)
    margin = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    low, high = difference - margin, difference + margin
    p_value = _swap_test(shares, seed)
    apart = low > 0 or high < 0
    shown = apart and p_value < 1 - level
    own = speaker_differences(first, second)
    wins, losses = int(np.count_nonzero(own > _TIE)), int(np.count_nonzero(own < -_TIE))
    verdict = "shown." if seeds > 1 else "shown, for one training of each."
    if not shown:
        # An interval that leaves 0 out beside "not shown" would contradict itself.
        decides = f"swapping the two for each speaker gives p = {p_value:.3f}, which decides"
        verdict = f"not shown: the interval leaves 0 out, but {decides}." if apart else "not shown."
    rest = f"{_count(speakers, 'speaker')}, {_count(seeds, 'seed')}): {verdict}"
    sentence = _sentence(names, (difference, low, high), level, rest)
    tail = (speakers, seeds, wins, losses, speakers - wins - losses, shown, sentence)
    return Paired(difference, low, high, p_value, *tail, bootstrap_interval(gained, items, level=level, seed=seed))


def compare_pairs(
    systems: Mapping[str, NDArray[np.integer]], *, level: float = 0.95, planned: float = 0.02
) -> list[Pair]:
    """Every pair of systems, later against earlier, each difference corrected for their number.

    Args:
        systems: name -> confusions, shape (seeds, speakers, classes, classes), on the same clips.
        level: of the intervals; 1 minus the p-value below which a difference is shown.
        planned: the difference of UAR that a next experiment should be able to show, as one of as many pairs.

    Raises:
        RunError: see `paired_difference`.
    """
    names = list(itertools.combinations(systems, 2))
    # Holm's smallest p-value is held against this one, so that power at it is promised of none too much.
    strictest = 1 - (1 - level) / max(1, len(names))
    differences = [
        paired_difference(systems[later], systems[earlier], names=(later, earlier), level=level)
        for earlier, later in names
    ]
    pairs = []
    for (earlier, later), (paired, p_holm) in zip(names, correct_differences(differences, level=level), strict=True):
        components = components_of(systems[later], systems[earlier])
        observed, wanted = (power_to_show(components, size, level=strictest) for size in (paired.difference, planned))
        pairs.append(Pair(later, earlier, paired, p_holm, (observed, wanted)))
    return pairs


def correct_differences(differences: Sequence[Paired], *, level: float = 0.95) -> list[tuple[Paired, float]]:
    """The same differences for their being several: each with its p-value after `holm`.

    One that alone would count as shown, and no longer does, says in its sentence that the corrected p decides.

    Args:
        differences: all that were looked at.
        level: 1 minus the p-value below which a difference is shown.
    """
    adjusted = holm(np.array([one.p_value for one in differences], dtype=np.float64))
    result = []
    for one, p_value in zip(differences, adjusted, strict=True):
        if one.shown and p_value >= 1 - level:
            alone = f"the interval and p = {one.p_value:.3f} are of this comparison alone"
            decides = f"p = {p_value:.3f}, corrected for {len(differences)} comparisons (Holm), decides"
            words = f"not shown: {alone}; {decides}."
            before = one.sentence.rpartition(": ")[0]
            one = replace(one, shown=False, sentence=f"{before}: {words}")  # noqa: PLW2901
        result.append((one, float(p_value)))
    return result


def holm(p_values: NDArray[np.floating]) -> NDArray[np.float64]:
    """P-values adjusted for being several: below .05 each, the chance of any false one stays below .05.

    The k-th smallest of n is multiplied by n - k + 1, kept in order and at most 1.

    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])

    Args:
        p_values: shape (comparisons,), in [0, 1].

    Returns:
        Adjusted p-values in the same order, shape (comparisons,).

    Raises:
        RunError: a value is outside [0, 1].

    Reference:
        holm1979simple: the sequentially rejective Bonferroni procedure.
    """
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1 or not np.all((values >= 0) & (values <= 1)):
        raise RunError(f"p-values {values.tolist()}, expected a list of numbers in [0, 1]. Recompute them.")
    order = np.argsort(values, kind="stable")
    raised = np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
