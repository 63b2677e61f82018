"""The rows of an audformat database, from `db.TABLE.csv` or `db.TABLE.parquet` alone.

A `db.TABLE.pkl` is a pickle, which may run code: it is never opened, be it the newest of the files or the only one.
Parquet is decoded in batches, repeated texts once, after what it says of its size was found sane.
"""

import importlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unheard.data.formats._cells import Flaw, known_text, seconds_of, text_of
from unheard.data.formats.audformat_header import AUDFORMAT, Database, TableHeader
from unheard.data.tables import read_table
from unheard.errors import CorpusError, MissingExtraError
from unheard.identities import plain
from unheard.records import Seconds

__all__ = ["Stretch", "check_tables", "labels_of", "read_rows"]

_MOST_ROWS = 2_000_000
_MOST_BYTES = 128 * 2**20
_FLOOD = f"too much to read: at most {_MOST_ROWS:,} rows and {_MOST_BYTES // 2**20} MiB in all tables together"
_FEW = 100_000
"""Rows that are read however few bytes they take: more than that in less than a byte each are no recordings."""
_LONGEST = 131_072
"""Letters in a cell."""
_LONGEST_PATH = 4096
_BATCH = 65_536
_PLAIN = (
    "string", "large_string", "int", "uint", "float", "double", "bool", "null", "date", "timestamp", "duration",
    "dictionary<values=string,", "dictionary<values=large_string,",
)  # fmt: skip
"""How the types of columns begin that hold values and nothing in them."""
_Records = Iterator[tuple[str, dict[str, str]]]
_MEND = "Correct it, or take the database from its owner."
_AGAIN = 'Save it again, as CSV: database.save(folder, storage_format="csv").'


@dataclass(frozen=True, slots=True)
class Stretch:
    """A row of a table of files or segments.

    Args:
        file: as the table has it.
        start: in seconds; 0 in a table of files.
        end: in seconds, None for the end of the file.
        cells: column -> value as text; values that are missing are not there.
        where: the file of the table and the row, for messages.
    """

    file: str
    start: Seconds
    end: Seconds | None
    cells: Mapping[str, str]
    where: str


def check_tables(database: Database, tables: Collection[TableHeader]) -> None:
    """Each table has a file that can be read, and all together are no flood.

    Raises:
        MissingExtraError: a table is in parquet, and pyarrow is not installed.
        CorpusError: a table has no CSV or parquet file, or they have more than two million rows or 128 MiB.
    """
    files = {table.name: _file_of(database, table) for table in tables}
    absent = [name for name, file in files.items() if file is None]
    if absent:
        pickled = [name for name in absent if os.path.lexists(database.folder / f"db.{name}.pkl")]
        if pickled:
            problem = f"{_listed(pickled)} only in .pkl, a pickle, which may run code and is never opened"
            raise CorpusError(AUDFORMAT, f"'{database.folder}' has {problem}", _AGAIN)
        mend = "Copy db.TABLE.csv or db.TABLE.parquet beside the header."
        raise CorpusError(AUDFORMAT, f"'{database.folder}' lacks the files of {_listed(absent)}", mend)
    total = rows = 0
    for file in filter(None, files.values()):
        total += file.stat().st_size
        if total <= _MOST_BYTES and file.suffix == ".parquet":
            about = _parquet(file).metadata
            rows += abs(about.num_rows)
            if about.num_rows > max(_FEW, file.stat().st_size):
                problem = f"'{file}' says that it holds {about.num_rows:,} rows in {file.stat().st_size:,} bytes"
                raise CorpusError(AUDFORMAT, problem, _AGAIN)
            groups = [about.row_group(number) for number in range(about.num_row_groups)]
            total += sum(abs(group.total_byte_size) for group in groups)
        elif total <= _MOST_BYTES:
            rows += _lines(file)
        if rows > _MOST_ROWS or total > _MOST_BYTES:
            raise CorpusError(AUDFORMAT, f"'{file}' has {_FLOOD}", "Divide the database.")


def _lines(file: Path) -> int:
    try:
        with file.open("rb") as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
    except OSError as problem:
        raise CorpusError(AUDFORMAT, f"'{file}' cannot be read ({problem.strerror})", _MEND) from problem


def _listed(names: Sequence[str]) -> str:
    return f"the table{'s' * (len(names) > 1)} {', '.join(names[:5])}{', ...' * (len(names) > 5)}"


def _file_of(database: Database, table: TableHeader) -> Path | None:
    """Its parquet file, else its CSV file, as audformat chooses."""
    for ending in ("parquet", "csv"):
        file = database.folder / f"db.{table.name}.{ending}"
        if os.path.isfile(file):  # noqa: PTH113 - it also answers for names that no file can have
            return file
    return None


def read_rows(database: Database, table: TableHeader, columns: Collection[str]) -> Iterator[Stretch]:
    """The rows of a table of files or segments, in their order.

    Args:
        database: what the table is of.
        table: which; `check_tables` was passed.
        columns: those of its own columns that are wanted.

    Raises:
        CorpusError: a column is not in the file, or a cell is not of the type that the header states; names the row.
    """
    for where, cells in _records(database, table, columns):
        try:
            levels = {name: cells.pop(name, None) for name in table.levels}
            file, start, end = _place(levels)
            texts = {name: known_text(cell, database.scheme(table, name).dtype) for name, cell in cells.items()}
        except Flaw as flaw:
            raise CorpusError(AUDFORMAT, f"{where}: {flaw}", _MEND) from flaw
        yield Stretch(file, start, end, texts, where)


def _place(levels: Mapping[str, str | None]) -> tuple[str, Seconds, Seconds | None]:
    """File, start and end; a table of files has neither start nor end."""
    absent = [name for name, text in levels.items() if text is None and name != "end"]
    if absent:
        raise Flaw(f"no {absent[0]}")
    file, end = str(levels["file"]), levels.get("end")
    if len(file) > _LONGEST_PATH:
        raise Flaw(f"a file name of {len(file)} letters")
    return file, seconds_of(levels.get("start") or "0s"), None if end is None else seconds_of(end)


def labels_of(database: Database, table: TableHeader, columns: Collection[str]) -> dict[str, dict[str, str]]:
    """Label -> what the wanted columns of a misc table say of it, as text.

    Raises:
        CorpusError: as `read_rows`; or a label stands there twice.
    """
    label, *_ = table.levels
    found: dict[str, dict[str, str]] = {}
    for where, cells in _records(database, table, columns):
        try:
            name = known_text(cells.get(label, ""), table.levels[label])
            told = {column: cells[column] for column in columns if column in cells}
            texts = {column: known_text(cell, database.scheme(table, column).dtype) for column, cell in told.items()}
        except Flaw as flaw:
            raise CorpusError(AUDFORMAT, f"{where}: {flaw}", _MEND) from flaw
        if name in found:
            raise CorpusError(AUDFORMAT, f"{where}: '{name}' stands there twice", _MEND)
        found[name] = texts
    return found


def _records(database: Database, table: TableHeader, columns: Collection[str]) -> _Records:
    """(where, column -> text) of each row; what is missing is not there."""
    file = _file_of(database, table)
    if file is None:
        raise CorpusError(AUDFORMAT, f"'{database.folder}' lacks the file of table '{table.name}'", _AGAIN)
    wanted = [*table.levels, *(name for name in table.columns if name in columns)]
    expected = [*table.levels, *table.columns]
    records = _of_parquet if file.suffix == ".parquet" else _of_csv
    for number, (where, cells) in enumerate(records(file, wanted, expected), start=1):
        if number > _MOST_ROWS:
            raise CorpusError(AUDFORMAT, f"{where}: {_FLOOD}", "Divide the database.")
        yield where, cells


def _check_columns(file: Path, present: Sequence[str], expected: Sequence[str]) -> None:
    absent = [name for name in expected if name not in present]
    twice = [name for name in expected if present.count(name) > 1]
    if absent or twice:
        problem = f"lacks the column '{absent[0]}'" if absent else f"has the column '{twice[0]}' twice"
        raise CorpusError(AUDFORMAT, f"'{file}' {problem}, which the header states", _MEND)


def _of_csv(file: Path, wanted: Sequence[str], expected: Sequence[str]) -> _Records:
    table = read_table(file)
    _check_columns(file, table.columns, [plain(name).lower() for name in expected])
    columns = {name: plain(name).lower() for name in wanted}
    for row in table.rows:
        found = {name: text_of(row.cells[column], written=True) for name, column in columns.items()}
        yield f"'{file}', line {row.line}", {name: text for name, text in found.items() if text}


def _of_parquet(file: Path, wanted: Sequence[str], expected: Sequence[str]) -> _Records:
    schema = _parquet(file).schema_arrow
    _check_columns(file, schema.names, expected)
    for name in wanted:
        _check_type(file, name, str(schema.field(name).type))
    opened, row = _parquet(file, wanted), 0
    try:
        for batch in opened.iter_batches(batch_size=_BATCH, columns=list(wanted), use_threads=False):
            columns = {name: _texts(file, name, batch.column(name)) for name in wanted}
            for number in range(batch.num_rows):
                cells = {name: text for name, texts in columns.items() if (text := texts[number])}
                yield f"'{file}', row {row + number + 1}", cells
            row += batch.num_rows
    except CorpusError:
        raise
    except _arrow_problems() as problem:
        raise _no_parquet(file, problem) from problem


def _parquet(file: Path, repeated: Sequence[str] = ()) -> Any:
    """The file opened; texts of the repeated columns are decoded once each."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError("pyarrow", AUDFORMAT) from error
    try:
        return parquet.ParquetFile(file, read_dictionary=list(repeated))
    except _arrow_problems() as problem:
        raise _no_parquet(file, problem) from problem


def _arrow_problems() -> tuple[type[Exception], ...]:
    return (OSError, ValueError, OverflowError, importlib.import_module("pyarrow").ArrowException)


def _no_parquet(file: Path, problem: Exception) -> CorpusError:
    said = " ".join(str(problem).split())[:200]
    return CorpusError(AUDFORMAT, f"'{file}' cannot be read as parquet ({said})", _AGAIN)


def _check_type(file: Path, name: str, kind: str) -> None:
    if not kind.startswith(_PLAIN):
        raise CorpusError(AUDFORMAT, f"'{file}': column '{name}' holds {kind[:80]}, no plain values", _AGAIN)


def _texts(file: Path, name: str, column: Any) -> list[str]:
    """A column's values as text, '' for what is missing; texts that repeat are one object."""
    pyarrow = importlib.import_module("pyarrow")
    places = None
    if pyarrow.types.is_dictionary(column.type):
        places, column = column.indices.to_pylist(), column.dictionary
    kind = str(column.type)
    if kind.startswith("timestamp"):
        column = column.cast(pyarrow.timestamp("us"), safe=False)
    elif kind.startswith("duration"):
        column = column.cast(pyarrow.duration("ns")).cast(pyarrow.int64())
        kind = "nanoseconds"
    texts = ["" if value is None else text_of(value, kind=kind) for value in column.to_pylist()]
    if any(len(text) > _LONGEST for text in texts):
        raise CorpusError(AUDFORMAT, f"'{file}': column '{name}' has a cell of over {_LONGEST} letters", _AGAIN)
    return texts if places is None else ["" if place is None else texts[place] for place in places]
