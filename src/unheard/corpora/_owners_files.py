"""The files beside the recordings in which owners say what the names do not: tables of labels, lists of speakers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from unheard.corpora._layout import Unusable
from unheard.data.tables import Row, number_from, read_table
from unheard.errors import CorpusError
from unheard.records import CorpusCard

__all__ = ["OwnersTable", "owners_file", "unit"]

_RELEASE = "Take the file from the owners' release again."


def owners_file(folder: Path, names: Sequence[str], card: CorpusCard, *, above: bool = False) -> Path:
    """The owners' file of one of these names: in the folder, else anywhere under it.

    Args:
        folder: where the corpus lies.
        names: the file's names in the owners' releases, the newest first.
        card: the corpus.
        above: whether it may lie in the folder above, too, as where a part of the corpus is named.

    Raises:
        CorpusError: the folder or the file is missing; tells how to get the corpus.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(card.name, f"there is no folder '{folder}'", card.obtain)
    near = [folder, folder.absolute().parent] if above else [folder]
    found = [place / name for place in near for name in names if (place / name).is_file()]
    found = found or [file for name in names for file in sorted(folder.rglob(name)) if file.is_file()]
    if not found:
        raise CorpusError(card.name, f"no {' or '.join(names)} lies under '{folder}'", card.obtain)
    return found[0]


class OwnersTable:
    """A table of the owners, looked up by the columns that name a recording.

    Args:
        file: the table.
        key: the columns that name a recording, in lower case.
        columns: the other columns that must be there, in lower case.
        card: the corpus.

    Raises:
        CorpusError: it cannot be read as a table, or lacks a column.
    """

    def __init__(self, file: Path, key: Sequence[str], columns: Sequence[str], card: CorpusCard) -> None:
        table = read_table(file)
        if lacking := [column for column in (*key, *columns) if column not in table.columns]:
            raise CorpusError(card.name, f"'{file}' has no column {', '.join(lacking)}", _RELEASE)
        self._file = file
        self._rows: dict[tuple[str, ...], list[Row]] = {}
        for row in table.rows:
            self._rows.setdefault(tuple(row.cells[column] for column in key), []).append(row)

    def of(self, *key: str) -> Mapping[str, str]:
        """The cells of the row that names a recording.

        Raises:
            Unusable: no row names it, or several do.
        """
        rows = self._rows.get(key, [])
        if not rows:
            raise Unusable(f"no line in {self._file.name}")
        if len(rows) > 1:
            raise Unusable(f"{len(rows)} lines in {self._file.name} (the first is line {rows[0].line})")
        return rows[0].cells


def unit(cell: str, what: str, low: float, high: float) -> float | None:
    """A rating between low and high as a value in [0, 1]; None where the cell is empty.

    >>> unit("4", "EmoAct", 1.0, 7.0)
    0.5

    Raises:
        Unusable: it is no number, or lies outside.
    """
    if not cell:
        return None
    try:
        rating = number_from(cell)
    except ValueError as error:
        raise Unusable(f"{what} '{cell}', expected {error}") from error
    if not low <= rating <= high:
        raise Unusable(f"{what} '{cell}', expected {low:g} to {high:g}")
    return (rating - low) / (high - low)
