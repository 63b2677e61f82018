"""A result on disk: written whole, read back and checked. What it holds is in docs/reference/result.md."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unheard.errors import RunError
from unheard.files import write_atomically

__all__ = ["RESULT", "SCHEMA", "plain_numbers", "read_result", "write_result"]

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
    """Write result.json and predictions.csv, each aside and renamed."""
    write_atomically(predictions, out / "predictions.csv")
    write_atomically(json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n", out / RESULT)


def read_result(run: Path) -> dict[str, Any]:
    """result.json of a run folder, or of the file itself.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    file = run if run.is_file() else run / RESULT
    try:
        result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise RunError(f"{file}: not a result ({problem}). Is it the --out folder of a finished run?") from problem
    if not isinstance(result, dict) or result.get("schema") != SCHEMA:
        raise RunError(f"{file}: not a result of schema {SCHEMA}. Run it again with this version.")
    return result
