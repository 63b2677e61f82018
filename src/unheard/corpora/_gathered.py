"""A user's own recordings in one go: what can be used, what cannot, and labels that nobody knows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from unheard.corpora._labels import refuse_unknown
from unheard.corpora._layout import Bad, Unusable, name_segments, settle
from unheard.data.labels import UnknownLabel
from unheard.errors import CorpusError, LabelError
from unheard.records import CorpusCard, Utterance

__all__ = ["Listed", "gather"]

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Listed(Generic[_Kind]):
    """One recording as its owner lists it.

    Args:
        name: what messages call it.
        where: the file and line, or the row, that lists it.
        label: its emotion as written, '' for none.
        row: all that is said of it.
    """

    name: str
    where: str
    label: str
    row: _Kind


def gather(
    listed: Iterable[Listed[_Kind]],
    make: Callable[[_Kind], Utterance],
    card: CorpusCard,
    source: str,
    bad: Bad | None,
) -> list[Utterance]:
    """The utterances of what is listed, sorted by name.

    Args:
        listed: the recordings.
        make: a row to an utterance; raises Unusable or LabelError.
        card: the corpus.
        source: the table or folder, for messages.
        bad: where to set recordings aside that cannot be used, as (name, problem); None raises.

    Raises:
        LabelError: emotions are not known; names them all.
        CorpusError: a recording cannot be used while `bad` is None, or none can.
    """
    utterances: list[Utterance] = []
    problems: list[tuple[str, str, str]] = []
    unknown: list[tuple[str, str, LabelError]] = []
    for own in listed:
        try:
            utterances.append(make(own.row).replace(source=own.where))
        except LabelError as error:
            unknown.append((own.label, own.where, error))
            problems.append((own.name, UnknownLabel(error.problem, own.label), own.where))
        except Unusable as error:
            problems.append((own.name, str(error), own.where))
    if bad is None or (not utterances and len(unknown) == len(problems)):
        refuse_unknown(source, unknown)
    settle(card, _placed(problems, apart=bad is not None), bad)
    if not utterances:
        raise CorpusError(card.name, f"'{source}' has no usable recording", card.obtain)
    return name_segments(utterances)


def _placed(problems: Sequence[tuple[str, str, str]], *, apart: bool) -> Bad:
    """(name, problem) with its place behind the problem; equal problems share the first one's unless `apart`."""
    first: dict[str, str] = {}
    for _, problem, where in problems:
        first.setdefault(problem, where)
    placed: Bad = []
    for name, problem, where in problems:
        text = f"{problem}, {where if apart else first[problem]}"
        placed.append((name, UnknownLabel(text, problem.label) if isinstance(problem, UnknownLabel) else text))
    return placed
