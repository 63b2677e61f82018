"""Kaldi's data folders: `wav.scp`, `segments`, `utt2spk` and their like, one line a thing.

A line of `wav.scp` may hold a command whose output is the sound. It is never run, whatever it is; the utterance is
there, with a problem in the place of its file.

Reference:
    https://kaldi-asr.org/doc/data_prep.html
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unheard.data.tables import number_from, read_text
from unheard.errors import TableError
from unheard.records import Seconds

__all__ = ["KaldiUtterance", "data_folders", "read_data"]

_SOUNDS = "wav.scp"
_EMOTIONS = ("utt2emo", "utt2emotion", "utt2label")
_OF_UTTERANCES = {"transcript": ("text",), "language": ("utt2lang",), "emotion": _EMOTIONS}
_ARCHIVE = re.compile(r".*\.ark:\d+(\[.*\])?|(ark|scp)[,:].*")
_COMMAND = "a command in the place of its file, which is never run: run it yourself, and name the file that it writes"
_IN_ARCHIVE = "a place in an archive, expected a file of its own: copy it out (wav-copy)"


@dataclass(frozen=True, slots=True)
class KaldiUtterance:
    """One utterance of a data folder.

    Args:
        name: its identifier.
        file: its recording as written in `wav.scp`; '' where that names none.
        start: in seconds.
        end: in seconds, None for the end of the recording.
        where: the file and line that lists it.
        problem: why there is no file, '' where there is one; completes '1 file has ...'.
        about: speaker, gender, language, emotion and transcript, where they are said.
    """

    name: str
    file: str
    start: Seconds
    end: Seconds | None
    where: str
    problem: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


def data_folders(place: Path) -> dict[str, Path]:
    """Name -> data folder: the place itself (''), or the folders in it that hold a `wav.scp` (train, dev, ...)."""
    if _has(place, _SOUNDS):
        return {"": place}
    try:
        inside = sorted(place.iterdir()) if place.is_dir() else []
    except OSError:
        return {}
    return {folder.name: folder for folder in inside if _has(folder, _SOUNDS)}


def _has(folder: Path, name: str) -> bool:
    return os.path.isfile(folder / name)  # noqa: PTH113 - it also answers for names that no file can have


def read_data(folder: Path) -> list[KaldiUtterance]:
    """The utterances of one data folder, in the order of its files.

    Where every utterance is its own speaker, which is Kaldi's way to say that nobody is known, none has a speaker.

    Raises:
        TableError: a file cannot be read, a line lacks a part, an identifier stands there twice, or a segment is of a
            recording that is not there; names the line.
    """
    sounds = _lines(folder / _SOUNDS)
    speakers = _texts(folder, "utt2spk")
    genders = _texts(folder, "spk2gender")
    told = {name: _first(folder, files) for name, files in _OF_UTTERANCES.items()}
    nobody = bool(speakers) and all(name == speaker for name, speaker in speakers.items()) and len(speakers) > 1
    found = []
    for name, recording, start, end, where in _segments(folder, sounds):
        file, problem = _sound(sounds[recording].text)
        speaker = None if nobody else speakers.get(name)
        about = {key: texts[name] for key, texts in told.items() if name in texts}
        about |= {} if speaker is None else {"speaker": speaker}
        about |= {"gender": genders[speaker]} if speaker in genders else {}
        found.append(KaldiUtterance(name, file, start, end, where, problem, about))
    return found


def _segments(folder: Path, sounds: Mapping[str, _Line]) -> Iterator[tuple[str, str, Seconds, Seconds | None, str]]:
    """(utterance, recording, start, end, where); without segments each recording is one."""
    if not _has(folder, "segments"):
        for name, line in sounds.items():
            yield name, name, 0.0, None, f"{folder / _SOUNDS}, line {line.number}"
        return
    path = folder / "segments"
    for name, line in _lines(path).items():
        parts = line.text.split()
        if len(parts) != 3:
            problem = f"the segment '{name}' has {len(parts)} parts after its name, expected recording, start and end"
            mend = (
                "A channel is not chosen here: write it into a file of its own." if len(parts) == 4 else "Correct it."
            )
            raise TableError(path, problem, mend, line.number)
        if parts[0] not in sounds:
            problem = f"the recording '{parts[0]}' is not in {_SOUNDS}"
            raise TableError(path, problem, "Add it, or remove the line.", line.number)
        try:
            start, end = (number_from(part) for part in parts[1:])
        except ValueError as error:
            raise TableError(path, f"{error} was expected in '{line.text}'", "Correct it.", line.number) from error
        if start < 0 or (end <= start and end != -1):
            problem = f"the segment '{name}' runs from {start:g} to {end:g}"
            raise TableError(path, problem, "Give seconds, the end behind the start (or -1).", line.number)
        yield name, parts[0], start, None if end == -1 else end, f"{path}, line {line.number}"


def _sound(text: str) -> tuple[str, str]:
    """The file that a line of wav.scp names, and what is wrong with it."""
    if text.startswith("|") or text.endswith("|"):
        return "", _COMMAND
    if text == "-" or _ARCHIVE.fullmatch(text):
        return "", _IN_ARCHIVE
    return text, ""


def _first(folder: Path, files: tuple[str, ...]) -> dict[str, str]:
    return next((_texts(folder, name) for name in files if _has(folder, name)), {})


def _texts(folder: Path, name: str) -> dict[str, str]:
    return {key: line.text for key, line in _lines(folder / name).items()} if _has(folder, name) else {}


def _lines(path: Path) -> dict[str, _Line]:
    """Identifier -> what stands behind it on its line; only a transcript may be empty."""
    found: dict[str, _Line] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        name, *rest = line.split(maxsplit=1)[:2] or [""]
        if not name:
            continue
        if not rest and path.name != "text":
            raise TableError(path, f"nothing stands behind '{name}'", "Complete or remove the line.", number)
        if name in found:
            problem = f"'{name}' stands in lines {found[name].number} and {number}"
            raise TableError(path, problem, "Remove one of them.", number)
        found[name] = _Line(number, rest[0].strip() if rest else "")
    return found
