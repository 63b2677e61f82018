"""Which columns of a table say where an utterance begins and ends in its recording, and which must not be overlooked.

A column that changes what is heard is read or refused, never left alone: a start that nobody reads is a whole
recording in the place of a second of it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unheard.corpora._layout import Unusable
from unheard.corpora._listed import length_of
from unheard.data.tables import Row, Table, number_from, seconds_from
from unheard.errors import TableError
from unheard.records import Seconds

__all__ = ["FREE", "Times", "find_times", "refuse_overlooked"]

FREE = "note_"
"""What the name of a column begins with that is never read, whatever else it says."""

_ROLES = {
    "start": (
        "start", "begin", "beginning", "onset", "starttime", "begintime", "onsettime", "timestart", "timebegin",
        "tstart", "tmin", "xmin", "beginn", "anfang", "startzeit",
    ),
    "end": (
        "end", "stop", "endtime", "stoptime", "timeend", "timestop", "tend", "tmax", "xmax",
        "ende", "endzeit",
    ),
    "duration": ("duration", "dur", "durationtime", "dauer"),
}  # fmt: skip
_ROLE_OF = {key: role for role, keys in _ROLES.items() for key in keys} | {"offset": "offset"}
_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "sekunden": 1.0} | dict.fromkeys(
    ("ms", "msec", "msecs", "millis", "millisecond", "milliseconds", "millisekunden"), 0.001
)
# A length without a unit may be of words or samples, with one it is a duration.
_WITH_UNIT = {"length": "duration", "len": "duration", "laenge": "duration", "länge": "duration"}
_UTTERANCE = frozenset({"utterance", "utt", "segment", "seg", "clip"})

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


@dataclass(frozen=True, slots=True)
class Times:
    """The columns that place an utterance in its recording.

    Args:
        columns: role ('start', 'end' or 'duration') -> the column and what its unit is in seconds.
    """

    columns: Mapping[str, tuple[str, Seconds]]

    def stretch(self, row: Row, file: Path) -> tuple[Seconds, Seconds | None]:
        """Where the utterance of a row begins and ends, in seconds; None is the end of the recording.

        A duration without a start that is the recording's own, as far as it was rounded, is the whole of it.

        Raises:
            Unusable: a time is none, or they contradict each other or the recording.
        """
        begin, end, duration = (self._value(row, role) for role in ("start", "end", "duration"))
        start = begin or 0.0
        if duration is not None:
            end = self._end(row, file, start, end, duration)
        if end is not None and end <= start:
            raise Unusable(f"end {end} in line {row.line}, expected more than its start {start}")
        return start, end

    def _end(self, row: Row, file: Path, start: Seconds, end: Seconds | None, duration: Seconds) -> Seconds | None:
        column, unit = self.columns["duration"]
        cell = row.cells[column]
        rounded = max(_CLOSE, 0.5 * unit * 10.0 ** -len(cell.partition(".")[2]))
        if end is not None:
            if abs(end - start - duration) > rounded:
                raise Unusable(f"{column} '{cell}' in line {row.line}, but end - start is {end - start:g} s")
            return end
        if "start" not in self.columns:
            length = length_of(file)
            if length is not None and abs(duration - length) <= rounded:
                return None
            if length is not None and duration > length:
                raise Unusable(f"{column} '{cell}' in line {row.line}, but its recording has {length:.3f} s")
        return start + duration

    def _value(self, row: Row, role: str) -> Seconds | None:
        column, unit = self.columns.get(role, ("", 1.0))
        cell = row.cells.get(column)
        if not cell:
            return None
        try:
            return _scaled(cell, unit)
        except ValueError as error:
            raise Unusable(f"{column} '{cell}' in line {row.line}, expected {error}") from error


def _scaled(cell: str, unit: Seconds) -> Seconds:
    if unit == 1:
        return seconds_from(cell)
    number = number_from(cell)
    if number < 0:
        raise ValueError("milliseconds, 0 or more")
    return number * unit


def find_times(table: Table) -> Times:
    """The columns that place an utterance, by the names that programs give them.

    `offset` is a start beside a duration or an end, and an end beside an onset, as those who write it mean.

    Raises:
        TableError: two columns say the same, or an offset is alone.
    """
    found: dict[str, list[tuple[str, Seconds]]] = {}
    for column in table.columns:
        meaning = _meaning(column)
        if meaning is not None:
            role, unit = meaning
            found.setdefault(role, []).append((column, unit))
    for column, unit in found.pop("offset", []):
        found.setdefault(_offset(table, column, found), []).append((column, unit))
    for role, columns in found.items():
        if len(columns) > 1:
            both = " and ".join(f"'{column}'" for column, _ in columns)
            mend = f"Keep one of them, or rename the others so that they begin with '{FREE}'."
            raise TableError(table.file, f"{both} both say the {role} of an utterance", mend, table.line)
    return Times({role: columns[0] for role, columns in found.items()})


def _offset(table: Table, column: str, found: Mapping[str, Sequence[tuple[str, Seconds]]]) -> str:
    if any("onset" in name for name, _ in found.get("start", ())):
        return "end"
    if "duration" in found or "end" in found:
        return "start"
    problem = f"column '{column}' may be where an utterance begins or ends, and there is no duration beside it"
    mend = f"Rename it to 'start' or 'end', or so that it begins with '{FREE}' if it is neither."
    raise TableError(table.file, problem, mend, table.line)


def _meaning(column: str) -> tuple[str, Seconds] | None:
    """The role of a column and its unit in seconds, None where it has none."""
    if column.startswith(FREE):
        return None
    words = _words(column)
    words = words[1:] if words[:1] and words[0] in _UTTERANCE else words
    for count in (0, 1):
        body, unit = "".join(words[: len(words) - count]), "".join(words[len(words) - count :])
        role = _ROLE_OF.get(body) or (_WITH_UNIT.get(body) if unit else None)
        if role is not None and unit in _UNITS:
            return role, _UNITS[unit]
    return None


def _words(column: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", column) if word]


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
        words = _words(column)
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
