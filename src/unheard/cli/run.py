"""`unheard run`: a recipe to a result."""

import math
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from unheard.cli._progress import Watcher, bar, console
from unheard.evaluation.protocol import default_cache, plan_tasks, prepare
from unheard.evaluation.recipe import RunRecipe, read_recipe
from unheard.evaluation.result import build_result, write_result
from unheard.evaluation.run import claim_folder, run_tasks, save_plans
from unheard.reports import write_report
from unheard.settings import read_document

__all__ = ["execute", "run", "show"]

JobsOption = Annotated[
    int, typer.Option(min=1, help="Tasks (objective x seed x fold) that run at once; one thread each.")
]


def run(
    recipe: Annotated[Path, typer.Argument(help="A recipe, see recipes/.", metavar="RECIPE.toml")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the results; the same one resumes.")],
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting of the recipe.")
    ] = None,
    jobs: JobsOption = os.cpu_count() or 1,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Set unusable recordings aside, and list them in the result.")
    ] = False,
    cache: Annotated[Path | None, typer.Option(help="Feature cache; default $UNHEARD_CACHE.")] = None,
) -> None:
    """Train and test every objective of a recipe on voices it has never heard.

    The same command, given again, goes on where it stood.

    Examples:

      unheard run recipes/tu2019-ravdess.toml --out runs/ravdess --set corpus.folder=~/corpora/ravdess

      unheard run recipes/own.toml --out runs/calls --set corpus.folder=calls.csv --jobs 4 --skip-bad
    """
    changes = [*(change or []), *(["corpus.skip_bad=true"] if skip_bad else [])]
    settings = read_recipe(_from_here(read_document(recipe, changes)))
    result = execute(settings, out, jobs=jobs, cache=cache or default_cache())
    show(result)
    console.print(f"report: {out / 'report.html'}")


def _from_here(document: Any) -> Any:
    """A folder given by --set is relative to where the user stands, not to the recipe."""
    corpus = document.data.get("corpus")
    if "corpus.folder" in document.overridden and isinstance(corpus, dict):
        corpus["folder"] = str(Path(str(corpus["folder"])).expanduser().resolve())
    return document


def execute(recipe: RunRecipe, out: Path, *, jobs: int, cache: Path) -> dict[str, Any]:
    """Run a recipe into a folder and return its result; also writes the report."""
    claim_folder(recipe, out, write=False)
    with bar("features") as progress:
        prepared = prepare(recipe, cache, jobs=jobs, progress=progress)
    # Only now: a recipe that cannot be prepared must not leave a folder that refuses its correction.
    claim_folder(recipe, out)
    save_plans(prepared, out)
    with Watcher(plan_tasks(prepared, out), recipe.training.epochs) as watcher:
        results = run_tasks(prepared, out, jobs=jobs, on_done=watcher.done)
    result, predictions = build_result(prepared, results, out, command=["unheard", *sys.argv[1:]])
    write_result(result, predictions, out)
    write_report(result, out / "report.html")
    return result


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def show(result: dict[str, Any]) -> None:
    """The table that answers: how good on unseen voices, how sure, what leaks."""
    chance = 1 / len(result["classes"])
    seeds = len(result["seeds"])
    table = Table(title=f"{result['name']}: unseen voices, UAR (chance {chance:.3f}), {seeds} seed(s)")
    for column in ("objective", "UAR", "sd", "95 % over speakers", "worst speaker", "speaker probe", "EER"):
        table.add_column(column, justify="left" if column == "objective" else "right")
    for label, own in result["objectives"].items():
        low, high = own["uar"]["interval"]
        leak = own["leakage"]
        worst = own["worst_speaker"]
        table.add_row(
            label,
            _number(own["uar"]["mean"]),
            _number(own["uar"]["std"]),
            f"{_number(low)} to {_number(high)}",
            f"{worst['speaker']} {_number(worst['uar'])}",
            _number(leak.get("best", {}).get("mean")),
            _number(leak.get("eer", {}).get("mean")),
        )
    for label, own in result["references"].items():
        cells = [_number(own.get(key, {}).get("mean")) for key in ("best", "eer")]
        table.add_row(f"({label.replace('_', ' ')})", "", "", "", "", *cells, style="dim")
    console.print(table)
    for row in result["comparisons"]:
        console.print(f"- {row['sentence']}")
    for warning in result["warnings"]:
        console.print(f"[bold yellow]! {warning}[/]")
