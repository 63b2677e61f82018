"""Scores and how sure they are: over seeds, over speakers, by group of speakers."""

from pydantic import Field

from unheard.schemas.record import Count, Interval, Number, Record, Share, Text

__all__ = ["GroupScores", "IntervalScores", "SeedEnsemble", "SeedScores", "Spread", "UarScores"]


class Spread(Record):
    """Mean and standard deviation."""

    mean: Number
    """Mean; null where no value is known."""
    std: Number
    """Standard deviation (n - 1), in the unit of the mean; null where fewer than two values are known."""


class SeedScores(Spread):
    """A score of the pooled predictions of all folds, over seeds."""

    per_seed: list[Number]
    """The score of each seed, in the order of `seeds`."""


class IntervalScores(SeedScores):
    """A score over seeds, with its interval."""

    interval: Interval
    """95 % interval, jackknife-t over speakers."""


class GroupScores(Record):
    """UAR of one group of speakers."""

    uar: Share
    """UAR over the classes that the group has."""
    interval: Interval
    """95 % interval of `uar`, over the group's speakers."""
    speakers: Count
    """How many speakers are in the group."""
    utterances: Count
    """How many utterances they have in the test parts."""
    classes: Count | None = None
    """How many classes the group has; null in results that were kept before this was counted."""


class SeedEnsemble(Record):
    """One vote of the models of all seeds: the mean of their probabilities."""

    models: Count
    """How many models vote on an utterance, one a seed."""
    uar: Share
    """UAR of the vote."""
    interval: Interval
    """95 % interval of `uar`, over speakers."""


class UarScores(IntervalScores):
    """UAR of the pooled predictions of all folds."""

    by: dict[Text, dict[Text, GroupScores]] = Field(default_factory=dict)
    """`language` and `corpus`, where the data have several: value to its scores."""
    ensemble: SeedEnsemble | None = None
    """One vote of the models of all seeds; null with one seed, or where seeds tested different utterances."""
