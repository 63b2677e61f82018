"""Whom a system hears worse: the worst tenth of the speakers, and groups of them."""

from unheard.schemas.record import Count, Interval, Number, Record, Share, Text
from unheard.schemas.scores import GroupScores

__all__ = ["Fairness", "GroupComparison", "GroupGap", "SpeakerTails"]


class SpeakerTails(Record):
    """The worst tenth of the speakers against the best, each speaker's own UAR, mean over seeds."""

    speakers: Count
    """Speakers who have more than half of the classes; all figures are of these."""
    left_out: Count | None = None
    """How many speakers have fewer; null in results that were kept before they were left out."""
    tenth: Count
    """How many speakers make a tenth, rounded up."""
    worst: Share
    """Mean UAR of the worst tenth."""
    best: Share
    """Mean UAR of the best tenth."""
    gap: Share
    """`best` less `worst`."""
    chance_gap: Share
    """Mean gap where the clips of each class are dealt to the speakers at random: what few clips a speaker leave even
    where all are heard alike."""
    p: Share
    """Share of these deals with a gap as wide as `gap`."""
    worst_speakers: list[Text]
    """The speakers of the worst tenth, the worst first."""


class GroupGap(Record):
    """The groups with the highest and the lowest UAR, over the classes that every group has."""

    better: Text
    """The group with the highest UAR."""
    worse: Text
    """The group with the lowest UAR."""
    difference: Number
    """UAR of `better` less that of `worse`, in [-1, 1]."""
    interval: Interval
    """95 % interval of the difference, Welch's for two independent groups of speakers; with more than two groups one
    of all pairs at once, as the widest gap is picked."""
    classes: Count | None = None
    """How many classes all groups have; null in results that were kept before this was counted."""


class GroupComparison(Record):
    """The groups that one column makes."""

    scores: dict[Text, GroupScores]
    """Group to its scores."""
    gap: GroupGap
    """The widest difference between two groups."""


class Fairness(Record):
    """Whom the models of one objective hear worse."""

    tails: SpeakerTails
    """The worst and the best tenth of the speakers."""
    groups: dict[Text, GroupComparison]
    """`gender`, `language` and `corpus`, those with two groups or more that share a class."""
