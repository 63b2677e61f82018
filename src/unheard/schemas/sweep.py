"""sweep.json: one recipe at many settings, how good each is and how much of the speaker it leaves."""

from typing import Literal

from unheard.schemas.caution import Caution
from unheard.schemas.corpus import CorpusSummary, Split
from unheard.schemas.leakage import Leakage, References
from unheard.schemas.record import Classes, Count, Interval, Number, Record, Seeds, SettingTable, Share, Text
from unheard.schemas.scores import IntervalScores, SeedScores, UarScores

__all__ = ["LearningCurve", "NestedChoice", "SearchSummary", "SearchTrial", "Sweep", "SweepPoint"]


class SearchTrial(Record):
    """One trial of a search."""

    settings: dict[Text, Text]
    """Setting to its value, as typed."""
    dev_uar: Share
    """UAR on dev speakers; null where it could not be judged."""
    done: bool
    """Whether it was judged."""


class SearchSummary(Record):
    """How settings were searched."""

    sampler: Text
    """What proposed them: `TPE`, the tree-structured Parzen estimator."""
    seed: int
    """Its seed."""
    trials: list[SearchTrial]
    """All trials, in their order."""


class LearningCurve(Record):
    """UAR over the share of labels, of one objective."""

    shares: list[float]
    """Shares of the training part that keep their labels, rising, in (0, 1]."""
    uar: list[Share]
    """UAR at each of them."""
    auc: Share
    """Area under the curve over the logarithm of the share, divided by its width: a mean UAR in which each doubling
    of the labels counts alike."""
    interval: Interval
    """95 % interval of `auc`, jackknife-t over speakers."""


class NestedChoice(Record):
    """What is scored where each fold and seed takes the point that its own dev speakers choose."""

    uar: IntervalScores
    """UAR of these choices, in [0, 1]: the one to report for "with the best setting"."""
    picked: dict[Text, Count]
    """Name of a point to the number of folds and seeds that chose it."""


class SweepPoint(Record):
    """One setting of one objective."""

    point: Text
    """Its name in the sweep."""
    run: Text
    """Folder of its run, relative to the sweep's; `.` is the sweep's own."""
    label: Text
    """Label of its objective in that run."""
    objective: Text
    """Label of the recipe's objective that it comes from."""
    method: Text
    """Registered name of that objective."""
    varied: SettingTable
    """Of what is varied; empty for what only stands beside."""
    settings: SettingTable
    """All settings of the objective that are given."""
    dev_uar: SeedScores
    """UAR of the pooled predictions of dev speakers, in [0, 1]."""
    uar: UarScores | None
    """UAR on test speakers, in [0, 1]; null for the trials of a search that were not chosen."""
    leakage: Leakage | None
    """How much of the speaker is left; null where it was not measured."""
    seconds: Number
    """Time of all its trainings, summed, in seconds."""
    front: bool
    """Whether it lies on the Pareto front: no point has as much of `measure` at as little leakage and more or less of
    one."""
    chosen: bool
    """Whether dev speakers chose it."""


class Sweep(Record):
    """The points of a sweep beside each other."""

    schema_version: Literal[2] = 2
    """Number of this schema."""
    name: Text
    """The recipe's name."""
    created: Text
    """When it was made: UTC, ISO 8601."""
    unheard: Text
    """Version of the program."""
    command: Text | None = None
    """What was typed; null in a kept sweep."""
    corpus: CorpusSummary
    """What was heard."""
    split: Split
    """How it was parted; without the list of folds."""
    classes: Classes
    """The emotions."""
    seeds: Seeds
    """Seeds of the trainings."""
    chance: Share
    """UAR of guessing."""
    references: References
    """What leakage is held against."""
    vary: list[Text]
    """What was typed after `--vary`."""
    search: SearchSummary | None
    """How settings were searched; null for a grid."""
    measure: Literal["uar", "dev_uar"]
    """What front and figure are drawn over: `dev_uar` for a search."""
    points: list[SweepPoint]
    """All points."""
    chosen: Text | None
    """Name of the point with the highest mean UAR on dev speakers; null where none is known."""
    chosen_of: dict[Text, Text | None]
    """Label of each of the recipe's objectives to its best point on dev speakers."""
    learning: dict[Text, LearningCurve] | None
    """Label of an objective to its learning curve, in a sweep over `training.labeled` alone; else null."""
    nested: NestedChoice | None
    """The choice fold by fold; null for a search."""
    cautions: list[Caution]
    """What to distrust, as far as the runs know; every output shows it."""
