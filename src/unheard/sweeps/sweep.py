"""A sweep: the points of one or more runs beside each other, the best of them, and the one chosen without test.

The document is described in docs/reference/sweep.md. Numbers that cannot be had are None, never 0.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unheard.errors import RunError
from unheard.experiment.job_result import JobResult, Predictions, TrainingResult, trainings_of
from unheard.experiment.preparation import Prepared
from unheard.files import write_document
from unheard.leakage.probe_kinds import KINDS
from unheard.metrics.uar import score as uar
from unheard.result_shape import SweepShape
from unheard.results.files import plain_numbers, read_document
from unheard.results.pooling import leakage_summary, spread
from unheard.scores.learning_curve import SHARE, learning_curve
from unheard.statistics.significance import confusions_by_speaker, interval
from unheard.sweeps.grid import Member, Runs

__all__ = [
    "SWEEP",
    "Point",
    "build_sweep",
    "choose",
    "dev_score",
    "pareto_front",
    "points_of",
    "read_sweep",
    "write_sweep",
]

SWEEP = "sweep.json"
SCHEMA = 1
_PROBES = ("best", *KINDS)
"""Closed-set leakage: measured on training speakers, so that it may be looked at before the choice."""
_SAME = ("unheard", "classes", "seeds", "references")


@dataclass(frozen=True)
class Point:
    """One point with what its trainings left.

    Args:
        row: its entry in the document.
        prepared: the corpus and the folds that it ran on.
        trainings: the results of its jobs.
    """

    row: dict[str, Any]
    prepared: Prepared
    trainings: Sequence[TrainingResult]


def _rows(prepared: Prepared, parts: Iterable[Predictions]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, prediction and speaker of all utterances of some predictions."""
    number = {name: position for position, name in enumerate(prepared.classes)}
    names, probabilities = zip(*(row for part in parts for row in part.rows()), strict=True)
    items = [prepared.utterances[name] for name in names]
    truth = np.array([number[str(item.emotion)] for item in items])
    return truth, np.array(probabilities).argmax(axis=1), np.array([prepared.speakers[name] for name in names])


def _uar(prepared: Prepared, parts: Iterable[Predictions]) -> float:
    """UAR of pooled predictions."""
    truth, prediction, _ = _rows(prepared, parts)
    return uar(truth, prediction, classes=len(prepared.classes))


def dev_score(prepared: Prepared, trainings: Sequence[TrainingResult]) -> dict[str, Any]:
    """UAR on dev speakers: the pooled dev predictions of all folds, seed by seed, at the epoch that was kept.

    Args:
        prepared: the corpus.
        trainings: of one objective.

    Returns:
        mean, std and per_seed; None and empty where a training has no dev speakers.
    """
    if not all(len(one.dev_predictions) for one in trainings):
        return {"mean": None, "std": None, "per_seed": []}
    seeds = sorted({one.seed for one in trainings})
    per_seed = [_uar(prepared, [one.dev_predictions for one in trainings if one.seed == seed]) for seed in seeds]
    return {**spread(per_seed), "per_seed": per_seed}


def points_of(
    runs: Runs,
    prepared: Prepared,
    results: Sequence[JobResult],
    result: Mapping[str, Any] | None,
) -> list[Point]:
    """The points of one run.

    Args:
        runs: the run and its members.
        prepared: the corpus.
        results: of all its jobs.
        result: its result; None leaves out all that is measured on test speakers.
    """
    points = []
    for member in runs.members:
        own = trainings_of(results, member.label)
        tested = (result or {}).get("objectives", {}).get(member.label, {})
        row = _row(runs, member) | {
            "dev_uar": dev_score(prepared, own),
            "uar": tested.get("uar"),
            "leakage": _leakage(own, tested.get("leakage")),
            "seconds": sum(one.total_seconds for one in own),
        }
        points.append(Point(row, prepared, own))
    return points


def _row(runs: Runs, member: Member) -> dict[str, Any]:
    settings = dict(runs.recipe.objectives[member.label])
    name = runs.folder.removeprefix("points/")
    return {
        "point": f"{name}/{member.label}" if name else member.label,
        "run": runs.folder or ".",
        "label": member.label,
        "objective": member.objective,
        "method": settings.pop("name", member.label),
        "varied": dict(member.varied),
        "settings": settings,
    }


def _leakage(trainings: Sequence[TrainingResult], tested: Mapping[str, Any] | None) -> dict[str, Any]:
    """Mean and deviation over folds and seeds; the open-set EER hears test speakers, so only where they may be."""
    if tested is not None:
        return {key: tested[key] for key in (*_PROBES, "eer") if key in tested}
    found = leakage_summary([one.leakage for one in trainings if one.leakage is not None])
    return {key: found[key] for key in _PROBES if key in found}


def pareto_front(pairs: Sequence[tuple[float | None, float | None]]) -> list[bool]:
    """Which of (UAR, leakage) no other beats: none with as much UAR and as little leakage and more or less of one.

    >>> pareto_front([(0.5, 0.3), (0.6, 0.4), (0.5, 0.4), (None, 0.1)])
    [True, True, False, False]
    """
    front = []
    for good, leak in pairs:
        if good is None or leak is None or not np.isfinite([good, leak]).all():
            front.append(False)
            continue
        beaten = any(
            other >= good and least <= leak and (other > good or least < leak)
            for other, least in pairs
            if other is not None and least is not None
        )
        front.append(not beaten)
    return front


def choose(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The point with the highest mean dev UAR, the first of equals; None where there is none."""
    known = [(row["dev_uar"]["mean"], row["point"]) for row in rows if row["dev_uar"]["mean"] is not None]
    best = max((value for value, _ in known), default=None)
    return next((point for value, point in known if value == best), None)


def _nested(points: Sequence[Point]) -> dict[str, Any] | None:
    """UAR where each fold and seed is answered by the point that its own dev speakers chose.

    The choice by the mean over folds has heard, as dev speakers of other folds, whom it is tested on; this has not.
    """
    if any(point.row["dev_uar"]["mean"] is None for point in points):
        return None
    picked: list[tuple[str, TrainingResult]] = []
    places = [(one.seed, one.fold) for one in points[0].trainings]
    prepared = points[0].prepared
    for place in places:
        scored = []
        for point in points:
            own = next(one for one in point.trainings if (one.seed, one.fold) == place)
            scored.append((_uar(prepared, [own.dev_predictions]), point.row["point"], own))
        best = max(score for score, *_ in scored)
        picked.append(next((name, own) for score, name, own in scored if score == best))
    chosen = [own for _, own in picked]
    seeds = sorted({own.seed for own in chosen})
    per_seed = [_uar(prepared, [own.predictions for own in chosen if own.seed == seed]) for seed in seeds]
    counts = Counter(name for name, _ in picked)
    return {
        "uar": {**spread(per_seed), "per_seed": per_seed, "interval": list(interval(_confusions(prepared, chosen)))},
        "picked": dict(counts.most_common()),
    }


def _confusions(prepared: Prepared, trainings: Sequence[TrainingResult]) -> np.ndarray:
    """Of the test predictions of some trainings, shape (seeds, speakers, classes, classes)."""
    truth, prediction, speakers = _rows(prepared, [one.predictions for one in trainings])
    seeds = np.array([one.seed for one in trainings for _ in one.predictions.names])
    return confusions_by_speaker(truth, prediction, speakers, classes=len(prepared.classes), seeds=seeds)


def _curves(points: Sequence[Point]) -> dict[str, Any] | None:
    """Objective -> its learning curve, where the share of labels is what was varied and nothing else."""
    if any(set(point.row["varied"]) - {SHARE} for point in points) or not any(p.row["varied"] for p in points):
        return None
    found: dict[str, dict[float, Any]] = {}
    for point in points:
        share, score = float(point.row["varied"][SHARE]), (point.row["uar"] or {}).get("mean")
        found.setdefault(point.row["objective"], {})[share] = (score, _confusions(point.prepared, point.trainings))
    return {label: learning_curve(own) for label, own in found.items() if len(own) > 1} or None


def _check_alike(points: Sequence[Point]) -> None:
    first = points[0].prepared
    for point in points[1:]:
        other = point.prepared
        if other is first:
            continue
        plans = [{seed: plan.digest for seed, plan in one.plans.items()} for one in (first, other)]
        if other.digest != first.digest or plans[0] != plans[1]:
            raise RunError(
                f"{point.row['point']} was not run on the same recordings and folds as {points[0].row['point']}. "
                "Leave out what changes which recordings can be used, or sweep it on its own."
            )


def build_sweep(
    points: Sequence[Point],
    result: Mapping[str, Any],
    *,
    vary: Sequence[str],
    searched: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document of a sweep, as plain JSON values.

    Args:
        points: all points that were run.
        result: of any of its runs: what all have in common is read from there.
        vary: what was typed after --vary.
        searched: of a search: trials, seed and sampler; its test figures stand for the chosen point only.

    Raises:
        RunError: the points did not see the same recordings and folds.
    """
    _check_alike(points)
    rows = [dict(point.row) for point in points]
    measure = "dev_uar" if searched is not None else "uar"
    pairs = [((row[measure] or {}).get("mean"), row["leakage"].get("best", {}).get("mean")) for row in rows]
    chosen = choose([row for row in rows if searched is None or row["varied"]])
    for row, front in zip(rows, pareto_front(pairs), strict=True):
        row |= {"front": front, "chosen": row["point"] == chosen}
    split = {key: value for key, value in result["split"].items() if key != "folds"}
    families = dict.fromkeys(row["objective"] for row in rows)
    plain: dict[str, Any] = plain_numbers(
        {
            "schema": SCHEMA,
            **{key: result[key] for key in ("name", "created", "command", *_SAME)},
            "corpus": {
                key: result["corpus"].get(key) for key in ("name", "title", "digest", "utterances", "speakers")
            },
            "split": {**split, "folds": len({fold["name"] for fold in result["split"]["folds"]})},
            "chance": 1 / len(result["classes"]),
            "vary": list(vary),
            "search": dict(searched) if searched is not None else None,
            "measure": measure,
            "points": rows,
            "chosen": chosen,
            "chosen_of": {name: choose([row for row in rows if row["objective"] == name]) for name in families},
            "learning": _curves(points) if searched is None else None,
            "nested": _nested(points) if searched is None else None,
            "warnings": result["warnings"],
        }
    )
    return plain


def write_sweep(document: Mapping[str, Any], out: Path) -> None:
    """Write sweep.json, aside and renamed."""
    write_document(document, out / SWEEP)


def read_sweep(folder: Path) -> dict[str, Any]:
    """sweep.json of a folder, or of the file itself.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    file = folder if folder.is_file() else folder / SWEEP
    return read_document(
        file,
        SCHEMA,
        what="a sweep",
        origin="Is it the --out folder of `unheard sweep`?",
        again="Sweep again with this version.",
        needs=("points",),
        shape=SweepShape,
    )
