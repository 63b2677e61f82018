"""Reading a table of folds, e.g. the folds of a published benchmark.

A CSV with a header: the column `fold`, and one of `speaker`, `file` or `sentence`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from unheard.data import tables
from unheard.data.splits._folds import identities
from unheard.errors import SplitError, TableError
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
    for row in found.rows:
        value, fold = row.cells[keys[0]], row.cells["fold"]
        if not value or not fold or value in table:
            problem = (
                f"names {keys[0]} '{value}' a second time" if value in table else f"lacks the {keys[0]} or the fold"
            )
            raise SplitError(f"{found.where(row)}: {problem}. Give each {keys[0]} one line and one fold.")
        table[value] = fold
    if len(set(table.values())) < 2:
        raise SplitError(f"{file}: has {len(set(table.values()))} folds, expected 2 or more. Add the other folds.")
    return keys[0], table


def folds_of_utterances(file: Path, utterances: Sequence[Utterance]) -> tuple[str, dict[str, str]]:
    """Which column the table deals, and utterance name -> fold.

    A `file` is an utterance's name, or that of the recording it is a stretch of, with or without the audio
    ending; lines of files that are not among the utterances (set aside, or of another emotion) are passed
    over. Speakers and sentences must match exactly.

    Raises:
        SplitError: the table does not know an utterance's value, or knows a speaker or sentence that nobody
            has.
    """
    column, table = read_table(file)
    if column == "file":
        found = _by_file(table, utterances)
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


def _by_file(table: Mapping[str, str], utterances: Sequence[Utterance]) -> dict[str, str]:
    bare = {_stem(value): fold for value, fold in table.items()}
    found: dict[str, str] = {}
    for item in utterances:
        # A stretch of a recording is named after it, with '#start-end' behind.
        spellings = (item.name, item.name.rpartition("#")[0])
        fold = next((bare[stem] for stem in map(_stem, spellings) if stem in bare), None)
        if fold is not None:
            found[item.name] = fold
    return found


def _stem(file: str) -> str:
    """The file without an audio ending; other dots belong to the name."""
    path = PurePosixPath(file)
    return str(path.with_suffix("")) if path.suffix.lower() in _ENDINGS else str(path)


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:5]) + (", ..." if len(values) > 5 else "")
