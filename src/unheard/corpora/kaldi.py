"""A data folder of Kaldi: `wav.scp`, and of `segments`, `utt2spk`, `spk2gender`, `text`, `utt2emo` what is there.

Or a folder of such folders (train, dev, test), whose utterances are joined. Paths may be relative to the data folder
or to one of the two folders above it, from where Kaldi's scripts run. Commands in `wav.scp` are never run.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from unheard.corpora._gathered import Listed, gather
from unheard.corpora._labels import emotion_from
from unheard.corpora._layout import Bad, Unusable
from unheard.corpora._listed import recording_of
from unheard.corpora.table import gender_from
from unheard.data.formats.kaldi import KaldiUtterance, data_folders, read_data
from unheard.errors import CorpusError
from unheard.identities import known
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "fits", "read"]

CARD = CorpusCard(
    name="kaldi",
    title="A data folder of Kaldi",
    license="as its owner states",
    citation="as its owner states",
    languages=("as utt2lang states",),
    obtain="Name a folder with wav.scp (or one that holds such folders), utt2spk, utt2emo, and any of: segments, "
    "spk2gender, utt2lang, text.",
)

_Row = tuple[Path, str, KaldiUtterance]


def fits(place: Path) -> bool:
    """Whether a folder is one of Kaldi's, or holds some."""
    return bool(data_folders(place))


def read(folder: Path, *, labels: Mapping[str, str] | None = None, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of a data folder, or of those that a folder holds, sorted by name.

    Args:
        folder: holds `wav.scp`, or folders that do.
        labels: your own labels -> classes, before the label map is asked.
        bad: where to set utterances aside that cannot be used, as (name, problem); None raises.

    Returns:
        Names are Kaldi's identifiers, behind the name of their data folder where there are several.

    Raises:
        CorpusError: there is no such folder, a file of it cannot be read (TableError), or an utterance cannot be
            used, e.g. because a command stands in the place of its file.
        LabelError: emotions are not known.
    """
    folder = Path(folder)
    folders = data_folders(folder)
    if not folders:
        raise CorpusError(CARD.name, f"no wav.scp lies in '{folder}' or a folder in it", CARD.obtain)
    return gather(_listed(folders), lambda row: _utterance(row, labels), CARD, str(folder), bad)


def _listed(folders: Mapping[str, Path]) -> Iterator[Listed[_Row]]:
    for title, folder in folders.items():
        for own in read_data(folder):
            name = f"{title}/{own.name}" if title else own.name
            yield Listed(name, own.where, own.about.get("emotion", ""), (folder, name, own))


def _utterance(row: _Row, labels: Mapping[str, str] | None) -> Utterance:
    folder, name, own = row
    if own.problem:
        raise Unusable(own.problem)
    about = own.about
    return Utterance(
        file=_recording(folder, own.file),
        name=name,
        corpus=CARD.name,
        start=own.start,
        end=own.end,
        speaker=known(about.get("speaker")),
        gender=_gender(about.get("gender")),
        language=known(about.get("language")),
        emotion=emotion_from(about["emotion"], CARD.name, labels) if "emotion" in about else None,
        transcript=about.get("transcript") or None,
    )


def _recording(folder: Path, file: str) -> Path:
    """The file, from the data folder or from where the scripts run that made it."""
    places = (folder, *folder.absolute().parents[:2])
    found = next((place for place in places if os.path.isfile(place / file)), folder)  # noqa: PTH113
    return recording_of(found, file)[0]


def _gender(text: str | None) -> str | None:
    if known(text) is None:
        return None
    try:
        return gender_from(str(text))
    except ValueError as error:
        raise Unusable(f"the gender '{text}', expected {error}") from error
