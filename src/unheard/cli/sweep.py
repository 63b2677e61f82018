"""`unheard sweep`: a recipe at many settings, and the curve of how good against how much leaks."""

import os
from typing import Annotated

import typer

from unheard.cli._options import (
    CacheOption,
    ChangeOption,
    DownloadOption,
    JobsOption,
    OutOption,
    RecipeArgument,
    SkipBadOption,
    changes_of,
)

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
    download: DownloadOption = False,
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
    # Only now: training needs torch, and help does not.
    from unheard.cli._sweeping import SweepRequest, SweepRunner, sweep_over

    labels = tuple(label.strip() for label in only.split(",") if label.strip())
    request = SweepRequest(tuple(vary), labels, trials, seed)
    sweep_over(
        recipe, changes_of(change, skip_bad=skip_bad, download=download), request, SweepRunner(out, jobs, cache)
    )
