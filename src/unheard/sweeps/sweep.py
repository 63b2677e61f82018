"""A sweep: the points of one or more runs beside each other, the best of them, and the one chosen without test.

The document is described in docs/reference/sweep.md.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unheard.errors import RunError
from unheard.experiment.job_result import JobResult, Predictions, TrainingResult, trainings_of
from unheard.experiment.preparation import Prepared
from unheard.metrics.uar import score as uar
from unheard.results.files import read_record, write_record
from unheard.results.pooled_leakage import leakage_summary
from unheard.results.spread import over_seeds
from unheard.schemas.corpus import CorpusSummary
from unheard.schemas.leakage import Leakage
from unheard.schemas.objective import ObjectiveResult
from unheard.schemas.result import Result
from unheard.schemas.scores import IntervalScores, SeedScores
from unheard.schemas.sweep import LearningCurve, NestedChoice, SearchSummary, Sweep, SweepPoint
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


@dataclass(frozen=True)
class Point:
    """One point with what its trainings left.

    Args:
        row: its entry in the document.
        prepared: the corpus and the folds that it ran on.
        trainings: the results of its jobs.
    """

    row: SweepPoint
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


def dev_score(prepared: Prepared, trainings: Sequence[TrainingResult]) -> SeedScores:
    """UAR on dev speakers: the pooled dev predictions of all folds, seed by seed, at the epoch that was kept.

    Args:
        prepared: the corpus.
        trainings: of one objective.

    Returns:
        None and empty where a training has no dev speakers.
    """
    if not all(len(one.dev_predictions) for one in trainings):
        return SeedScores(mean=None, std=None, per_seed=[])
    seeds = sorted({one.seed for one in trainings})
    per_seed = [_uar(prepared, [one.dev_predictions for one in trainings if one.seed == seed]) for seed in seeds]
    return over_seeds(per_seed)


def points_of(
    runs: Runs,
    prepared: Prepared,
    results: Sequence[JobResult],
    result: Result | None,
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
        tested = None if result is None else result.objectives[member.label]
        points.append(Point(_point(runs, member, dev_score(prepared, own), own, tested), prepared, own))
    return points


def _point(
    runs: Runs, member: Member, dev: SeedScores, trainings: Sequence[TrainingResult], tested: ObjectiveResult | None
) -> SweepPoint:
    settings = dict(runs.recipe.objectives[member.label])
    name = runs.folder.removeprefix("points/")
    return SweepPoint(
        point=f"{name}/{member.label}" if name else member.label,
        run=runs.folder or ".",
        label=member.label,
        objective=member.objective,
        method=settings.pop("name", member.label),
        varied=dict(member.varied),
        settings=settings,
        dev_uar=dev,
        uar=None if tested is None else tested.uar,
        leakage=_leakage(trainings) if tested is None else tested.leakage,
        seconds=sum(one.total_seconds for one in trainings),
        front=False,
        chosen=False,
    )


def _leakage(trainings: Sequence[TrainingResult]) -> Leakage | None:
    """Closed-set leakage, of training speakers; the open-set EER hears test speakers, so it is left out."""
    found = leakage_summary([one.leakage for one in trainings if one.leakage is not None])
    return None if found is None else found.model_copy(update={"eer": None})


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


def choose(points: Sequence[SweepPoint]) -> str | None:
    """The point with the highest mean dev UAR, the first of equals; None where there is none."""
    known = [(point.dev_uar.mean, point.point) for point in points if point.dev_uar.mean is not None]
    best = max((value for value, _ in known), default=None)
    return next((name for value, name in known if value == best), None)


def _nested(points: Sequence[Point]) -> NestedChoice | None:
    """UAR where each fold and seed is answered by the point that its own dev speakers chose.

    The choice by the mean over folds has heard, as dev speakers of other folds, whom it is tested on; this has not.
    """
    if any(point.row.dev_uar.mean is None for point in points):
        return None
    picked: list[tuple[str, TrainingResult]] = []
    places = [(one.seed, one.fold) for one in points[0].trainings]
    prepared = points[0].prepared
    for place in places:
        scored = []
        for point in points:
            own = next(one for one in point.trainings if (one.seed, one.fold) == place)
            scored.append((_uar(prepared, [own.dev_predictions]), point.row.point, own))
        best = max(score for score, *_ in scored)
        picked.append(next((name, own) for score, name, own in scored if score == best))
    chosen = [own for _, own in picked]
    seeds = sorted({own.seed for own in chosen})
    per_seed = [_uar(prepared, [own.predictions for own in chosen if own.seed == seed]) for seed in seeds]
    counts = Counter(name for name, _ in picked)
    return NestedChoice(
        uar=IntervalScores(**dict(over_seeds(per_seed)), interval=interval(_confusions(prepared, chosen))),
        picked=dict(counts.most_common()),
    )


def _confusions(prepared: Prepared, trainings: Sequence[TrainingResult]) -> np.ndarray:
    """Of the test predictions of some trainings, shape (seeds, speakers, classes, classes)."""
    truth, prediction, speakers = _rows(prepared, [one.predictions for one in trainings])
    seeds = np.array([one.seed for one in trainings for _ in one.predictions.names])
    return confusions_by_speaker(truth, prediction, speakers, classes=len(prepared.classes), seeds=seeds)


def _curves(points: Sequence[Point]) -> dict[str, LearningCurve] | None:
    """Objective -> its learning curve, where the share of labels is what was varied and nothing else."""
    if any(set(point.row.varied) - {SHARE} for point in points) or not any(p.row.varied for p in points):
        return None
    found: dict[str, dict[float, Any]] = {}
    for point in points:
        share, score = float(point.row.varied[SHARE]), None if point.row.uar is None else point.row.uar.mean
        found.setdefault(point.row.objective, {})[share] = (score, _confusions(point.prepared, point.trainings))
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
                f"{point.row.point} was not run on the same recordings and folds as {points[0].row.point}. "
                "Leave out what changes which recordings can be used, or sweep it on its own."
            )


def build_sweep(
    points: Sequence[Point], result: Result, *, vary: Sequence[str], searched: SearchSummary | None = None
) -> Sweep:
    """The document of a sweep.

    Args:
        points: all points that were run.
        result: of any of its runs: what all have in common is read from there.
        vary: what was typed after --vary.
        searched: of a search; its test figures stand for the chosen point only.

    Raises:
        RunError: the points did not see the same recordings and folds.
    """
    _check_alike(points)
    rows = _marked([point.row for point in points], searched=searched is not None)
    families = dict.fromkeys(row.objective for row in rows)
    return Sweep(
        name=result.name,
        created=result.created,
        command=result.command,
        unheard=result.unheard,
        corpus=CorpusSummary(**{key: getattr(result.corpus, key) for key in CorpusSummary.model_fields}),
        split=result.split.model_copy(update={"folds": []}),
        classes=result.classes,
        seeds=result.seeds,
        chance=result.chance,
        references=result.references,
        vary=list(vary),
        search=searched,
        measure="uar" if searched is None else "dev_uar",
        points=rows,
        chosen=next((row.point for row in rows if row.chosen), None),
        chosen_of={name: choose([row for row in rows if row.objective == name]) for name in families},
        learning=_curves(points) if searched is None else None,
        nested=_nested(points) if searched is None else None,
        cautions=result.cautions,
    )


def _marked(rows: Sequence[SweepPoint], *, searched: bool) -> list[SweepPoint]:
    """The points with what can only be said of all of them: which lie on the front, and which dev speakers chose."""
    pairs = [(_mean(row.dev_uar if searched else row.uar), _named(row.leakage)) for row in rows]
    chosen = choose([row for row in rows if not searched or row.varied])
    return [
        row.model_copy(update={"front": front, "chosen": row.point == chosen})
        for row, front in zip(rows, pareto_front(pairs), strict=True)
    ]


def _mean(score: SeedScores | None) -> float | None:
    return None if score is None else score.mean


def _named(leakage: Leakage | None) -> float | None:
    """How often the best probe names the speaker."""
    return None if leakage is None or leakage.best is None else leakage.best.mean


def write_sweep(sweep: Sweep, out: Path) -> None:
    """Write sweep.json, aside and renamed."""
    write_record(sweep, out / SWEEP)


def read_sweep(folder: Path) -> Sweep:
    """sweep.json of a folder, or of the file itself.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    return read_record(
        folder if folder.is_file() else folder / SWEEP,
        Sweep,
        what="a sweep",
        origin="Is it the --out folder of `unheard sweep`?",
        again="Sweep again with this version.",
    )
