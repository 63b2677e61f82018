"""A recipe at many settings, and the curve of how good against how much leaks, once `sweep` is called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unheard.cli._cells import number, span
from unheard.cli._running import make_ready, publish, train
from unheard.cli._terminal import Grid, console
from unheard.experiment.job_result import JobResult
from unheard.experiment.preparation import Prepared, default_cache
from unheard.experiment.recipe_file import from_here, read_recipe
from unheard.reports.figures.files import write_drawing
from unheard.reports.figures.pareto_front import pareto_front
from unheard.reports.figures.setting_curve import setting_curve
from unheard.reports.pages.report import write_run_report
from unheard.reports.pages.sweep import write_sweep_page
from unheard.results.files import RESULT
from unheard.schemas.result import Result
from unheard.schemas.sweep import SearchSummary, SearchTrial, Sweep, SweepPoint
from unheard.settings import read_document
from unheard.sweeps.axes import Axis, kept, parse_axis, search_axes
from unheard.sweeps.grid import Reader, Runs, plan_runs
from unheard.sweeps.search import SEARCH, load_optuna, search
from unheard.sweeps.sweep import Point, build_sweep, dev_score, points_of, write_sweep

__all__ = ["SweepRequest", "SweepRunner", "sweep_over"]


@dataclass(frozen=True)
class SweepRequest:
    """What is varied, and how points are found.

    Args:
        vary: KEY=A,B,... as --vary has it.
        labels: objectives to run; none for all of the recipe.
        trials: of a search on dev speakers; None for the whole grid.
        seed: of the search's proposals.
    """

    vary: tuple[str, ...]
    labels: tuple[str, ...]
    trials: int | None
    seed: int


def sweep_over(recipe: Path, changes: Sequence[str], request: SweepRequest, runner: "SweepRunner") -> None:
    """Make every point, draw the curve and show the table."""

    def read(more: Sequence[str]) -> Any:
        return read_recipe(from_here(read_document(recipe, [*changes, *more])))

    axes = [parse_axis(text) for text in request.vary]
    if request.trials is None:
        sweep = _grid(runner, plan_runs(read, axes, only=request.labels), request.vary)
    else:
        sweep = _search(runner, read, axes, request, request.trials)
    _draw(sweep, runner.out)
    _show(sweep)
    console.say(f"report: {runner.out / 'sweep.html'}")


@dataclass(frozen=True)
class SweepRunner:
    """Where and how runs are made."""

    out: Path
    jobs: int
    cache: Path | None

    def untested(self, runs: Runs) -> list[Point]:
        """Train one run's points, without a look at test speakers."""
        prepared, results = self._trained(runs)
        return points_of(runs, prepared, results, None)

    def tested(self, runs: Runs) -> tuple[list[Point], Result]:
        """Train one run's points, and what they score on test speakers."""
        prepared, results = self._trained(runs)
        result = publish(prepared, results, self.out / runs.folder)
        return points_of(runs, prepared, results, result), result

    def _trained(self, runs: Runs) -> tuple[Prepared, list[JobResult]]:
        folder = self.out / runs.folder
        prepared = make_ready(runs.recipe, folder, jobs=self.jobs, cache=self.cache or default_cache())
        return prepared, train(prepared, folder, jobs=self.jobs)


def _grid(runner: SweepRunner, plan: Sequence[Runs], vary: Sequence[str]) -> Sweep:
    """Every point of the grid; the document is written after each run, so that a long sweep can be watched."""
    count = sum(len(runs.members) for runs in plan)
    console.say(f"{count} points in {len(plan)} run{'' if len(plan) == 1 else 's'}")
    points: list[Point] = []
    for runs in plan:
        fresh, result = runner.tested(runs)
        points += fresh
        sweep = build_sweep(points, result, vary=vary)
        write_sweep(sweep, runner.out)
    return sweep


def _search(runner: SweepRunner, read: Reader, axes: Sequence[Axis], request: SweepRequest, count: int) -> Sweep:
    """Trials on dev speakers, then the chosen one, and what the recipe sets beside it, on test speakers."""
    load_optuna()
    single, objective = search_axes(kept(read([]), request.labels), axes)
    found: dict[str, list[Point]] = {}

    def score(settings: Mapping[str, str]) -> float | None:
        (runs,) = plan_runs(read, _as_axes(settings), only=[objective])
        points = runner.untested(runs)
        found[_key(settings)] = points
        mean = dev_score(points[0].prepared, points[0].trainings).mean
        console.say(f"trial: {_key(settings)}: dev UAR {'-' if mean is None else format(mean, '.3f')}")
        return mean

    trials = search(single, count, runner.out / SEARCH, score, seed=request.seed)
    for trial in trials:  # those of an earlier call are read, not trained, again
        if _key(trial["settings"]) not in found:
            score(trial["settings"])
    best = max(trials, key=lambda trial: -1.0 if trial["dev_uar"] is None else trial["dev_uar"])
    (runs,) = plan_runs(read, _as_axes(best["settings"]), only=request.labels)
    chosen, result = runner.tested(runs)
    others = [points[0] for key, points in found.items() if key != _key(best["settings"])]
    searched = SearchSummary(sampler="TPE", seed=request.seed, trials=[SearchTrial(**trial) for trial in trials])
    sweep = build_sweep([*chosen, *others], result, vary=request.vary, searched=searched)
    write_sweep(sweep, runner.out)
    return sweep


def _as_axes(settings: Mapping[str, str]) -> list[Axis]:
    return [Axis(key, (value,)) for key, value in settings.items()]


def _key(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in settings.items())


def _draw(sweep: Sweep, out: Path) -> None:
    document = sweep.model_dump()
    write_drawing(pareto_front(document), out, "pareto")
    write_drawing(setting_curve(document), out, "setting")
    write_sweep_page(sweep, out / "sweep.html")
    if (out / RESULT).is_file():  # points of an objective's settings are one run, whose page shows the curve, too
        write_run_report(out)


def _show(sweep: Sweep) -> None:
    """The points as a table; * marks the front, the chosen one is bold."""
    table = Grid(title=f"{sweep.name}: UAR on unseen voices against leakage, {len(sweep.seeds)} seed(s)")
    for title in ("point (* front)", "dev UAR", "UAR", "95 %", "speaker probe", "EER"):
        table.add_column(title, justify="left" if "point" in title else "right", overflow="fold")
    for point in sweep.points:
        table.add_row(*_cells(point), style="bold" if point.chosen else None)
    console.show(table)
    console.say(f"chosen by dev speakers: {sweep.chosen}")
    if sweep.nested is not None:
        own = sweep.nested.uar
        score = f"UAR {number(own.mean)} ({span(own.interval)})"
        console.say(f"each fold with the point that its own dev speakers choose: {score}")
    for caution in sweep.cautions:
        console.say(f"! {caution.text}", style="bold yellow")


def _cells(point: SweepPoint) -> list[str]:
    uar, leakage = point.uar, point.leakage
    best, eer = (None, None) if leakage is None else (leakage.best, leakage.eer)
    return [
        point.point + (" *" if point.front else ""),
        number(point.dev_uar.mean),
        number(None if uar is None else uar.mean),
        "-" if uar is None or uar.interval is None else " - ".join(map(number, uar.interval)),
        number(None if best is None else best.mean),
        number(None if eer is None else eer.mean),
    ]
