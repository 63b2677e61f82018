"""Your own recordings: a CSV with a column `file` and any of the names of an utterance.

    file,speaker,emotion,language
    calls/0001.wav,anna,happy,de

Files are relative to the folder of the table. Cells that are empty are not known; for identities (speaker,
session, dialogue, sentence), gender and language neither are `nan`, `None`, `NA` and the like. Columns may stand
in any order. Where an utterance begins and ends may be told as start and end, offset and duration, onset and
offset, begin and stop, with a unit (`start_ms`) or without (seconds). Columns of other names are left alone,
unless one looks like a known name that is not there (`speakr`), or as if it changed what is heard (`channel`,
`time`); what begins with `note_` always is.
"""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from unheard.corpora._columns import refuse_overlooked, stretch_of
from unheard.corpora._labels import emotion_from, refuse_unknown
from unheard.corpora._layout import Bad, Unusable, name_segments, settle
from unheard.corpora._listed import Distinct, Problem, recording_of, with_lines
from unheard.data.labels import UnknownLabel
from unheard.data.tables import Row, Table, number_from, read_table
from unheard.data.times import FREE, Times, find_times
from unheard.errors import AudioError, CorpusError, LabelError, TableError
from unheard.identities import known
from unheard.records import CorpusCard, Seconds, Utterance

__all__ = ["CARD", "COLUMNS", "fits", "gender_from", "list_recordings", "read", "unit_from", "utterances_of"]

CARD = CorpusCard(
    name="table",
    title="Your own recordings, listed in a CSV",
    license="yours",
    citation="none: your own data",
    languages=("any, in the column language",),
    obtain="Write a CSV with a column `file` (paths relative to the CSV) and any of: start, end, speaker, "
    "gender, language, emotion, arousal, valence, dominance, transcript, sentence, session, dialogue, turn.",
)

COLUMNS = (
    "file", "start", "end", "speaker", "gender", "language", "emotion", "arousal", "valence", "dominance",
    "transcript", "sentence", "session", "dialogue", "turn",
)  # fmt: skip
"""Names of columns that are read."""

_GENDERS = {
    "f": "f", "female": "f", "woman": "f", "w": "f", "weiblich": "f",
    "m": "m", "male": "m", "man": "m", "männlich": "m",
    "o": "o", "other": "o", "d": "o", "divers": "o", "diverse": "o", "nonbinary": "o", "non-binary": "o",
}  # fmt: skip
_NEAR_MISS = 0.8
_Kind = TypeVar("_Kind")


def fits(place: Path) -> bool:
    """Whether a path is that of a table, by its ending."""
    return place.suffix.lower() in {".csv", ".tsv", ".txt"}


def read(file: Path, *, labels: Mapping[str, str] | None = None, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of a table, sorted by name.

    Args:
        file: the CSV (see `unheard.data.tables`). Times in seconds or as a clock; arousal, valence and dominance
            in [0, 1]; gender f, m or o (or the words); emotion a canonical name or a usual word for one.
        labels: your own labels -> classes, before the label map is asked (see `unheard.data.labels.own_labels`).
        bad: where to set rows aside that cannot be used, as (file, problem); None raises.

    Returns:
        Names are relative to the folder of the table; start and end are appended where a file has several
        rows.

    Raises:
        CorpusError: the table is missing, empty or cannot be read (TableError), has no column `file` or a
            misspelled one, or a row cannot be used; names the line.
        LabelError: emotions are not known; names them all, and what to write.
    """
    file = Path(file)
    if not file.is_file():
        raise CorpusError(CARD.name, f"there is no table '{file}'", CARD.obtain)
    return name_segments(utterances_of(read_table(file), CARD, labels=labels, bad=bad))


def utterances_of(
    table: Table, card: CorpusCard, *, labels: Mapping[str, str] | None = None, bad: Bad | None = None
) -> list[Utterance]:
    """The utterances of a table that was read, in its order; see `read`.

    Args:
        table: has a column `file`, relative to the folder of the table.
        card: the corpus that they are of.
        labels: see `read`.
        bad: see `read`.

    Raises:
        CorpusError: see `read`.
        LabelError: emotions are not known; names them all, and what to write.
    """
    file, times = table.file, _check_columns(table)
    utterances: list[Utterance] = []
    problems: list[Problem] = []
    unknown: list[tuple[str, str, LabelError]] = []
    distinct = Distinct()
    for row in table.rows:
        name = row.cells["file"]
        try:
            utterance = _utterance(table, row, times, labels).replace(corpus=card.name)
            distinct.refuse_second(utterance, row.line)
            utterances.append(utterance)
        except LabelError as error:
            unknown.append((row.cells["emotion"], f"line {row.line}", error))
            problems.append((name, UnknownLabel(f"{error.problem}, line {row.line}", row.cells["emotion"]), row.line))
        except Unusable as error:
            problems.append((name or f"line {row.line}", str(error), row.line))
    if bad is None or (not utterances and len(unknown) == len(problems)):
        refuse_unknown(str(file), unknown)
    settle(_card_of(file), with_lines(problems, apart=bad is not None), bad)
    if not utterances:
        raise CorpusError(str(file), "the table lists no usable recording", CARD.obtain)
    return utterances


def list_recordings(file: Path) -> list[tuple[Path, Seconds, Seconds | None] | AudioError]:
    """The stretches that a table names, in its order, whatever its other columns say: nobody's label is read.

    Args:
        file: as for `read`.

    Returns:
        (recording, start and end in seconds, None for the recording's end) of each row, or why the row gives none.

    Raises:
        CorpusError: the table is missing or cannot be read, has no column `file` or a misspelled one.
    """
    if not file.is_file():
        raise CorpusError(str(file), "there is no such table", CARD.obtain)
    table = read_table(file)
    times = _check_columns(table)
    if not table.rows:
        raise TableError(file, "the table lists no recording", CARD.obtain)
    found: list[tuple[Path, Seconds, Seconds | None] | AudioError] = []
    for row in table.rows:
        try:
            path, _ = recording_of(file.parent, row.cells["file"])
            found.append((path, *stretch_of(times, row, path)))
        except Unusable as problem:
            place = file.parent / row.cells["file"] if row.cells["file"] else file
            found.append(AudioError(place, f"{problem} ({table.where(row)})", "Correct the row, or pass --skip-bad."))
    return found


def _card_of(file: Path) -> CorpusCard:
    return CorpusCard(str(file), CARD.title, CARD.license, CARD.citation, CARD.languages, CARD.obtain)


def _check_columns(table: Table) -> Times:
    if "file" not in table.columns:
        problem = f"the table has no column 'file', only: {', '.join(table.columns) or 'none'}"
        raise TableError(table.file, problem, CARD.obtain, table.line)
    times = find_times(table)
    placed = {column for column, _ in times.columns.values()}
    absent = [name for name in COLUMNS if name not in table.columns and name not in times.columns]
    for name in table.columns:
        if name in COLUMNS or name in placed or name.startswith(FREE):
            continue
        near = difflib.get_close_matches(name, absent, n=1, cutoff=_NEAR_MISS)
        if near:
            problem = f"column '{name}' is not known, but looks like '{near[0]}'"
            mend = f"Rename it to '{near[0]}', or to something unlike it, e.g. '{FREE}{name}'."
            raise TableError(table.file, problem, mend, table.line)
    refuse_overlooked(table, [*COLUMNS, *placed])
    return times


def _utterance(table: Table, row: Row, times: Times, labels: Mapping[str, str] | None) -> Utterance:
    cells, line = row.cells, row.line
    path, name = recording_of(table.file.parent, cells["file"])
    start, end = stretch_of(times, row, path)
    return Utterance(
        file=path,
        name=name,
        corpus=CARD.name,
        start=start,
        end=end,
        speaker=cells.get("speaker"),
        gender=_value(cells, line, "gender", gender_from) if known(cells.get("gender")) else None,
        language=cells.get("language"),
        emotion=_value(cells, line, "emotion", lambda cell: emotion_from(cell, CARD.name, labels)),
        arousal=_value(cells, line, "arousal", unit_from),
        valence=_value(cells, line, "valence", unit_from),
        dominance=_value(cells, line, "dominance", unit_from),
        transcript=cells.get("transcript") or None,
        sentence=cells.get("sentence"),
        session=cells.get("session"),
        dialogue=cells.get("dialogue"),
        turn=_value(cells, line, "turn", _whole),
        source=table.where(row),
    )


def _value(cells: Mapping[str, str], line: int, column: str, convert: Callable[[str], _Kind]) -> _Kind | None:
    """A cell converted, None where it is empty or the column is not there."""
    cell = cells.get(column)
    if not cell:
        return None
    try:
        return convert(cell)
    except LabelError:
        raise
    except ValueError as error:
        raise Unusable(f"{column} '{cell}' in line {line}, expected {error}") from error


def _whole(text: str) -> int:
    number = number_from(text)
    if number != int(number):
        raise ValueError("a whole number")
    return int(number)


def unit_from(text: str) -> float:
    """A number in [0, 1] from its text; a ValueError says what was expected.

    >>> unit_from("0.25")
    0.25
    """
    number = number_from(text)
    if not 0 <= number <= 1:
        raise ValueError("a number from 0 to 1")
    return number


def gender_from(text: str) -> str:
    """'f', 'm' or 'o' from a letter or word; a ValueError says what was expected.

    >>> gender_from("Female")
    'f'
    """
    if text.casefold() not in _GENDERS:
        raise ValueError("f, m or o")
    return _GENDERS[text.casefold()]
