"""An audio folder of Hugging Face: recordings, and `metadata.csv` or `metadata.jsonl` with `file_name` and more.

The metadata may lie beside the recordings or, one a part, in folders of the place (train, test). Other columns are
those of a table of one's own (see `table`); speaker_id, label, sex, transcription and text are understood as well.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from unheard.corpora._layout import Bad, name_segments
from unheard.corpora.table import utterances_of
from unheard.data.formats.audio_folder import metadata_files, metadata_table
from unheard.data.tables import read_table
from unheard.errors import CorpusError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "fits", "read"]

CARD = CorpusCard(
    name="audiofolder",
    title="An audio folder of Hugging Face",
    license="as its owner states",
    citation="as its owner states",
    languages=("any, in the column language",),
    obtain="Name a folder with metadata.csv or metadata.jsonl (or one that holds such folders), with file_name and "
    "any column of a table of your own: speaker, emotion, start, end, ...",
)


def fits(place: Path) -> bool:
    """Whether a place has such metadata, or is them; a metadata.csv with `file` alone is a table of one's own."""
    if place.is_file() and place.suffix.lower() == ".csv" and metadata_files(place):
        return "file_name" in read_table(place).columns
    return bool(metadata_files(place))


def read(place: Path, *, labels: Mapping[str, str] | None = None, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of an audio folder, sorted by name.

    Args:
        place: the folder, or its metadata file.
        labels: your own labels -> classes, before the label map is asked.
        bad: where to set rows aside that cannot be used, as (file, problem); None raises.

    Returns:
        Names are relative to the place.

    Raises:
        CorpusError: there are no metadata, they cannot be read (TableError), or a row cannot be used; names the line.
        LabelError: emotions are not known.
    """
    place = Path(place)
    files = metadata_files(place)
    if not files:
        raise CorpusError(CARD.name, f"no metadata.csv or metadata.jsonl lies in '{place}'", CARD.obtain)
    if len({file.parent for file in files}) < len(files):
        raise CorpusError(CARD.name, f"'{files[0].parent}' has metadata.csv and metadata.jsonl", "Keep one of them.")
    found = []
    for file in files:
        prefix = Path(os.path.relpath(file.parent, place)).as_posix() if place.is_dir() else "."
        for item in utterances_of(metadata_table(file), CARD, labels=labels, bad=bad):
            outside = prefix == "." or Path(item.name).is_absolute()
            found.append(item if outside else item.replace(name=f"{prefix}/{item.name}"))
    return name_segments(found)
