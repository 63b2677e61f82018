"""What is to be labeled: recordings, folders of them and tables of stretches, mixed as a user names them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unheard.corpora.table import list_recordings
from unheard.data.audio.loading import ENDINGS
from unheard.data.folders import recordings_under
from unheard.errors import AudioError, CorpusError, MachineError
from unheard.records import Seconds

__all__ = ["Recording", "is_table", "recordings_of"]

_TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Recording:
    """A recording, or a stretch of it.

    Args:
        file: where it lies.
        start: in seconds.
        end: in seconds; None is the end of the recording.
    """

    file: Path
    start: Seconds = 0.0
    end: Seconds | None = None


def is_table(place: Path) -> bool:
    """Whether a place is read as a table of recordings, which its ending decides."""
    return place.suffix.lower() in _TABLES and not place.is_dir()


def recordings_of(places: Sequence[Path]) -> Iterator[Recording | AudioError]:
    """The recordings of files, folders and tables, in their order, and the problems where they are.

    Args:
        places: a folder gives all recordings under it, sorted by path; a table (.csv or .tsv) the stretches that its
            rows name, in its order, relative to its own folder, whatever else it says of them.

    Yields:
        What is to be heard, or why a place or a row gives nothing.
    """
    for place in places:
        if is_table(place):
            yield from _listed(place)
        elif place.is_dir():
            yield from _under(place)
        else:
            yield Recording(place)


def _listed(table: Path) -> Iterator[Recording | AudioError]:
    try:
        rows = list_recordings(table)
    except CorpusError as problem:
        line = getattr(problem, "line", None)
        yield AudioError(table, problem.problem if line is None else f"line {line}: {problem.problem}", problem.mend)
        return
    for row in rows:
        yield row if isinstance(row, AudioError) else Recording(*row)


def _under(folder: Path) -> Iterator[Recording | AudioError]:
    try:
        found = recordings_under(folder, ENDINGS)
    except MachineError as problem:
        yield AudioError(folder, problem.problem, problem.mend)
        return
    if not found:
        yield AudioError(folder, f"no recording ({' '.join(sorted(ENDINGS))}) lies under it", "Name another folder.")
    for file in found:
        yield Recording(file)
