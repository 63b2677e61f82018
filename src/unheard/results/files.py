"""A result on disk: written whole, read back and checked. What it holds is in docs/reference/result.md."""

import csv
import io
from pathlib import Path
from typing import TypeVar

from unheard.documents import DamageError, conform, opened, read_bytes, read_json
from unheard.errors import RunError
from unheard.files import write_atomically, write_document
from unheard.harmless import read_cell
from unheard.models.temperatures import write_temperatures
from unheard.schemas.record import Record
from unheard.schemas.result import SCHEMA_VERSION, Result

__all__ = [
    "COLUMNS",
    "RESULT",
    "read_predictions",
    "read_record",
    "read_result",
    "write_record",
    "write_result",
]

RESULT = "result.json"

Read = TypeVar("Read", bound=Record)


def write_result(result: Result, predictions: str, out: Path) -> None:
    """Write result.json, predictions.csv and the temperatures of the models, each aside and renamed."""
    fitted = {
        label: own.calibration.run_temperature.model_dump()
        for label, own in result.objectives.items()
        if own.calibration is not None and own.calibration.run_temperature is not None
    }
    write_temperatures(result.corpus.name, fitted, out)
    write_atomically(predictions, out / "predictions.csv")
    write_record(result, out / RESULT)


def read_result(run: Path) -> Result:
    """result.json of a run folder, or of the file itself.

    Raises:
        RunError: it is missing, damaged, or of another schema; names the key.
    """
    return read_record(
        run if run.is_file() else run / RESULT,
        Result,
        what="a result",
        origin="Is it the --out folder of a finished run?",
        again="Run it again with this version.",
    )


def write_record(record: Record, file: Path) -> None:
    """Write a document as JSON, with a digest, aside and renamed."""
    write_document(record.model_dump(), file)


def read_record(file: Path, schema: type[Read], *, what: str, origin: str, again: str) -> Read:
    """A document of a run's folder, as `write_record` left it.

    Args:
        file: where it lies.
        schema: the record that it must be.
        what: "a result": what it should be.
        origin: what to do where there is none, or a damaged one.
        again: what to do where it is of another schema, or lacks a key.

    Raises:
        RunError: it is missing, damaged, or of another schema; names the key.
    """
    try:
        document = opened(read_json(file))
    except DamageError as problem:
        raise RunError(f"{file}: not {what} ({problem}). {origin}") from problem
    version = document.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise RunError(f"{file}: not {what} of schema {SCHEMA_VERSION}. {again}")
    try:
        return conform(document, schema, strict=None)
    except DamageError as problem:
        raise RunError(f"{file}: damaged: {problem}. {again}") from problem


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
