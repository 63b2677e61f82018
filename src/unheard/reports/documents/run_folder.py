"""What lies in a run's folder beside its result: probes, the sweep that it is part of, other protocols.

Each piece is shown only if it can be read and belongs to the result that stands there now; what does not is named
among the cautions, with the command that makes it anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from unheard.documents import DamageError, conform, opened, read_json
from unheard.errors import RunError, UnheardError
from unheard.probing.probe_run import PROBES
from unheard.reports.documents.reading import entries, number, part, table, word
from unheard.result_shape import InflationShape, ProbesShape, SweepShape
from unheard.results.protocols import INFLATION, OWN
from unheard.results.provenance import training_digest
from unheard.sweeps.sweep import SWEEP

__all__ = ["SCHEMA", "Evidence", "belongs", "read_evidence", "read_piece"]

SCHEMA = 1
"""Of probes.json, sweep.json and inflation.json alike."""

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """What stands beside a result; each piece is empty where there is none.

    Args:
        probes: as in docs/reference/probes.md.
        sweep: as in docs/reference/sweep.md.
        inflation: the same recipe under other protocols, as `evaluation.inflation` gives it.
        cautions: sentences on what lies there and is not shown.
    """

    probes: Mapping[str, Any] = field(default_factory=dict)
    sweep: Mapping[str, Any] = field(default_factory=dict)
    inflation: Mapping[str, Any] = field(default_factory=dict)
    cautions: tuple[str, ...] = ()


def read_evidence(folder: Path, result: Result) -> Evidence:
    """All that a run's folder holds beside its result; never an error, for the result stands without it.

    Args:
        folder: of the run.
        result: what stands there now.
    """
    found: dict[str, dict[str, Any]] = {}
    cautions = []
    for name, piece in _PIECES.items():
        if not (folder / piece.file).is_file():
            continue
        try:
            document = read_piece(folder / piece.file, piece.shape)
            _conform(document, piece, folder / piece.file)
        except UnheardError as problem:
            cautions.append(f"{problem} Until then it is not shown here. ({piece.mend})")
            continue
        if piece.belongs(document, result):
            found[name] = document
        else:
            text = f"{piece.file} belongs to another state of this run than its result and is not shown here."
            cautions.append(f"{text} {piece.mend}.")
    return Evidence(**found, cautions=tuple(cautions))


def read_piece(file: Path, shape: Mapping[str, type]) -> dict[str, Any]:
    """A document of a run's folder.

    Args:
        file: where it lies.
        shape: keys that it must have, to Mapping (of tables or nulls) or Sequence (of tables).

    Raises:
        RunError: it cannot be read, is of another schema, or lacks one of the keys.
    """
    try:
        found = read_json(file)
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:
            raise RunError(f"{file}: not of schema {SCHEMA}. Make it again with this version.")
        document = opened(found)
    except DamageError as problem:
        raise RunError(f"{file}: cannot be read ({problem}). Make it again.") from problem
    for key, kind in shape.items():
        if not _has_shape(document.get(key), kind):
            raise RunError(f"{file}: '{key}' is missing or damaged. Make it again.")
    return document


def _conform(document: dict[str, Any], piece: "_Piece", file: Path) -> None:
    try:
        conform(document, piece.whole)
    except DamageError as problem:
        raise RunError(f"{file}: damaged: {problem}. Make it again.") from problem


def _has_shape(value: Any, kind: type) -> bool:
    if kind is Mapping:
        return isinstance(value, Mapping) and all(own is None or isinstance(own, Mapping) for own in value.values())
    return isinstance(value, list) and all(isinstance(own, Mapping) for own in value)


def belongs(probes: Mapping[str, Any], result: Result) -> bool:
    """Whether probes were run on the trainings of a result.

    Files that say which trainings those were are held against the result's; older ones are believed where they are
    younger than the result and of its objectives, seeds and folds.

    Args:
        probes: as in docs/reference/probes.md.
        result: as in docs/reference/result.md.
    """
    labels, seeds = list(table(probes, "objectives")), entries(probes, "seeds")
    if "trainings" in probes:
        known = table(probes, "trainings")
        return bool(labels) and all(
            known.get(label) is not None and known[label] == training_digest(result, label, seeds) for label in labels
        )
    folds = {word(fold, "name") for fold in entries(result, "split", "folds")}
    return (
        bool(labels)
        and set(labels) <= set(table(result, "objectives"))
        and all(seed in entries(result, "seeds") for seed in seeds)
        and folds == {str(fold) for fold in entries(probes, "folds")}
        and word(probes, "created") >= word(result, "created")
    )


def _sweep_belongs(sweep: Mapping[str, Any], result: Result) -> bool:
    """The points that were run in this very folder have the UAR that the result has."""
    own = [
        (number(row, "uar", "mean"), number(result, "objectives", word(row, "label"), "uar", "mean"))
        for row in entries(sweep, "points")
        if part(row, "run") == "." and part(row, "uar") is not None
    ]
    alike = part(sweep, "corpus", "digest") == part(result, "corpus", "digest")
    return alike and bool(own) and all(there is not None and there == here for there, here in own)


def _inflation_belongs(inflation: Mapping[str, Any], result: Result) -> bool:
    """What stands there of the recipe's own split is what the result says."""
    own = [
        (number(scores, OWN, "mean"), number(result, "objectives", label, "uar", "mean"))
        for label, scores in table(inflation, "objectives").items()
    ]
    return bool(own) and all(there is not None and there == here for there, here in own)


@dataclass(frozen=True)
class _Piece:
    file: str
    shape: Mapping[str, type]
    whole: type[BaseModel]
    belongs: Callable[[Mapping[str, Any], Result], bool]
    mend: str


_PIECES = {
    "probes": _Piece(
        PROBES,
        {"objectives": Mapping, "references": Mapping},
        ProbesShape,
        belongs,
        "Run `unheard probe` on this folder again",
    ),
    "sweep": _Piece(SWEEP, {"points": Sequence}, SweepShape, _sweep_belongs, "Give the same `unheard sweep` again"),
    "inflation": _Piece(
        INFLATION,
        {"protocols": Mapping, "objectives": Mapping, "differences": Sequence},
        InflationShape,
        _inflation_belongs,
        "Give the same `unheard run --also` again",
    ),
}
