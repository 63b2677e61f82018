"""A database in the audformat format: tables of files and segments whose columns follow schemes.

A column is taken for the field whose name it or its scheme bears (emotion, speaker, gender, arousal, ...).
What a scheme says of its speakers (gender, language) is used where no column says it. Needs the extra
`audformat`.
"""

import math
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unheard.corpora._gathered import Listed, gather
from unheard.corpora._labels import emotion_from
from unheard.corpora._layout import Bad, Unusable
from unheard.corpora.table import COLUMNS, gender_from, unit_from
from unheard.data.formats.audformat_header import HEADER, Database, Scheme, TableHeader, read_header
from unheard.data.formats.audformat_tables import Stretch, check_tables, labels_of, read_rows
from unheard.errors import CorpusError
from unheard.identities import IDENTITIES, known
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "fits", "read"]

CARD = CorpusCard(
    name="audformat",
    title="A database in audformat",
    license="as the database states",
    citation="as the database states",
    languages=("as the database states",),
    obtain="Name a folder that holds db.yaml, its tables and its recordings (https://audeering.github.io/audformat).",
)

_ALIASES = {"sex": "gender", "text": "transcript", "transcription": "transcript", "speaker_id": "speaker"}
_FIELDS = frozenset(COLUMNS) - {"file", "start", "end"}
_DIMENSIONS = frozenset({"arousal", "valence", "dominance"})
_LABELS = _DIMENSIONS | {"emotion"}
_KNOWN = frozenset({*IDENTITIES, "gender", "language"})
_OF_SPEAKERS = {"gender": "gender", "sex": "gender", "language": "language"}
# audformat states languages by ISO 639-3; utterances carry ISO 639-1 where it has a code.
_LANGUAGES = {
    "amh": "am", "ara": "ar", "ces": "cs", "cmn": "zh", "dan": "da", "deu": "de", "ell": "el", "eng": "en",
    "est": "et", "fas": "fa", "fin": "fi", "fra": "fr", "hin": "hi", "hun": "hu", "ita": "it", "jpn": "ja",
    "kor": "ko", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru", "spa": "es",
    "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi", "zho": "zh",
}  # fmt: skip

_Key = tuple[str, float, float | None]
_WHOLE = (0.0, None)
_Labels = Mapping[str, Mapping[str, str]] | None


def fits(place: Path) -> bool:
    """Whether a folder has the header of a database."""
    return os.path.isfile(place / HEADER)  # noqa: PTH113 - it also answers for names that no folder can have


def read(
    folder: Path,
    *,
    table: str | None = None,
    labels: Mapping[str, str] | None = None,
    bad: Bad | None = None,
) -> list[Utterance]:
    """The utterances of an audformat database, sorted by name.

    Where a file has segments, the segments are the utterances, and what a filewise table says of the file
    holds for each of them. Dimensions are mapped from the bounds of their scheme onto [0, 1].

    Args:
        folder: holds db.yaml.
        table: the table whose rows are the utterances and that gives their labels; other tables then add only
            who speaks and the like. None joins all tables.
        labels: its labels -> classes, before the label map is asked (see `unheard.data.labels.own_labels`).
        bad: where to set rows aside that cannot be used, as (file, problem); None raises.

    Raises:
        MissingExtraError: PyYAML is not installed, or pyarrow for tables in parquet.
        CorpusError: there is no database, it cannot be read safely, there is no such table, two tables contradict
            each other, or a row cannot be used.
        LabelError: emotions are not known; names them all, and what to write.
    """
    folder = Path(folder)
    database = _open(folder, table)
    joined = _merge(database, table)
    languages = list(database.languages)
    common = {"language": languages[0]} if len(languages) == 1 else {}
    listed = (
        Listed(key[0], joined.where[key], str(fields.get("emotion", "")), (key, common | fields))
        for key, fields in joined.rows.items()
    )

    def make(row: tuple[_Key, dict[str, Any]]) -> Utterance:
        _refuse_flaw(joined.flaws[row[0]])
        return _utterance(folder, *row, labels)

    return gather(listed, make, CARD, str(folder), bad)


def _open(folder: Path, table: str | None) -> Database:
    if not fits(folder):
        raise CorpusError(CARD.name, f"there is no {HEADER} in '{folder}'", CARD.obtain)
    database = read_header(folder)
    if table is not None and table not in database.tables:
        tables = ", ".join(sorted(database.tables)) or "none"
        raise CorpusError(CARD.name, f"'{folder}' has no table '{table}'", f"Known: {tables}.")
    check_tables(database, database.tables.values())
    return database


@dataclass
class _Joined:
    """File, start, end -> what all tables say of it, and what cannot be said of it."""

    rows: dict[_Key, dict[str, Any]]
    flaws: dict[_Key, str]
    where: dict[_Key, str]


def _merge(database: Database, chosen: str | None) -> _Joined:
    joined = _Joined({}, {}, {})
    origin: dict[tuple[_Key, str], str] = {}
    wanted: set[_Key] = set()
    labels = _all_labels(database)
    for table in sorted(database.tables, key=lambda name: (name != chosen, name)):
        about = _About(database, database.tables[table], labels)
        for row in read_rows(database, about.table, about.fields):
            key = (_inside(row), row.start, row.end)
            fields = joined.rows.setdefault(key, {})
            joined.where.setdefault(key, row.where)
            if table == chosen:
                wanted.add(key)
            for field, value, flaw in about.said(row):
                if value is None or (chosen not in {None, table} and field in _LABELS):
                    continue
                if flaw:
                    joined.flaws[key] = flaw
                elif fields.setdefault(field, value) != value:
                    first = origin[key, field]
                    problem = f"{key[0]} has {field} '{fields[field]}' in {first} and '{value}' in {table}"
                    raise CorpusError(CARD.name, problem, "Choose one of the tables with `table`.")
                origin.setdefault((key, field), table)
    return _chosen(joined, None if chosen is None else wanted)


def _chosen(joined: _Joined, wanted: set[_Key] | None) -> _Joined:
    """The rows that are utterances, each with what is said of its whole file."""
    rows, keys = joined.rows, joined.rows.keys() if wanted is None else wanted
    segmented = {key[0] for key in keys if key[1:] != _WHOLE}
    keep = [key for key in rows if key in keys and not (wanted is None and key[1:] == _WHOLE and key[0] in segmented)]
    flaws = {key: joined.flaws.get(key) or joined.flaws.get((key[0], *_WHOLE), "") for key in keep}
    return _Joined({key: rows.get((key[0], *_WHOLE), {}) | rows[key] for key in keep}, flaws, joined.where)


def _refuse_flaw(flaw: str) -> None:
    if flaw:
        raise Unusable(flaw)


def _inside(row: Stretch) -> str:
    """The file in its one spelling; a relative path that leaves the folder is no part of the database."""
    name = posixpath.normpath(row.file)
    if name.split("/", 1)[0] == "..":
        problem = f"{row.where}: '{row.file}' leaves the folder of the database"
        raise CorpusError(CARD.name, problem, "Put the recordings below it, or give their absolute paths.")
    return name


class _About:
    """What the columns of a table tell of its rows."""

    def __init__(self, database: Database, table: TableHeader, labels: Mapping[str | None, _Labels]) -> None:
        self.table = table
        named = {column: _field(column) or _field(scheme or "") for column, scheme in table.columns.items()}
        self.fields = {column: field for column, field in named.items() if field is not None}
        schemes = {column: database.scheme(table, column) for column in self.fields}
        dimensions = [column for column, field in self.fields.items() if field in _DIMENSIONS]
        self.scales = {column: _scale(schemes[column]) for column in dimensions}
        self.labels = {column: labels.get(table.columns[column]) for column in self.fields}
        columns = {_field(column) for column in table.columns}
        self.told = [attribute for attribute in _OF_SPEAKERS if _OF_SPEAKERS[attribute] not in columns]

    def said(self, row: Stretch) -> Iterator[tuple[str, Any, str]]:
        """(field, value, what is wrong with it) of a row."""
        for column, text in row.cells.items():
            field, labels, scale = self.fields[column], self.labels[column], self.scales.get(column)
            if labels is not None and text not in labels:
                yield field, text, f"the {field} '{text}', which the scheme of column '{column}' does not list"
            elif scale is not None:
                low, high = scale
                yield field, (_number(text, row) - low) / (high - low), ""
            else:
                yield field, known(text) if field in _KNOWN else text, ""
                attributes = (labels or {}).get(text, {}) if field == "speaker" else {}
                for attribute in self.told:
                    if attribute in attributes:
                        yield _OF_SPEAKERS[attribute], known(attributes[attribute]), ""


def _number(text: str, row: Stretch) -> float:
    try:
        return float(text)
    except ValueError as error:
        problem = f"{row.where}: '{text[:40]}' is no number"
        raise CorpusError(CARD.name, problem, "Correct it, or the scheme of its column.") from error


def _field(name: str) -> str | None:
    name = name.lower()
    name = _ALIASES.get(name, name)
    return name if name in _FIELDS else None


def _scale(scheme: Scheme) -> tuple[float, float] | None:
    """The bounds that the scheme of a dimension states."""
    low, high = scheme.minimum, scheme.maximum
    return None if low is None or high is None or not -math.inf < low < high < math.inf else (low, high)


def _all_labels(database: Database) -> dict[str | None, _Labels]:
    """The labels of the schemes that are in use, each read once."""
    used = {
        scheme
        for table in database.tables.values()
        for column, scheme in table.columns.items()
        if scheme is not None and (_field(column) or _field(scheme))
    }
    return {name: _labels(database, database.schemes[name]) for name in sorted(used)}


def _labels(database: Database, scheme: Scheme) -> _Labels:
    """The values that a scheme lists -> what it says of each, of what we use; None where it lists none."""
    if scheme.table is not None:
        table = database.misc_tables[scheme.table]
        check_tables(database, [table])
        return labels_of(database, table, [name for name in table.columns if name in _OF_SPEAKERS])
    if scheme.labels is None:
        return None
    return {
        label: {key: str(about[key]) for key in _OF_SPEAKERS if about.get(key) is not None}
        for label, about in scheme.labels.items()
    }


def _utterance(folder: Path, key: _Key, fields: Mapping[str, Any], labels: Mapping[str, str] | None) -> Utterance:
    name, start, end = key
    path = folder / name
    if not os.path.isfile(path):  # noqa: PTH113 - it also answers for names that no file can have
        raise Unusable(f"no recording at its path (relative to '{folder}')")
    texts = {field: str(value) for field, value in fields.items()}
    values: dict[str, Any] = dict(texts)
    try:
        if "gender" in texts:
            values["gender"] = gender_from(texts["gender"])
        for dimension in _DIMENSIONS & texts.keys():
            values[dimension] = unit_from(texts[dimension])
        if "turn" in texts:
            values["turn"] = int(texts["turn"])
    except ValueError as error:
        raise Unusable(f"a value outside what was expected: {error}") from error
    if "emotion" in texts:
        values["emotion"] = emotion_from(texts["emotion"], CARD.name, labels)
    if "language" in texts:
        values["language"] = _LANGUAGES.get(texts["language"], texts["language"])
    inside = path.is_relative_to(folder)
    shown = (path.relative_to(folder) if inside else path).as_posix()
    return Utterance(file=path, name=shown, corpus=CARD.name, start=start, end=end, **values)
