"""Fairness: the UAR of groups of speakers beside each other, and of the worst tenth of all speakers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from unheard.metrics.confusion import confusions_by_speaker
from unheard.schemas.fairness import Fairness, GroupComparison, GroupGap, SpeakerTails
from unheard.schemas.objective import SpeakerScores, WorstSpeaker
from unheard.schemas.scores import GroupScores
from unheard.statistics.intervals import interval, mean_uar, one_error, with_items, without_each

__all__ = [
    "SHUFFLES",
    "SpeakerPredictions",
    "fairness_summary",
    "group_scores",
    "has_enough_emotions",
    "largest_gap",
    "tail_of_speakers",
    "worst_speaker",
]

SHUFFLES = 200
"""How often clips are dealt to the speakers anew, to see what gap luck alone leaves."""
_NONE = 1e-24
"""A squared error below this is none that was seen, but for rounding."""


@dataclass(frozen=True, slots=True)
class SpeakerPredictions:
    """Predictions of one objective and who spoke; each clip once a seed.

    Args:
        truth: class numbers, shape (items,).
        prediction: class numbers, shape (items,).
        speakers: who speaks, shape (items,).
        seeds: which training, shape (items,).
        names: of the clips, shape (items,).
        classes: size of the label map.
    """

    truth: NDArray[np.int64]
    prediction: NDArray[np.int64]
    speakers: NDArray[np.str_]
    seeds: NDArray[np.int64]
    names: NDArray[np.str_]
    classes: int

    @property
    def can_be_judged(self) -> NDArray[np.bool_]:
        """Whether the speaker of each item has enough emotions for a UAR of their own, shape (items,)."""
        speaker_names, speaker = np.unique(self.speakers, return_inverse=True)
        known = self.truth >= 0
        own = np.zeros((speaker_names.size, self.classes), dtype=np.bool_)
        own[speaker[known], self.truth[known]] = True
        enough = np.array(
            [has_enough_emotions(int(count), self.classes) for count in own.sum(axis=1)], dtype=np.bool_
        )
        return np.asarray(enough[speaker], dtype=np.bool_)

    def confusions(self, own: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Of those items alone, shape (seeds, speakers, classes, classes)."""
        parts = (self.truth[own], self.prediction[own], self.speakers[own])
        return confusions_by_speaker(*parts, classes=self.classes, seeds=self.seeds[own])


def has_enough_emotions(emotions: int, classes: int) -> bool:
    """Whether a UAR over some of the classes may stand beside one over all: more than half of them must be there.

    Of a speaker with one emotion the UAR is a single recall, which a system that answers everything with that
    emotion makes 1 and one that never does makes 0: neither says how well the speaker is recognized.
    """
    return 2 * emotions > classes


def worst_speaker(speakers: Sequence[SpeakerScores], *, classes: int) -> WorstSpeaker:
    """The speaker with the lowest UAR, of those who have enough emotions to be judged alone.

    Args:
        speakers: one each, with the number of their emotions.
        classes: size of the label map.
    """
    judged = [one for one in speakers if has_enough_emotions(one.emotions or 0, classes)]
    left_out = len(speakers) - len(judged)
    if not judged:
        return WorstSpeaker(speaker=None, uar=None, left_out=left_out)
    worst = min(judged, key=lambda one: math.inf if one.uar is None else one.uar)
    return WorstSpeaker(speaker=worst.speaker, uar=worst.uar, left_out=left_out)


def group_scores(predictions: SpeakerPredictions, groups: Sequence[str | None]) -> dict[str, GroupScores]:
    """UAR of each group of speakers with its interval over speakers; items of no group are left out.

    Args:
        predictions: of one objective.
        groups: of each item, as 'f' and 'm'; None where it is not known.

    Returns:
        Group -> its scores, sorted by name; UAR is over the classes that the group has.
    """
    column = np.array([None if group is None else str(group) for group in groups], dtype=object)
    scores = {}
    for group in sorted({name for name in column if name is not None}):
        own = predictions.confusions(np.asarray(column == group, dtype=np.bool_))
        scores[group] = GroupScores(
            uar=float(mean_uar(own.sum(axis=1))),
            interval=interval(own),
            speakers=own.shape[1],
            utterances=int(own[0].sum()),
            classes=int(np.count_nonzero(own[0].sum(axis=(0, 2)))),
        )
    return scores


def largest_gap(predictions: SpeakerPredictions, groups: Sequence[str | None]) -> GroupGap | None:
    """The groups with the highest and the lowest UAR, and the difference with its 95 % interval.

    Both are over the classes that every group has: a group without the hardest class would else be
    called the better one. The interval is Welch's for two independent groups of speakers, each with its jackknife
    error. With more than two groups the widest gap is picked, so that its interval is one of all pairs at once
    (Bonferroni). A group whose speakers all have the very same figure counts as having one clip wrong, as in
    `interval`.

    Args:
        predictions: of one objective.
        groups: of each item; None where it is not known.

    Returns:
        None with fewer than two groups, or no class that all have.
    """
    column = np.array([None if group is None else str(group) for group in groups], dtype=object)
    names = sorted({name for name in column if name is not None})
    if len(names) < 2:
        return None
    shared = _shared_classes(predictions, column, names)
    if not shared.size:
        return None
    own = {
        name: with_items(predictions.confusions((column == name) & np.isin(predictions.truth, shared)))
        for name in names
    }
    uar = {name: float(mean_uar(found.sum(axis=1))) for name, found in own.items()}
    better, worse = (pick(names, key=lambda name: uar[name]) for pick in (max, min))
    if better == worse:
        better, worse = names[:2]
    difference, pairs = uar[better] - uar[worse], math.comb(len(names), 2)
    found = [_squared_error(own[group]) for group in (better, worse)]
    return GroupGap(
        better=better,
        worse=worse,
        difference=difference,
        interval=_welch(difference, found, level=1 - 0.05 / pairs),
        classes=int(shared.size),
    )


def _shared_classes(
    predictions: SpeakerPredictions, column: NDArray[np.object_], names: Sequence[str]
) -> NDArray[np.int64]:
    """The classes of which every group has a labeled item."""
    each = [set(predictions.truth[(column == name) & (predictions.truth >= 0)].tolist()) for name in names]
    return np.array(sorted(set.intersection(*each)), dtype=np.int64)


def _squared_error(own: NDArray[np.int64]) -> tuple[float, int]:
    """The jackknife's squared error of a group's UAR and its degrees of freedom; nan with fewer than two speakers."""
    count = own.shape[1]
    if count < 2:
        return math.nan, 1
    square = (count - 1) * float(np.var(without_each(own)))
    least = (count - 1) * float(np.var(without_each(one_error(own))))
    return max(square, least if square < _NONE else 0.0), count - 1


def _welch(difference: float, found: Sequence[tuple[float, int]], *, level: float) -> tuple[float, float]:
    total = sum(error for error, _ in found)
    doubt = sum(error**2 / freedom for error, freedom in found)
    if not math.isfinite(total) or not doubt:
        return math.nan, math.nan
    margin = float(stats.t.ppf(0.5 + level / 2, total**2 / doubt)) * math.sqrt(total)
    return difference - margin, difference + margin


def _tails(own: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the worst and of the best tenth (rounded up) of the speakers, who are the last axis."""
    ranked, tenth = np.sort(own, axis=-1), math.ceil(own.shape[-1] / 10)
    return ranked[..., :tenth].mean(axis=-1), ranked[..., -tenth:].mean(axis=-1)


@dataclass(frozen=True, slots=True)
class _Clips:
    """Each labeled clip once: its class, its speaker's number, and the share of seeds that were right."""

    truth: NDArray[np.int64]
    speaker: NDArray[np.int64]
    hit: NDArray[np.float64]
    speakers: NDArray[np.str_]

    def own_uar(self, deals: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """UAR of each speaker, shape (1 + deals, speakers): as it is, and with clips dealt anew."""
        total = np.zeros((1 + deals, self.speakers.size))
        classes = np.zeros(self.speakers.size)
        for label in np.unique(self.truth):
            places = np.flatnonzero(self.truth == label)
            places = places[np.argsort(self.speaker[places], kind="stable")]
            speaker_names, starts, counts = np.unique(self.speaker[places], return_index=True, return_counts=True)
            dealt = np.tile(self.hit[places], (1 + deals, 1))
            dealt[1:] = generator.permuted(dealt[1:], axis=1)
            total[:, speaker_names] += np.add.reduceat(dealt, starts, axis=1) / counts
            classes[speaker_names] += 1
        mean: NDArray[np.float64] = total / classes
        return mean


def _clips(predictions: SpeakerPredictions) -> _Clips:
    known = (predictions.truth >= 0) & predictions.can_be_judged
    names, first, clip = np.unique(predictions.names[known], return_index=True, return_inverse=True)
    right = np.bincount(clip, weights=predictions.prediction[known] == predictions.truth[known], minlength=names.size)
    labels, speaker = np.unique(predictions.speakers[known][first], return_inverse=True)
    return _Clips(predictions.truth[known][first], speaker, right / np.bincount(clip, minlength=names.size), labels)


def tail_of_speakers(predictions: SpeakerPredictions, *, seed: int = 0) -> SpeakerTails:
    """The worst tenth of the speakers against the best, and how far apart luck alone would put them.

    With few clips a speaker the best and the worst differ even where all are recognized alike. So the clips of each
    class, each with its share of seeds that were right, are dealt to the speakers at random, SHUFFLES times, each
    speaker keeping the number of clips of each class: `chance_gap` is the mean gap then, and `p` the share of deals
    (the real one counts as one) with a gap as wide as the one observed.

    Args:
        predictions: of one objective.
        seed: of the deals.

    Returns:
        Figures of those who have enough emotions to be judged, see `has_enough_emotions`; None where nobody has.
    """
    clips = _clips(predictions)
    left_out = int(np.unique(predictions.speakers).size - clips.speakers.size)
    if clips.speakers.size == 0:
        nothing: dict[str, float | None] = dict.fromkeys(("worst", "best", "gap", "chance_gap", "p"))
        return SpeakerTails(speakers=0, left_out=left_out, tenth=0, **nothing, worst_speakers=[])
    own = clips.own_uar(SHUFFLES, np.random.default_rng(seed))
    worst, best = _tails(own)
    gaps, tenth = best - worst, math.ceil(own.shape[1] / 10)
    return SpeakerTails(
        speakers=own.shape[1],
        left_out=left_out,
        tenth=tenth,
        worst=float(worst[0]),
        best=float(best[0]),
        gap=float(gaps[0]),
        chance_gap=float(gaps[1:].mean()),
        p=float(np.mean(gaps >= gaps[0] - 1e-12)),
        worst_speakers=[str(name) for name in clips.speakers[np.argsort(own[0], kind="stable")[:tenth]]],
    )


def fairness_summary(predictions: SpeakerPredictions, columns: Mapping[str, Sequence[str | None]]) -> Fairness:
    """The `fairness` of one objective in result.json.

    Args:
        predictions: its predictions of test speakers.
        columns: 'gender', 'language', ... -> the group of each item, None where it is not known.
    """
    compared = {}
    for name, groups in columns.items():
        gap = largest_gap(predictions, groups)
        if gap is not None:
            compared[name] = GroupComparison(scores=group_scores(predictions, groups), gap=gap)
    return Fairness(tails=tail_of_speakers(predictions), groups=compared)
