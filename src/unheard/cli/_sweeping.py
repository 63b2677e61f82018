"""A recipe at many settings, and the curve of how good against how much leaks, once `sweep` is called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unheard.cli._cells import number, span
from unheard.cli._running import make_ready, publish, train
from unheard.cli._terminal import Grid, console
from unheard.experiment.preparation import default_cache
from unheard.experiment.recipe_file import from_here, read_recipe
from unheard.reports.figures.files import write_drawing
from unheard.reports.figures.pareto_front import pareto_front
from unheard.reports.figures.setting_curve import setting_curve
from unheard.reports.pages.report import write_run_report
from unheard.reports.pages.sweep import write_sweep_page
from unheard.results.files import RESULT
from unheard.settings import read_document
from unheard.sweeps.axes import Axis, kept, parse_axis, search_axes
from unheard.sweeps.grid import Reader, Runs, plan_runs
from unheard.sweeps.search import SEARCH, load_optuna, search
from unheard.sweeps.sweep import Point, build_sweep, dev_score, points_of, write_sweep

__all__ = ["Kitchen", "Wanted", "sweep_over"]


@dataclass(frozen=True)
class Wanted:
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


def sweep_over(recipe: Path, changes: Sequence[str], wanted: Wanted, kitchen: "Kitchen") -> None:
    """Make every point, draw the curve and show the table."""

    def read(more: Sequence[str]) -> Any:
        return read_recipe(from_here(read_document(recipe, [*changes, *more])))

    axes = [parse_axis(text) for text in wanted.vary]
    if wanted.trials is None:
        document = _grid(kitchen, plan_runs(read, axes, only=wanted.labels), wanted.vary)
    else:
        document = _search(kitchen, read, axes, wanted, wanted.trials)
    _draw(document, kitchen.out)
    _show(document)
    console.say(f"report: {kitchen.out / 'sweep.html'}")


@dataclass(frozen=True)
class Kitchen:
    """Where and how runs are made."""

    out: Path
    jobs: int
    cache: Path | None

    def run(self, runs: Runs, *, tested: bool) -> tuple[list[Point], dict[str, Any] | None]:
        """Train one run's points; its result is computed only where test speakers may be looked at."""
        folder = self.out / runs.folder
        prepared = make_ready(runs.recipe, folder, jobs=self.jobs, cache=self.cache or default_cache())
        trained = train(prepared, folder, jobs=self.jobs)
        result = publish(prepared, trained, folder) if tested else None
        return points_of(runs, prepared, trained, result), result


def _grid(kitchen: Kitchen, plan: Sequence[Runs], vary: Sequence[str]) -> dict[str, Any]:
    """Every point of the grid; the document is written after each run, so that a long sweep can be watched."""
    count = sum(len(runs.members) for runs in plan)
    console.say(f"{count} points in {len(plan)} run{'' if len(plan) == 1 else 's'}")
    points: list[Point] = []
    document: dict[str, Any] = {}
    for runs in plan:
        fresh, result = kitchen.run(runs, tested=True)
        points += fresh
        document = build_sweep(points, result or {}, vary=vary)
        write_sweep(document, kitchen.out)
    return document


def _search(kitchen: Kitchen, read: Reader, axes: Sequence[Axis], wanted: Wanted, count: int) -> dict[str, Any]:
    """Trials on dev speakers, then the chosen one, and what the recipe sets beside it, on test speakers."""
    load_optuna()
    single, objective = search_axes(kept(read([]), wanted.labels), axes)
    found: dict[str, list[Point]] = {}

    def score(settings: Mapping[str, str]) -> float | None:
        (runs,) = plan_runs(read, _as_axes(settings), only=[objective])
        points, _ = kitchen.run(runs, tested=False)
        found[_key(settings)] = points
        mean: float | None = dev_score(points[0].prepared, points[0].trainings)["mean"]
        console.say(f"trial: {_key(settings)}: dev UAR {'-' if mean is None else format(mean, '.3f')}")
        return mean

    trials = search(single, count, kitchen.out / SEARCH, score, seed=wanted.seed)
    for trial in trials:  # those of an earlier call are read, not trained, again
        if _key(trial["settings"]) not in found:
            score(trial["settings"])
    best = max(trials, key=lambda trial: -1.0 if trial["dev_uar"] is None else trial["dev_uar"])
    (runs,) = plan_runs(read, _as_axes(best["settings"]), only=wanted.labels)
    chosen, result = kitchen.run(runs, tested=True)
    others = [points[0] for key, points in found.items() if key != _key(best["settings"])]
    searched = {"sampler": "TPE", "seed": wanted.seed, "trials": trials}
    document = build_sweep([*chosen, *others], result or {}, vary=wanted.vary, searched=searched)
    write_sweep(document, kitchen.out)
    return document


def _as_axes(settings: Mapping[str, str]) -> list[Axis]:
    return [Axis(key, (value,)) for key, value in settings.items()]


def _key(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in settings.items())


def _draw(document: Mapping[str, Any], out: Path) -> None:
    write_drawing(pareto_front(document), out, "pareto")
    write_drawing(setting_curve(document), out, "setting")
    write_sweep_page(document, out / "sweep.html")
    if (out / RESULT).is_file():  # points of an objective's settings are one run, whose page shows the curve, too
        write_run_report(out)


def _show(document: Mapping[str, Any]) -> None:
    """The points as a table; * marks the front, the chosen one is bold."""
    table = Grid(title=f"{document['name']}: UAR on unseen voices against leakage, {len(document['seeds'])} seed(s)")
    titles: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "point (* front)": lambda row: row["point"] + (" *" if row["front"] else ""),
        "dev UAR": lambda row: number(row["dev_uar"]["mean"]),
        "UAR": lambda row: number((row["uar"] or {}).get("mean")),
        "95 %": lambda row: " - ".join(map(number, (row["uar"] or {}).get("interval", ()))) or "-",
        "speaker probe": lambda row: number(row["leakage"].get("best", {}).get("mean")),
        "EER": lambda row: number(row["leakage"].get("eer", {}).get("mean")),
    }
    for title in titles:
        table.add_column(title, justify="left" if "point" in title else "right", overflow="fold")
    for row in document["points"]:
        table.add_row(*(cell(row) for cell in titles.values()), style="bold" if row["chosen"] else None)
    console.show(table)
    console.say(f"chosen by dev speakers: {document['chosen']}")
    nested = document["nested"]
    if nested:
        own = nested["uar"]
        console.say(
            f"each fold with the point that its own dev speakers choose: UAR {number(own['mean'])} "
            f"({span(own['interval'])})"
        )
    for warning in document["warnings"]:
        console.say(f"! {warning}", style="bold yellow")
