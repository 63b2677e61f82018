"""Arguments and options that several verbs share, with one wording."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CacheOption",
    "ChangeOption",
    "DownloadOption",
    "JobsOption",
    "OutOption",
    "RecipeArgument",
    "SkipBadOption",
    "changes_of",
]

JobsOption = Annotated[
    int, typer.Option(min=1, help="Jobs (objective x seed x fold) that run at once; one thread each.")
]
RecipeArgument = Annotated[Path, typer.Argument(help="A recipe, see recipes/.", metavar="RECIPE.toml")]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for the results; the same one resumes.")]
ChangeOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting of the recipe.")
]
SkipBadOption = Annotated[
    bool, typer.Option("--skip-bad", help="Set unusable recordings aside, and list them in the result.")
]
DownloadOption = Annotated[
    bool, typer.Option("--download", help="Ask the hub for upstreams that are not on this machine.")
]
CacheOption = Annotated[Path | None, typer.Option(help="Feature cache; default $UNHEARD_CACHE.")]


def changes_of(change: list[str] | None, *, skip_bad: bool, download: bool = False) -> list[str]:
    """All changes to the recipe: those of --set, and --skip-bad and --download are some.

    >>> changes_of(["seeds=[1]"], skip_bad=True, download=True)
    ['seeds=[1]', 'corpus.skip_bad=true', 'download=true']
    """
    flags = {"corpus.skip_bad=true": skip_bad, "download=true": download}
    return [*(change or []), *(text for text, given in flags.items() if given)]
