"""What the parts of folds share: each leak, and for each kind of thing how much of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unheard.data.audit.fingerprints import Twins
from unheard.data.folds.fold import PARTS, Fold, Leak, identity, shared_between_parts
from unheard.records import Utterance

__all__ = ["COLUMNS", "Sharing", "sharing"]

COLUMNS = ("recording", "near-duplicate", "speaker", "session", "dialogue", "sentence")
"""What is compared, in the order of tables."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """How much of one kind of thing the parts of folds share.

    Args:
        column: one of `COLUMNS`.
        grave: whether sharing it is a leak; a sentence may be shared on purpose.
        known: how many different ones there are; None where the corpus does not say, so that nothing was
            compared.
        leaks: one a fold and thing, in the order of the folds.
    """

    column: str
    grave: bool
    known: int | None
    leaks: tuple[Leak, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """What is shared in any fold, sorted."""
        return tuple(sorted({leak.value for leak in self.leaks}))

    @property
    def folds(self) -> tuple[str, ...]:
        """The folds that share any, in their order."""
        return tuple(dict.fromkeys(leak.fold for leak in self.leaks))


def sharing(
    folds: Sequence[Fold],
    utterances: Sequence[Utterance],
    contents: Mapping[str, str],
    twins: Sequence[Twins],
    *,
    sessions_matter: bool,
) -> list[Sharing]:
    """Compare train, dev and test of each fold in everything that is known.

    Recordings, speakers and sessions are compared between all three, sentences and dialogues between test and
    the rest.

    Args:
        folds: anyone's.
        utterances: what is known of each name.
        contents: utterance name -> content hash of its recording.
        twins: recordings that are one sound.
        sessions_matter: whether a shared session or dialogue is a leak.

    Returns:
        One entry for each of `COLUMNS`.
    """
    disjoint = frozenset({"speaker", "dialogue", "sentence"})
    found = shared_between_parts(folds, utterances, contents, disjoint=disjoint, sessions_matter=True)
    found += [leak for fold in folds for leak in _near(fold, twins, contents)]
    grave = {"recording", "near-duplicate", "speaker"} | ({"session", "dialogue"} if sessions_matter else set())
    known: dict[str, int | None] = {"recording": len(set(contents.values())), "near-duplicate": len(twins)}
    for column in COLUMNS[2:]:
        known[column] = len({identity(item, column) for item in utterances} - {None}) or None
    return [
        Sharing(column, column in grave, known[column], tuple(leak for leak in found if leak.column == column))
        for column in COLUMNS
    ]


def _near(fold: Fold, twins: Sequence[Twins], contents: Mapping[str, str]) -> list[Leak]:
    """Pairs of one sound on two sides of a fold; those of one content are known as one recording already."""
    where: dict[str, str] = {name: part for part in PARTS for name in getattr(fold, part)}
    leaks = []
    for pair in twins:
        sides = where.get(pair.first), where.get(pair.second)
        if None in sides or sides[0] == sides[1] or contents.get(pair.first, 0) == contents.get(pair.second, 1):
            continue
        parts = tuple(part for part in PARTS if part in sides)
        both = f"{pair.first} ~ {pair.second}"
        leaks.append(Leak(fold.name, "near-duplicate", both, parts, (pair.first, pair.second)))
    return leaks
