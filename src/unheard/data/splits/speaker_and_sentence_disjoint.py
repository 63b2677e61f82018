"""Speakers and sentences left out together: new voices that say what nobody has said in training.

Every group of speakers meets every group of sentences in one fold: the test is the group's speakers saying
the group's sentences; other speakers saying other sentences are learned from; the rest (those speakers' other
sentences, others saying those sentences) is excluded. This is the honest protocol where the text gives the
emotion away (ASED).

The promise: train, dev and test share no speaker, pairwise; the test shares no sentence with train or dev.
Dev and train do share sentences: to part them by sentence too would leave a fraction of a small corpus to
learn from, and dev only chooses between epochs.
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, model_validator

from unheard.data.folds.dev import Cut, DevSettings, make_fold
from unheard.data.folds.fold import Fold
from unheard.data.folds.groups import balanced_groups, by_identity, names_where, sentence_groups
from unheard.data.folds.table import folds_of_utterances
from unheard.errors import SplitError
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "Settings", "propose"]

DISJOINT = frozenset({"speaker", "sentence"})
"""Train, dev and test share no speaker; the test shares no sentence with train or dev."""
INFLATED = False


class Settings(DevSettings):
    """How many groups of each kind.

    Args:
        speaker_groups: number of speaker groups, 2 or more; None for 5, or for those of `folds_file`.
        sentence_groups: number of sentence groups; None for as many as the emotion with most sentences has
            sentences (RAVDESS 2, EMO-DB 10, ASED 7).
        folds_file: a CSV with the columns speaker and fold: takes the speaker groups from there.
        dev_speakers: see `DevSettings`.
    """

    speaker_groups: int | None = Field(default=None, ge=2)
    sentence_groups: int | None = Field(default=None, ge=2)
    folds_file: Path | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Settings":
        if self.folds_file is not None and self.speaker_groups is not None:
            raise ValueError("speaker_groups and folds_file both say which speakers go together: give one")
        return self


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a speaker group and sentence group that meet, named `speakers-1-sentences-1`, ...

    Two groups that never meet (nobody of them says any of those) make no fold.

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides how speakers are dealt, and between equally good dev speakers.
        sessions_matter: whether parts must not share a session either.

    Raises:
        SplitError: a speaker or sentence is not known, there are too few, or the folds file does not fit.
    """
    folds = []
    sentences = sentence_groups(utterances, settings.sentence_groups)
    for speaker_title, speakers in _speaker_groups(utterances, settings, seed, sessions_matter=sessions_matter):
        for number, group in enumerate(sentences, start=1):
            apart = {"speaker": speakers, "sentence": group}
            cut = Cut(f"speakers-{speaker_title}-sentences-{number}", names_where(utterances, apart), apart)
            if cut.test:
                folds.append(make_fold(utterances, cut, settings, seed=seed, sessions_matter=sessions_matter))
    return folds


def _speaker_groups(
    utterances: Sequence[Utterance], settings: Settings, seed: int, *, sessions_matter: bool
) -> list[tuple[str, frozenset[str]]]:
    """Title and members of each speaker group."""
    if settings.folds_file is None:
        wanted = settings.speaker_groups or 5
        dealt = balanced_groups(utterances, wanted, seed=seed, sessions_matter=sessions_matter)
        return [(str(number), group) for number, group in enumerate(dealt, start=1)]
    column, table = folds_of_utterances(settings.folds_file, utterances)
    if column != "speaker":
        raise SplitError(
            f"{settings.folds_file}: deals {column}s, but speaker groups are needed. Name speakers in it."
        )
    groups: dict[str, set[str]] = {fold: set() for fold in sorted(set(table.values()))}
    for speaker, items in by_identity(utterances, "speaker").items():
        groups[table[items[0].name]].add(speaker)
    return [(fold, frozenset(group)) for fold, group in groups.items()]
