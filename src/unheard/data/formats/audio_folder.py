"""The metadata of Hugging Face's audio folders, `metadata.csv` or `metadata.jsonl`, as tables.

Reference:
    https://huggingface.co/docs/datasets/audio_dataset#audiofolder
"""

import json
import os
from pathlib import Path
from typing import Any

from unheard.data.tables import Row, Table, read_table, read_text
from unheard.errors import TableError
from unheard.identities import plain

__all__ = ["metadata_files", "metadata_table"]

_NAMES = ("metadata.csv", "metadata.jsonl")
_ALIASES = {
    "file": ("file_name",),
    "speaker": ("speaker_id",),
    "emotion": ("label",),
    "gender": ("sex",),
    "transcript": ("transcription", "text"),
}
_MEND = "Write one record a line, with file_name."


def metadata_files(place: Path) -> list[Path]:
    """The metadata file of a folder, or those of the folders in it (train, test, ...); a file stands for itself."""
    if os.path.isfile(place):  # noqa: PTH113 - it also answers for names that no file can have
        return [place] if place.name in _NAMES else []
    own = _inside(place)
    if own:
        return own
    try:
        inside = sorted(place.iterdir()) if place.is_dir() else []
    except OSError:
        return []
    return [file for folder in inside for file in _inside(folder)]


def _inside(folder: Path) -> list[Path]:
    return [folder / name for name in _NAMES if os.path.isfile(folder / name)]  # noqa: PTH113


def metadata_table(file: Path) -> Table:
    """A metadata file as a table whose columns have our names: file for file_name, and so on.

    Raises:
        TableError: it cannot be read, has no file_name, or a line is no record; names the line.
    """
    table = _from_records(file) if file.suffix.lower() == ".jsonl" else read_table(file)
    if "file_name" not in table.columns:
        problem = f"the metadata have no file_name, only: {', '.join(table.columns) or 'nothing'}"
        raise TableError(file, problem, "Name each recording, relative to the metadata.", table.line)
    names: dict[str, str] = {}
    for ours, theirs in _ALIASES.items():
        found = next((name for name in theirs if name in table.columns), None)
        if ours not in table.columns and found is not None:
            names[found] = ours
    rows = tuple(Row(row.line, {names.get(key, key): cell for key, cell in row.cells.items()}) for row in table.rows)
    return Table(table.file, tuple(names.get(name, name) for name in table.columns), rows, table.line)


def _from_records(file: Path) -> Table:
    records: list[tuple[int, dict[str, str]]] = []
    columns: dict[str, None] = {}
    for line, text in enumerate(read_text(file).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TableError(file, f"no JSON ({str(error)[:100]})", _MEND, line) from error
        if not isinstance(found, dict):
            raise TableError(file, "no record", _MEND, line)
        records.append((line, {plain(name).lower(): _cell(value) for name, value in found.items()}))
        columns |= dict.fromkeys(records[-1][1])
    rows = tuple(Row(line, {name: cells.get(name, "") for name in columns}) for line, cells in records)
    return Table(file, tuple(columns), rows)


def _cell(value: Any) -> str:
    """A value as a cell; what holds other values is told by them, and is none of a recording's."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()
