"""`unheard compare`: whether one system is better than another, or it only looks so."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from unheard.evaluation.comparison import compare_systems, read_systems

__all__ = ["compare"]


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN[:OBJECTIVE]…", help="Folders of `unheard run`.")],
    form: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Compare systems, paired over speakers, on the same data, folds and seeds (enforced).

    Intervals are over speakers; p-values are of a permutation test, corrected for the number of pairs (Holm).

    Examples:

      unheard compare runs/ravdess

      unheard compare runs/a:plain runs/b:dat --format json
    """
    if form not in ("text", "json"):
        raise typer.BadParameter(f"'{form}' is not text or json", param_hint="--format")
    systems = []
    for given in runs:
        folder, objective = _parse(given)
        prefix = f"{folder.name}:" if len(runs) > 1 else ""
        systems += read_systems(folder, objective=objective, prefix=prefix)
    for one in compare_systems(systems):
        if form == "json":
            row = {"a": one.first, "b": one.second, **asdict(one.paired), "p_holm": one.p_holm}
            typer.echo(json.dumps(row))
            continue
        typer.echo(one.paired.sentence)
        typer.echo(
            f"    p = {one.paired.p_value:.4f}, corrected {one.p_holm:.4f}; better for {one.paired.wins} speakers, "
            f"worse for {one.paired.losses}, the same for {one.paired.ties}"
        )


def _parse(given: str) -> tuple[Path, str | None]:
    """'runs/a:dat' names an objective, unless a folder of that very name exists."""
    if Path(given).exists():
        return Path(given), None
    folder, separator, objective = given.rpartition(":")
    return (Path(folder), objective) if separator else (Path(given), None)
