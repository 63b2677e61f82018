"""Folds from a file: those of a published benchmark, or one's own, in every form that `unheard audit` reads.

A table of `fold` and one of speaker, file or sentence says which test each belongs to; dev is drawn from speakers
that are not tested (benchmarks that select on the test set leave it out). Every other form (`file` and `part`, JSON
of EmoBox, an audformat database, a saved plan; see `unheard.data.folds.files`) says what is trained on, too: parts
stand as they are given, one fold or several, and only where there is no dev is it drawn from the speakers of train.

Whatever the form, it is held to the promise of speakers: if train, dev and test share one, there is no plan, but an
error that names them. A table of sentences shares speakers by nature; its plan is marked as inflated, as that of
`sentence_disjoint` is.
"""

from collections.abc import Sequence
from pathlib import Path

from unheard.data.folds.dev import Cut, DevSettings, make_fold, part_dev
from unheard.data.folds.files import dealt_column, read_folds
from unheard.data.folds.fold import Fold
from unheard.data.folds.groups import by_identity
from unheard.data.folds.table import folds_of_utterances
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "Settings", "promise", "propose"]

DISJOINT = frozenset({"speaker"})
"""Train, dev and test share no speaker (but see `promise`)."""
INFLATED = False


class Settings(DevSettings):
    """Which file.

    Args:
        file: a table, JSON, a folder of them, an audformat database or a saved plan.
        dev_speakers: see `DevSettings`; of folds that the file gives a dev part it says nothing.
    """

    file: Path


def promise(settings: Settings) -> frozenset[str]:
    """What the folds of this file keep apart: the sentence if it deals sentences, otherwise the speaker.

    Raises:
        SplitError: the file cannot be read.
    """
    return frozenset({"sentence"}) if dealt_column(settings.file) == "sentence" else DISJOINT


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a fold of the file, named `fold-<fold>`, in the order of the names; `fold-all` where it names none.

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides between equally good dev speakers.
        sessions_matter: leave what shares a session with the test out of train and dev, and dev's out of
            train; parts that the file gives are not changed, and refused if they share one.

    Raises:
        SplitError: the file does not fit the utterances, or too few speakers are left for train and dev.
    """
    column = dealt_column(settings.file)
    if column is None:
        given = read_folds(settings.file, utterances).folds
        return [_as_given(fold, utterances, settings, seed, sessions_matter=sessions_matter) for fold in given]
    _, table = folds_of_utterances(settings.file, utterances)
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


def _as_given(
    fold: Fold, utterances: Sequence[Utterance], settings: Settings, seed: int, *, sessions_matter: bool
) -> Fold:
    """A fold of the file over these utterances: what it does not name is excluded, what they lack is passed over."""
    known = {item.name: item for item in sorted(utterances, key=lambda item: item.name)}
    name = f"fold-{fold.name}"
    train, dev, test = (
        tuple(one for one in known if one in given) for given in map(set, (fold.train, fold.dev, fold.test))
    )
    if train and not dev:
        rest = [known[one] for one in train]
        train, dev = part_dev(rest, name, settings, seed=seed, sessions_matter=sessions_matter)
    named = {*train, *dev, *test}
    return Fold(name, train, dev, test, tuple(one for one in known if one not in named))
