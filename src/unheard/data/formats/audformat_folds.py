"""The parts that an audformat database deals its rows to: by a column, by the split of a table, or by its name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unheard.data.formats.audformat_header import Database, TableHeader, read_header
from unheard.data.formats.audformat_tables import check_tables, read_rows
from unheard.errors import SplitError

__all__ = ["Dealt", "dealt_rows"]

_SPLIT_COLUMNS = ("split", "part", "subset", "partition")
_NUMBERED = re.compile(r"(.*?)[-_ ]?\d+")


@dataclass(frozen=True, slots=True)
class Dealt:
    """One row and where it belongs.

    Args:
        file: as the table has it.
        start: in seconds.
        part: the owner's word for it, None where only a fold is said.
        fold: None where only a part is said.
        where: the row, for messages.
    """

    file: str
    start: float
    part: str | None
    fold: str | None
    where: str


def dealt_rows(folder: Path, words: frozenset[str]) -> Iterator[Dealt]:
    """Where the rows of a database belong; the first of these that any of its tables has decides.

    A column called split, part, subset, partition or fold, or that follows a scheme of that name; a table's
    `split_id`, by the type of that split (or, where it is of no type, by its name); a table's name with such a word
    in it, as in emotion.train or emotion.test-1.gold.

    Args:
        folder: holds db.yaml.
        words: those that mean a part, in lower case.

    Raises:
        MissingExtraError: PyYAML or pyarrow is needed and not installed.
        CorpusError: the database cannot be read safely, or is none.
        SplitError: nothing says where its rows belong.
    """
    database = read_header(folder)
    columns = {name: own for name, table in database.tables.items() if (own := _columns(table))}
    parts = {} if columns else _by_split(database, words) or _by_name(database, words)
    if not columns and not parts:
        known = ", ".join(sorted(database.tables)) or "none"
        raise SplitError(
            f"{folder}: no column or scheme called split, no table with a split_id of type train and test, and none "
            f"named ….train or ….test, among: {known}. Give the folds in a file of their own."
        )
    tables = [database.tables[name] for name in columns or parts]
    check_tables(database, tables)
    for table in tables:
        own = columns.get(table.name, {})
        for row in read_rows(database, table, own.values()):
            part = row.cells.get(own.get("part", ""), parts.get(table.name))
            fold = row.cells.get(own.get("fold", ""))
            if part or fold:
                yield Dealt(row.file, row.start, part, fold, row.where)


def _columns(table: TableHeader) -> dict[str, str]:
    """Part and fold -> the column that says it."""
    found: dict[str, str] = {}
    for column, scheme in table.columns.items():
        named = {column.lower(), (scheme or "").lower()}
        if named & set(_SPLIT_COLUMNS):
            found["part"] = column
        elif "fold" in named:
            found["fold"] = column
    return found


def _by_split(database: Database, words: frozenset[str]) -> dict[str, str]:
    """Table -> the part that its split is."""
    types = {
        name: _word((table.split, database.splits[table.split]), words)
        for name, table in database.tables.items()
        if table.split is not None
    }
    return {table: word for table, word in types.items() if word}


def _by_name(database: Database, words: frozenset[str]) -> dict[str, str]:
    """Table -> the part that stands in its name."""
    named = {table: _word(table.split("."), words) for table in database.tables}
    return {table: word for table, word in named.items() if word}


def _word(said: Sequence[str], words: frozenset[str]) -> str | None:
    """The last that means a part, with or without a number behind it."""
    for text in reversed(said):
        numbered = _NUMBERED.fullmatch(text.lower())
        for own in (text.lower(), numbered[1] if numbered else ""):
            if own in words:
                return own
    return None
