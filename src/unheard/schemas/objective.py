"""What the models of one objective score on speakers whom they never heard, and how their training went."""

from unheard.schemas.calibration import Calibration
from unheard.schemas.fairness import Fairness
from unheard.schemas.leakage import Leakage
from unheard.schemas.record import Count, Number, Record, SettingTable, Share, Text
from unheard.schemas.scores import SeedScores, Spread, UarScores

__all__ = ["FoldScores", "ObjectiveResult", "SpeakerScores", "TrainingCurve", "WorstSpeaker"]


class FoldScores(Record):
    """The scores of one fold and seed, and how long its training took."""

    fold: Text
    """Name of the fold."""
    seed: int
    """Seed of the training."""
    uar: Share
    """UAR of the fold's test part, over the classes that it has."""
    wa: Share
    """Accuracy of the fold's test part."""
    absent: list[Text]
    """Classes that the test part does not have: left out of its UAR, never counted as 0."""
    best_epoch: Count
    """The epoch that was kept; of the first training, where there is a second on dev speakers too."""
    epochs: Count
    """Epochs that were run, over both trainings."""
    seconds: Number
    """Time of the training, over both, in seconds."""


class SpeakerScores(Record):
    """How well one speaker is heard, mean over seeds."""

    speaker: Text
    """Who."""
    gender: Text | None
    """`f`, `m` or what the corpus says; null where it is not known."""
    utterances: Count
    """How many the speaker has in the test parts."""
    emotions: Count | None = None
    """How many of the classes the speaker has; null in results that were kept before this was counted."""
    uar: Share
    """The speaker's own UAR, over the classes that the speaker has."""
    wa: Share
    """The speaker's own accuracy."""


class WorstSpeaker(Record):
    """The speaker with the lowest UAR, of those who have more than half of the classes."""

    speaker: Text | None
    """Who; null where nobody has more than half of the classes."""
    uar: Share
    """That speaker's own UAR."""
    left_out: Count | None = None
    """How many speakers have fewer classes: of one emotion a UAR is a single recall, and no finding. Null in results
    that were kept before they were left out."""


class TrainingCurve(Record):
    """What the training of one fold and seed logged, epoch by epoch."""

    fold: Text
    """Name of the fold."""
    seed: int
    """Seed of the training."""
    logged: dict[Text, list[Number]]
    """What the objective logs (`emotion_loss`, `emotion_accuracy`, `dev_uar`, `dev_loss`, `speaker_loss`,
    `speaker_accuracy`, `weight`, …) to a number an epoch; losses in nats, accuracies in [0, 1]."""


class ObjectiveResult(Record):
    """One objective of a run."""

    name: Text
    """Its registered name: `plain`, `dat`, `cgt`, …"""
    settings: SettingTable
    """Its settings, as the recipe has them."""
    uar: UarScores
    """UAR of the pooled predictions of all folds, in [0, 1]."""
    wa: SeedScores
    """Accuracy of the same, in [0, 1]; the commonest emotion dominates it."""
    macro_f1: SeedScores
    """Macro-F1 of the same, in [0, 1]."""
    per_fold: list[FoldScores]
    """The scores fold by fold and seed by seed; empty in a kept result."""
    confusion: list[list[Count]]
    """Confusion matrix: rows truth, columns prediction, in the order of `classes`; counts summed over seeds."""
    recall: dict[Text, Share]
    """Class to its recall, over all seeds."""
    speakers: list[SpeakerScores]
    """How well each speaker is heard."""
    worst_speaker: WorstSpeaker
    """The speaker who is heard worst."""
    gender: dict[Text, Share]
    """Gender to UAR of the pooled predictions; those that are known."""
    fairness: Fairness | None = None
    """Whom the models hear worse; null in results that were kept before it was measured."""
    calibration: Calibration | None = None
    """Whether probabilities mean what they say; null in results that were kept before it was measured."""
    curves: list[TrainingCurve]
    """Training curves; empty in a kept result."""
    leakage: Leakage | None
    """How much of the speaker fresh probes read from the embedding; null where it was not measured."""
    seconds_per_fold: Spread
    """Time of a training, in seconds, over folds and seeds."""
    seconds_per_epoch: Spread
    """Time of an epoch, in seconds, over folds and seeds."""
