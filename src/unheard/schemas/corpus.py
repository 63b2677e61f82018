"""What was heard and how it was parted: corpus, folds, and what the corpus itself gives away."""

from typing import Literal

from unheard.schemas.record import Count, Digests, Number, Record, Share, Text

__all__ = [
    "Confound",
    "Corpus",
    "CorpusSummary",
    "DuplicateRecording",
    "SkippedRecording",
    "Split",
    "SplitFold",
    "TiedSpeakers",
]


class SkippedRecording(Record):
    """A recording that was set aside because it cannot be used."""

    file: Text
    """Which one."""
    problem: Text
    """What is wrong with it."""


class DuplicateRecording(Record):
    """A recording that was left out because another has the same samples."""

    file: Text
    """Which one was left out."""
    kept: Text | None
    """Its kept twin; null where copies contradict each other, so that none was kept."""


class CorpusSummary(Record):
    """Which recordings were heard."""

    name: Text
    """Registered name of the corpus, or of the form that it has (`table`, `kaldi`, …)."""
    title: Text
    """What people call it."""
    utterances: Count
    """How many utterances were used."""
    speakers: Count
    """How many speakers have any."""
    digest: Text
    """SHA-256 over the recordings by content, their emotions and speakers."""


class Corpus(CorpusSummary):
    """The corpus of a run."""

    license: Text
    """Its license, as its owners name it."""
    citation: Text
    """How to cite it."""
    speech: Text | None = None
    """`acted`, `spontaneous`, …; null where it is not recorded."""
    languages: list[Text]
    """Languages of the utterances, or of the corpus where utterances have none; empty where neither is known."""
    hours: float
    """Length of all utterances that were used, in hours."""
    class_counts: dict[Text, Count]
    """Emotion to number of utterances."""
    skipped: list[SkippedRecording]
    """Recordings that were set aside (`--skip-bad`)."""
    duplicate_count: Count
    """How many recordings were left out as copies."""
    duplicates: list[DuplicateRecording]
    """Which ones; empty in a kept result."""


class TiedSpeakers(Record):
    """Speakers who are heard together and therefore never stand in two parts of a fold."""

    by: list[Text]
    """What ties them: those of `recording`, `session` and `dialogue` that do."""
    sets: Count
    """How many sets of speakers can be parted, single ones counted."""
    tied: list[list[Text]]
    """The sets of more than one speaker."""


class SplitFold(Record):
    """One fold of one seed."""

    name: Text
    """Name of the fold."""
    seed: int
    """Seed whose plan it belongs to."""
    train: Count
    """Utterances of the training part."""
    dev: Count
    """Utterances of the development part."""
    test: Count
    """Utterances of the test part."""
    excluded: Count
    """Utterances that are in no part of this fold."""
    test_speakers: list[Text]
    """Speakers of the test part."""
    dev_speakers: list[Text]
    """Speakers of the development part."""


class Split(Record):
    """How the utterances were parted."""

    protocol: Text
    """Registered name of the split."""
    disjoint: list[Text]
    """What train and test do not share: `speaker`, `recording`, `sentence`, …"""
    digest: Digests
    """Seed to SHA-256 of its plan."""
    inflated: bool
    """Whether the same speakers stand in train and test: a diagnostic, and no result."""
    sessions: Literal["apart", "ignored", "shared"] | None = None
    """`apart`: no two parts of a fold share a session or dialogue; `ignored`: they may, because the recipe says
    `split.sessions = "ignore"`; `shared`: an inflated split; null: sessions do not matter in this corpus."""
    tied_speakers: TiedSpeakers | None = None
    """Speakers who can only be parted together; null in results that were kept before it was recorded."""
    adaptation: Literal["none", "speaker"] = "none"
    """`speaker`: features are normalized by all recordings of their speaker, those of test speakers included."""
    selection: Text
    """Rule by which the epoch is chosen: `source-dev`, `fixed-epoch`, …"""
    refit: bool = False
    """Whether the models that predict and are probed were trained once more, on dev speakers too: then dev scores,
    `curves` and `best_epoch` are the first training's, temperatures are fitted on its models, and `epochs` and
    `seconds` are those of both."""
    fold_count: Count
    """Number of folds of one seed."""
    folds: list[SplitFold]
    """All folds of all seeds; empty in a kept result and in a sweep."""


class Confound(Record):
    """How far the corpus itself ties the emotion to something that is no voice."""

    emotion_bits: Number
    """H(emotion), in bits."""
    emotion_speaker_bits: Number
    """I(emotion; speaker), in bits."""
    chance_bits: Number
    """The same where emotions are shuffled: what chance gives at this size, in bits."""
    speaker_lookup_uar: Share
    """UAR of answering with the commonest emotion of the speaker's other recordings."""
    level_only_uar: Share = None
    """UAR of a table that sees nothing but the level of the recording, in decibels before trimming and leveling,
    learned in train and dev and asked in test of the first seed's folds; null where there is nothing to ask, and in
    results that were kept before it was measured. `unheard audit` says how much of it is chance."""
    length_only_uar: Share = None
    """The same of the length, in seconds, of what the features are computed from (after `audio.trim`)."""
