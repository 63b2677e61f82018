"""Which part of its recording a row of a manifest means, and which columns must not be overlooked.

A column that changes what is heard is read or refused, never left alone: a start that nobody reads is a whole
recording in the place of a second of it.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from unheard.corpora._layout import Unusable
from unheard.corpora._listed import length_of
from unheard.data.tables import Row, Table
from unheard.data.times import FREE, Times, words_of
from unheard.errors import TableError
from unheard.records import Seconds

__all__ = ["refuse_overlooked", "stretch_of"]

_TIME = re.compile(
    r"(start|begin|beginning|beginn|anfang|onset|offset|end|ende|stop|duration|dur|dauer|length|len|länge|"
    r"time|times|zeit|tc|trim|crop|seek|skip)"
    r"(s|sec|secs|seconds|ms|msec|time|times|zeit|frame|frames|sample|samples|pos|position|idx|index|stamp|code)?\d*"
    r"|ms|msec|millis|milliseconds?|secs?|seconds?|n?samples|n?frames|[tx](start|end|min|max|[01])|hh:?mm.*"
)
_CHANNEL = re.compile(r"(channel|chan|ch|side|track|kanal|spur|seite|leg)(s|id|no|nr|num|number|idx|index|name)?\d*")
_SECONDS = re.compile(r"[+-]?[\d.,:]*\d *(ms|sec|seconds|s)?", re.IGNORECASE | re.ASCII)
_COUNTS = frozenset({"n", "num", "nb", "no", "count", "number", "of"})
_WHOLE_NAMES = frozenset({"from", "to", "in", "out", "von", "bis", "l", "r"})
_CLOSE: Seconds = 0.1
"""What a duration may differ from its recording's length, or from end - start: a frame or two of another program."""


def stretch_of(times: Times, row: Row, file: Path) -> tuple[Seconds, Seconds | None]:
    """Where the utterance of a row begins and ends, in seconds; None is the end of the recording.

    A duration without a start that is the recording's own, as far as it was rounded, is the whole of it.

    Args:
        times: the columns that say it.
        row: of the table.
        file: its recording.

    Raises:
        Unusable: a time is none, or they contradict each other or the recording.
    """
    try:
        begin, end, duration = (times.value(row, role) for role in ("start", "end", "duration"))
    except ValueError as error:
        raise Unusable(str(error)) from error
    start = begin or 0.0
    if duration is not None:
        end = _end(times, row, file, (start, end), duration)
    if end is not None and end <= start:
        raise Unusable(f"end {end} in line {row.line}, expected more than its start {start}")
    return start, end


def _end(
    times: Times, row: Row, file: Path, said: tuple[Seconds, Seconds | None], duration: Seconds
) -> Seconds | None:
    start, end = said
    column, unit = times.columns["duration"]
    cell = row.cells[column]
    rounded = max(_CLOSE, 0.5 * unit * 10.0 ** -len(cell.partition(".")[2]))
    if end is not None:
        if abs(end - start - duration) > rounded:
            raise Unusable(f"{column} '{cell}' in line {row.line}, but end - start is {end - start:g} s")
        return end
    if "start" not in times.columns:
        length = length_of(file)
        if length is not None and abs(duration - length) <= rounded:
            return None
        if length is not None and duration > length:
            raise Unusable(f"{column} '{cell}' in line {row.line}, but its recording has {length:.3f} s")
    return start + duration


def refuse_overlooked(table: Table, read: Sequence[str]) -> None:
    """Refuse columns that look as though they changed what is heard, and are not read.

    Args:
        table: the manifest.
        read: the columns that are read, and those that mean nothing of the kind.

    Raises:
        TableError: there is such a column; says what to do.
    """
    for column in table.columns:
        cells = {row.cells[column] for row in table.rows} - {""}
        if column in read or column.startswith(FREE) or not cells:
            continue
        words = words_of(column)
        free = f"rename it to '{FREE}{column}' if it says nothing of the kind: such columns are left alone."
        if any(map(_CHANNEL.fullmatch, words)) and not (_COUNTS & set(words) or words == ["channels"]):
            problem = f"column '{column}' looks like a channel, and channels are averaged, not chosen"
            mend = f"Write each channel into a file of its own; or {free}"
            raise TableError(table.file, problem, mend, table.line)
        # A date or a word is no time in a recording.
        if (column in _WHOLE_NAMES or any(map(_TIME.fullmatch, words))) and any(map(_SECONDS.fullmatch, cells)):
            problem = f"column '{column}' looks like a time or a length, and is not read"
            mend = f"Name the column 'start', 'end' or 'duration' (seconds; 'start_ms' for milliseconds); or {free}"
            raise TableError(table.file, problem, mend, table.line)
