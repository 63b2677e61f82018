"""Other people's folds, read as they are published.

    a CSV           fold and one of speaker, file, sentence: each fold is tested once
    a CSV           file and part (or split, subset, partition), with or without fold: a manifest serves, too
    JSON or JSONL   EmoBox's files: a record a line, or key -> record, with the part and the fold in the file's
                    name; also {"train": [...], "test": [...]}, by itself or under the names of folds
    a folder        of such files, e.g. EmoBox's data/ravdess with fold_1, fold_2, ...
    audformat       a folder with db.yaml: a column or scheme called split, tables of a split (`split_id`), or
                    tables named after their part
    Kaldi           a folder of data folders (train, dev, test)
    SUPERB          train_meta_data.json and test_meta_data.json, by themselves or in a folder a fold (Session1, ...)
    Hugging Face    metadata.csv or metadata.jsonl with a column of the part, or in folders called train and test
    unheard         a saved split plan (splits/seed0.json of a run)

The form is told by what a file holds, not by its ending. What is named in the files is found among the
utterances by its path, as much of it as is needed; audio endings do not count.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from unheard.data.folds.fold_set import FoldSet, Row, each_tested_once, fold_set, start_of, with_left_out
from unheard.data.folds.of_folders import foreign_rows
from unheard.data.folds.part_names import PART_COLUMNS, PART_WORDS, fold_in, part_of, said_by_name
from unheard.data.folds.plan import SplitPlan
from unheard.data.folds.table import COLUMNS, folds_of_utterances
from unheard.data.formats.audio_folder import metadata_files
from unheard.data.tables import Table, parse_table, read_text
from unheard.data.times import find_times
from unheard.errors import SplitError, TableError
from unheard.identities import known
from unheard.records import Seconds, Utterance

__all__ = ["dealt_column", "has_folds", "read_folds"]

_FILE_KEYS = ("wav", "audio", "file", "path", "filename", "file_name", "audio_path", "wav_path", "key")
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
    if path.is_dir() or _is_metadata(path):
        rows, form = _of_place(path)
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
    return dealt.pop() if not columns & set(PART_COLUMNS) and len(dealt) == 1 else None


def has_folds(place: Path) -> bool:
    """Whether a corpus of one's own says itself what is train and what is test, or which folds there are.

    Raises:
        SplitError: a table cannot be read.
        CorpusError: an audformat database or a data folder of Kaldi cannot be read.
    """
    if place.is_dir() or _is_metadata(place) or place.suffix.lower() == ".json":
        return _deals(lambda: _of_place(place)[0])
    columns = set(_table(place, _text(place)).columns)
    return "file" in columns and bool(columns & {"fold", *PART_COLUMNS})


def _deals(rows: Callable[[], Iterator[Row]]) -> bool:
    try:
        said = {(row.part, row.fold) for row in rows()}
    except SplitError:
        return False
    parts = {part for part, _ in said}
    return {"train", "test"} <= parts or len({fold for part, fold in said if part is None and fold}) > 1


def _of_place(path: Path) -> tuple[Iterator[Row], str]:
    """The rows of a folder or of another program's file, and its form."""
    found = foreign_rows(path)
    if found is not None:
        return found
    if path.is_dir():
        return _folder(path), "a folder"
    return _json(path, _documents(path, _text(path)), path.parent), "JSON"


def _is_metadata(path: Path) -> bool:
    return path.is_file() and bool(metadata_files(path)) and "file_name" in _text(path)


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
    except RecursionError as error:
        raise SplitError(f"{path}: lists in lists, too deep to be folds. {_MEND}") from error
    except ValueError:  # a number of thousands of digits, too
        documents = []
        for line, own in enumerate(text.splitlines(), start=1):
            if own.strip():
                try:
                    documents.append(json.loads(own))
                except (ValueError, RecursionError) as error:
                    raise SplitError(f"{path}, line {line}: neither JSON nor JSONL ({error}). {_MEND}") from error
        return documents


def _json(path: Path, documents: Sequence[Any], root: Path) -> Iterator[Row]:
    """The rows of EmoBox's files and their like; part and fold come from the name where no record says them."""
    part, fold = said_by_name(path, root)
    try:
        for document in documents:
            yield from _json_rows(path, document, part, fold)
    except RecursionError as error:
        raise SplitError(f"{path}: lists in lists, too deep to be folds. {_MEND}") from error


def _json_rows(path: Path, value: Any, part: str | None, fold: str | None) -> Iterator[Row]:
    if isinstance(value, str):
        yield Row(value, part, fold)
    elif isinstance(value, list):
        for own in value:
            yield from _json_rows(path, own, part, fold)
    elif isinstance(value, dict) and (named := next((value[key] for key in _FILE_KEYS if key in value), None)):
        said = next((part_of(str(value[key]), str(path)) for key in PART_COLUMNS if value.get(key)), part)
        begin = value.get("start_time", value.get("start"))
        own_fold = value.get("fold", fold)
        yield Row(str(named), said, None if own_fold is None else str(own_fold), _seconds(begin, path))
    elif isinstance(value, dict) and isinstance(value.get("meta_data"), list):  # SUPERB's, with labels beside it
        yield from _json_rows(path, value["meta_data"], part, fold)
    elif isinstance(value, dict):
        for key, own in value.items():
            if not isinstance(own, (dict, list)):
                raise SplitError(f"{path}: '{key}' holds {json.dumps(own)[:40]}, expected files or records. {_MEND}")
            # What holds parts is a fold, whatever it is called.
            holds_parts = isinstance(own, dict) and bool({name.lower() for name in own} & PART_WORDS.keys())
            named_fold = fold_in(key) or (key if holds_parts else fold)
            yield from _json_rows(path, own, PART_WORDS.get(key.lower(), part), named_fold)


def _folder(folder: Path) -> Iterator[Row]:
    """The rows of all files that name a part, in their name or inside; .json beside a .jsonl is its copy.

    Where several folders in it have files of several parts each, and none is called a fold, each of them is one.
    """
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in {".jsonl", ".json", ".csv", ".tsv"})
    files = [file for file in files if "meta_data" in file.name and file.suffix == ".json"] or files
    if not files:
        raise SplitError(f"{folder}: holds no .jsonl, .json or .csv file, and no db.yaml. {_MEND}")
    named = _folds_by_folder(folder, files)
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
        for row in rows:
            if row.part is not None:
                yield row if row.fold is not None else replace(row, fold=named.get(file.parent))


def _folds_by_folder(folder: Path, files: Sequence[Path]) -> dict[Path, str]:
    """Folder -> its name as a fold, where several are one each, e.g. Session1 with train and test."""
    parts: dict[Path, set[str | None]] = {}
    for file in files:
        parts.setdefault(file.parent, set()).add(said_by_name(file, file.parent)[0])
    own = [place for place, said in parts.items() if len(said - {None}) > 1]
    return {place: place.relative_to(folder).as_posix() for place in own} if len(own) > 1 else {}


def _is_about_files(documents: Sequence[Any]) -> bool:
    inner = [value for own in documents if isinstance(own, dict) for value in own.values()]
    return (
        not inner
        or any(isinstance(value, (dict, list)) for value in inner)
        or any(isinstance(own, dict) and set(own) & set(_FILE_KEYS) for own in documents)
    )


def _csv(table: Table, root: Path) -> Iterator[Row]:
    path, columns = table.file, table.columns
    part, fold = said_by_name(path, root)
    column = next((name for name in PART_COLUMNS if name in columns), None)
    if "file" not in columns or not (column or part or "fold" in columns):
        raise SplitError(
            f"{path}: has the columns {', '.join(columns) or 'none'}, expected file and one of fold, "
            f"{', '.join(PART_COLUMNS)}; or fold and one of {', '.join(COLUMNS)}. Correct the header."
        )
    try:
        times = find_times(table)
    except TableError as error:
        raise SplitError(str(error)) from error
    for row in table.rows:
        cells, where = row.cells, table.where(row)
        said, own_fold = (cells[column] if column else ""), known(cells.get("fold")) or fold
        if not cells["file"]:
            raise SplitError(f"{where}: no file. Name it, or remove the row.")
        if not (said or part or own_fold):
            raise SplitError(f"{where}: no part and no fold. Give the file one of them.")
        try:
            start = times.value(row, "start")
        except ValueError as error:
            raise SplitError(f"{path}: {error}. Correct it.") from error
        yield Row(cells["file"], part_of(said, where) if said else part, own_fold, start, where)


def _seconds(value: Any, path: Path) -> Seconds | None:
    """A time of a record: a number of seconds, or a text of the usual forms."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    return float(value) if isinstance(value, (int, float)) else start_of(str(value), str(path))
