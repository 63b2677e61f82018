"""`unheard audit`: what a corpus gives away, and whether folds leak."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from unheard.cli._progress import bar, console
from unheard.data.audio import read_recording, recording_digest
from unheard.data.audit import Audit
from unheard.data.audit import audit as examine
from unheard.data.splits._folds import Fold, Leak, shared_between_parts
from unheard.data.splits._table import folds_of_utterances
from unheard.errors import AudioError
from unheard.evaluation.recipe import CorpusSettings, corpus_folder
from unheard.records import Utterance
from unheard.registry import load, names

__all__ = ["audit"]


def audit(
    corpus: Annotated[str, typer.Argument(help="A corpus's name (see `unheard corpora`), or a CSV of your own.")],
    folder: Annotated[Path | None, typer.Option(help="The corpus's folder; default $UNHEARD_CORPORA/NAME.")] = None,
    folds: Annotated[Path | None, typer.Option(help="CSV with fold and speaker, file or sentence.")] = None,
    form: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="List unusable recordings instead of stopping.")
    ] = False,
) -> None:
    """Say what ties emotion to speaker, sentence and session, which recordings stand twice, and what folds share.

    Leaves with exit code 1 if the folds leak, so that it serves in a pipeline.

    Examples:

      unheard audit ravdess --folder ~/corpora/ravdess --folds folds.csv

      unheard audit calls.csv --format json
    """
    if form not in ("text", "json"):
        raise typer.BadParameter(f"'{form}' is not text or json", param_hint="--format")
    utterances, skipped = _read(corpus, folder, skip_bad)
    contents, unreadable = _contents(utterances, skip_bad)
    utterances = [item for item in utterances if item.name in contents]
    found = examine(utterances, contents)
    leaks = _leaks(utterances, contents, folds)
    if form == "json":
        typer.echo(json.dumps(_plain(found, leaks, [*skipped, *unreadable]), ensure_ascii=False))
    else:
        _show(found, leaks, [*skipped, *unreadable])
    if leaks:
        raise typer.Exit(1)


def _read(corpus: str, folder: Path | None, skip_bad: bool) -> tuple[list[Utterance], list[tuple[str, str]]]:
    bad: list[tuple[str, str]] | None = [] if skip_bad else None
    name, place = corpus, folder
    if corpus not in names("corpora") and Path(corpus).suffix.lower() in {".csv", ".tsv", ".txt"}:
        name, place = "table", Path(corpus)
    module = load("corpora", name)
    settings = CorpusSettings(name=name, folder=None if place is None else str(place))
    found: list[Utterance] = module.read(corpus_folder(settings), bad=bad)
    return found, bad or []


def _contents(utterances: list[Utterance], skip_bad: bool) -> tuple[dict[str, str], list[tuple[str, str]]]:
    digests: dict[Path, str] = {}
    contents: dict[str, str] = {}
    bad: list[tuple[str, str]] = []
    with bar("recordings") as progress:
        for done, item in enumerate(utterances, start=1):
            try:
                if item.file not in digests:
                    digests[item.file] = recording_digest(*read_recording(item.file))
                contents[item.name] = digests[item.file]
            except AudioError as problem:
                if not skip_bad:
                    raise
                bad.append((item.name, problem.problem))
            progress(done, len(utterances))
    return contents, bad


def _leaks(utterances: list[Utterance], contents: dict[str, str], file: Path | None) -> list[Leak]:
    """What the parts of someone's folds share; a fold's training part is all that the fold does not test."""
    if file is None:
        return []
    _, fold_of = folds_of_utterances(file, utterances)
    folds = []
    for name in sorted(set(fold_of.values())):
        test = tuple(item.name for item in utterances if fold_of.get(item.name) == name)
        train = tuple(item.name for item in utterances if fold_of.get(item.name, name) != name)
        folds.append(Fold(name=name, train=train, dev=(), test=test, excluded=()))
    return list(shared_between_parts(folds, utterances, contents))


def _plain(found: Audit, leaks: list[Leak], skipped: list[tuple[str, str]]) -> dict[str, Any]:
    plain = asdict(found)
    plain["leaks"] = [asdict(leak) for leak in leaks]
    plain["skipped"] = [{"file": name, "problem": problem} for name, problem in skipped]
    text = json.dumps(plain, default=sorted).replace("NaN", "null")
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


def _show(found: Audit, leaks: list[Leak], skipped: list[tuple[str, str]]) -> None:
    out = type(console)(highlight=False)
    out.print(f"{found.utterances} utterances, {found.speakers} speakers")
    out.print("emotions: " + ", ".join(f"{name} {count}" for name, count in found.class_counts.items()))
    table = Table("column", "values", "I(emotion; column)", "by chance", "of H(emotion)", "lookup UAR")
    for tie in found.ties.values():
        table.add_row(
            tie.column,
            str(tie.values),
            f"{tie.bits:.2f} bit",
            f"{tie.shuffled_bits:.2f} bit",
            f"{tie.emotion_bits:.2f} bit",
            f"{tie.lookup_uar:.3f}",
        )
    out.print(table)
    out.print(f"lookup: UAR of answering with the commonest emotion of the value; chance is {found.chance:.3f}")
    for group in found.duplicates:
        out.print(f"the same recording: {', '.join(group)}", markup=False)
    for name, problem in skipped:
        out.print(f"unusable: {name}: {problem}", markup=False)
    for leak in leaks:
        out.print(f"LEAK: {leak}", markup=False)
