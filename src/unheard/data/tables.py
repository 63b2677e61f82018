"""The one reader of tables: manifests, folds and labels, as editors, spreadsheets and programs write them.

    a text file -> Table (columns, rows with their lines) -> cells -> numbers and seconds

Cells are separated by comma, semicolon, tab or bar, which is found, not asked for; a first line `sep=;` says it,
too. The text is UTF-8, or UTF-16 or UTF-32 with a byte order mark. Other encodings cannot be told apart, so they
are an error. A row whose cells do not fit the columns is an error: it may be two, or half of one.
"""

import codecs
import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from unheard.errors import TableError
from unheard.identities import plain
from unheard.records import Seconds

__all__ = ["Row", "Table", "number_from", "parse_table", "read_table", "read_text", "seconds_from"]

_DELIMITERS = ",;\t|"
_MARKS = (
    # The mark of UTF-32 begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_SAVE = "Save it as CSV with encoding UTF-8 (in a spreadsheet: 'CSV UTF-8')."
_SEP = re.compile(r'"?sep=(.)"?[ \t;,]*', re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"(?:(\d+) days? )?(?:\+)?(\d+):([0-5]\d):([0-5]\d(?:[.,]\d+)?)", re.ASCII)
_DAYS = re.compile(r"(\d+) days?", re.ASCII)

_Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Args:
        line: of the file, on which the row begins; the first is 1.
        cells: column -> cell, without white space around it; only columns that have a name.
    """

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was written.

    Args:
        file: where it came from.
        columns: names in the order of the header, in lower case; no two are equal.
        rows: those that are not blank, in their order.
        line: of the header.
    """

    file: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int = 1

    def where(self, row: Row) -> str:
        r"""The file and the line, for messages.

        >>> table = parse_table("file\n\na.wav\n", Path("mine.csv"))
        >>> table.where(table.rows[0])
        'mine.csv, line 3'
        """
        return f"{self.file}, line {row.line}"


def read_table(file: Path) -> Table:
    """Read a table from a file.

    Args:
        file: a text file.

    Raises:
        TableError: the file is missing, cannot be read, is not in one of the encodings, or is no table (see
            `parse_table`); names the line where there is one.
    """
    return parse_table(read_text(file), file)


def parse_table(text: str, file: Path) -> Table:
    """Read a table from a text.

    Args:
        text: with the line ends that it was written with.
        file: where it came from, for messages.

    Raises:
        TableError: two columns have one name, a row has more or fewer cells than the header, or a quote is not
            closed; names the line.
    """
    said, rest, skipped = _said_delimiter(text)
    delimiter = said or _delimiter(rest)
    records = _records(rest, delimiter, file, skipped)
    line, names = next(records, (1, []))
    columns = tuple(plain(name).lower() for name in names)
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise TableError(file, f"column '{twice[0]}' stands there twice", "Rename or remove one of the two.", line)
    rows = tuple(_row(file, columns, record, delimiter) for record in records)
    return Table(file, tuple(name for name in columns if name), rows, line)


def read_text(file: Path) -> str:
    """The text of a file in one of the encodings, without its byte order mark, with its own line ends.

    Args:
        file: a text file.

    Raises:
        TableError: the file is missing, cannot be read, or is in no encoding that can be told.
    """
    if not file.is_file():
        raise TableError(file, "there is no such file", "Check the path.")
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise TableError(file, f"cannot be read ({error.strerror})", "Check its permissions.") from error
    if raw.startswith(b"PK\x03\x04"):
        raise TableError(file, "is a workbook or an archive, not a table in text", _SAVE)
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise TableError(file, f"begins like {encoding} and is not ({error.reason})", _SAVE) from error
        line = len(re.findall(rb"\r\n|\r|\n", raw[: error.start])) + 1
        meant = raw[error.start : error.start + 1].decode("cp1252", errors="replace")
        problem = f"the table is not UTF-8: byte 0x{raw[error.start]:02X} ('{meant}', if this is Windows-1252)"
        raise TableError(file, problem, _SAVE, line) from error
    if "\0" in text:
        problem = "holds zero bytes, so that it is no text, or UTF-16 without a byte order mark"
        raise TableError(file, problem, _SAVE, text[: text.index("\0")].count("\n") + 1)
    return text


def _said_delimiter(text: str) -> tuple[str | None, str, int]:
    """The delimiter of a first line `sep=;`, the text behind it, and how many lines that left out."""
    first = next(io.StringIO(text, newline=""), "")
    found = _SEP.fullmatch(first.rstrip("\r\n"))
    if found is None or found[1].isalnum() or found[1] in "\"'":
        return None, text, 0
    return found[1], text[len(first) :], 1


def _delimiter(text: str) -> str:
    """What parts the header into most cells; what stands in quotes does not count."""
    header = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    bare = re.sub(r'"(?:[^"]|"")*"', "", header)
    return max(_DELIMITERS, key=bare.count)


def _records(text: str, delimiter: str, file: Path, skipped: int) -> Iterator[_Record]:
    """(line on which it begins, cells) of all that is not blank."""
    # Not `splitlines`, which also parts lines at characters that are none of a table's line ends.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            open_end = "unexpected end of data" in str(error)
            problem = "a quote is opened and never closed" if open_end else f"cannot be parted into cells ({error})"
            mend = 'Close it, or write a quote inside quotes twice ("").'
            raise TableError(file, problem, mend, line) from error
        if any(cells):
            yield line, cells


def _row(file: Path, columns: tuple[str, ...], record: _Record, delimiter: str) -> Row:
    line, cells = record
    shown = {"\t": "a tab"}.get(delimiter, f"'{delimiter}'")
    if any(cells[len(columns) :]):
        problem = f"the row has {len(cells)} cells, the header {len(columns)}"
        raise TableError(file, problem, f"Put cells that hold {shown} in quotes.", line)
    if any(columns[len(cells) :]):
        problem = f"the row has {len(cells)} cells, the header {len(columns)}"
        mend = f"Write {shown} for each empty cell, and put cells that hold a line end in quotes."
        raise TableError(file, problem, mend, line)
    return Row(line, {name: cell for name, cell in zip(columns, cells, strict=False) if name})


def number_from(text: str) -> float:
    """A number from its text, with a decimal point; a ValueError says what was expected.

    A comma may part decimals or thousands, so that it is refused.

    >>> number_from("1.5")
    1.5
    """
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if math.isfinite(number):
        return number
    if "," in text and _NUMBER.fullmatch(text.replace(",", ".", 1)):
        raise ValueError(f"a number with a decimal point, not a comma (e.g. {text.replace(',', '.')})")
    raise ValueError("a number with a decimal point")


def seconds_from(text: str) -> Seconds:
    """A time in seconds, 0 or more, from its text; a ValueError says what was expected.

    A number is seconds; a clock is hours, minutes and seconds, with days before it where a program wrote them.

    >>> seconds_from("1.5"), seconds_from("00:01:01.5"), seconds_from("0 days 00:00:01.500000")
    (1.5, 61.5, 1.5)
    """
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        days, hours, minutes, seconds = clock.groups(default="0")
        return 86400 * int(days) + 3600 * int(hours) + 60 * int(minutes) + float(seconds.replace(",", "."))
    days_alone = _DAYS.fullmatch(text)
    if days_alone is not None:
        return 86400.0 * int(days_alone[1])
    if ":" in text:
        raise ValueError("seconds, or hours:minutes:seconds (e.g. 00:01:30.5)")
    if (number := number_from(text)) < 0:
        raise ValueError("seconds, 0 or more")
    return number
