"""Other people's folds, read as they are published.

    a CSV           fold and one of speaker, file, sentence: each fold is tested once
    a CSV           file and part (or split, subset, partition), with or without fold: a manifest serves, too
    JSON or JSONL   EmoBox's files: a record a line, or key -> record, with the part and the fold in the file's
                    name; also {"train": [...], "test": [...]}, by itself or under the names of folds
    a folder        of such files, e.g. EmoBox's data/ravdess with fold_1, fold_2, ...
    audformat       a folder with db.yaml: a column or scheme called split, tables of a split (`split_id`), or
                    tables named after their part
    unheard         a saved split plan (splits/seed0.json of a run)

The form is told by what a file holds, not by its ending. What is named in the files is found among the
utterances by its path, as much of it as is needed; audio endings do not count.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unheard.data.fold_set import FoldSet, Row, each_tested_once, fold_set, with_left_out
from unheard.data.foreign.audformat_folds import dealt_rows
from unheard.data.plan import SplitPlan
from unheard.data.splits._folds import PARTS
from unheard.data.splits._table import COLUMNS, folds_of_utterances
from unheard.data.tables import Table, parse_table, read_text, seconds_from
from unheard.errors import SplitError, TableError
from unheard.identities import known
from unheard.records import Seconds, Utterance

__all__ = ["dealt_column", "has_folds", "read_folds"]

_PARTS = {
    "train": "train", "training": "train", "trn": "train",
    "dev": "dev", "devel": "dev", "development": "dev", "val": "dev", "valid": "dev", "validation": "dev",
    "test": "test", "testing": "test", "tst": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
_PART_COLUMNS = ("part", "split", "subset", "partition")
_FILE_KEYS = ("wav", "audio", "file", "path", "filename", "audio_path", "wav_path", "key")
_FOLD = re.compile(r"(?<![a-z])fold(?:[ _-]?(\d+[a-z]?)|[ _-]([a-z])(?![a-z]))", re.IGNORECASE)
_MEND = "Give a CSV, EmoBox's JSON or JSONL, a folder of them, an audformat database, or a saved split plan."


def read_folds(path: Path, utterances: Sequence[Utterance]) -> FoldSet:
    """The folds of a file or folder, whoever wrote it.

    Args:
        path: see the head of this module.
        utterances: the corpus that the folds are of.

    Raises:
        SplitError: nothing is there, the form is not known, a fold lacks train or test, or nothing that is named
            is in the corpus; says what came and what to do.
        CorpusError: an audformat database that cannot be read safely, or is none.
        MissingExtraError: an audformat database, and PyYAML (or pyarrow for parquet) is not installed.
    """
    if path.is_dir():
        rows, form = (_audformat(path), "audformat") if (path / "db.yaml").is_file() else (_folder(path), "a folder")
        return fold_set(path, form, rows, utterances)
    text = _text(path)
    if _is_json(text):
        documents = _documents(path, text)
        if len(documents) == 1 and isinstance(documents[0], dict) and {"digest", "folds"} <= documents[0].keys():
            return with_left_out(path, "a split plan", SplitPlan.load(path).folds, (), utterances)
        return fold_set(path, "JSON", _json(path, documents, path.parent), utterances)
    table = _table(path, text)
    if _dealt(table) is not None:
        _, fold_of = folds_of_utterances(path, utterances)
        return with_left_out(path, "CSV", each_tested_once(fold_of), (), utterances)
    return fold_set(path, "CSV", _csv(table, path.parent), utterances)


def dealt_column(path: Path) -> str | None:
    """What a table of `fold` and one other column deals: speaker, file or sentence; None for every other form.

    Raises:
        SplitError: it cannot be read.
    """
    if path.is_dir() or _is_json(text := _text(path)):
        return None
    return _dealt(_table(path, text))


def _dealt(table: Table) -> str | None:
    columns = set(table.columns)
    dealt = columns & set(COLUMNS)
    return dealt.pop() if not columns & set(_PART_COLUMNS) and len(dealt) == 1 else None


def has_folds(place: Path) -> bool:
    """Whether a manifest (or an audformat database) says itself which part or fold its files belong to."""
    if place.is_dir():
        try:
            return next(_audformat(place), None) is not None
        except SplitError:
            return False
    columns = set(_table(place, _text(place)).columns)
    return "file" in columns and bool(columns & {"fold", *_PART_COLUMNS})


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except TableError as error:
        raise SplitError(
            f"{error.corpus}: the folds cannot be read ({error.problem}). {error.mend} {_MEND}"
        ) from error


def _table(path: Path, text: str) -> Table:
    try:
        return parse_table(text, path)
    except TableError as error:
        raise SplitError(str(error)) from error


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _documents(path: Path, text: str) -> list[Any]:
    """One JSON document, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        documents = []
        for line, own in enumerate(text.splitlines(), start=1):
            if own.strip():
                try:
                    documents.append(json.loads(own))
                except json.JSONDecodeError as error:
                    raise SplitError(f"{path}, line {line}: neither JSON nor JSONL ({error}). {_MEND}") from error
        return documents


def _json(path: Path, documents: Sequence[Any], root: Path) -> Iterator[Row]:
    """The rows of EmoBox's files and their like; part and fold come from the name where no record says them."""
    part, fold = _said_by_name(path, root)
    for document in documents:
        yield from _json_rows(path, document, part, fold)


def _json_rows(path: Path, value: Any, part: str | None, fold: str | None) -> Iterator[Row]:
    if isinstance(value, str):
        yield Row(value, part, fold)
    elif isinstance(value, list):
        for own in value:
            yield from _json_rows(path, own, part, fold)
    elif isinstance(value, dict) and (named := next((value[key] for key in _FILE_KEYS if key in value), None)):
        said = next((_part(str(value[key]), str(path)) for key in _PART_COLUMNS if value.get(key)), part)
        begin = value.get("start_time", value.get("start"))
        own_fold = value.get("fold", fold)
        yield Row(str(named), said, None if own_fold is None else str(own_fold), _seconds(begin))
    elif isinstance(value, dict):
        for key, own in value.items():
            if not isinstance(own, (dict, list)):
                raise SplitError(f"{path}: '{key}' holds {json.dumps(own)[:40]}, expected files or records. {_MEND}")
            # What holds parts is a fold, whatever it is called.
            holds_parts = isinstance(own, dict) and bool({name.lower() for name in own} & _PARTS.keys())
            named_fold = _fold_in(key) or (key if holds_parts else fold)
            yield from _json_rows(path, own, _PARTS.get(key.lower(), part), named_fold)


def _folder(folder: Path) -> Iterator[Row]:
    """The rows of all files that name a part, in their name or inside; .json beside a .jsonl is its copy."""
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in {".jsonl", ".json", ".csv", ".tsv"})
    if not files:
        raise SplitError(f"{folder}: holds no .jsonl, .json or .csv file, and no db.yaml. {_MEND}")
    for file in files:
        if file.suffix == ".json" and file.with_suffix(".jsonl") in files:
            continue
        text = _text(file)
        if _is_json(text):
            if not _is_about_files(found := _documents(file, text)):
                continue  # a map of labels
            rows = _json(file, found, folder)
        else:
            rows = _csv(_table(file, text), folder)
        # The whole corpus lies beside its folds, and names no part.
        yield from (row for row in rows if row.part is not None)


def _is_about_files(documents: Sequence[Any]) -> bool:
    inner = [value for own in documents if isinstance(own, dict) for value in own.values()]
    return (
        not inner
        or any(isinstance(value, (dict, list)) for value in inner)
        or any(isinstance(own, dict) and set(own) & set(_FILE_KEYS) for own in documents)
    )


def _csv(table: Table, root: Path) -> Iterator[Row]:
    path, columns = table.file, table.columns
    part, fold = _said_by_name(path, root)
    column = next((name for name in _PART_COLUMNS if name in columns), None)
    if "file" not in columns or not (column or part or "fold" in columns):
        raise SplitError(
            f"{path}: has the columns {', '.join(columns) or 'none'}, expected file and one of fold, "
            f"{', '.join(_PART_COLUMNS)}; or fold and one of {', '.join(COLUMNS)}. Correct the header."
        )
    for row in table.rows:
        cells, where = row.cells, table.where(row)
        said, own_fold = (cells[column] if column else ""), known(cells.get("fold")) or fold
        if not cells["file"]:
            raise SplitError(f"{where}: no file. Name it, or remove the row.")
        if not (said or part or own_fold):
            raise SplitError(f"{where}: no part and no fold. Give the file one of them.")
        yield Row(
            cells["file"], _part(said, where) if said else part, own_fold, _start(cells.get("start"), where), where
        )


def _start(cell: str | None, where: str) -> Seconds | None:
    try:
        return seconds_from(cell) if cell else None
    except ValueError as error:
        raise SplitError(f"{where}: start '{cell}', expected {error}. Correct it.") from error


def _audformat(folder: Path) -> Iterator[Row]:
    for row in dealt_rows(folder, frozenset(_PARTS)):
        yield Row(row.file, None if row.part is None else _part(row.part, row.where), known(row.fold), row.start)


def _said_by_name(path: Path, root: Path) -> tuple[str | None, str | None]:
    """The part and the fold that a file's name, or its folder's, speaks of."""
    words = [word for word in re.split(r"[^a-z]+", path.stem.lower()) if word in _PARTS]
    inside = path.relative_to(root).parts if path.is_relative_to(root) else (path.name,)
    folds = [found for name in (*inside[:-1], path.stem, root.name) if (found := _fold_in(name))]
    return (_PARTS[words[-1]] if words else None), (folds[0] if folds else None)


def _fold_in(name: str) -> str | None:
    """The fold that a name speaks of: 1 for fold_1, fold1 or Fold-1."""
    found = _FOLD.search(name)
    return None if found is None else found[1] or found[2]


def _part(word: str, where: str) -> str:
    if word.lower() not in _PARTS:
        raise SplitError(f"{where}: the part '{word}' is not known. Call it {', '.join(PARTS)}.")
    return _PARTS[word.lower()]


def _seconds(value: Any) -> Seconds | None:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return None
