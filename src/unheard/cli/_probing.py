"""Probes with bars and tables, once `probe` is called."""

import shlex
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import typer

from unheard.cli._probe_tables import show_probes
from unheard.cli._progress import bar
from unheard.cli._terminal import console
from unheard.errors import RunError
from unheard.files import refuse_unwritable_file
from unheard.leakage.suite import ProbeSettings
from unheard.probing.embedding_tables import read_table
from unheard.probing.probe_run import PROBES, probe_run, probe_tables, write_probes
from unheard.probing.sources import open_run
from unheard.reports.pages.report import write_run_report
from unheard.schemas.probes import Probes

__all__ = ["ProbeRequest", "probe_source"]


@dataclass(frozen=True)
class ProbeRequest:
    """What is asked of the probes.

    Args:
        objectives: of a run; none for all.
        seeds: of a run: first, all, or numbers.
        corpus: of a run: where its corpus lies now, if not where it lay.
        erased: at most so many directions; None for all.
    """

    objectives: tuple[str, ...]
    seeds: str
    corpus: Path | None
    erased: int | None


def probe_source(source: Path, request: ProbeRequest, out: Path | None, *, jobs: int, cache: Path | None) -> None:
    """Probe a run or a table, write what was found and show it.

    Args:
        source: a folder of a run, or a table of embeddings.
        request: see `ProbeRequest`.
        out: a JSON file that also gets every figure.
        jobs: folds at once.
        cache: of the features; None for the user's own.
    """
    if out is not None:
        refuse_unwritable_file(out)
    command = shlex.join(["unheard", *sys.argv[1:]])
    probes = _probed(source, request, jobs=jobs, cache=cache).model_copy(update={"command": command})
    files = [source / PROBES] if source.is_dir() else []
    files += [out] if out is not None else []
    for file in files:
        write_probes(probes, file)
    show_probes(probes)
    for file in files:
        console.say(f"figures: {file}")
    if source.is_dir():
        console.say(f"report, with all of it: {write_run_report(source)}")


def _probed(source: Path, request: ProbeRequest, *, jobs: int, cache: Path | None) -> Probes:
    settings = ProbeSettings(erased=request.erased)
    with ExitStack() as steps:

        def progress(title: str) -> Callable[[int, int], None]:
            update: Callable[[int, int], None] = steps.enter_context(bar(title))
            return update

        step = _one_after_another(progress, steps)
        if source.is_dir():
            run = open_run(source, corpus=request.corpus)
            return probe_run(
                run,
                settings,
                labels=request.objectives,
                seeds=_seeds(request.seeds, run.result.seeds),
                jobs=jobs,
                cache=cache,
                progress=step,
            )
        _refuse_for_table(request)
        return probe_tables(read_table(source), settings, source=str(source), jobs=jobs, progress=step)


def _one_after_another(
    progress: Callable[[str], Callable[[int, int], None]], steps: ExitStack
) -> Callable[[str], Callable[[int, int], None]]:
    """Each step's bar ends the one before it: a terminal holds one bar at a time."""

    def step(title: str) -> Callable[[int, int], None]:
        steps.close()
        return progress(title)

    return step


def _seeds(text: str, known: list[int]) -> list[int]:
    if text in ("first", "all"):
        return known[:1] if text == "first" else list(known)
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not first, all or numbers like 0,2", param_hint="--seeds") from None


def _refuse_for_table(request: ProbeRequest) -> None:
    given_of_run = (
        ("--objective", request.objectives),
        ("--corpus", request.corpus),
        ("--seeds", request.seeds != "first"),
    )
    for name, given in given_of_run:
        if given:
            raise RunError(f"{name} is for runs, and a table was given. Leave it out, or pass the folder of a run.")
