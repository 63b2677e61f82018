"""Recordings that a table lists: which file a cell means, and whether two rows mean one stretch of it."""

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import soundfile

from unheard.corpora._layout import AUDIO_ENDINGS, Bad, Unusable
from unheard.records import Seconds, Utterance

__all__ = ["Distinct", "Problem", "length_of", "recording_of", "with_lines"]

Problem = tuple[str, str, int]
"""Name of a recording, what is wrong with its row, and the row's line."""

_SAME: Seconds = 0.001
_SHOWN = 3


def length_of(file: Path) -> Seconds | None:
    """The length that a recording's header announces, None where it announces none."""
    try:
        with soundfile.SoundFile(file) as sound:
            return float(sound.frames / sound.samplerate)
    except (OSError, soundfile.SoundFileError, ZeroDivisionError):
        return None


def recording_of(folder: Path, cell: str) -> tuple[Path, str]:
    """The file that a cell means, as it is written or as another system would write its name, and its name.

    Args:
        folder: what the cell is relative to.
        cell: a path; backslashes part it, too, where no file has them in its name.

    Raises:
        Unusable: there is none, or it is no recording.
    """
    if not cell:
        raise Unusable("no path")
    spellings = (cell, cell.replace("\\", "/"))
    forms = [form for text in spellings for form in (text, *(unicodedata.normalize(n, text) for n in ("NFC", "NFD")))]
    path = next((folder / form for form in forms if _is_file(folder / form)), None)
    if path is None:
        raise Unusable(f"no recording at its path (relative to '{folder}')")
    if path.suffix.lower() not in AUDIO_ENDINGS:
        raise Unusable(f"the ending '{path.suffix}', expected {' '.join(sorted(AUDIO_ENDINGS))}")
    inside = path.is_relative_to(folder)
    return path, (path.relative_to(folder) if inside else path).as_posix()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long for the file system is that of no file
        return False


class Distinct:
    """The stretches that stand in a table so far, by what they are and not by how they are written."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._seen: dict[tuple[str, Seconds], list[tuple[Seconds | None, int]]] = {}

    def refuse_second(self, utterance: Utterance, line: int) -> None:
        """Refuse a stretch of a recording that an earlier row has.

        Raises:
            Unusable: names both lines.
        """
        place = self._place(utterance.file)
        end = None if utterance.end is None else round(utterance.end, 3)
        others = self._seen.setdefault((place, round(utterance.start, 3)), [])
        for other, first in others:
            if end == other or _both_whole(utterance.file, end, other):
                raise Unusable(f"the same file, start and end in lines {first} and {line}")
        others.append((end, line))

    def _place(self, file: Path) -> str:
        """One path a file: links are followed, and where case makes no difference it makes none here."""
        real = os.path.realpath(file)
        like = self._places.setdefault(unicodedata.normalize("NFC", real).casefold(), [])
        for other in like:
            if other == real or Path(other).samefile(real):
                return other
        like.append(real)
        return real


def _both_whole(file: Path, *ends: Seconds | None) -> bool:
    """Whether both run to the recording's end, whether or not they say so."""
    length = length_of(file)
    return length is not None and all(end is None or end >= length - _SAME for end in ends)


def with_lines(problems: Sequence[Problem], *, apart: bool) -> Bad:
    """(name, problem) with the line in the problem; rows with one problem share its text unless `apart`."""
    lines: dict[str, list[int]] = {}
    for _, problem, line in problems:
        lines.setdefault(problem, []).append(line)
    return [(name, _lined(problem, [line] if apart else lines[problem])) for name, problem, line in problems]


def _lined(problem: str, lines: Sequence[int]) -> str:
    if re.search(r"\blines? \d", problem):
        return problem
    more = ", ..." if len(lines) > _SHOWN else ""
    return f"{problem}, line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:_SHOWN]))}{more}"
