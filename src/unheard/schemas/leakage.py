"""How much of the speaker an embedding holds, as a run measures it: on withheld utterances, by fresh probes."""

from typing import Literal

from unheard.schemas.record import Interval, Record
from unheard.schemas.scores import Spread, UarScores

__all__ = ["BestProbe", "Leakage", "LeakageFigure", "ProbeKind", "RawFeatures", "References"]

ProbeKind = Literal["linear", "mlp", "svm", "knn"]
"""Softmax regression, networks with one hidden layer, a support vector machine with a Gaussian kernel, and nearest
neighbors by cosine."""


class LeakageFigure(Spread):
    """A figure over folds and seeds."""

    interval: Interval = None
    """95 % interval over speakers, where `unheard probe` measured it; a run's own figures have none."""


class BestProbe(LeakageFigure):
    """The kind of probe that reads most in the mean; chosen once, over all folds and seeds."""

    kind: ProbeKind | None = None
    """Which kind; null of a chance level, which no probe gave."""


class Leakage(Record):
    """What fresh probes read of the speaker: mean and deviation over folds and seeds."""

    best: BestProbe | None
    """Balanced accuracy, in [0, 1], of the kind that reads most; null in results whose probes are not kept."""
    probes: dict[ProbeKind, Spread]
    """Balanced accuracy, in [0, 1], of each kind of probe on withheld utterances of the training speakers; a fold
    weighs as many utterances as were withheld in it."""
    chance: Spread | None = None
    """One over the number of speakers, in [0, 1]; null where the leakage is a chance level itself."""
    eer: LeakageFigure | None = None
    """Equal error rate, in [0, 1], of verifying speakers without a gradient step, by cosine; 0.5 is full invariance,
    and its numbers are null where no two such speakers are known."""


class RawFeatures(Leakage):
    """The leakage of what encoders are fed, and what a closed form answers from it."""

    uar: UarScores | None = None
    """UAR of a shrunken linear discriminant analysis of the features' mean and deviation over time, on the same
    folds; null in results that were kept before it was measured."""


class References(Record):
    """What leakage is held against, measured on the first seed; null where the run did not measure leakage."""

    chance: Leakage | None = None
    """What guessing reads."""
    raw_features: RawFeatures | None = None
    """Mean and deviation over time of what the encoder is fed."""
    untrained: Leakage | None = None
    """The same encoder before its first step; beside a trained upstream, the pretrained one under a fresh
    projection."""
    emotion_code: Leakage | None = None
    """A one-hot code of the right emotion: the floor. Nothing that keeps the emotion can be asked to go below it."""
