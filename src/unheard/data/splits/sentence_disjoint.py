"""Sentence-disjoint: sentences nobody has trained on, from speakers who are known. A diagnostic, inflated.

It answers one question, how much a model reads the script, by the difference to the random split. Its
speakers are in train and test both, so its figure says nothing of voices never heard.
"""

from collections.abc import Sequence

from pydantic import Field

from unheard.data.folds.dev import Cut, DevSettings, make_fold
from unheard.data.folds.fold import Fold
from unheard.data.folds.groups import names_where, sentence_groups
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "WHY_INFLATED", "Settings", "propose"]

DISJOINT = frozenset({"sentence"})
"""The test shares no sentence with train or dev."""
INFLATED = True
WHY_INFLATED = "The tested speakers are in the training data: only the sentences are new."


class Settings(DevSettings):
    """How many sentence groups.

    Args:
        sentence_groups: number of sentence groups, and so of folds; None for as many as the emotion with most
            sentences has sentences (RAVDESS 2, EMO-DB 10, ASED 7).
        dev_speakers: see `DevSettings`.
    """

    sentence_groups: int | None = Field(default=None, ge=2)


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a sentence group, named `sentences-1`, `sentences-2`, ...

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides between equally good dev speakers.
        sessions_matter: without effect; speakers are shared, so their sessions are too.

    Raises:
        SplitError: a speaker or sentence is not known, or there are too few sentences or speakers.
    """
    del sessions_matter
    folds = []
    for number, group in enumerate(sentence_groups(utterances, settings.sentence_groups), start=1):
        apart = {"sentence": group}
        cut = Cut(f"sentences-{number}", names_where(utterances, apart), apart)
        folds.append(make_fold(utterances, cut, settings, seed=seed, sessions_matter=False))
    return folds
