"""probes.json: every way in which the speaker may still be there, by fresh probes with intervals over speakers."""

from typing import Literal

from unheard.schemas.leakage import ProbeKind
from unheard.schemas.record import Count, Interval, Number, Record, Share, Text
from unheard.schemas.scores import Spread

__all__ = [
    "BestFigure",
    "BestVerification",
    "CodeLength",
    "Erasure",
    "Figure",
    "PermutationChance",
    "ProbeAccuracies",
    "ProbeProtocol",
    "ProbeTarget",
    "ProbedReferences",
    "ProbedRepresentation",
    "Probes",
    "ProbesSettings",
    "Verification",
    "WithinEmotion",
]

ProbeTarget = Literal["speaker", "gender", "language", "corpus", "sentence"]
"""What is read from an embedding."""
ProbeProtocol = Literal["utterances", "sentences"]
"""Whether a probe is asked of other utterances than it learned from, or of other sentences too."""


class Figure(Spread):
    """One figure over folds and seeds."""

    interval: Interval
    """95 % interval, jackknife-t over speakers; null with fewer than two."""
    speakers: Count
    """Speakers that it stands on."""
    jobs: Count
    """Folds and seeds that gave a value."""


class BestFigure(Figure):
    """The probe that reads most, averaged over folds and seeds; its interval holds for all kinds at once."""

    kind: ProbeKind
    """Which kind of probe."""


class BestVerification(Figure):
    """The lower of the two equal error rates; its interval holds for both at once."""

    kind: Literal["cosine", "backend"]
    """Which scoring."""


class PermutationChance(Record):
    """What these very answers score where the truths are dealt anew."""

    probes: dict[ProbeKind, Share]
    """Kind of probe to its mean balanced accuracy over the deals."""
    best: Share
    """The same of the luckiest kind of each deal: the chance level of `best`."""


class ProbeAccuracies(Record):
    """What fresh probes read: balanced accuracies, in [0, 1]."""

    probes: dict[ProbeKind, Figure]
    """Kind of probe to its accuracy."""
    best: BestFigure | None
    """The kind that reads most; null where no figure is known."""
    chance: Share
    """One over the number of labels that the probe knows."""
    permutation_chance: PermutationChance
    """The chance of these very answers, which is more than `chance`: hold `best` against its `best`."""
    test_items: Count
    """Items that were asked, over all folds and seeds."""


class WithinEmotion(ProbeAccuracies):
    """The speaker, read among the utterances of one emotion; mean over emotions."""

    emotions: float
    """Number of emotions, mean over folds and seeds."""


class Verification(Record):
    """Equal error rates, in [0, 1], of saying whether two recordings are of one speaker; 0.5 is full invariance."""

    cosine: Figure
    """By cosine, as seen from the mean of the train items."""
    backend: Figure
    """By a trained back-end: two-covariance PLDA with a shrunk covariance within speakers."""
    best: BestVerification | None
    """The lower one; null where neither is known."""
    targets: Count
    """Pairs of one speaker."""
    impostors: Count
    """Pairs of two speakers."""


class CodeLength(Record):
    """Bits an item to send the speakers to someone who has the embeddings, by a linear probe that learns by the way.

    The code is online: every block is sent by a probe that has learned from the blocks before it.
    """

    bits: Figure
    """With the embeddings, in bits an item."""
    permuted: Figure
    """The same with labels that were dealt anew."""
    saved: Figure
    """`permuted` less `bits`: 0 where nothing is read."""
    compression: Figure
    """`uniform` over `bits`: above 1 without any leakage where some speakers have more items than others."""
    uniform: Number
    """Without embeddings: log2 of the number of speakers, in bits."""


class Erasure(Record):
    """The speaker erased (LEACE), and what a fresh linear probe then reads of the emotion on new speakers."""

    rank: float
    """Directions that were erased, mean over folds and seeds."""
    whole_rank: float
    """Directions that covary with the speaker."""
    span: float
    """Directions that the items vary in; where `rank` reaches it, nothing is left of anything."""
    of_size: float
    """Size of the embedding."""
    uar_before: Figure | None = None
    """UAR before. Null where no emotion is known, as all of `uar_…`."""
    uar_after: Figure | None = None
    """UAR after."""
    uar_control: Figure | None = None
    """UAR where as many directions are erased that say nothing of the speaker."""
    uar_lost: Figure | None = None
    """Before less after, in [-1, 1]."""
    uar_beyond_control: Figure | None = None
    """Control less after, in [-1, 1]; the speaker was used where both differences exclude 0."""
    uar_chance: Share = None
    """One over the number of emotions."""
    speaker_after: ProbeAccuracies | None = None
    """The speaker, read afterwards; the linear probe is at chance by construction. Null without withheld utterances,
    and in kept probes."""


class ProbedRepresentation(Record):
    """All that was measured of one representation; what cannot be measured is null or absent."""

    size: Count
    """How many numbers an embedding has."""
    items: Count
    """Utterances, over all folds and seeds."""
    leakage: dict[ProbeTarget, dict[ProbeProtocol, ProbeAccuracies]]
    """Target to protocol to what probes read of it."""
    verification: dict[ProbeProtocol, Verification]
    """Whether two recordings of unseen speakers are told apart: any two, or two of different sentences."""
    within_emotion: WithinEmotion | None = None
    """The speaker within one emotion."""
    code_length: CodeLength | None = None
    """What it takes to send the speakers."""
    domain_distance: dict[Text, Figure]
    """`gender: f and m` and the like to the proxy A-distance on other speakers: 0 alike, 2 apart, below 0 noise."""
    erasure: Erasure | None = None
    """Whether the speaker was used."""


class ProbedReferences(Record):
    """What the figures are held against; null where it could not be had."""

    raw_features: ProbedRepresentation | None = None
    """Mean and deviation over time of what the encoder is fed; of a waveform, of its log-mel."""
    untrained: ProbedRepresentation | None = None
    """The same encoder before its first step."""
    emotion_code: ProbedRepresentation | None = None
    """A one-hot code of the right emotion: the floor."""


class ProbesSettings(Record):
    """How it was measured."""

    kinds: list[ProbeKind]
    """Kinds of probes."""
    trials: Count
    """Most pairs of utterances that an equal error rate is computed from."""
    erased: Count | None
    """Most directions that the erasure takes; null for all of the speaker's."""
    level: Share
    """Coverage of the intervals."""


class Probes(Record):
    """What `unheard probe` found."""

    schema_version: Literal[2] = 2
    """Number of this schema."""
    created: Text
    """When it was made: UTC, ISO 8601."""
    unheard: Text
    """Version of the program."""
    command: Text | None = None
    """What was typed; null in kept probes."""
    kind: Literal["run", "table"]
    """Whether a run was probed, or a table of embeddings."""
    name: Text
    """Name of the run or table."""
    source: Text | None = None
    """Where it lies; null in kept probes."""
    seeds: list[int]
    """Seeds of the trainings that were probed; of a table, of the draws."""
    folds: list[Text]
    """Folds that were probed; of a table none."""
    trainings: dict[Text, Text | None]
    """Of a run: label to SHA-256 of what was probed (data, folds, settings, figures of each fold and seed), by which
    `report.html` sees whether the probes belong to the result beside them."""
    unseen: bool
    """Whether the speakers of `verification` are known to be new to the encoder; false for a table without test
    speakers."""
    weight_zero: Text | None
    """Label of the objective without an adversary; null where there is none."""
    notes: list[Text]
    """Sentences on what could not be had."""
    settings: ProbesSettings
    """How it was measured."""
    objectives: dict[Text, ProbedRepresentation]
    """Label of an objective, or name of an embedding, to its figures."""
    references: ProbedReferences
    """What they are held against, measured on all folds of the first seed."""
    sentences: list[Text]
    """What was found, in plain words."""
