"""One system against another on the same data, folds and seeds, paired over speakers."""

from typing import Literal

from unheard.schemas.record import Count, Interval, KnownShare, Number, Record, Share, Text

__all__ = [
    "Comparison",
    "ComparisonDocument",
    "ComparisonSummary",
    "PowerOfComparison",
    "PowerToShow",
    "SpeakerDifference",
]


class PowerToShow(Record):
    """What it would take to show a difference of a given size."""

    difference: float
    """The difference that is to be shown, above 0, in the unit of the comparison."""
    power: Share
    """The chance that the speakers and seeds at hand show it, at the smallest p-value of as many pairs; 0 with 5
    speakers or fewer, of whom the permutation test cannot show anything."""
    speakers: Count | None
    """How many speakers would do with these seeds; null: no number would."""
    seeds: Count | None
    """How many seeds would do with these speakers; null: no number would, or there is one seed, from which it is not
    known."""
    sentence: Text
    """All that in plain words."""


class PowerOfComparison(Record):
    """Power for two differences."""

    observed: PowerToShow | None
    """For the one that was observed; null where there is none, or one speaker."""
    planned: PowerToShow | None
    """For the one that a next experiment should show: 0.02 unless asked otherwise; null with one speaker."""


class SpeakerDifference(Record):
    """The difference for one speaker."""

    speaker: Text
    """Who."""
    difference: Number
    """Of that speaker's own figure, mean over seeds, in [-1, 1]."""


class ComparisonSummary(Record):
    """a against b."""

    a: Text
    """The system that is asked about."""
    b: Text
    """The system that it is held against."""
    difference: float
    """Figure of a less that of b, in [-1, 1]."""
    interval: Interval
    """95 % interval of the difference over speakers and seeds: with several seeds, what trainings differ in as a
    whole is part of it; with one it stands on that one training."""
    p: KnownShare
    """Two-sided p-value of the permutation test that swaps the systems speaker by speaker."""
    p_holm: KnownShare
    """The same after Holm's correction for all pairs."""
    speakers: Count
    """How many speakers it stands on."""
    seeds: Count
    """How many seeds it stands on."""
    shown: bool
    """Whether the interval and the corrected test agree on a difference."""
    sentence: Text
    """All that in plain words."""


class Comparison(ComparisonSummary):
    """a against b, with the speakers and what it would take to show a difference."""

    metric: Literal["uar", "wa"]
    """What is compared."""
    bootstrap: Interval = None
    """95 % interval of the plain bootstrap over speakers, for comparison: it decides nothing, and is too narrow with
    few speakers; null in results that were kept before it was drawn."""
    wins: Count
    """Speakers whom a hears better."""
    losses: Count
    """Speakers whom b hears better."""
    ties: Count
    """Speakers whom both hear alike."""
    by_speaker: list[SpeakerDifference]
    """The difference speaker by speaker; empty in a kept result."""
    power: PowerOfComparison | None = None
    """What it would take to show a difference; null in results that were kept before it was computed."""


class ComparisonDocument(Record):
    """What `unheard compare --json FILE` writes."""

    schema_version: Literal[2] = 2
    """Number of this schema."""
    metric: Literal["uar", "wa"]
    """What is compared."""
    systems: list[Text]
    """Names of the systems, in their order."""
    comparisons: list[Comparison]
    """Every pair, later against earlier."""
