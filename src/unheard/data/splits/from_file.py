"""Folds from a file: those of a published benchmark, so that figures can be compared.

The table says which test each speaker (or file) belongs to. The dev part is drawn here, from speakers that
are not tested; benchmarks that select on the test set leave it out. A table of files is held to the promise
of speakers too: if two of its folds share a speaker, there is no plan, but an error that names them. A table
of sentences shares speakers by nature; its plan is marked as inflated, as that of `sentence_disjoint` is.
"""

from collections.abc import Sequence
from pathlib import Path

from unheard.data.splits._dev import Cut, DevSettings, make_fold
from unheard.data.splits._folds import Fold
from unheard.data.splits._groups import by_identity
from unheard.data.splits._table import folds_of_utterances, read_table
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "Settings", "promise", "propose"]

DISJOINT = frozenset({"speaker"})
"""Train, dev and test share no speaker (but see `promise`)."""
INFLATED = False


class Settings(DevSettings):
    """Which file.

    Args:
        file: a CSV with the column fold and one of speaker, file or sentence.
        dev_speakers: see `DevSettings`.
    """

    file: Path


def promise(settings: Settings) -> frozenset[str]:
    """What the folds of this file keep apart: the sentence if it deals sentences, otherwise the speaker.

    Raises:
        SplitError: the file cannot be read.
    """
    return frozenset({"sentence"}) if read_table(settings.file)[0] == "sentence" else DISJOINT


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a fold of the file, named `fold-<fold>`, in the order of the names.

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides between equally good dev speakers.
        sessions_matter: leave what shares a session with the test out of train and dev, and dev's out of
            train.

    Raises:
        SplitError: the file does not fit the utterances, or too few speakers are left for train and dev.
    """
    column, table = folds_of_utterances(settings.file, utterances)
    by_fold: dict[str, set[str]] = {}
    for name, fold in table.items():
        by_fold.setdefault(fold, set()).add(name)
    folds = []
    for fold, names in sorted(by_fold.items()):
        apart: dict[str, frozenset[str]] = {}
        if column != "file":
            tested = [utterance for utterance in utterances if utterance.name in names]
            apart[column] = frozenset(by_identity(tested, column))
        cut = Cut(f"fold-{fold}", frozenset(names), apart)
        sessions = sessions_matter and column != "sentence"
        folds.append(make_fold(utterances, cut, settings, seed=seed, sessions_matter=sessions))
    return folds
