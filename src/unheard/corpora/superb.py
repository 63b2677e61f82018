"""The meta data of SUPERB's emotion task, as s3prl writes them for IEMOCAP and others for their own recordings.

    {"labels": {"neu": 0, ...}, "meta_data": [{"path": "Session1/.../a.wav", "label": "neu", "speaker": "Ses01F"}]}

A JSON file, or a folder with `train_meta_data.json` and `test_meta_data.json`, by themselves or in a folder a fold:
their recordings are joined, each once. Paths may be relative to the file's folder or to one of those above it.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unheard.corpora._gathered import Listed, gather
from unheard.corpora._labels import emotion_from
from unheard.corpora._layout import Bad, Unusable
from unheard.corpora._listed import recording_of
from unheard.data.tables import read_text
from unheard.errors import CorpusError, TableError
from unheard.identities import known
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "fits", "read"]

CARD = CorpusCard(
    name="superb",
    title="Meta data of SUPERB's emotion task",
    license="as its owner states",
    citation="as its owner states",
    languages=("as its owner states",),
    obtain="Name a JSON file with labels and meta_data (path, label and speaker), or a folder of such files called "
    "train_meta_data.json and test_meta_data.json.",
)

_FILES = "*meta_data*.json"
_MEND = "Write it as s3prl does: labels, and meta_data with path, label and speaker of each recording."
_Row = tuple[Path, dict[str, Any]]


def fits(place: Path) -> bool:
    """Whether a file or folder is of this form."""
    if place.suffix.lower() == ".json" and place.is_file():
        return "meta_data" in read_text(place)[: 2**20]
    return place.is_dir() and bool(_files(place))


def _files(folder: Path) -> list[Path]:
    """The files of a folder and of those in it, two deep at most."""
    deep = ("", "*/", "*/*/")
    return sorted(file for stars in deep for file in folder.glob(stars + _FILES) if file.is_file())


def read(place: Path, *, labels: Mapping[str, str] | None = None, bad: Bad | None = None) -> list[Utterance]:
    """The recordings that the files name, each once, sorted by name.

    Args:
        place: a file, or a folder of them.
        labels: your own labels -> classes, before the label map is asked.
        bad: where to set recordings aside that cannot be used, as (name, problem); None raises.

    Raises:
        CorpusError: there is no such file, it is not of this form, two files contradict each other, or a recording
            cannot be used.
        LabelError: emotions are not known.
    """
    place = Path(place)
    files = [place] if place.is_file() else _files(place) if place.is_dir() else []
    if not files:
        raise CorpusError(CARD.name, f"no {_FILES} lies in '{place}'", CARD.obtain)
    return gather(_listed(files), lambda row: _utterance(row, labels), CARD, str(place), bad)


def _listed(files: list[Path]) -> Iterator[Listed[_Row]]:
    seen: dict[str, tuple[str, dict[str, Any]]] = {}
    for file in files:
        for number, record in enumerate(_records(file), start=1):
            where, path = f"{file}, record {number}", record["path"]
            first, other = seen.setdefault(path, (where, record))
            if any(record.get(key) != other.get(key) for key in ("label", "speaker")):
                problem = f"'{path}' is not the same in {where} and in {first}"
                raise CorpusError(CARD.name, problem, "Correct its label or its speaker in one of them.")
            if first == where:
                yield Listed(path, where, str(record.get("label") or ""), (file.parent, record))


def _records(file: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads(read_text(file))
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        raise CorpusError(CARD.name, f"'{file}' is no JSON ({str(error)[:200]})", _MEND) from error
    records = found.get("meta_data") if isinstance(found, dict) else None
    if not isinstance(records, list):
        raise CorpusError(CARD.name, f"'{file}' has no list called meta_data", _MEND)
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict) or not isinstance(record.get("path"), str):
            raise CorpusError(CARD.name, f"'{file}', record {number}: no path", _MEND)
        if not all(isinstance(record.get(key, ""), (str, int, type(None))) for key in ("label", "speaker")):
            raise CorpusError(CARD.name, f"'{file}', record {number}: a label or speaker that is no text", _MEND)
    return records


def _utterance(row: _Row, labels: Mapping[str, str] | None) -> Utterance:
    folder, record = row
    path, label, speaker = record["path"], record.get("label"), record.get("speaker")
    places = (folder, *folder.absolute().parents[:3])
    found = next((place for place in places if os.path.isfile(place / path)), None)  # noqa: PTH113
    if found is None:
        raise Unusable(f"no recording at its path (relative to '{folder}' or a folder above it)")
    return Utterance(
        file=recording_of(found, path)[0],
        name=path,
        corpus=CARD.name,
        speaker=None if speaker is None else known(str(speaker)),
        emotion=None if label is None else emotion_from(str(label), CARD.name, labels),
    )
