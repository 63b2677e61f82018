"""`unheard probe`: what is left of the speaker in embeddings, of a run or of anyone's."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from unheard.cli._options import CacheOption
from unheard.cli._progress import bar, console
from unheard.errors import RunError
from unheard.evaluation.battery import ProbeSettings
from unheard.evaluation.probe_sources import open_run
from unheard.evaluation.probing import PROBES, probe_run, probe_tables, write_probes
from unheard.evaluation.tables import read_table
from unheard.reports.page import write_run_report

__all__ = ["probe", "show_probes"]

_KINDS = ("linear", "mlp", "knn")


def probe(
    source: Annotated[
        Path, typer.Argument(metavar="RUN|TABLE", help="A folder of `unheard run`, or embeddings as .npz or CSV.")
    ],
    objective: Annotated[
        list[str] | None, typer.Option("--objective", metavar="LABEL", help="Of a run: only this one; repeatable.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Of a run: first, all, or numbers: 0,2.")] = "first",
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="Of a run: where its corpus lies now.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.json", help="Also write every figure here.")
    ] = None,
    erase: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Erase at most K directions of the speaker; default all.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Folds that are probed at once; one thread each.")] = os.cpu_count()
    or 1,
    cache: CacheOption = None,
) -> None:
    """Measure what frozen embeddings still hold of the speaker, gender, language, corpus and sentence.

    Fresh probes on utterances (and sentences, and speakers) held out from them, verification of voices never heard,
    code length, and what erasing the speaker takes from the emotion; beside chance, raw features, an untrained
    encoder, weight 0 and the floor of a perfect emotion code. A run keeps the figures as probes.json, and its
    report.html is written anew with them.

    Examples:

      unheard probe runs/ravdess

      unheard probe runs/ravdess --objective dat --seeds all --out dat.json

      unheard probe embeddings.npz --out leakage.json
    """
    if out is not None and out.suffix.lower() != ".json":
        raise typer.BadParameter(f"'{out}' does not end in .json", param_hint="--out")
    settings = ProbeSettings(erased=erase)
    with ExitStack() as steps:

        def progress(title: str) -> Callable[[int, int], None]:
            update: Callable[[int, int], None] = steps.enter_context(bar(title))
            return update

        step = _one_after_another(progress, steps)
        if source.is_dir():
            run = open_run(source, corpus=corpus)
            result = probe_run(
                run,
                settings,
                labels=objective or (),
                seeds=_seeds(seeds, run.result["seeds"]),
                jobs=jobs,
                cache=cache,
                progress=step,
            )
        else:
            _refuse_for_table(objective, seeds, corpus)
            result = probe_tables(read_table(source), settings, source=str(source), jobs=jobs, progress=step)
    result["command"] = shlex.join(["unheard", *sys.argv[1:]])
    if source.is_dir():
        write_probes(result, source / PROBES)
    if out is not None:
        write_probes(result, out)
    show_probes(result)
    for file in (source / PROBES if source.is_dir() else None, out):
        if file is not None:
            console.print(f"figures: {file}", soft_wrap=True)
    if source.is_dir():
        console.print(f"report, with all of it: {write_run_report(source)}", soft_wrap=True)


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


def _refuse_for_table(objective: list[str] | None, seeds: str, corpus: Path | None) -> None:
    for name, given in (("--objective", objective), ("--corpus", corpus), ("--seeds", seeds != "first")):
        if given:
            raise RunError(f"{name} is for runs, and a table was given. Leave it out, or pass the folder of a run.")


def _cell(figure: Mapping[str, Any] | None, *, unit: float = 100.0, digits: int = 1) -> str:
    """Mean and, below it, interval of a figure; '-' where there is none."""
    if not figure or figure.get("mean") is None:
        return "-"
    text = f"{unit * figure['mean']:.{digits}f}"
    low, high = figure["interval"]
    if low is None or high is None:
        return text
    # An interval is not known so finely; + 0.0 makes of -0 a 0.
    ends = dict.fromkeys(f"{round(unit * end, digits - 1) + 0.0:.{digits - 1}f}" for end in (low, high))
    return f"{text}\n[dim]{' to '.join(ends)}[/]"


def _mean(figure: Mapping[str, Any] | None) -> str:
    return "-" if not figure or figure.get("mean") is None else f"{100 * figure['mean']:.1f}"


def _at(figures: Mapping[str, Any] | None, *path: str) -> Any:
    """The value at a path of keys, None where the path ends early."""
    for key in path:
        figures = (figures or {}).get(key)
    return figures


def _rows(result: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Every representation, objectives first."""
    references = [(f"({name.replace('_', ' ')})", own) for name, own in result["references"].items() if own]
    return [*((escape(label), own) for label, own in result["objectives"].items()), *references]


def show_probes(result: Mapping[str, Any]) -> None:
    """Print the tables that answer: who is named, who is verified, what it takes, and whether it was used.

    Args:
        result: as in docs/reference/probes.md.
    """
    rows = _rows(result)
    page = Console(highlight=False)
    heard = "never heard" if result.get("unseen", True) else "that no probe has met"
    for table in (_leakage_table(rows), _code_table(rows, heard), _erasure_table(rows), _distance_table(rows)):
        if table.row_count:
            page.print(table)
    for sentence in result["sentences"]:
        page.print(f"- {sentence}", markup=False)
    for note in result["notes"]:
        page.print(f"! {note}", markup=False)


def _table(title: str, *columns: str) -> Table:
    """A table whose first column is words, and whose others are figures."""
    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True, min_width=5 if number else 0)
    return table


def _leakage_table(rows: list[tuple[str, Mapping[str, Any]]]) -> Table:
    title = "Read by fresh probes, % (below: 95 % interval over speakers)"
    table = _table(title, "what, and what is new to the probe", "best", "linear", "mlp", "knn")
    places = dict.fromkeys(
        (target, protocol)
        for _, own in rows
        for target, found in own.get("leakage", {}).items()
        for protocol in found
    )
    for target, protocol in places:
        known = [
            (label, own["leakage"][target][protocol]) for label, own in rows if _at(own, "leakage", target, protocol)
        ]
        new = "utterances" if target == "speaker" else "speakers"
        also = ", sentences" if protocol == "sentences" else ""
        head = f"[bold]{target}[/] of new {new}{also}"
        table.add_row(head, f"chance {100 * known[0][1]['chance']:.1f}{_luck(known)}")
        for label, found in known:
            table.add_row(f"  {label}", _cell(found.get("best")), *(_mean(found.get(kind)) for kind in _KINDS))
        table.add_section()
    table.caption = "luck: what the best of these probes reads where the right answers are shuffled"
    return table


def _luck(known: list[tuple[str, Mapping[str, Any]]]) -> str:
    """What the best probe's answers score against shuffled truths, at most over the representations."""
    found = [own["shuffled"]["best"] for _, own in known if _at(own, "shuffled", "best") is not None]
    return f"\n[dim]luck {100 * max(found):.1f}[/]" if found else ""


def _code_table(rows: list[tuple[str, Mapping[str, Any]]], heard: str) -> Table:
    title = f"Voices {heard} (EER %, 50 is invariance), the speaker within one emotion (%), bits an item"
    table = _table(title, "", "cosine", "trained", "in emotion", "bits", "permuted")
    alike = False
    for label, own in rows:
        trials = "sentences" if _at(own, "verification", "sentences") else "utterances"
        alike |= trials == "utterances"
        table.add_row(
            label,
            _cell(_at(own, "verification", trials, "cosine")),
            _cell(_at(own, "verification", trials, "backend")),
            _cell(_at(own, "within_emotion", "best")),
            _cell(_at(own, "code_length", "bits"), unit=1.0, digits=2),
            _cell(_at(own, "code_length", "permuted"), unit=1.0, digits=2),
        )
    lucky = [luck for _, own in rows if (luck := _at(own, "within_emotion", "shuffled", "best")) is not None]
    uniform = next((bits for _, own in rows if (bits := _at(own, "code_length", "uniform")) is not None), None)
    shares = f"{100 * max(lucky):.1f}" if lucky else "-"
    table.add_row("(chance)", "50.0", "50.0", shares, "-" if uniform is None else f"{uniform:.2f}", "")
    table.caption = (
        f"cosine, trained back-end: of {'any' if alike else 'different'} sentences; in emotion: its chance is luck, "
        "as above; bits: to send the speakers; permuted: where there is nothing to read"
    )
    return table


def _erasure_table(rows: list[tuple[str, Mapping[str, Any]]]) -> Table:
    title = "The speaker erased (LEACE): UAR of a fresh linear probe on new voices, %"
    table = _table(title, "", "rank", "UAR", "after", "random", "lost", "speaker")
    chance = None
    for label, own in rows:
        erased = _at(own, "erasure")
        if not erased:
            continue
        chance = _at(erased, "speaker_after", "chance") if chance is None else chance
        figures = (_cell(erased.get(key)) for key in ("uar_after", "uar_control", "uar_lost"))
        rank = f"{erased['rank']:.0f}/{erased.get('span', erased['of_size']):.0f}"
        table.add_row(
            label, rank, _mean(erased.get("uar_before")), *figures, _cell(_at(erased, "speaker_after", "best"))
        )
    left = "" if chance is None else f" (chance {100 * chance:.1f})"
    table.caption = (
        "rank: directions erased; UAR: before; random: after as many that say nothing of the speaker; "
        f"speaker: read afterwards{left}"
    )
    return table


def _distance_table(rows: list[tuple[str, Mapping[str, Any]]]) -> Table:
    table = _table("How far two domains lie apart (proxy A-distance: 0 alike, 2 apart)", "", "distance")
    for pair in dict.fromkeys(pair for _, own in rows for pair in own.get("domain_distance", {})):
        table.add_row(f"[bold]{escape(pair)}[/]", "")
        for label, own in rows:
            if found := _at(own, "domain_distance", pair, "distance"):
                table.add_row(f"  {label}", _cell(found, unit=1.0, digits=2))
        table.add_section()
    return table
