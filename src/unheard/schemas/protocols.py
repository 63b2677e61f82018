"""inflation.json: one recipe under several protocols, and what each adds to the figure of its own split."""

from typing import Literal

from unheard.schemas.comparison import ComparisonSummary
from unheard.schemas.record import Count, Interval, KnownShare, Record, Seeds, Share, Text
from unheard.schemas.scores import UarScores

__all__ = ["ProtocolComparison", "ProtocolDifference", "ProtocolSummary"]


class ProtocolSummary(Record):
    """One protocol."""

    title: Text
    """What people call it."""
    split: Text
    """Registered name of the split."""
    inflated: bool
    """Whether the same speakers stand in train and test: a diagnostic, and no result."""
    adaptation: Literal["none", "speaker"]
    """`speaker`: features are normalized by all recordings of their speaker."""
    refit: bool = False
    """Whether the models that are tested were trained once more, on dev speakers too."""
    folds: Count
    """Number of folds of one seed."""


class ProtocolDifference(Record):
    """One objective under another protocol, less itself under the recipe's own."""

    objective: Text
    """Its label."""
    protocol: Text
    """The other protocol."""
    difference: float
    """Of UAR, in [-1, 1]."""
    interval: Interval
    """95 % interval of the difference, paired over speakers and seeds."""
    p: KnownShare
    """Two-sided p-value of the permutation test that swaps the protocols speaker by speaker."""
    p_holm: Share = None
    """The same after Holm's correction; null in documents that were kept before it was corrected."""
    shown: bool | None = None
    """Whether the interval and the corrected test agree on a difference; null as above."""
    speakers: Count
    """How many speakers it stands on."""
    seeds: Count
    """How many seeds it stands on."""
    sentence: Text
    """All that in plain words."""


class ProtocolComparison(Record):
    """The same recipe under several protocols."""

    schema_version: Literal[2] = 2
    """Number of this schema."""
    name: Text
    """The recipe's name."""
    chance: Share
    """UAR of guessing."""
    seeds: Seeds
    """Seeds of the trainings."""
    protocols: dict[Text, ProtocolSummary]
    """Name of each protocol to what it is; the recipe's own split is `own`."""
    objectives: dict[Text, dict[Text, UarScores]]
    """Label of an objective to protocol to its UAR, in [0, 1]."""
    closed_form: dict[Text, UarScores]
    """Protocol to the UAR of a closed form on the raw features, where the references were measured."""
    differences: list[ProtocolDifference]
    """Every objective under every other protocol, corrected for their number."""
    comparisons: dict[Text, list[ComparisonSummary]]
    """Protocol to its objectives against each other."""
