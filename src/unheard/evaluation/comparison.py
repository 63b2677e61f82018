"""Comparison of finished runs, from their predictions.csv: same data, folds and seeds, or no comparison."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.errors import RunError
from unheard.evaluation.result import read_result
from unheard.evaluation.significance import Pair, confusions_by_speaker, every_pair

__all__ = ["System", "compare_systems", "read_systems"]


@dataclass(frozen=True)
class System:
    """One objective of one run.

    Args:
        name: what to call it.
        digest: of the data.
        splits: seed -> digest of the split plan.
        items: (seed, file) in sorted order.
        confusions: shape (seeds, speakers, classes, classes).
    """

    name: str
    digest: str
    splits: dict[str, str]
    items: tuple[tuple[str, str, str], ...]
    confusions: NDArray[np.int64]


def read_systems(run: Path, *, objective: str | None = None, prefix: str = "") -> list[System]:
    """The objectives of a run, or one of them.

    Raises:
        RunError: the run is incomplete, or has no such objective.
    """
    result = read_result(run)
    classes: list[str] = result["classes"]
    rows = _predictions(run)
    labels = list(result["objectives"])
    if objective is not None and objective not in labels:
        raise RunError(f"{run} has no objective '{objective}'. It has: {', '.join(labels)}.")
    systems = []
    for label in [objective] if objective else labels:
        own = [row for row in rows if row["objective"] == label]
        systems.append(_system(f"{prefix}{label}", result, own, classes))
    return systems


def _predictions(run: Path) -> list[dict[str, str]]:
    file = run / "predictions.csv"
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise RunError(f"{file}: cannot be read ({problem}). Run it again with `unheard run`.") from problem


def _system(name: str, result: dict[str, Any], rows: list[dict[str, str]], classes: list[str]) -> System:
    number = {label: position for position, label in enumerate(classes)}
    try:
        rows = sorted(rows, key=lambda row: (row["seed"], row["file"]))
        truth = np.array([number[row["truth"]] for row in rows])
        prediction = np.array([number[row["prediction"]] for row in rows])
        speakers = np.array([row["speaker"] for row in rows])
        seeds = np.array([row["seed"] for row in rows])
        items = tuple((row["seed"], row["file"], row["truth"]) for row in rows)
    except KeyError as problem:
        raise RunError(f"{name}: predictions.csv lacks {problem}. Run it again with `unheard run`.") from problem
    confusions = confusions_by_speaker(truth, prediction, speakers, classes=len(classes), seeds=seeds)
    return System(name, result["corpus"]["digest"], dict(result["split"]["digest"]), items, confusions)


def _check_alike(systems: Sequence[System]) -> None:
    first = systems[0]
    for other in systems[1:]:
        if other.digest != first.digest:
            raise RunError(f"{first.name} and {other.name} did not see the same data. Run both on one corpus.")
        if other.splits != first.splits or other.items != first.items:
            raise RunError(
                f"{first.name} and {other.name} have other folds or seeds "
                f"({', '.join(first.splits)} and {', '.join(other.splits)}). Give both the same [split] and seeds."
            )


def compare_systems(systems: Sequence[System], *, level: float = 0.95) -> list[Pair]:
    """Every pair, later against earlier, paired over speakers on the same folds and seeds.

    Raises:
        RunError: fewer than two systems, or they differ in data, folds or seeds.
    """
    if len(systems) < 2:
        raise RunError("one system cannot be compared. Name two runs, or a run with several objectives.")
    _check_alike(systems)
    return every_pair({system.name: system.confusions for system in systems}, level=level)
