"""A database in the audformat format: tables of files and segments whose columns follow schemes.

A column is taken for the field whose name it or its scheme bears (emotion, speaker, gender, arousal, ...).
What a scheme says of its speakers (gender, language) is used where no column says it. Needs the extra
`audformat`.
"""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unheard.corpora._layout import Bad, Unusable, name_segments, settle
from unheard.corpora.table import COLUMNS, emotion_from, gender_from, unit_from
from unheard.errors import CorpusError, LabelError, MissingExtraError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="audformat",
    title="A database in audformat",
    licence="as the database states",
    citation="as the database states",
    languages=("as the database states",),
    obtain="Name a folder that holds db.yaml, its tables and its recordings (https://audeering.github.io/audformat).",
)

_HEADER = "db.yaml"
_ALIASES = {"sex": "gender", "text": "transcript", "transcription": "transcript", "speaker_id": "speaker"}
_FIELDS = frozenset(COLUMNS) - {"file", "start", "end"}
_DIMENSIONS = frozenset({"arousal", "valence", "dominance"})
_LABELS = _DIMENSIONS | {"emotion"}
_OF_SPEAKERS = {"gender": "gender", "sex": "gender", "language": "language"}
# audformat states languages by ISO 639-3; utterances carry ISO 639-1 where it has a code.
_LANGUAGES = {
    "amh": "am", "ara": "ar", "ces": "cs", "cmn": "zh", "dan": "da", "deu": "de", "ell": "el", "eng": "en",
    "est": "et", "fas": "fa", "fin": "fi", "fra": "fr", "hin": "hi", "hun": "hu", "ita": "it", "jpn": "ja",
    "kor": "ko", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru", "spa": "es",
    "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi", "zho": "zh",
}  # fmt: skip

_Key = tuple[str, float, float | None]
_Rows = dict[_Key, dict[str, Any]]


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
        labels: the database's labels -> the names to use, before the label map is asked.
        bad: where to set rows aside that cannot be used, as (file, problem); None raises.

    Raises:
        MissingExtraError: audformat is not installed.
        CorpusError: there is no database, no such table, two tables contradict each other, or a row cannot
            be used.
        LabelError: an emotion is not known.
    """
    folder = Path(folder)
    database = _database(folder)
    if table is not None and table not in database.tables:
        known = ", ".join(sorted(database.tables)) or "none"
        raise CorpusError(CARD.name, f"'{folder}' has no table '{table}'", f"Known: {known}.")
    rows = _merge(database, table)
    languages = list(database.languages)
    common = {"language": languages[0]} if len(languages) == 1 else {}
    utterances: list[Utterance] = []
    problems: Bad = []
    for key, fields in rows.items():
        try:
            utterances.append(_utterance(folder, key, common | fields, labels))
        except LabelError as error:
            if bad is None:
                raise
            problems.append((key[0], error.problem))
        except Unusable as error:
            problems.append((key[0], str(error)))
    settle(CARD, problems, bad)
    if not utterances:
        raise CorpusError(CARD.name, f"'{folder}' has no usable recording", CARD.obtain)
    return name_segments(utterances)


def _database(folder: Path) -> Any:
    try:
        audformat = importlib.import_module("audformat")
    except ImportError as error:
        raise MissingExtraError("audformat", "audformat") from error
    if not (folder / _HEADER).is_file():
        raise CorpusError(CARD.name, f"there is no {_HEADER} in '{folder}'", CARD.obtain)
    return audformat.Database.load(str(folder), load_data=True)


def _merge(database: Any, chosen: str | None) -> _Rows:
    """File, start, end -> what all tables say of it."""
    rows: _Rows = {}
    origin: dict[tuple[_Key, str], str] = {}
    for table in sorted(database.tables, key=lambda name: (name != chosen, name)):
        for key, field, value in _cells(database, table):
            if chosen not in {None, table} and field in _LABELS:
                continue
            fields = rows.setdefault(key, {})
            if field is None or value is None:
                continue
            if fields.setdefault(field, value) != value:
                first = origin[key, field]
                problem = f"{key[0]} has {field} '{fields[field]}' in {first} and '{value}' in {table}"
                raise CorpusError(CARD.name, problem, "Choose one of the tables with `table`.")
            origin.setdefault((key, field), table)
    wanted = None if chosen is None else {_key(entry) for entry in _index(database, chosen)}
    segmented = {key[0] for key in wanted or rows if key[1:] != (0.0, None)}
    keep = [key for key in rows if (key in wanted if wanted is not None else not _whole_of(key, segmented))]
    return {key: rows.get((key[0], 0.0, None), {}) | rows[key] for key in keep}


def _whole_of(key: _Key, segmented: set[str]) -> bool:
    return key[1:] == (0.0, None) and key[0] in segmented


def _index(database: Any, table: str) -> Any:
    return database[table].get(as_segmented=True).index


def _key(entry: tuple[Any, Any, Any]) -> _Key:
    file, start, end = entry
    last = end.total_seconds()  # NaT gives nan
    return str(file), float(start.total_seconds()), None if last != last else float(last)  # noqa: PLR0124


def _cells(database: Any, table: str) -> Iterator[tuple[_Key, str | None, Any]]:
    """Every cell of a table that is a field: (key, field, value); (key, None, None) for each row first."""
    for entry in _index(database, table):
        yield _key(entry), None, None
    attributes = []
    for name, column in database[table].columns.items():
        field = _field(name) or _field(str(column.scheme_id or ""))
        if field is None:
            continue
        scale = _scale(column) if field in _DIMENSIONS else None
        yield from _values(column, field, scale)
        attributes += [(column, key) for key in _attributes(database, column)] if field == "speaker" else []
    columns = {_field(name) for name in database[table].columns}
    for column, attribute in attributes:
        if _OF_SPEAKERS[attribute] not in columns:
            yield from _values(column, _OF_SPEAKERS[attribute], None, attribute)


def _field(name: str) -> str | None:
    name = name.lower()
    name = _ALIASES.get(name, name)
    return name if name in _FIELDS else None


def _values(
    column: Any, field: str, scale: tuple[float, float] | None, attribute: str | None = None
) -> Iterator[tuple[_Key, str, Any]]:
    series = column.get(as_segmented=True, map=attribute)
    for entry, value in series.items():
        if value is None or value != value or str(value) in {"<NA>", "NaT", ""}:  # noqa: PLR0124 - nan
            continue
        if scale is not None:
            low, high = scale
            yield _key(entry), field, (float(value) - low) / (high - low)
        else:
            yield _key(entry), field, value


def _scale(column: Any) -> tuple[float, float] | None:
    """The bounds that the scheme of a dimension states."""
    scheme = column.scheme
    low, high = getattr(scheme, "minimum", None), getattr(scheme, "maximum", None)
    return None if low is None or high is None or low >= high else (float(low), float(high))


def _attributes(database: Any, column: Any) -> list[str]:
    """What the labels of a speaker scheme tell of a speaker, of what we use."""
    labels = getattr(column.scheme, "labels", None)
    if isinstance(labels, str) and labels in database.misc_tables:
        told = set(database.misc_tables[labels].columns)
    elif isinstance(labels, dict):
        told = {key for entry in labels.values() if isinstance(entry, dict) for key in entry}
    else:
        told = set()
    return [key for key in _OF_SPEAKERS if key in told]


def _utterance(folder: Path, key: _Key, fields: Mapping[str, Any], labels: Mapping[str, str] | None) -> Utterance:
    name, start, end = key
    path = folder / name
    if not path.is_file():
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
