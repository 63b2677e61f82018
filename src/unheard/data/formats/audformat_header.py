"""The header of an audformat database, `db.yaml`: schemes, splits, and what columns its tables have.

Read by its published description, without the package audformat: that unpickles whatever `db.*.pkl` lies beside
the tables. Attachments, media, raters and further notes are not needed here, and not looked at.

Reference:
    https://audeering.github.io/audformat/data-format.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unheard.data.formats._cells import Flaw, known_text
from unheard.data.formats.safe_yaml import read_yaml
from unheard.errors import CorpusError

__all__ = ["AUDFORMAT", "HEADER", "Database", "Scheme", "TableHeader", "read_header"]

AUDFORMAT = "audformat"
HEADER = "db.yaml"
_MEND = "Correct it in the header, or take the database from its owner."
_LEVELS = {"filewise": {"file": "str"}, "segmented": {"file": "str", "start": "time", "end": "time"}}


@dataclass(frozen=True)
class Scheme:
    """What a column may hold.

    Args:
        dtype: str, int, float, bool, date, time or object.
        labels: the values that it may have, as text -> what is said of each; None where the header lists none.
        table: the misc table whose rows are the labels, None where the header lists them.
        minimum: the least value of a number, None where none is stated.
        maximum: the greatest.
    """

    dtype: str = "object"
    labels: Mapping[str, Mapping[Any, Any]] | None = None
    table: str | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class TableHeader:
    """One table.

    Args:
        name: as the header has it; its rows are in db.NAME.csv or db.NAME.parquet.
        levels: columns that say what a row is about -> dtype (file, start and end; a misc table has its own).
        columns: the other columns -> the scheme that they follow, None for none.
        split: the split that all its rows belong to, None for none.
    """

    name: str
    levels: Mapping[str, str]
    columns: Mapping[str, str | None]
    split: str | None = None


@dataclass(frozen=True)
class Database:
    """A database's header.

    Args:
        folder: holds db.yaml, the tables and the recordings.
        languages: as stated, ISO 639-3 as a rule.
        schemes: by name.
        splits: name -> type: train, dev, test or other.
        tables: those of files and segments, by name.
        misc_tables: all others.
    """

    folder: Path
    languages: tuple[str, ...]
    schemes: Mapping[str, Scheme]
    splits: Mapping[str, str]
    tables: Mapping[str, TableHeader]
    misc_tables: Mapping[str, TableHeader]

    def scheme(self, table: TableHeader, column: str) -> Scheme:
        """The scheme of a column; any text where it follows none."""
        name = table.columns[column]
        return Scheme() if name is None else self.schemes[name]


def read_header(folder: Path) -> Database:
    """The header of the database in a folder.

    Raises:
        MissingExtraError: PyYAML is not installed.
        CorpusError: it cannot be read safely (see `read_yaml`), or does not describe a database; says where.
    """
    file = folder / HEADER
    header = read_yaml(file, AUDFORMAT)
    if len(header) == 1 and "tables" not in header:  # as old versions wrote it: all of it under the name
        header = _table(file, header, next(iter(header)))
    where = _Where(file, header)
    schemes = {name: _scheme(file, name, own) for name, own in where.each("schemes")}
    splits = {name: str(own.get("type", "other")) for name, own in where.each("splits")}
    tables = {
        name: _described(file, name, own, _LEVELS.get(str(own.get("type")))) for name, own in where.each("tables")
    }
    misc = {name: _described(file, name, own, _levels(own.get("levels"))) for name, own in where.each("misc_tables")}
    database = Database(folder, _languages(file, header), schemes, splits, tables, misc)
    _check(file, database)
    return database


@dataclass(frozen=True)
class _Where:
    file: Path
    header: Mapping[str, Any]

    def each(self, key: str) -> list[tuple[str, dict[Any, Any]]]:
        """The named entries of one part of the header, each a table."""
        part = _table(self.file, self.header, key)
        return [(_name(self.file, key, name), _table(self.file, part, name, key)) for name in part]


def _table(file: Path, holder: Mapping[Any, Any], key: Any, within: str = "") -> dict[Any, Any]:
    found = holder.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        place = f"{within}.{key}" if within else str(key)
        raise CorpusError(AUDFORMAT, f"'{file}': {place} is no table of names", _MEND)
    return found


def _name(file: Path, key: str, name: Any) -> str:
    """A name that is text, and that leads to no other folder when it becomes part of a file's name."""
    text = name if isinstance(name, str) else str(name)
    if key.endswith("tables") and (not text.isprintable() or set(text) & set("/\\") or not text.strip()):
        raise CorpusError(AUDFORMAT, f"'{file}': {key} has the name {text!r}, which no file can have", _MEND)
    return text


def _scheme(file: Path, name: str, own: Mapping[Any, Any]) -> Scheme:
    dtype, listed = str(own.get("dtype", "object")), own.get("labels")
    table = listed if isinstance(listed, str) else None
    bounds = [own.get(key) for key in ("minimum", "maximum")]
    if any(isinstance(bound, bool) or not isinstance(bound, (int, float, type(None))) for bound in bounds):
        raise CorpusError(AUDFORMAT, f"'{file}': schemes.{name} has bounds that are no numbers", _MEND)
    low, high = (None if bound is None else float(bound) for bound in bounds)
    try:
        labels = None if table is not None or listed is None else _labels(listed, dtype)
    except Flaw as flaw:
        raise CorpusError(AUDFORMAT, f"'{file}': schemes.{name}.labels: {flaw}", _MEND) from flaw
    return Scheme(dtype, labels, table, low, high)


def _labels(listed: Any, dtype: str) -> dict[str, Mapping[Any, Any]]:
    if not isinstance(listed, (list, dict)):
        raise Flaw("neither a list nor a table of them, nor the name of a misc table")
    found: dict[str, Mapping[Any, Any]] = {}
    for label in listed:
        if isinstance(label, (list, dict)):
            raise Flaw("a label is a list or a table")
        about = listed[label] if isinstance(listed, dict) else None
        found[known_text(str(label), dtype)] = about if isinstance(about, dict) else {}
    return found


def _described(file: Path, name: str, own: Mapping[Any, Any], levels: Mapping[str, str] | None) -> TableHeader:
    if not levels:
        expected = "type: filewise or segmented" if "levels" not in own else "levels: names and their types"
        raise CorpusError(AUDFORMAT, f"'{file}': table '{name}' lacks {expected}", _MEND)
    columns = {}
    for column, about in _table(file, own, "columns", name).items():
        if not isinstance(about, (dict, type(None))):
            raise CorpusError(AUDFORMAT, f"'{file}': column '{column}' of table '{name}' is no table", _MEND)
        scheme = (about or {}).get("scheme_id")
        columns[str(column)] = None if scheme is None else str(scheme)
    split = own.get("split_id")
    return TableHeader(name, levels, columns, None if split is None else str(split))


def _levels(found: Any) -> dict[str, str] | None:
    if isinstance(found, dict):
        return {str(name): str(dtype) for name, dtype in found.items()}
    return {str(name): "object" for name in found} if isinstance(found, list) else None


def _languages(file: Path, header: Mapping[str, Any]) -> tuple[str, ...]:
    found = header.get("languages") or []
    if not isinstance(found, list) or not all(isinstance(language, str) for language in found):
        raise CorpusError(AUDFORMAT, f"'{file}': languages is no list of names", "Put each of them in quotes.")
    return tuple(found)


def _check(file: Path, database: Database) -> None:
    """What tables and schemes refer to is there."""
    for table in [*database.tables.values(), *database.misc_tables.values()]:
        for column, scheme in table.columns.items():
            if scheme is not None and scheme not in database.schemes:
                problem = f"column '{column}' of table '{table.name}' follows scheme '{scheme}', which is not there"
                raise CorpusError(AUDFORMAT, f"'{file}': {problem}", _MEND)
        if table.split is not None and table.split not in database.splits:
            problem = f"table '{table.name}' is of split '{table.split}', which is not there"
            raise CorpusError(AUDFORMAT, f"'{file}': {problem}", _MEND)
    for name, own in database.schemes.items():
        if own.table is not None and own.table not in database.misc_tables:
            problem = f"the labels of scheme '{name}' are in misc table '{own.table}', which is not there"
            raise CorpusError(AUDFORMAT, f"'{file}': {problem}", _MEND)
