"""A result on disk: written whole, read back and checked. What it holds is in docs/reference/result.md."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from unheard.documents import DamageError, conform, opened, read_bytes, read_json
from unheard.errors import RunError
from unheard.files import write_atomically, write_document
from unheard.harmless import read_cell
from unheard.models.temperatures import write_temperatures
from unheard.result_shape import ResultShape

__all__ = [
    "COLUMNS",
    "RESULT",
    "SCHEMA",
    "plain_numbers",
    "read_document",
    "read_predictions",
    "read_result",
    "write_result",
]

RESULT = "result.json"
SCHEMA = 1


def plain_numbers(value: Any) -> Any:
    """The same nested value as JSON knows it: nan and infinite become None, numpy's numbers become Python's."""
    if isinstance(value, Mapping):
        return {str(key): plain_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_numbers(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_result(result: Mapping[str, Any], predictions: str, out: Path) -> None:
    """Write result.json, predictions.csv and the temperatures of the models, each aside and renamed."""
    fitted = {label: own["calibration"]["predict"] for label, own in result["objectives"].items()}
    write_temperatures(result["corpus"]["name"], fitted, out)
    write_atomically(predictions, out / "predictions.csv")
    write_document(result, out / RESULT)


def read_result(run: Path, *, needs: Sequence[str] = ()) -> dict[str, Any]:
    """result.json of a run folder, or of the file itself.

    Args:
        run: where.
        needs: keys that must be there beside classes and objectives, e.g. 'corpus.digest'.

    Raises:
        RunError: it is missing, damaged, or of another schema; names the key.
    """
    file = run if run.is_file() else run / RESULT
    return read_document(
        file,
        SCHEMA,
        what="a result",
        origin="Is it the --out folder of a finished run?",
        again="Run it again with this version.",
        needs=needs,
        shape=ResultShape,
    )


def read_document(  # noqa: PLR0913 (three parts of a message)
    file: Path,
    schema: int,
    *,
    what: str,
    origin: str,
    again: str,
    needs: Sequence[str] = (),
    shape: type[BaseModel] | None = None,
) -> dict[str, Any]:
    """A document of a run's folder, as `write_document` left it, less its digest.

    Args:
        file: where it lies.
        schema: its number.
        what: "a result": what it should be.
        origin: what to do where there is none, or a damaged one.
        again: what to do where it is of another schema, or lacks a key.
        needs: keys that it must have, their levels parted by dots.
        shape: what it must look like.

    Raises:
        RunError: it is missing, damaged, or of another schema; names the key.
    """
    try:
        document = opened(read_json(file))
    except DamageError as problem:
        raise RunError(f"{file}: not {what} ({problem}). {origin}") from problem
    if document.get("schema") != schema or isinstance(document["schema"], bool):
        raise RunError(f"{file}: not {what} of schema {schema}. {again}")
    if missing := [key for key in needs if _under(document, key) is None]:
        raise RunError(f"{file}: not {what} of schema {schema}: {missing[0]} is missing. {again}")
    if shape is not None:
        try:
            conform(document, shape)
        except DamageError as problem:
            raise RunError(f"{file}: damaged: {problem}. {again}") from problem
    return document


def _under(document: Any, key: str) -> Any:
    for name in key.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


COLUMNS = ("objective", "file", "speaker", "fold", "seed", "truth", "prediction")
"""How each line of predictions.csv begins; a probability a class follows."""


def read_predictions(run: Path) -> list[dict[str, str]]:
    """The lines of a run's predictions.csv, COLUMNS of each, names as they were before `csv_line` guarded them.

    Raises:
        RunError: it is missing or damaged, with the line.
    """
    file = run / "predictions.csv"
    try:
        reader = csv.reader(io.StringIO(read_bytes(file).decode("utf-8"), newline=""))
        header = [read_cell(cell) for cell in next(reader, [])]
        if (lost := [name for name in COLUMNS if name not in header]) or len(set(header)) < len(header):
            raise DamageError(f"no column {lost[0]}" if lost else "a column stands twice")  # noqa: TRY301
        places = [header.index(name) for name in COLUMNS]
        rows = []
        for row in reader:
            if len(row) != len(header):
                raise DamageError(f"line {reader.line_num} has {len(row)} cells, the header {len(header)}")  # noqa: TRY301
            rows.append(dict(zip(COLUMNS, (read_cell(row[place]) for place in places), strict=True)))
    except (DamageError, UnicodeDecodeError, csv.Error) as problem:
        raise RunError(f"{file}: cannot be read ({problem}). Run it again with `unheard run`.") from problem
    return rows
