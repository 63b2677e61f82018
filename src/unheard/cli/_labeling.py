"""Labels of recordings as lines, once `predict` is called: each as soon as it is known, and the bad ones with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from unheard.cli._terminal import console, page
from unheard.data.audio.segments import Stretch, bundles
from unheard.errors import AudioError
from unheard.harmless import csv_line, whole_characters
from unheard.inference.recognition import Recognition
from unheard.inference.recognizer import Recognizer
from unheard.inference.recordings import Recording, is_table, recordings_of
from unheard.machine import machine_error

__all__ = ["Sheet", "label", "stretches_in"]


@dataclass(frozen=True)
class Sheet:
    """How labels are written.

    Args:
        form: csv or json.
        emotions: in the order of their columns.
        stretches: whether start and end are told.
        errors: whether recordings that cannot be used get a line, too.
        more: what every line of JSON also says.
    """

    form: str
    emotions: Sequence[str]
    stretches: bool
    errors: bool
    more: Mapping[str, Any]

    def head(self) -> None:
        """The names of the columns."""
        if self.form == "csv":
            stretch = ["start", "end"] if self.stretches else []
            page.data(csv_line(["file", *stretch, "emotion", *self.emotions, *["error"][: self.errors]]))

    def write(self, recording: Recording, found: Recognition | None, error: str | None = None) -> None:
        """One line."""
        best = None if found is None else found.label
        labels = None if found is None else found.probabilities
        name = whole_characters(str(recording.file))
        stretch = {"start": recording.start, "end": recording.end} if self.stretches else {}
        if self.form == "csv":
            times = ["" if value is None else f"{value:g}" for value in stretch.values()]
            figures = [""] * len(self.emotions) if labels is None else [f"{value:.4f}" for value in labels.values()]
            problem = [whole_characters(error or "")] if self.errors else []
            page.data(csv_line([name, *times, best or "", *figures, *problem]))
            return
        row: dict[str, Any] = {"file": name, **stretch, "emotion": best, "probabilities": labels, **self.more}
        page.document(row | ({"error": error} if self.errors else {}))


def label(recognizer: Recognizer, places: Sequence[Path], sheet: Sheet, *, voice: bool) -> None:
    """Label all recordings of some places; what cannot be used gets a line of its own, or ends it.

    Args:
        recognizer: what labels.
        places: files, folders and tables.
        sheet: how it is written.
        voice: whether all are of one voice.

    Raises:
        AudioError: a recording cannot be used, and the sheet has no column for that; or none of them can.
    """
    sheet.head()
    done = bad = 0
    last: AudioError | None = None
    judged = _of_one_voice if voice else _one_by_one
    for recording, found in judged(recognizer, recordings_of(places)):
        if not isinstance(found, AudioError):
            sheet.write(recording, found)
            done += 1
            continue
        if not sheet.errors:
            raise found
        sheet.write(recording, None, f"{found.problem}. {found.mend}")
        console.say(f"skipped: {found}")
        bad, last = bad + 1, found
    if bad:
        console.say(f"{bad} of {bad + done} were skipped; their lines say why")
    if last is not None and not done:
        raise AudioError(last.file, last.problem, f"{last.mend} Not one recording could be labeled.")


Judged = Iterator[tuple[Recording, Recognition | AudioError]]


def _one_by_one(recognizer: Recognizer, recordings: Iterator[Recording | AudioError]) -> Judged:
    for bundle in bundles(recordings, _place):
        good = [own for own in bundle if not isinstance(own, AudioError)]
        judged = iter(_labels_of(recognizer, good) if good else [])
        for own in bundle:
            yield (Recording(own.file), own) if isinstance(own, AudioError) else (own, next(judged))


def _place(recording: Recording | AudioError) -> tuple[Path, Stretch]:
    if isinstance(recording, AudioError):
        return recording.file, (0.0, 0.0)
    return recording.file, (recording.start, recording.end)


def _labels_of(recognizer: Recognizer, recordings: Sequence[Recording]) -> Sequence[Recognition | AudioError]:
    """Labels of stretches of one recording."""
    file = recordings[0].file
    try:
        return recognizer.recognize_stretches(file, [(own.start, own.end) for own in recordings])
    except (OSError, MemoryError) as problem:
        return [_of_recording(file, problem)] * len(recordings)


def _of_recording(file: Path, problem: OSError | MemoryError) -> AudioError:
    """The problem as one of this recording alone, so that it does not end the work on all others."""
    if isinstance(problem, AudioError):
        return problem
    if isinstance(problem, MemoryError):
        return AudioError(file, "the memory does not suffice for it", "Cut it into parts.")
    told = machine_error(problem, file)
    if told is None:
        raise problem
    return AudioError(file, told.problem, told.mend)


def _of_one_voice(recognizer: Recognizer, recordings: Iterator[Recording | AudioError]) -> Judged:
    files: list[Path] = []
    for recording in recordings:
        if isinstance(recording, AudioError):
            yield Recording(recording.file), recording
        elif recording.start or recording.end is not None:
            hint = "--voice"
            raise typer.BadParameter("takes whole recordings, not stretches that a table names", param_hint=hint)
        else:
            files.append(recording.file)
    bad: list[AudioError] = []
    for file, found in recognizer.recognize_speaker(files, bad=bad).items():
        yield Recording(file), found
    yield from ((Recording(problem.file), problem) for problem in bad)


def stretches_in(places: Sequence[Path]) -> bool:
    """Whether any of the places may name stretches of recordings."""
    return any(map(is_table, places))
