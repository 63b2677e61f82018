"""From what somebody's files name to folds over the utterances at hand."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from unheard.data.folds.fold import PARTS, Fold
from unheard.data.tables import seconds_from
from unheard.errors import SplitError
from unheard.records import Seconds, Utterance

__all__ = ["FoldSet", "Row", "each_tested_once", "fold_set", "start_of", "with_left_out"]

_ENDINGS = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aif", ".aiff", ".sph"})
_SAME_START: Seconds = 0.05


@dataclass(frozen=True, slots=True)
class FoldSet:
    """Somebody's folds over the utterances at hand.

    Args:
        source: the file or folder, or the name of a split.
        form: what kind of file it is, for people.
        folds: with the names of utterances; neither train nor test is empty.
        strangers: what the files name and the corpus lacks, sorted.
        left_out: utterances that are in no part of any fold, sorted.
    """

    source: str
    form: str
    folds: tuple[Fold, ...]
    strangers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One mention of a file; the part, the fold or both are known.

    Args:
        file: as it is published, with any path before it.
        part: train, dev or test.
        fold: name of the fold.
        start: of a stretch of the file, in seconds.
        source: the file and line that say it, for messages.
    """

    file: str
    part: str | None = None
    fold: str | None = None
    start: Seconds | None = None
    source: str | None = None


def start_of(cell: str | None, where: str) -> Seconds | None:
    """Where a stretch begins, from its text in any of the usual forms; None where there is none.

    >>> start_of("0 days 00:00:01.5", "folds.csv, line 2"), start_of("", "folds.csv, line 3")
    (1.5, None)

    Raises:
        SplitError: it is no time.
    """
    try:
        return seconds_from(cell) if cell else None
    except ValueError as error:
        raise SplitError(f"{where}: start '{cell}', expected {error}. Correct it.") from error


def fold_set(path: Path, form: str, rows: Iterable[Row], utterances: Sequence[Utterance]) -> FoldSet:
    """The folds that rows describe.

    Rows with a part make up the folds that they name (one, if they name none). Rows with folds only test each
    fold once and learn from all others.

    Args:
        path: where the rows come from, for messages.
        form: what kind of file it is.
        rows: mentions of files.
        utterances: the corpus; what is named is found in it by its path, as much of it as is needed.

    Raises:
        SplitError: nothing that is named is in the corpus, a name means several recordings, a fold lacks train
            or test, or there is one fold only and no part.
    """
    find = _Finder(path, utterances)
    dealt: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    fold_of: dict[str, str] = {}
    strangers: dict[str, None] = {}
    for row in rows:
        names = find(row)
        if not names:
            strangers[row.file] = None
        for name in names:
            if row.part is not None:
                dealt[row.fold or "all"][row.part][name] = None
            elif row.fold is not None and fold_of.setdefault(name, row.fold) != row.fold:
                raise SplitError(
                    f"{row.source or path}: puts {name} into fold '{row.fold}', and it is in fold '{fold_of[name]}' "
                    "already. Give each file one fold."
                )
    if not dealt and not fold_of:
        some = ", ".join(list(strangers)[:3]) or "nothing"
        raise SplitError(
            f"{path}: names {some}, and none of it is in the corpus (which has {utterances[0].name}, ...). "
            "Check that these are the folds of this corpus."
        )
    folds = [_fold(path, name, parts) for name, parts in sorted(dealt.items())] or each_tested_once(fold_of)
    return with_left_out(path, form, folds, strangers, utterances)


def each_tested_once(fold_of: Mapping[str, str]) -> list[Fold]:
    """One fold a name: its utterances are tested, all others are learned from.

    Raises:
        SplitError: there are fewer than two.
    """
    names = sorted(set(fold_of.values()))
    if len(names) < 2:
        raise SplitError(f"there is {len(names)} fold, '{names[0]}', and no part. Name train and test, or two folds.")
    return [
        Fold(
            name=name,
            train=tuple(item for item, own in fold_of.items() if own != name),
            dev=(),
            test=tuple(item for item, own in fold_of.items() if own == name),
        )
        for name in names
    ]


def with_left_out(
    path: Path | str, form: str, folds: Sequence[Fold], strangers: Iterable[str], utterances: Sequence[Utterance]
) -> FoldSet:
    """The folds, with what they leave out counted."""
    named = {name for fold in folds for part in PARTS for name in getattr(fold, part)}
    left_out = sorted(item.name for item in utterances if item.name not in named)
    return FoldSet(str(path), form, tuple(folds), tuple(sorted(strangers)), tuple(left_out))


def _fold(path: Path, name: str, parts: Mapping[str, Mapping[str, None]]) -> Fold:
    for part in ("train", "test"):
        if not parts.get(part):
            known = " and ".join(sorted(parts))
            raise SplitError(
                f"{path}: fold '{name}' has no {part}, only {known}. Give the folder that holds both files."
            )
    train, dev, test = (tuple(parts.get(part, ())) for part in PARTS)
    return Fold(name, train, dev, test)


class _Finder:
    """Finds utterances by what others call their files."""

    def __init__(self, path: Path, utterances: Sequence[Utterance]) -> None:
        self.path = path
        self.known: dict[str, list[tuple[tuple[str, ...], Utterance]]] = defaultdict(list)
        for item in utterances:
            parts = _parts(item.file.as_posix())
            self.known[parts[-1]].append((parts, item))

    def __call__(self, row: Row) -> list[str]:
        """Names of the utterances that a row means; several where it names a file of several stretches."""
        wanted = _parts(row.file)
        found = self.known.get(wanted[-1], [])
        if len(found) > 1:
            shared = [_shared_end(wanted, parts) for parts, _ in found]
            found = [one for one, count in zip(found, shared, strict=True) if count == max(shared)]
        items = [item for _, item in found]
        if len({item.file for item in items}) > 1:
            some = ", ".join(item.name for item in items[:2])
            raise SplitError(
                f"{row.source or self.path}: '{row.file}' may be any of {some}. Name it with more of its path."
            )
        if row.start is not None and len(items) > 1:
            items = [item for item in items if abs(item.start - row.start) <= _SAME_START]
        return [item.name for item in items]


def _parts(file: str) -> tuple[str, ...]:
    """The path in parts, without an audio ending; other dots belong to the name."""
    path = PurePosixPath(unicodedata.normalize("NFC", file).replace("\\", "/"))
    return (path.with_suffix("") if path.suffix.lower() in _ENDINGS else path).parts or ("",)


def _shared_end(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    while count < min(len(one), len(other)) and one[-1 - count] == other[-1 - count]:
        count += 1
    return count
