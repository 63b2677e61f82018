"""`unheard sweep`: a recipe at many settings, and the curve of how good against how much leaks."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from unheard.cli._options import CacheOption, ChangeOption, JobsOption, OutOption, RecipeArgument, SkipBadOption
from unheard.cli._progress import console
from unheard.cli.run import from_here, make_ready, publish, train
from unheard.errors import MissingExtraError
from unheard.evaluation.points import Reader, Runs, plan_runs
from unheard.evaluation.protocol import default_cache
from unheard.evaluation.recipe import read_recipe
from unheard.evaluation.result_files import RESULT
from unheard.evaluation.search import SEARCH, load_optuna, search
from unheard.evaluation.sweep import Point, build_sweep, dev_score, points_of, write_sweep
from unheard.evaluation.variation import Axis, kept, parse_axis, search_axes
from unheard.reports.page import write_run_report
from unheard.reports.paper import write_pdf, write_svg
from unheard.reports.response import response
from unheard.reports.sweep_page import write_sweep_page
from unheard.settings import read_document

__all__ = ["sweep"]


def sweep(
    recipe: RecipeArgument,
    out: OutOption,
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary", metavar="KEY=A,B,…", help="A setting and its values; with --search also LOW..HIGH[:log]."
        ),
    ],
    trials: Annotated[
        int | None, typer.Option("--search", min=1, metavar="N", help="Search in N trials, on dev speakers only.")
    ] = None,
    only: Annotated[str, typer.Option(metavar="LABEL,…", help="Objectives of the recipe to run; default all.")] = "",
    change: ChangeOption = None,
    jobs: JobsOption = os.cpu_count() or 1,
    skip_bad: SkipBadOption = False,
    cache: CacheOption = None,
    seed: Annotated[int, typer.Option(help="Of the search's proposals; training has the recipe's seeds.")] = 0,
) -> None:
    """Run a recipe at many settings and draw UAR against leakage with the Pareto front.

    objective.weight means the weight of every objective that has one. Objectives share folds and references, so a
    sweep of an objective's settings is one run; other settings make a run each, under points/. The point is chosen
    by dev speakers. The same command, given again, goes on where it stood.

    Examples:

      unheard sweep recipes/own.toml --out runs/weights --vary objectives.dat.weight=0,-0.1,-0.3,-1 --only plain,dat

      unheard sweep recipes/own.toml --out runs/grid --vary objective.weight=0,-1 --vary training.epochs=20,40

      unheard sweep recipes/own.toml --out runs/search --search 20 --only dat --vary objective.weight=-3..-0.01:log
    """
    changes = [*(change or []), *(["corpus.skip_bad=true"] if skip_bad else [])]

    def read(more: Sequence[str]) -> Any:
        return read_recipe(from_here(read_document(recipe, [*changes, *more])))

    labels = [label.strip() for label in only.split(",") if label.strip()]
    axes = [parse_axis(text) for text in vary]
    kitchen = _Kitchen(out, jobs, cache or default_cache())
    if trials is None:
        document = _grid(kitchen, plan_runs(read, axes, only=labels), vary)
    else:
        document = _search(kitchen, read, axes, labels, _Wanted(trials, seed, tuple(vary)))
    _draw(document, out)
    _show(document)
    console.print(f"report: {out / 'sweep.html'}")


@dataclass(frozen=True)
class _Kitchen:
    """Where and how runs are made."""

    out: Path
    jobs: int
    cache: Path

    def run(self, runs: Runs, *, tested: bool) -> tuple[list[Point], dict[str, Any] | None]:
        """Train one run's points; its result is computed only where test speakers may be looked at."""
        folder = self.out / runs.folder
        prepared = make_ready(runs.recipe, folder, jobs=self.jobs, cache=self.cache)
        tasks = train(prepared, folder, jobs=self.jobs)
        result = publish(prepared, tasks, folder) if tested else None
        return points_of(runs, prepared, tasks, result), result


def _grid(kitchen: _Kitchen, plan: Sequence[Runs], vary: Sequence[str]) -> dict[str, Any]:
    """Every point of the grid; the document is written after each run, so that a long sweep can be watched."""
    count = sum(len(runs.members) for runs in plan)
    console.print(f"{count} points in {len(plan)} run{'' if len(plan) == 1 else 's'}")
    points: list[Point] = []
    document: dict[str, Any] = {}
    for runs in plan:
        fresh, result = kitchen.run(runs, tested=True)
        points += fresh
        document = build_sweep(points, result or {}, vary=vary)
        write_sweep(document, kitchen.out)
    return document


@dataclass(frozen=True)
class _Wanted:
    trials: int
    seed: int
    vary: tuple[str, ...]


def _search(
    kitchen: _Kitchen, read: Reader, axes: Sequence[Axis], labels: Sequence[str], wanted: _Wanted
) -> dict[str, Any]:
    """Trials on dev speakers, then the chosen one, and what the recipe sets beside it, on test speakers."""
    load_optuna()
    single, objective = search_axes(kept(read([]), labels), axes)
    found: dict[str, list[Point]] = {}

    def score(settings: Mapping[str, str]) -> float | None:
        (runs,) = plan_runs(read, _as_axes(settings), only=[objective])
        points, _ = kitchen.run(runs, tested=False)
        found[_key(settings)] = points
        mean: float | None = dev_score(points[0].prepared, points[0].tasks)["mean"]
        console.print(f"trial: {_key(settings)}: dev UAR {'-' if mean is None else format(mean, '.3f')}")
        return mean

    trials = search(single, wanted.trials, kitchen.out / SEARCH, score, seed=wanted.seed)
    for trial in trials:  # those of an earlier call are read, not trained, again
        if _key(trial["settings"]) not in found:
            score(trial["settings"])
    best = max(trials, key=lambda trial: -1.0 if trial["dev_uar"] is None else trial["dev_uar"])
    (runs,) = plan_runs(read, _as_axes(best["settings"]), only=labels)
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
    write_svg(document, out / "pareto.svg")
    write_svg(document, out / "response.svg", response)
    write_sweep_page(document, out / "sweep.html")
    if (out / RESULT).is_file():  # points of an objective's settings are one run, whose page shows the curve, too
        write_run_report(out)
    try:
        write_pdf(document, out / "pareto.pdf")
        write_pdf(document, out / "response.pdf", response)
    except MissingExtraError as problem:
        console.print(f"no PDF: {problem}", markup=False)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _show(document: Mapping[str, Any]) -> None:
    """The points as a table; * marks the front, the chosen one is bold."""
    table = Table(title=f"{document['name']}: UAR on unseen voices against leakage, {len(document['seeds'])} seed(s)")
    titles: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "point (* front)": lambda row: row["point"] + (" *" if row["front"] else ""),
        "dev UAR": lambda row: _number(row["dev_uar"]["mean"]),
        "UAR": lambda row: _number((row["uar"] or {}).get("mean")),
        "95 %": lambda row: " - ".join(map(_number, (row["uar"] or {}).get("interval", ()))) or "-",
        "speaker probe": lambda row: _number(row["leakage"].get("best", {}).get("mean")),
        "EER": lambda row: _number(row["leakage"].get("eer", {}).get("mean")),
    }
    for title in titles:
        table.add_column(title, justify="left" if "point" in title else "right", overflow="fold")
    for row in document["points"]:
        table.add_row(*(cell(row) for cell in titles.values()), style="bold" if row["chosen"] else None)
    console.print(table)
    console.print(f"chosen by dev speakers: {document['chosen']}")
    nested = document["nested"]
    if nested:
        own = nested["uar"]
        low, high = own["interval"]
        console.print(
            f"each fold with the point that its own dev speakers choose: UAR {_number(own['mean'])} "
            f"({_number(low)} to {_number(high)})"
        )
    for warning in document["warnings"]:
        console.print(f"[bold yellow]! {warning}[/]")
