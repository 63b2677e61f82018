"""`unheard compare`: whether one system is better than another, or it only looks so."""

from pathlib import Path
from typing import Annotated

import typer

from unheard.cli._terminal import page
from unheard.files import refuse_unwritable_file
from unheard.results.comparison import METRICS, compared, read_systems
from unheard.results.files import write_record
from unheard.schemas.comparison import Comparison, ComparisonDocument

__all__ = ["compare"]


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN[:OBJECTIVE]…", help="Folders of `unheard run`.")],
    metric: Annotated[str, typer.Option(help="uar or wa.")] = "uar",
    seeds: Annotated[str | None, typer.Option(metavar="0,1,…", help="Only these seeds of all runs.")] = None,
    points: Annotated[
        float, typer.Option(min=0.01, max=100.0, help="The difference that a next experiment should show.")
    ] = 2.0,
    form: Annotated[str, typer.Option("--format", help="text or json (a comparison a line).")] = "text",
    file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write all of it there, speaker by speaker.")
    ] = None,
) -> None:
    """Compare systems, paired over speakers, on the same data, folds and seeds (enforced).

    Intervals are over speakers and seeds; p-values are of a permutation test over speakers, corrected for the
    number of pairs (Holm). A difference is shown only if both agree.

    Examples:

      unheard compare runs/ravdess

      unheard compare runs/a:plain runs/b:dat --seeds 0,1,2 --json comparison.json
    """
    if form not in ("text", "json"):
        raise typer.BadParameter(f"'{form}' is not text or json", param_hint="--format")
    known = next((own for own in METRICS if own == metric), None)
    if known is None:
        raise typer.BadParameter(f"'{metric}' is not {' or '.join(METRICS)}", param_hint="--metric")
    if file is not None:
        refuse_unwritable_file(file)
    systems = []
    for given in runs:
        folder, objective = _parse(given)
        prefix = f"{folder.name}:" if len(runs) > 1 else ""
        systems += read_systems(folder, objective=objective, prefix=prefix, seeds=_numbers(seeds))
    found = compared(systems, metric=known, planned=points / 100)
    for one in found:
        if form == "json":
            page.document(one.model_dump())
        else:
            page.lines(_text(one))
    if file is not None:
        names = [system.name for system in systems]
        write_record(ComparisonDocument(metric=known, systems=names, comparisons=found), file)


def _text(one: Comparison) -> str:
    """The sentence, the test, the speakers and what it would take, one line each."""
    test = (
        f"    p = {one.p:.4f}, corrected {one.p_holm:.4f}; better for {one.wins} speakers, "
        f"worse for {one.losses}, the same for {one.ties}{_extremes(one)}"
    )
    powers = () if one.power is None else (one.power.observed, one.power.planned)
    said = [power.sentence for power in powers if power is not None]
    return "\n".join([one.sentence, test, *(f"    {sentence}" for sentence in dict.fromkeys(said))])


def _extremes(one: Comparison) -> str:
    """Whom the first system helps and hurts most."""
    known = [(own.speaker, own.difference) for own in one.by_speaker if own.difference]
    ranked = sorted(known, key=lambda pair: -pair[1])
    if not ranked:
        return ""
    ends = dict.fromkeys((ranked[0], ranked[-1]))
    return f" ({', '.join(f'speaker {name} {100 * gap:+.1f}' for name, gap in ends)})"


def _numbers(seeds: str | None) -> list[int] | None:
    if seeds is None:
        return None
    try:
        return sorted({int(seed) for seed in seeds.split(",")})
    except ValueError as problem:
        raise typer.BadParameter(f"'{seeds}' is not numbers with commas", param_hint="--seeds") from problem


def _parse(given: str) -> tuple[Path, str | None]:
    """'runs/a:dat' names an objective, unless a folder of that very name exists."""
    if Path(given).exists():
        return Path(given), None
    folder, separator, objective = given.rpartition(":")
    return (Path(folder), objective) if separator else (Path(given), None)
