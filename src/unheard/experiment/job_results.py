"""task.json: what a task wrote, with a digest, and read back only if it is whole.

One of an older version has no digest, and is held against its shape alone.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from unheard.documents import conform, opened, read_json, sealed
from unheard.files import write_atomically
from unheard.result_shape import Text

__all__ = ["read_task", "write_task"]


def _rows(rows: list[Any]) -> list[Any]:
    """Pairs of a name and its probabilities, of which all rows have as many."""
    sizes = set()
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], str) or not isinstance(row[1], list):
            msg = "a row is no pair of a name and its probabilities"
            raise ValueError(msg)
        if not all(type(value) in (int, float) and math.isfinite(value) for value in row[1]):
            msg = f"the probabilities of {row[0]!a} are no numbers"
            raise ValueError(msg)
        sizes.add(len(row[1]))
    if len(sizes) > 1 or len({row[0] for row in rows}) < len(rows):
        msg = "rows of several lengths" if len(sizes) > 1 else "a name stands twice"
        raise ValueError(msg)
    return rows


_Rows = Annotated[list[Any], AfterValidator(_rows)]
_Numbers = dict[str, float | None]


class _Groups(BaseModel):
    train: list[Text]
    withheld: list[Text]
    unseen: list[Text]


class _TaskShape(BaseModel):
    model_config = ConfigDict(extra="allow")

    label: Text
    seed: int
    fold: Text
    fingerprint: Text
    total_seconds: float
    peak_memory_bytes: float
    predictions: _Rows = []
    dev_predictions: _Rows = []
    history: list[_Numbers] = []
    best_epoch: int = Field(0, ge=0)
    epochs: int = Field(0, ge=0)
    seconds: float = 0.0
    leakage: _Numbers = {}
    groups: _Groups | None = None


def write_task(result: Mapping[str, Any], file: Path) -> None:
    """Write what a task found, aside and renamed.

    Args:
        result: plain values; nan is one, where a figure could not be had.
        file: where to.
    """
    write_atomically(json.dumps(sealed(result)), file)


def read_task(file: Path) -> dict[str, Any]:
    """What a task wrote.

    Raises:
        DamageError: it is missing, damaged, or does not match its digest.
    """
    task = opened(read_json(file, finite=False))
    conform(task, _TaskShape)
    return task
