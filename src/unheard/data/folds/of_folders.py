"""The parts and folds that other programs' folders say their recordings belong to."""

from collections.abc import Iterator
from pathlib import Path

from unheard.data.folds.fold_set import Row, start_of
from unheard.data.folds.part_names import PART_COLUMNS, PART_WORDS, part_of, said_by_name
from unheard.data.formats.audformat_folds import dealt_rows
from unheard.data.formats.audformat_header import HEADER
from unheard.data.formats.audio_folder import metadata_files, metadata_table
from unheard.data.formats.kaldi import data_folders, read_data
from unheard.identities import known

__all__ = ["foreign_rows"]


def foreign_rows(place: Path) -> tuple[Iterator[Row], str] | None:
    """What a folder (or a file of metadata) deals, and its form; None where it has none of these forms.

    Raises:
        CorpusError: on the way, a file of it cannot be read safely.
        SplitError: on the way, a part is not known, or a database deals nothing.
    """
    if (place / HEADER).is_file():
        return _audformat(place), "audformat"
    if data_folders(place):
        return _kaldi(place), "Kaldi"
    if metadata_files(place):
        return _metadata(place), "audio folder"
    return None


def _audformat(folder: Path) -> Iterator[Row]:
    for row in dealt_rows(folder, frozenset(PART_WORDS)):
        yield Row(row.file, None if row.part is None else part_of(row.part, row.where), known(row.fold), row.start)


def _kaldi(place: Path) -> Iterator[Row]:
    """A data folder a part; what has no file is no utterance of the corpus either."""
    for title, folder in data_folders(place).items():
        part, fold = said_by_name(place / title, place)
        if part or fold:
            for own in read_data(folder):
                if not own.problem:
                    yield Row(own.file, part, fold, own.start, own.where)


def _metadata(place: Path) -> Iterator[Row]:
    """A column of the metadata, or the folders in which the recordings lie, say the part."""
    for file in metadata_files(place):
        table = metadata_table(file)
        column = next((name for name in PART_COLUMNS if name in table.columns), "")
        inside = file.parent.relative_to(place) if place.is_dir() else Path()
        for row in table.rows:
            cells, where = row.cells, table.where(row)
            name = inside / cells["file"]
            said, fold = cells.get(column) or _part_folder(name), known(cells.get("fold"))
            if said or fold:
                part = part_of(said, where) if said else None
                yield Row(name.as_posix(), part, fold, start_of(cells.get("start"), where), where)


def _part_folder(name: Path) -> str | None:
    return next((folder for folder in name.parts[:-1] if folder.lower() in PART_WORDS), None)
