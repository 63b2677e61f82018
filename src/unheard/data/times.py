"""Which columns of a table say where an utterance begins and ends in its recording, whatever they are called."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unheard.data.tables import Row, Table, number_from, seconds_from
from unheard.errors import TableError
from unheard.records import Seconds

__all__ = ["FREE", "Times", "find_times", "words_of"]

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


@dataclass(frozen=True, slots=True)
class Times:
    """The columns that place an utterance in its recording.

    Args:
        columns: role ('start', 'end' or 'duration') -> the column and what its unit is in seconds.
    """

    columns: Mapping[str, tuple[str, Seconds]]

    def value(self, row: Row, role: str) -> Seconds | None:
        """A time of a row, in seconds; None where it says none.

        Raises:
            ValueError: the cell holds no time; names the column, the cell and what was expected.
        """
        column, unit = self.columns.get(role, ("", 1.0))
        cell = row.cells.get(column)
        if not cell:
            return None
        try:
            return _scaled(cell, unit)
        except ValueError as error:
            raise ValueError(f"{column} '{cell}' in line {row.line}, expected {error}") from error


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
    words = words_of(column)
    words = words[1:] if words[:1] and words[0] in _UTTERANCE else words
    for count in (0, 1):
        body, unit = "".join(words[: len(words) - count]), "".join(words[len(words) - count :])
        role = _ROLE_OF.get(body) or (_WITH_UNIT.get(body) if unit else None)
        if role is not None and unit in _UNITS:
            return role, _UNITS[unit]
    return None


def words_of(column: str) -> list[str]:
    """The words that the name of a column is made of.

    >>> words_of("start time (ms)")
    ['start', 'time', 'ms']
    """
    return [word for word in re.split(r"[\W_]+", column) if word]
