"""Statistics over speakers, not clips: the clips of one speaker stand or fall together.

An interval over clips is too narrow by the factor that a speaker's clips agree, often two or three. So the
unit is the speaker: intervals leave out one speaker at a time, the test swaps two systems speaker by speaker.
What the results hold is one array, ``confusions`` of shape (seeds, speakers, classes, classes).

The intervals stand on the seeds and folds that were run. They do not hold the luck of another training,
beyond its being averaged over the seeds, nor that speakers of one fold were judged by the same model.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unheard.errors import RunError
from unheard.metrics._confusion import confusions_by_speaker
from unheard.metrics.uar import uar_of_each

__all__ = [
    "DRAWS",
    "Pair",
    "Paired",
    "confusions_by_speaker",
    "corrected",
    "every_pair",
    "holm",
    "interval",
    "paired_difference",
    "speaker_interval",
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
        low: lower end of its interval over speakers.
        high: upper end.
        p_value: of the test that swaps the systems speaker by speaker, two-sided.
        speakers: speakers with labelled clips.
        seeds: seeds, averaged.
        wins: speakers whose own mean recall is higher with the first.
        losses: speakers whose own mean recall is lower with the first.
        ties: speakers where it is the same.
        shown: whether the interval excludes 0 and the p-value is below 1 - level.
        sentence: all that in plain words.
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


@dataclass(frozen=True, slots=True)
class Pair:
    """A paired difference between two named systems, and its p-value after Holm's correction for all pairs."""

    first: str
    second: str
    paired: Paired
    p_holm: float


def _with_items(confusions: NDArray[np.integer]) -> NDArray[np.int64]:
    """The confusions of the speakers who have any labelled clip."""
    counts: NDArray[np.int64] = np.asarray(confusions).astype(np.int64)
    if counts.ndim != 4 or counts.shape[-1] != counts.shape[-2] or not counts.shape[0]:
        expected = "expected (seeds, speakers, classes, classes) with a seed"
        raise RunError(f"confusions of shape {counts.shape}, {expected}. Use confusions_by_speaker.")
    return counts[:, counts.sum(axis=(0, 2, 3)) > 0]


def _mean_uar(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean over seeds (first axis) of the UAR of each matrix."""
    mean: NDArray[np.float64] = np.mean(uar_of_each(confusions), axis=0)
    return mean


def _without_each(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean UAR that lacks one speaker, for each speaker."""
    return _mean_uar(confusions.sum(axis=1, keepdims=True) - confusions)


def _margin(without_each: NDArray[np.float64], level: float) -> float:
    """Half an interval: t times the jackknife standard error."""
    speakers = without_each.size
    error = np.sqrt((speakers - 1) * np.var(without_each))
    return float(stats.t.ppf(0.5 + level / 2, speakers - 1) * error)


def _one_error(confusions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same clips, all right but for one of the rarest class, as one seed."""
    items: NDArray[np.int64] = confusions[0].sum(axis=-1)
    total = items.sum(axis=0)
    rarest = int(np.argmin(np.where(total > 0, total, total.max() + 1)))
    speaker = int(np.argmax(items[:, rarest]))
    turned: NDArray[np.int64] = items[..., np.newaxis] * np.eye(total.size, dtype=np.int64)
    turned[speaker, rarest, rarest] -= 1
    turned[speaker, rarest, rarest - 1] += 1
    return turned[np.newaxis]


def interval(confusions: NDArray[np.integer], *, level: float = 0.95) -> tuple[float, float]:
    """Where the UAR on other speakers of the same kind lies: a jackknife-t interval on the logit scale.

        logit(UAR) -+ t * se / (UAR (1 - UAR)),   se^2 = (S - 1)/S * sum over s of (UAR_-s - mean UAR_-s)^2

    UAR is that of the sum of the speakers' matrices, averaged over seeds; UAR_-s lacks speaker s; t has
    S - 1 degrees of freedom; the ends are mapped back, so they stay within [0, 1]. Without a single error
    the spread is unknown: the lower end then is that of the same result with one clip wrong (and at UAR 0
    the upper end that with one clip right).

    Why not the bootstrap: in simulated corpora of five kinds with 10, 24 and 65 speakers, 1000 each
    (scripts/interval_coverage.py), 95 % intervals of this kind held the truth in 94.0 to 96.3 %, those of
    the percentile bootstrap in 88.7 to 94.2 % (BCa was no better). Both fare worse where one speaker in
    seven is far poorer than the rest and only 10 are heard: 89.6 % and 82.2 %.

    Args:
        confusions: counts, shape (seeds, speakers, classes, classes).
        level: coverage, in (0, 1).

    Returns:
        Lower and upper end, in [0, 1]; nan, nan with fewer than two speakers.

    Raises:
        RunError: the shape is another one.

    Reference:
        efron1993bootstrap: chapter 11, the jackknife estimate of standard error.
    """
    confusions = _with_items(confusions)
    if confusions.shape[1] < 2:
        return float("nan"), float("nan")
    uar = float(_mean_uar(confusions.sum(axis=1)))
    if not 0.0 < uar < 1.0:
        if confusions.shape[-1] < 2:
            return uar, uar
        low, _ = interval(_one_error(confusions), level=level)
        return (low, 1.0) if uar > 0 else (0.0, 1.0 - low)
    margin = _margin(_without_each(confusions), level) / (uar * (1.0 - uar))
    centre = np.log(uar / (1.0 - uar))
    low, high = stats.logistic.cdf([centre - margin, centre + margin])
    return float(low), float(high)


def speaker_interval(
    truth: NDArray[np.integer],
    prediction: NDArray[np.integer],
    speakers: NDArray[np.generic],
    *,
    classes: int,
    level: float = 0.95,
) -> tuple[float, float]:
    """The `interval` of the UAR of one run; the arguments are those of `confusions_by_speaker`.

    Returns:
        Lower and upper end, in [0, 1]; nan, nan with fewer than two speakers.

    Raises:
        LabelError: truth or prediction do not fit each other or the label map.
        RunError: speakers have another length.
    """
    return interval(confusions_by_speaker(truth, prediction, speakers, classes=classes), level=level)


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


def _shares(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """What each speaker adds to the difference of UAR, shape (speakers,); their sum is the difference.

    The clips being the same, UAR is linear in the hits: a speaker adds (hits - hits') / items of the class.
    """
    gained = np.diagonal(first - second, axis1=-2, axis2=-1).mean(axis=0)
    items = first[0].sum(axis=(0, 2))
    present = items > 0
    shares: NDArray[np.float64] = (gained[:, present] / items[present]).mean(axis=1)
    return shares


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


def paired_difference(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    *,
    names: tuple[str, str] = ("a", "b"),
    level: float = 0.95,
    seed: int = 0,
) -> Paired:
    """Whether one system is better than another on the same speakers, clips and seeds.

    The interval is the jackknife-t over speakers of the difference in mean UAR (as `interval`, not on the
    logit scale). The test asks how often a difference as large comes about when, for each speaker, chance
    says which system is called which. A difference is 'shown' only if both agree.

    Args:
        first: confusions of one system, shape (seeds, speakers, classes, classes).
        second: those of the other, on the same clips.
        names: what the sentence calls them.
        level: coverage of the interval, in (0, 1).
        seed: of the test's random swaps.

    Returns:
        Difference, interval, p-value, per-speaker wins, and a sentence.

    Raises:
        RunError: the two were not judged on the same speakers, clips and seeds.
    """
    first, second = _with_items(first), _with_items(second)
    if first.shape != second.shape or not np.array_equal(first.sum(axis=-1), second.sum(axis=-1)):
        message = f"{names[0]} {first.shape} and {names[1]} {second.shape} (seeds, speakers, classes, classes)"
        raise RunError(f"{message} were not judged on the same clips. Run both on the same folds and seeds.")
    seeds, speakers = first.shape[:2]
    shares = _shares(first, second)
    low = high = float("nan")
    difference = float(shares.sum())
    if speakers > 1:
        margin = _margin(_without_each(first) - _without_each(second), level)
        low, high = difference - margin, difference + margin
    p_value = _swap_test(shares, seed)
    shown = (low > 0 or high < 0) and p_value < 1 - level
    own = _mean_uar(first) - _mean_uar(second)
    wins, losses = int(np.count_nonzero(own > _TIE)), int(np.count_nonzero(own < -_TIE))
    rest = f"{_count(speakers, 'speaker')}, {_count(seeds, 'seed')}): {'shown' if shown else 'not shown'}."
    sentence = _sentence(names, (difference, low, high), level, rest)
    tail = (speakers, seeds, wins, losses, speakers - wins - losses, shown, sentence)
    return Paired(difference, low, high, p_value, *tail)


def every_pair(systems: Mapping[str, NDArray[np.integer]], *, level: float = 0.95) -> list[Pair]:
    """Every pair of systems, later against earlier, each difference corrected for their number.

    Args:
        systems: name -> confusions, shape (seeds, speakers, classes, classes), on the same clips.
        level: of the intervals; 1 minus the p-value below which a difference is shown.

    Raises:
        RunError: see `paired_difference`.
    """
    names = list(itertools.combinations(systems, 2))
    differences = [
        paired_difference(systems[later], systems[earlier], names=(later, earlier), level=level)
        for earlier, later in names
    ]
    return [
        Pair(later, earlier, paired, p_holm)
        for (earlier, later), (paired, p_holm) in zip(names, corrected(differences, level=level), strict=True)
    ]


def corrected(differences: Sequence[Paired], *, level: float = 0.95) -> list[tuple[Paired, float]]:
    """The same differences for their being several: each with its p-value after `holm`.

    One that alone would count as shown, and no longer does, says so in its sentence.

    Args:
        differences: all that were looked at.
        level: 1 minus the p-value below which a difference is shown.
    """
    adjusted = holm(np.array([one.p_value for one in differences], dtype=np.float64))
    result = []
    for one, p_value in zip(differences, adjusted, strict=True):
        if one.shown and p_value >= 1 - level:
            words = f"not shown, as one of {len(differences)} comparisons."
            one = replace(one, shown=False, sentence=one.sentence.removesuffix("shown.") + words)  # noqa: PLW2901
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
