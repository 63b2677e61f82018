"""What a fold is, and what two of its parts may share: the vocabulary of all splits.

A speaker, a sentence or a session is local to its corpus, so `identity` puts the corpus before it.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from unheard.errors import SplitError
from unheard.identities import NOBODY
from unheard.records import Utterance

__all__ = ["COMPANY", "PARTS", "Fold", "Leak", "identities", "identity", "shared_between_parts", "where"]

PARTS = ("train", "dev", "test")
"""The parts of a fold that are learned from, selected on and tested on."""

COMPANY = ("session", "dialogue")
"""The columns that two parts may not share where sessions matter: the partner, or the day, leaks."""

_SHOWN = 3
_LINES = 20


@dataclass(frozen=True, slots=True)
class Fold:
    """One way to part a corpus: names of utterances, each in exactly one of the four.

    Args:
        name: unique inside the plan.
        train: what is learned from.
        dev: what epochs and settings are chosen on.
        test: what is looked at once, at the end.
        excluded: what this fold leaves out, because it shares something with the test that was promised
            apart.
    """

    name: str
    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that two parts of a fold share.

    Args:
        fold: name of the fold.
        column: what is shared: 'recording', 'speaker', 'session', 'sentence', ...
        value: which one; for a recording its content hash.
        parts: the parts that hold it, in the order train, dev, test.
        utterances: the names of the utterances that hold it in those parts, sorted.
    """

    fold: str
    column: str
    value: str
    parts: tuple[str, ...]
    utterances: tuple[str, ...]

    def __str__(self) -> str:
        """A sentence for people: fold, column, value, parts and up to three utterances."""
        some = ", ".join(self.utterances[:3]) + (", ..." if len(self.utterances) > 3 else "")
        return f"fold '{self.fold}': {self.column} '{self.value}' is in {' and '.join(self.parts)} ({some})"


def identity(utterance: Utterance, column: str) -> str | None:
    """The value of a column with its corpus before it, or None if the utterance has none.

    >>> from pathlib import Path
    >>> identity(Utterance(Path("a.wav"), "a.wav", "emodb", speaker="03"), "speaker")
    'emodb/03'
    """
    value = getattr(utterance, column)
    return None if value is None else f"{utterance.corpus}/{value}"


def identities(utterances: Sequence[Utterance], column: str) -> list[str]:
    """The identity of every utterance, in their order.

    Raises:
        SplitError: an utterance has no value in that column.
    """
    found = [identity(utterance, column) for utterance in utterances]
    known = [value for value in found if value is not None]
    if len(known) == len(found):
        return known
    lacking = [utterance for utterance, value in zip(utterances, found, strict=True) if value is None]
    raise SplitError(
        f"{len(lacking)} of {len(utterances)} utterances have no {column} ({where(lacking)}), and this split needs "
        f"the {column} column. {NOBODY} Add it to the table, or leave these utterances out."
    )


def where(utterances: Sequence[Utterance]) -> str:
    """Some utterances for a message, with the lines that list them.

    >>> from pathlib import Path
    >>> where([Utterance(Path("a.wav"), "a.wav", "table", source=f"m.csv, line {line}") for line in (2, 3)])
    'a.wav, a.wav; m.csv, lines 2, 3'
    """
    said = ", ".join(item.name for item in utterances[:_SHOWN]) + (", ..." if len(utterances) > _SHOWN else "")
    lines: dict[str, list[str]] = {}
    for item in utterances:
        file, _, line = (item.source or "").rpartition(", line ")
        lines.setdefault(file, []).append(line)
    for file, own in lines.items():
        if file:
            more = f" and {len(own) - _LINES} more" if len(own) > _LINES else ""
            said += f"; {file}, line{'s' if len(own) > 1 else ''} {', '.join(own[:_LINES])}{more}"
    return said


def shared_between_parts(
    folds: Iterable[Fold],
    utterances: Iterable[Utterance],
    contents: Mapping[str, str],
    *,
    disjoint: frozenset[str] = frozenset({"speaker"}),
    sessions_matter: bool = False,
) -> list[Leak]:
    """Everything that parts of proposed folds share although they should not; never raises for a leak.

    Recordings are compared by content, speakers (if promised), sessions and dialogues (if they matter) between each
    two of train, dev and test; every other promised column between the test and the rest only, since a dev part
    apart from train in the sentence too would cost most of the data.

    Args:
        folds: anyone's folds; names that are not among the utterances are passed over.
        utterances: what is known of each name.
        contents: utterance name -> content hash of its recording; one that is missing is known by its name.
        disjoint: columns of `Utterance` that the folds promise to keep apart.
        sessions_matter: whether a session or dialogue that two parts share is a leak.

    Returns:
        One leak a fold, column and value, in the order of the folds.
    """
    known = {utterance.name: utterance for utterance in utterances}
    pairwise = {"speaker"} & disjoint | (set(COMPANY) if sessions_matter else set())
    leaks: list[Leak] = []
    for fold in folds:
        recordings = {name: contents.get(name, name) for part in PARTS for name in getattr(fold, part)}
        leaks += _shared(fold, "recording", recordings, between_all=True)
        for column in sorted(disjoint | pairwise):
            held = {name: identity(known[name], column) for name in recordings if name in known}
            leaks += _shared(fold, column, held, between_all=column in pairwise)
    return leaks


def _shared(fold: Fold, column: str, held: Mapping[str, str | None], *, between_all: bool) -> list[Leak]:
    """The values of one column that two parts hold; the test must be one of them unless `between_all`."""
    where: dict[str, dict[str, list[str]]] = {}
    for part in PARTS:
        for name in getattr(fold, part):
            value = held.get(name)
            if value is not None:
                where.setdefault(value, {}).setdefault(part, []).append(name)
    return [
        Leak(fold.name, column, value, tuple(parts), tuple(sorted(itertools.chain(*parts.values()))))
        for value, parts in sorted(where.items())
        if len(parts) > 1 and (between_all or "test" in parts)
    ]
