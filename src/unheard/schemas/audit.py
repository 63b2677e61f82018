"""audit.json: what a corpus gives away before anything is learned, and what its folds share."""

from typing import Literal

from unheard.schemas.corpus import SkippedRecording
from unheard.schemas.record import Count, Number, Record, Share, Text

__all__ = [
    "AuditConfound",
    "AuditFinding",
    "AuditFolds",
    "AuditReport",
    "AuditTraits",
    "ColumnTie",
    "FoldSizes",
    "LeakBetweenParts",
    "NearDuplicate",
    "SharedKind",
]


class AuditFinding(Record):
    """One thing that was found."""

    severity: Literal["leak", "caution", "note"]
    """`leak`: two parts share what they must not; `caution`: a score may not mean what it seems to; `note`: something
    to know."""
    kind: Text
    """A word for programs: `speaker`, `near-duplicate`, `rate`, `unchecked`, …"""
    text: Text
    """A sentence or two for people."""
    examples: list[Text]
    """Some of what it is about."""


class ColumnTie(Record):
    """How much one column tells of the emotion."""

    column: Text
    """Which one."""
    utterances: Count
    """Utterances with both an emotion and a value there; all figures are of these."""
    values: Count
    """How many different values they have."""
    emotion_bits: Number
    """H(emotion) of these utterances, in bits."""
    bits: Number
    """I(emotion; column), in bits."""
    chance_bits: Number
    """The same where emotions are permuted: what chance gives at this size, in bits."""
    lookup_uar: Share
    """UAR of answering with the commonest emotion of the value, the utterance itself left out."""
    folds_uar: Share = None
    """The same learned in train and dev of the folds and asked in test; null without folds."""


class AuditConfound(Record):
    """How well one trait of the recording alone answers for a label."""

    trait: Text
    """Which trait, see `traits`."""
    of: Literal["emotion", "corpus"]
    """The label."""
    items: Count
    """How many were answered."""
    uar: Share
    """UAR of the answers."""
    chance: Share
    """Mean of the same where labels are permuted."""
    p: Share
    """Share of the permutations that reach `uar`."""
    medians: dict[Text, Number]
    """Label to the median of the trait, in its unit."""
    gives_away: bool
    """Whether it answers better than chance by a margin, and not by luck."""


class AuditTraits(Record):
    """Medians of every trait.

    Traits are `seconds`, `level` and `peak` (dB of full scale), `silence` and `clipped` (shares), `rate` and
    `bandwidth` (Hz), and `channels`.
    """

    emotion: dict[Text, dict[Text, Number]]
    """Emotion to trait to median."""
    corpus: dict[Text, dict[Text, Number]]
    """Corpus to trait to median."""


class NearDuplicate(Record):
    """Two recordings that are one sound, and not the same samples."""

    first: Text
    """Name of one."""
    second: Text
    """Name of the other."""
    likeness: Number
    """Correlation of their fingerprints where they overlap, in [-1, 1]."""
    offset: Number
    """How much later the sound comes in the second, in seconds."""


class FoldSizes(Record):
    """Utterances of one fold's parts."""

    train: Count
    """Of the training part."""
    dev: Count
    """Of the development part."""
    test: Count
    """Of the test part."""


class AuditFolds(Record):
    """The folds that were compared."""

    source: Text
    """Where they come from."""
    form: Text
    """In which form they are written."""
    sizes: dict[Text, FoldSizes]
    """Name of a fold to its sizes."""
    strangers: list[Text]
    """Files that the folds name and the corpus has not."""
    left_out: list[Text]
    """Utterances of the corpus that are in no part of any fold."""
    sessions_matter: bool
    """Whether a shared session or dialogue counts as a leak."""


class SharedKind(Record):
    """How much of one kind of thing the parts of folds share."""

    grave: bool
    """Whether sharing it is a leak."""
    known: Count | None
    """How many different ones there are; null: the corpus does not say, so that nothing was compared."""
    shared: Count
    """How many stand in two parts of a fold."""
    folds: list[Text]
    """Folds that share any."""


class LeakBetweenParts(Record):
    """One thing that two parts of a fold share."""

    fold: Text
    """Name of the fold."""
    column: Text
    """What is shared: `recording`, `speaker`, `session`, …"""
    value: Text
    """Which one; of a recording its content hash."""
    parts: list[Text]
    """The parts that hold it."""
    utterances: list[Text]
    """The utterances that hold it."""


class AuditReport(Record):
    """What `unheard audit --json FILE` writes and `--format json` prints."""

    schema_version: Literal[2] = 2
    """Number of this schema."""
    unheard: Text
    """Version of the program."""
    created: Text
    """When it was made: UTC, ISO 8601."""
    command: Text
    """What was typed."""
    corpora: list[Text]
    """Names of the corpora."""
    has_leak: bool
    """Whether parts of a fold share what they must not: exit code 1."""
    findings: list[AuditFinding]
    """What it comes to: leaks first, then cautions, then notes."""
    utterances: Count
    """Utterances that could be read."""
    speakers: Count
    """Speakers of these."""
    chance: Share
    """UAR of a constant answer; null without any emotion."""
    emotion_bits: Number
    """H(emotion), in bits."""
    class_counts: dict[Text, Count]
    """Emotion to number of utterances."""
    speaker_class_counts: dict[Text, dict[Text, Count]]
    """Speaker to emotion to number of utterances."""
    ties: dict[Text, ColumnTie]
    """Column to what it tells of the emotion."""
    confounds: list[AuditConfound]
    """What one trait alone answers for the emotion, and for the corpus where there are several."""
    answered: Text
    """What confounds were learned from and tested on."""
    traits: AuditTraits
    """What the recordings are like."""
    duplicates: list[list[Text]]
    """Groups of names with equal samples."""
    near_duplicates: list[NearDuplicate]
    """Pairs that are one sound."""
    folds: AuditFolds | None
    """The folds that were compared; null if none were given."""
    sharing: dict[Text, SharedKind]
    """`recording`, `near-duplicate`, `speaker`, `session`, `dialogue`, `sentence` to what parts share of them; empty
    without folds."""
    leaks: list[LeakBetweenParts]
    """Every leak."""
    unusable: list[SkippedRecording]
    """Recordings that could not be read."""
    set_aside: list[SkippedRecording]
    """Recordings that were not listened to, because their row, name or label cannot be used (`--skip-bad`)."""
