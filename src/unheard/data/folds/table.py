"""Reading a table of folds, e.g. the folds of a published benchmark.

A CSV with a header: the column `fold`, and one of `speaker`, `file` or `sentence`.
"""

import posixpath
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from unheard.data import tables
from unheard.data.folds.fold import identities
from unheard.errors import SplitError, TableError
from unheard.identities import known
from unheard.records import Utterance

__all__ = ["COLUMNS", "folds_of_utterances", "read_table"]

COLUMNS = ("speaker", "file", "sentence")
"""What a table of folds may deal."""

_ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aif", ".aiff", ".sph")


def read_table(file: Path) -> tuple[str, dict[str, str]]:
    """Which column the table deals, and value -> fold in the order of the lines.

    Raises:
        SplitError: the file cannot be read, lacks a column, is empty, names a value twice or has one fold
            only.
    """
    try:
        found = tables.read_table(file)
    except TableError as error:
        problem = f"the table of folds cannot be read ({error.problem})"
        raise SplitError(f"{error.corpus}: {problem}. {error.mend}") from error
    header = found.columns
    keys = [column for column in COLUMNS if column in header]
    if len(keys) != 1 or "fold" not in header:
        raise SplitError(
            f"{file}: has the columns {', '.join(header) or 'none'}, expected 'fold' and exactly one of "
            f"{', '.join(COLUMNS)}. Correct the header."
        )
    table: dict[str, str] = {}
    lines: dict[str, int] = {}
    for row in found.rows:
        cell, fold = row.cells[keys[0]], known(row.cells["fold"])
        value = (_path(cell) if cell else "") if keys[0] == "file" else known(cell) or ""
        if not value or not fold or value in table:
            problem = f"lacks the {keys[0]} or the fold"
            if value in table:
                problem = f"names {keys[0]} '{cell}' a second time, after line {lines[value]}"
            raise SplitError(f"{found.where(row)}: {problem}. Give each {keys[0]} one line and one fold.")
        table[value], lines[value] = fold, row.line
    if len(set(table.values())) < 2:
        raise SplitError(f"{file}: has {len(set(table.values()))} folds, expected 2 or more. Add the other folds.")
    return keys[0], table


def folds_of_utterances(file: Path, utterances: Sequence[Utterance]) -> tuple[str, dict[str, str]]:
    """Which column the table deals, and utterance name -> fold.

    A `file` is an utterance's name, or that of the recording it is a stretch of, with or without the audio
    ending; lines of files that are not among the utterances (set aside, or of another emotion) are passed
    over. Speakers and sentences must be those of the corpus, as `unheard.identities.known` has them.

    Raises:
        SplitError: the table does not know an utterance's value, or knows a speaker or sentence that nobody
            has.
    """
    column, table = read_table(file)
    if column == "file":
        found = _by_file(file, table, utterances)
        missing = sorted(item.name for item in utterances if item.name not in found)
        strangers: list[str] = []
    else:
        if len({item.corpus for item in utterances}) > 1:
            raise SplitError(
                f"{file}: names {column}s, but the utterances are of several corpora, whose {column} names "
                "mean different things. Use a table with a file column."
            )
        identities(utterances, column)
        present = {str(getattr(item, column)) for item in utterances}
        missing, strangers = sorted(present - table.keys()), sorted(table.keys() - present)
        found = {item.name: table.get(str(getattr(item, column)), "") for item in utterances}
    if missing:
        raise SplitError(
            f"{file}: has no fold for {len(missing)} {column}s of the corpus: {_some(missing)}. Add them."
        )
    if strangers:
        raise SplitError(
            f"{file}: has {len(strangers)} {column}s that the corpus has not: {_some(strangers)}. "
            "Remove them from the table, or check that the whole corpus is there."
        )
    return column, found


def _by_file(file: Path, table: Mapping[str, str], utterances: Sequence[Utterance]) -> dict[str, str]:
    bare: dict[str, set[str]] = {}
    for value, fold in table.items():
        bare.setdefault(_stem(value), set()).add(fold)
    found: dict[str, str] = {}
    for item in utterances:
        # A stretch of a recording is named after it, with '#start-end' behind.
        for name in map(_path, (item.name, item.name.rpartition("#")[0])):
            folds = {table[name]} if name in table else bare.get(_stem(name), set())
            if len(folds) > 1:
                raise SplitError(
                    f"{file}: has '{_stem(name)}' with several endings and in several folds, and none is "
                    f"{item.name}. Name each file with its ending."
                )
            if folds:
                found[item.name] = next(iter(folds))
                break
    return found


def _path(file: str) -> str:
    """One spelling of a path, whichever system wrote it."""
    return posixpath.normpath(unicodedata.normalize("NFC", file).replace("\\", "/"))


def _stem(file: str) -> str:
    """The file without an audio ending; other dots belong to the name."""
    path = PurePosixPath(file)
    return str(path.with_suffix("")) if path.suffix.lower() in _ENDINGS else str(path)


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:5]) + (", ..." if len(values) > 5 else "")
