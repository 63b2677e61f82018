"""Your own recordings: a CSV with a column `file` and any of the names of an utterance.

    file,speaker,emotion,language
    calls/0001.wav,anna,happy,de

Files are relative to the folder of the table. Cells that are empty are not known. Columns may stand in any
order; columns of other names are left alone, unless one looks like a known name that is not there (`speakr`).
"""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from unheard.corpora._layout import AUDIO_ENDINGS, Bad, Unusable, name_segments, settle
from unheard.data.labels import canonical
from unheard.data.tables import Table, number_from, read_table, seconds_from
from unheard.errors import CorpusError, LabelError, TableError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "COLUMNS", "emotion_from", "gender_from", "read", "unit_from"]

CARD = CorpusCard(
    name="table",
    title="Your own recordings, listed in a CSV",
    licence="yours",
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


def read(file: Path, *, labels: Mapping[str, str] | None = None, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of a table, sorted by name.

    Args:
        file: the CSV (see `unheard.data.tables`). Times in seconds or as a clock; arousal, valence and dominance
            in [0, 1]; gender f, m or o (or the words); emotion a canonical name or a usual word for one.
        labels: your own labels -> the names to use, before the label map is asked.
        bad: where to set rows aside that cannot be used, as (file, problem); None raises.

    Returns:
        Names are relative to the folder of the table; start and end are appended where a file has several
        rows.

    Raises:
        CorpusError: the table is missing, empty or cannot be read (TableError), has no column `file` or a
            misspelled one, or a row cannot be used; names the line.
        LabelError: an emotion is not known.
    """
    file = Path(file)
    if not file.is_file():
        raise CorpusError(CARD.name, f"there is no table '{file}'", CARD.obtain)
    table = read_table(file)
    _check_columns(table)
    utterances: list[Utterance] = []
    problems: Bad = []
    seen: dict[tuple[str, str, str], int] = {}
    for row in table.rows:
        line, cells = row.line, row.cells
        name = cells.get("file", "")
        try:
            _refuse_second(seen, cells, line)
            utterances.append(_utterance(file.parent, cells, line, labels))
        except LabelError as error:
            if bad is None:
                raise LabelError(str(file), f"line {line}: {error.problem}", _label_mend(error)) from error
            problems.append((name, f"line {line}: {error.problem}"))
        except Unusable as error:
            problems.append((name or f"line {line}", str(error)))
    settle(_card_of(file), problems, bad)
    if not utterances:
        raise CorpusError(str(file), "the table lists no usable recording", CARD.obtain)
    return name_segments(utterances)


def _refuse_second(seen: dict[tuple[str, str, str], int], cells: Mapping[str, str], line: int) -> None:
    key = (cells.get("file", ""), cells.get("start", ""), cells.get("end", ""))
    first = seen.setdefault(key, line)
    if first != line:
        raise Unusable(f"the same file, start and end in lines {first} and {line}")


def _label_mend(error: LabelError) -> str:
    return f"{error.mend} Or give your own mapping as `labels`."


def _card_of(file: Path) -> CorpusCard:
    return CorpusCard(str(file), CARD.title, CARD.licence, CARD.citation, CARD.languages, CARD.obtain)


def _check_columns(table: Table) -> None:
    if "file" not in table.columns:
        problem = f"the table has no column 'file', only: {', '.join(table.columns) or 'none'}"
        raise TableError(table.file, problem, CARD.obtain, table.line)
    absent = [name for name in COLUMNS if name not in table.columns]
    for name in table.columns:
        near = difflib.get_close_matches(name, absent, n=1, cutoff=_NEAR_MISS) if name not in COLUMNS else []
        if near:
            problem = f"column '{name}' is not known, but looks like '{near[0]}'"
            mend = f"Rename it to '{near[0]}', or to something unlike it."
            raise TableError(table.file, problem, mend, table.line)


def _utterance(folder: Path, cells: Mapping[str, str], line: int, labels: Mapping[str, str] | None) -> Utterance:
    path, name = _recording(folder, cells.get("file", ""), line)
    start, end = _value(cells, line, "start", seconds_from) or 0.0, _value(cells, line, "end", seconds_from)
    if end is not None and end <= start:
        raise Unusable(f"end {end} in line {line}, expected more than its start {start}")
    return Utterance(
        file=path,
        name=name,
        corpus=CARD.name,
        start=start,
        end=end,
        speaker=cells.get("speaker") or None,
        gender=_value(cells, line, "gender", gender_from),
        language=cells.get("language") or None,
        emotion=_value(cells, line, "emotion", lambda cell: emotion_from(cell, CARD.name, labels)),
        arousal=_value(cells, line, "arousal", unit_from),
        valence=_value(cells, line, "valence", unit_from),
        dominance=_value(cells, line, "dominance", unit_from),
        transcript=cells.get("transcript") or None,
        sentence=cells.get("sentence") or None,
        session=cells.get("session") or None,
        dialogue=cells.get("dialogue") or None,
        turn=_value(cells, line, "turn", _whole),
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


def _recording(folder: Path, cell: str, line: int) -> tuple[Path, str]:
    if not cell:
        raise Unusable(f"no path in line {line}")
    path = folder / cell
    if not path.is_file():
        raise Unusable(f"no recording at its path (relative to '{folder}')")
    if path.suffix.lower() not in AUDIO_ENDINGS:
        raise Unusable(f"the ending '{path.suffix}', expected {' '.join(sorted(AUDIO_ENDINGS))}")
    inside = path.is_relative_to(folder)
    return path, (path.relative_to(folder) if inside else path).as_posix()


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


def emotion_from(label: str, corpus: str, labels: Mapping[str, str] | None = None) -> str:
    """The emotion of a user's label: the user's own mapping first, then the label map.

    >>> emotion_from("stressed", "table", {"stressed": "anger"})
    'anger'

    Raises:
        LabelError: neither knows the label.
    """
    if labels is not None and label in labels:
        return labels[label]
    return canonical(label, corpus=corpus)
