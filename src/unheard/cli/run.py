"""`unheard run`: a recipe to a result."""

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

__all__ = ["run"]


def run(
    recipe: RecipeArgument,
    out: OutOption,
    change: ChangeOption = None,
    jobs: JobsOption = os.cpu_count() or 1,
    skip_bad: SkipBadOption = False,
    download: DownloadOption = False,
    cache: CacheOption = None,
    also: Annotated[
        str,
        typer.Option(metavar="PROTOCOL,…", help="Protocols to run beside the recipe's own, see below."),
    ] = "",
) -> None:
    """Train and test every objective of a recipe on voices it has never heard.

    --also random runs it on a random split, too, into OUT/random: inflated, a diagnostic of the field's habit.
    --also sentences leaves out sentences as well as speakers, in N groups (2 by default), into OUT/sentences.
    --also adaptive and adaptive-sentences normalize features over all unlabeled recordings of each speaker, those of
    test speakers included. All end in OUT/inflation.json and on the page. The same command, given again,
    goes on where it stood.

    Examples:

      unheard run recipes/tu2019-ravdess.toml --out runs/ravdess --set corpus.folder=~/corpora/ravdess

      unheard run recipes/own.toml --out runs/calls --set corpus.folder=calls.csv --jobs 4 --skip-bad

      unheard run recipes/tu2019-ased.toml --out runs/ased --also random,sentences=3

      unheard run recipes/gat2022-ravdess.toml --out runs/gat2022-ravdess --also adaptive,sentences,adaptive-sentences
    """
    # Only now: training needs torch, and help does not.
    from unheard.cli._running import run_under

    run_under(recipe, out, changes_of(change, skip_bad=skip_bad, download=download), also, jobs=jobs, cache=cache)
