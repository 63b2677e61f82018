"""Tables of embeddings from anywhere: `.npz` or CSV, with a column `speaker` and what else is known.

.npz  embeddings (items, size), speaker (items,), and any of emotion, gender, language, corpus, sentence, part;
      of the same items: raw_features, untrained, weight_zero, each (items, size of its own)
CSV   a column a dimension (e0, e1, … or any names, all numbers), and the same columns
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unheard.documents import DamageError, read_bytes
from unheard.errors import CorpusError, nearest
from unheard.leakage.probe_splits import Items
from unheard.probing.archives import read_archive
from unheard.probing.sources import COLUMNS

__all__ = ["OTHERS", "read_table"]

OTHERS = ("raw_features", "untrained", "weight_zero")
"""Further representations of the same items that an .npz may hold, to stand beside."""
_NAMELESS = ("part", "file", "name", "start", "end", "fold", "seed", "index", "id", "", "unnamed: 0")
"""No dimensions: the first column that a table of pandas gets unasked numbers the items, and so names the speaker."""
_UNKNOWN = ("", "-1", "-1.0", "None", "nan", "NaN")
_LARGEST_CSV = 1 << 30  # bytes
_LARGEST = 1e100
"""Of a number whose square is still one."""
_MEND = "See docs/reference/probes.md for what a table may hold."

Tables = dict[str, tuple[NDArray[np.float64], Items]]


def read_table(file: Path) -> Tables:
    """The embeddings of a table, by the file's stem, and what stands beside them; each with its items.

    A part is `train` or `test`; test items of speakers that train has are withheld, others unseen. Without a column
    `part` all items are train, and probes deal them themselves. Empty cells, -1, None and nan are not known.

    Raises:
        CorpusError: the file is missing or neither, lacks embeddings or speakers, or holds what is no number.
    """
    if not file.is_file():
        raise CorpusError(str(file), "there is no such table", _MEND)
    if file.suffix.lower() == ".npz":
        arrays, columns = _from_npz(file)
    elif file.suffix.lower() in (".csv", ".tsv", ".txt"):
        arrays, columns = _from_csv(file)
    else:
        raise CorpusError(str(file), f"a table ending in '{file.suffix}', expected .npz or .csv", _MEND)
    if "speaker" not in columns:
        raise CorpusError(str(file), "no column `speaker`", f"Leakage is measured of voices. {_MEND}")
    known = {name: _clean(file, name, columns[name]) for name in COLUMNS if name in columns}
    voices = np.unique(known["speaker"][known["speaker"] != ""])
    if voices.size < 2:
        problem = f"{voices.size} speaker(s) in {known['speaker'].size} items, expected two at least"
        raise CorpusError(str(file), problem, "Leakage is what tells one voice from another: add voices.")
    items = Items(known, _parts(file, columns, known["speaker"]))
    tables: Tables = {}
    for name, array in arrays.items():
        label = (file.stem if file.stem not in OTHERS else "table") if name == "embeddings" else name
        tables[label] = (_checked(file, name, array, len(items)), items)
    return tables


def _clean(file: Path, name: str, column: NDArray[np.generic]) -> NDArray[np.str_]:
    try:
        given = np.char.decode(column.astype(np.bytes_), "utf-8") if column.dtype.kind == "S" else column
    except UnicodeDecodeError as problem:
        what = f"{name} holds bytes that are no UTF-8 ({problem})"
        raise CorpusError(str(file), what, "Save names as text: np.array(names, dtype=str).") from problem
    text = np.char.strip(np.asarray(given).astype(np.str_))
    cleaned: NDArray[np.str_] = np.where(np.isin(text, _UNKNOWN), "", text)
    return cleaned


def _parts(file: Path, columns: Mapping[str, NDArray[np.generic]], speakers: NDArray[np.str_]) -> NDArray[np.str_]:
    if "part" not in columns:
        return np.full(speakers.shape, "train")
    given = _clean(file, "part", columns["part"])
    strange = sorted(set(given.tolist()) - {"train", "test"})
    if strange:
        what = f"an item of part '{strange[0]}', expected train or test"
        raise CorpusError(str(file), what, "Name the parts so, or leave the column out.")
    if not ((given == "train") & (speakers != "")).any():
        raise CorpusError(
            str(file), "no item of part train has a speaker", "Probes learn from train items: add some."
        )
    heard = np.isin(speakers, speakers[given == "train"])
    return np.where(given == "train", "train", np.where(heard, "withheld", "unseen")).astype(np.str_)


def _checked(file: Path, name: str, array: NDArray[np.generic], items: int) -> NDArray[np.float64]:
    if array.ndim != 2 or len(array) != items or not array.shape[1] or array.dtype.kind not in "fiub":
        problem = f"{name} of shape {array.shape} and kind {array.dtype}, expected numbers of shape ({items}, size)"
        raise CorpusError(str(file), problem, "Give each item one row.")
    numbers = array.astype(np.float64)
    wrong = np.flatnonzero(~(np.abs(numbers) < _LARGEST).all(axis=1))
    if wrong.size:
        problem = f"{name} of item {wrong[0]} holds nan, inf or what is beyond 1e100 ({wrong.size} such items)"
        raise CorpusError(str(file), problem, "Look for a diverged model, or leave these items out.")
    return numbers


def _from_npz(file: Path) -> tuple[dict[str, NDArray[np.generic]], dict[str, NDArray[np.generic]]]:
    try:
        found = read_archive(file)
    except DamageError as problem:
        mend = "Save names as text, np.array(names, dtype=str): objects are never unpickled."
        raise CorpusError(str(file), f"cannot be read ({problem})", mend) from problem
    if "embeddings" not in found:
        raise CorpusError(str(file), f"no array `embeddings` (it has: {', '.join(found) or 'none'})", _MEND)
    items = len(found["embeddings"]) if found["embeddings"].ndim else 0
    columns = {}
    for name, array in found.items():
        if name in ("embeddings", *OTHERS):
            continue
        if name not in (*COLUMNS, *_NAMELESS):
            near = nearest(name, [*COLUMNS, "part", *OTHERS])
            hint = f"Did you mean '{near}'? " if near else ""
            raise CorpusError(str(file), f"an array `{name}`, which is not known", hint + _MEND)
        if array.shape != (items,):
            what = f"{name} has shape {array.shape}, and there are {items} embeddings"
            raise CorpusError(str(file), what, "Give each item one value.")
        columns[name] = array
    return {name: found[name] for name in ("embeddings", *OTHERS) if name in found}, columns


def _from_csv(file: Path) -> tuple[dict[str, NDArray[np.generic]], dict[str, NDArray[np.generic]]]:
    try:
        text = read_bytes(file, largest=_LARGEST_CSV).decode("utf-8-sig")
    except DamageError as problem:
        raise CorpusError(str(file), f"the table cannot be read ({problem})", "Save it as .npz.") from problem
    except UnicodeDecodeError as problem:
        raise CorpusError(str(file), "the table is not UTF-8", "Save it as CSV with encoding UTF-8.") from problem
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise CorpusError(str(file), f"line {reader.line_num}: {problem}", "Save it as CSV.") from problem
    if len(rows) < 2:
        raise CorpusError(str(file), "the table has no items", _MEND)
    header, body = [cell.strip().lower() for cell in rows[0][1]], rows[1:]
    for line, row in body:
        if len(row) != len(header):
            raise CorpusError(str(file), f"line {line} has {len(row)} cells, the header {len(header)}", "Mend it.")
    twice = sorted({name for name in header if header.count(name) > 1} - {""})
    if twice:
        raise CorpusError(str(file), f"the column '{twice[0]}' stands twice", "Rename or remove one.")
    named = [name for name in header if name in (*COLUMNS, *_NAMELESS)]
    columns = {name: np.array([row[header.index(name)] for _, row in body], dtype=np.str_) for name in named}
    return {"embeddings": _dimensions(file, header, body)}, dict(columns)


def _dimensions(file: Path, header: Sequence[str], body: Sequence[tuple[int, Sequence[str]]]) -> NDArray[np.float64]:
    """The columns e0, e1, … if there are such, else every column that is not a known name."""
    numbered = [name for name in header if re.fullmatch(r"e_?\d+", name)]
    names = numbered or [name for name in header if name not in (*COLUMNS, *_NAMELESS)]
    if not names:
        raise CorpusError(str(file), "no column holds a dimension of the embedding", _MEND)
    numbers = np.empty((len(body), len(names)))
    for place, name in enumerate(names):
        position = header.index(name)
        for item, (line, row) in enumerate(body):
            try:
                numbers[item, place] = float(row[position])
            except ValueError as problem:
                near = nearest(name, [*COLUMNS, "part"])
                hint = f"Did you mean the column '{near}'? " if near else ""
                what = f"line {line}: '{row[position]}' in column '{name}', expected a number"
                raise CorpusError(str(file), what, hint + _MEND) from problem
    return numbers
