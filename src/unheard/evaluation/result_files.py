"""A result on disk: written whole, read back and checked. What it holds is in docs/reference/result.md."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unheard.errors import RunError
from unheard.files import write_atomically, write_document
from unheard.harmless import read_cell
from unheard.models.temperatures import write_temperatures

__all__ = ["RESULT", "SCHEMA", "plain_numbers", "read_document", "read_predictions", "read_result", "write_result"]

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
    known = {label: found for label, found in fitted.items() if found is not None}
    write_temperatures(result["corpus"]["name"], known, out)
    write_atomically(predictions, out / "predictions.csv")
    write_document(result, out / RESULT)


def read_predictions(run: Path) -> list[dict[str, str]]:
    """The rows of predictions.csv: column -> text, names as they were before `csv_line` guarded them.

    Raises:
        RunError: it is missing or no CSV.
    """
    file = run / "predictions.csv"
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise RunError(f"{file}: cannot be read ({problem}). Run it again with `unheard run`.") from problem
    return [
        {read_cell(column): read_cell(cell or "") for column, cell in row.items() if column is not None}
        for row in rows
    ]


def read_result(run: Path) -> dict[str, Any]:
    """result.json of a run folder, or of the file itself.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    file = run if run.is_file() else run / RESULT
    return read_document(
        file,
        SCHEMA,
        what="a result",
        origin="Is it the --out folder of a finished run?",
        again="Run it again with this version.",
    )


def read_document(  # noqa: PLR0913 (three parts of a message)
    file: Path, schema: int, *, what: str, origin: str, again: str, needs: Sequence[str] = ()
) -> dict[str, Any]:
    """A document of a run's folder, as `write_document` left it.

    Args:
        file: where it lies.
        schema: its number.
        what: "a result": what it should be.
        origin: what to do where there is none, or a damaged one.
        again: what to do where it is of another schema, or lacks a key.
        needs: keys that it must have.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise RunError(f"{file}: not {what} ({problem}). {origin}") from problem
    if (
        not isinstance(document, dict)
        or document.get("schema") != schema
        or any(key not in document for key in needs)
    ):
        raise RunError(f"{file}: not {what} of schema {schema}. {again}")
    return document
