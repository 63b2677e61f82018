"""A recipe to a result, with bars and tables: what `run`, `sweep` and `demo` share once they are called."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from unheard.cli._cells import number, span
from unheard.cli._progress import bar, working
from unheard.cli._terminal import Grid, console
from unheard.cli._watcher import Watcher
from unheard.experiment.job import plan_jobs
from unheard.experiment.job_result import JobResult
from unheard.experiment.preparation import Prepared, default_cache, prepare
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.recipe_file import from_here, read_recipe
from unheard.experiment.runner import claim_folder, run_jobs, save_plans
from unheard.files import write_atomically
from unheard.reports.documents.run_folder import read_evidence
from unheard.reports.findings.calibration import few_emotions
from unheard.reports.pages.model_card import render_card
from unheard.reports.pages.report import write_report, write_run_report
from unheard.results.files import write_result
from unheard.results.protocol_table import protocol_text
from unheard.results.protocols import OWN, PROTOCOLS, parse_protocols, under, write_protocols
from unheard.results.result import build_result
from unheard.schemas.leakage import Leakage, RawFeatures
from unheard.schemas.result import Result
from unheard.settings import read_document

__all__ = ["execute", "make_ready", "publish", "run_under", "show", "train"]


def run_under(
    recipe: Path, out: Path, changes: Sequence[str], protocols: str, *, jobs: int, cache: Path | None
) -> None:
    """Run a recipe under its own protocol and others, and show what came of it.

    Args:
        recipe: its file.
        out: folder of the run; other protocols get a folder in it.
        changes: KEY=VALUE, as --set has them.
        protocols: as --also has them.
        jobs: processes, each of which runs one job at a time.
        cache: of the features; None for the user's own.
    """
    asked = parse_protocols(protocols)
    settings = read_recipe(from_here(read_document(recipe, changes)))
    prepared = make_ready(settings, out, jobs=jobs, cache=cache or default_cache(), also=asked)
    others = {name: under(prepared, name, groups=groups) for name, groups in asked.items()}
    for name, other in others.items():
        claim_folder(other.recipe, out / name, write=False)
    show(publish(prepared, train(prepared, out, jobs=jobs), out))
    for name, other in others.items():
        console.say(f"{PROTOCOLS[name]}:")
        publish(other, train(other, out / name, jobs=jobs), out / name)
    if others:
        found = write_protocols({OWN: out, **{name: out / name for name in others}}, out)
        write_run_report(out)
        console.lines(protocol_text(found))
    console.say(f"report: {out / 'report.html'}")


def execute(recipe: RunRecipe, out: Path, *, jobs: int, cache: Path) -> Result:
    """Run a recipe into a folder and return its result; also writes the report."""
    prepared = make_ready(recipe, out, jobs=jobs, cache=cache)
    return publish(prepared, train(prepared, out, jobs=jobs), out)


def make_ready(
    recipe: RunRecipe, out: Path, *, jobs: int, cache: Path, also: Mapping[str, int | None] | None = None
) -> Prepared:
    """Corpus, features and folds of a recipe, once the folder is known to be free for it.

    Args:
        recipe: what is to be run.
        out: folder of the run.
        jobs: processes.
        cache: of features.
        also: other protocols, with their sentence groups: it is found out before features that they can be drawn.
    """
    claim_folder(recipe, out, write=False)

    def check(proposed: Prepared) -> None:
        for name, groups in (also or {}).items():
            under(proposed, name, groups=groups)

    with bar("features") as progress:
        return prepare(recipe, cache, processes=jobs, progress=progress, check=check)


def train(prepared: Prepared, out: Path, *, jobs: int) -> list[JobResult]:
    """Run every job that is not done yet, and return the results of all."""
    # Only now: a recipe that cannot be prepared must not leave a folder that refuses its correction.
    claim_folder(prepared.recipe, out)
    save_plans(prepared, out)
    with Watcher(plan_jobs(prepared, out), prepared.recipe.training) as watcher:
        return run_jobs(prepared, out, processes=jobs, on_done=watcher.done)


def publish(prepared: Prepared, results: Sequence[JobResult], out: Path) -> Result:
    """Write the result of a run, its report and its model card, and return it."""
    with working("judging"):
        result, predictions = build_result(prepared, results, out, command=["unheard", *sys.argv[1:]])
    write_result(result, predictions, out)
    write_report(result, out / "report.html", read_evidence(out, result))
    write_atomically(render_card(result), out / "model-card.md")
    return result


def show(result: Result) -> None:
    """The table that answers: how good on unseen voices, how sure, what leaks."""
    table = Grid(title=f"{result.name}: unseen voices, UAR (chance {result.chance:.3f}), {len(result.seeds)} seed(s)")
    for column in ("objective", "UAR", "sd", "95 % over speakers", "worst speaker", "speaker probe", "EER"):
        table.add_column(column, justify="left" if column == "objective" else "right")
    for label, own in result.objectives.items():
        worst = own.worst_speaker
        table.add_row(
            label,
            number(own.uar.mean),
            number(own.uar.std),
            span(own.uar.interval),
            "none" if worst.speaker is None else f"{worst.speaker} {number(worst.uar)}",
            *_leakage_cells(own.leakage),
        )
        for scores in own.uar.by.values():
            for group, row in scores.items():
                table.add_row(f"- {group}", number(row.uar), "", span(row.interval), "", "", "")
    for name, reference in result.references:
        if reference is not None:
            closed = reference.uar if isinstance(reference, RawFeatures) else None
            score = ["", "", ""] if closed is None else [number(closed.mean), "", span(closed.interval)]
            table.add_row(f"({name.replace('_', ' ')})", *score, "", *_leakage_cells(reference), style="dim")
    console.show(table)
    if said := few_emotions(result):
        console.say(f"- {said}")
    for one in result.comparisons:
        console.say(f"- {one.sentence}")
    for caution in result.cautions:
        console.say(f"! {caution.text}", style="bold yellow")


def _leakage_cells(leakage: Leakage | None) -> list[str]:
    """What the best probe reads, and the EER."""
    figures = [] if leakage is None else [leakage.best, leakage.eer]
    return [number(None if one is None else one.mean) for one in figures] or [number(None)] * 2
