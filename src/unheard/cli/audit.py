"""`unheard audit`: what a corpus gives away, and whether folds leak."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import typer

import unheard
from unheard.cli._audit_options import (
    CorporaArgument,
    FolderOption,
    FoldsOption,
    FormOption,
    HtmlOption,
    JsonOption,
    LabelOption,
    LabelsOption,
    SeedOption,
    SessionsOption,
    SkipBadOption,
    SplitOption,
    StrictOption,
)
from unheard.cli._labels import labels_from
from unheard.cli._progress import bar, working
from unheard.cli._terminal import Grid, console, page
from unheard.data.audit.confounds import Confound
from unheard.data.audit.document import audit_report
from unheard.data.audit.examination import Examination, examine
from unheard.data.audit.findings import Finding, findings, shown
from unheard.data.audit.recordings import measure_recordings
from unheard.data.audit.traits import TRAITS
from unheard.data.folds.files import has_folds, read_folds
from unheard.data.folds.fold_set import FoldSet, with_left_out
from unheard.experiment.corpora import FORMS, CorpusSettings, corpus_folder, form_of, read_utterances, sessions_matter
from unheard.files import refuse_unwritable_file, write_document
from unheard.records import Utterance
from unheard.registry import load, names
from unheard.reports.pages.audit import write_audit_page
from unheard.schemas.audit import AuditReport
from unheard.settings import Document, validate

__all__ = ["audit"]

_COLORS = {"leak": "bold red", "caution": "yellow", "note": "dim"}


def audit(
    corpora: CorporaArgument,
    folder: FolderOption = None,
    folds: FoldsOption = None,
    split: SplitOption = None,
    sessions: SessionsOption = None,
    label: LabelOption = None,
    labels: LabelsOption = None,
    strict: StrictOption = False,
    json_file: JsonOption = None,
    html: HtmlOption = None,
    form: FormOption = "text",
    skip_bad: SkipBadOption = False,
    seed: SeedOption = 0,
) -> None:
    """Say what gives the emotion away unheard, which recordings stand twice, and what the parts of folds share.

    Exit codes: 0 no leak; 1 two parts of a fold share a speaker, a recording, the same sound in another coding, or
    a session where sessions matter (with --strict: or there is any caution); 2 bad input. A manifest that says
    part (or split) or fold itself needs no --folds.

    Examples:

      unheard audit ravdess --folder ~/corpora/ravdess --folds EmoBox/data/ravdess

      unheard audit calls.csv --json audit.json --html audit.html

      unheard audit calls.csv --label satisfied=satisfied --label annoyed=anger

      unheard audit emodb --split random

      unheard audit ravdess emodb
    """
    _refuse(corpora, folder, folds, split, form)
    for file in filter(None, (json_file, html)):
        refuse_unwritable_file(file)
    own = labels_from(label or [], labels)
    read = [
        _read(corpus, folder, skip_bad, own, title) for corpus, title in zip(corpora, _titles(corpora), strict=True)
    ]
    utterances = [item for items, _, _ in read for item in items]
    matter = any(own for _, _, own in read) if sessions is None else sessions
    place = folds or (_own_folds(corpora, folder) if split is None else None)
    given = _folds(place, split, utterances, matter, seed)
    with bar("recordings") as progress:
        measured = measure_recordings(utterances, skip_bad=skip_bad, progress=progress)
    measured.set_aside.extend(one for _, bad, _ in read for one in bad)
    with working("comparing"):
        seen = examine(utterances, measured, given, sessions_matter=matter, seed=seed)
    found = findings(seen)
    _write(seen, json_file, html)
    if form == "json":
        page.document(_report(seen).model_dump())
    else:
        _show(seen, found)
    if seen.has_leak or (strict and any(finding.severity == "caution" for finding in found)):
        raise typer.Exit(1)


def _refuse(corpora: list[str], folder: Path | None, folds: Path | None, split: str | None, form: str) -> None:
    if form not in ("text", "json"):
        raise typer.BadParameter(f"'{form}' is not text or json", param_hint="--format")
    if folds is not None and split is not None:
        raise typer.BadParameter("give --folds or --split, not both", param_hint="--split")
    if folder is not None and len(corpora) > 1:
        raise typer.BadParameter("--folder is for one corpus; set UNHEARD_CORPORA for several", param_hint="--folder")


def _titles(corpora: list[str]) -> list[str | None]:
    """What each corpus is called among several, no two alike: speakers of two are never one. None for one alone."""
    if len(corpora) == 1:
        return [None]
    titles: list[str | None] = []
    for corpus in corpora:
        name, _ = _meant(corpus, None)
        stem = Path(corpus).stem if name in FORMS else name
        taken = sum(title == stem or str(title).startswith(f"{stem} (") for title in titles)
        titles.append(stem if not taken else f"{stem} ({taken + 1})")
    return titles


def _read(
    corpus: str, folder: Path | None, skip_bad: bool, own: dict[str, str], title: str | None
) -> tuple[list[Utterance], list[tuple[str, str]], bool]:
    """The utterances, what was set aside, and whether sessions matter."""
    bad: list[tuple[str, str]] | None = [] if skip_bad else None
    name, place = _meant(corpus, folder)
    labels = own if name in FORMS else {}
    found = read_utterances(
        CorpusSettings(name=name, folder=None if place is None else str(place), labels=labels), bad
    )
    matter = sessions_matter(name, found)
    if title is not None:
        found = [item.replace(name=f"{title}/{item.name}", corpus=title) for item in found]
    return found, bad or [], matter


def _meant(corpus: str, folder: Path | None) -> tuple[str, Path | None]:
    """The reader and the place that an argument means."""
    if corpus not in names("corpora") and (form := form_of(Path(corpus))) is not None:
        return form, Path(corpus)
    return corpus, folder


def _own_folds(corpora: list[str], folder: Path | None) -> Path | None:
    """The manifest or database itself, where it says which part its recordings belong to."""
    name, place = _meant(corpora[0], folder)
    if len(corpora) > 1 or name not in FORMS:
        return None
    own = corpus_folder(CorpusSettings(name=name, folder=None if place is None else str(place)))
    return own if has_folds(own) else None


def _folds(
    place: Path | None, split: str | None, utterances: list[Utterance], matter: bool, seed: int
) -> FoldSet | None:
    """The folds that were asked for, or those that a manifest brings along."""
    if split is not None:
        module = load("splits", split)
        settings = validate(Document(f"split {split}", Path(), {}, ""), module.Settings)
        proposed = module.propose(utterances, settings, seed=seed, sessions_matter=matter)
        return with_left_out(split, "a split of this program", proposed, (), utterances)
    return None if place is None else read_folds(place, utterances)


def _report(seen: Examination) -> AuditReport:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    command = " ".join(["unheard", *sys.argv[1:]])
    return audit_report(seen, version=unheard.__version__, created=created, command=command)


def _write(seen: Examination, json_file: Path | None, html: Path | None) -> None:
    if json_file is not None:
        write_document(_report(seen).model_dump(), json_file)
        console.say(f"figures: {json_file}")
    if html is not None:
        write_audit_page(_report(seen), html)
        console.say(f"page: {html}")


def _show(seen: Examination, found: list[Finding]) -> None:
    page.say(f"{seen.audit.utterances} utterances, {seen.audit.speakers} speakers")
    page.say("emotions: " + ", ".join(f"{name} {count}" for name, count in seen.audit.class_counts.items()))
    if seen.audit.ties:
        page.show(_ties(seen))
        page.say(
            "bits: I(emotion; column), and of shuffled emotions, of H(emotion). "
            "lookup: UAR of answering with the commonest emotion of the value, the utterance itself left out (what a "
            f"random split gives){'; on the folds: learned in train and dev, asked in test' if seen.folds else ''}. "
            f"Chance is {seen.audit.chance:.3f}; a figure below it tells nothing."
        )
    if seen.confounds:
        page.show(_confounds(seen))
        page.say(f"alone: UAR of the trait in bins, {seen.answered}; shuffled: the same for shuffled emotions.")
        alike = [next(trait.title for trait in TRAITS if trait.name == own.trait) for own in seen.confounds]
        alike = [title for title, own in zip(alike, seen.confounds, strict=True) if _says_nothing(own)]
        if alike:
            page.say(f"Alike everywhere: {', '.join(dict.fromkeys(alike))}.")
    if seen.sharing and seen.folds is not None:
        page.say(f"folds: {seen.folds.source} ({seen.folds.form}), {len(seen.folds.folds)}")
        page.show(_sharing(seen))
    for finding in found:
        word = finding.severity.upper() if finding.severity == "leak" else finding.severity
        page.say(finding, head=f"{word}: ", head_style=_COLORS[finding.severity])
    if not found:
        page.say("nothing found")


def _ties(seen: Examination) -> Grid:
    headings = ["column", "values", "bits", "shuffled", "of", "lookup UAR"]
    table = Grid(*headings, *(["on the folds"] if seen.lookups else []))
    for tie in seen.audit.ties.values():
        bits = [f"{own:.2f}" for own in (tie.bits, tie.chance_bits, tie.emotion_bits)]
        row = [tie.column, str(tie.values), *bits, f"{tie.lookup_uar:.3f}"]
        table.add_row(*row, *([f"{seen.lookups[tie.column]:.3f}"] if seen.lookups else []))
    return table


def _confounds(seen: Examination) -> Grid:
    emotions = list(seen.audit.class_counts)
    few = emotions if len(emotions) <= 4 else []
    table = Grid("trait", *(few or ["medians from", "to"]), "alone UAR", "shuffled", "p")
    for own in seen.confounds:
        if _says_nothing(own):
            continue
        trait = next(trait for trait in TRAITS if trait.name == own.trait)
        medians = [own.medians[emotion] for emotion in few if emotion in own.medians]
        if own.of != "emotion" or not few:
            medians = [min(own.medians.values()), max(own.medians.values())]
        cells = [shown(value, trait) for value in medians]
        cells += [""] * (len(few or "ab") - len(cells))
        title = trait.title if own.of == "emotion" else f"{trait.title}, of the {own.of}"
        table.add_row(title, *cells[: len(few or "ab")], f"{own.uar:.3f}", f"{own.chance:.3f}", f"{own.p:.3f}")
    return table


def _says_nothing(own: Confound) -> bool:
    """Whether a trait is alike everywhere, so that a line of it would only fill the terminal."""
    return own.p == 1 and len(set(own.medians.values())) == 1


def _sharing(seen: Examination) -> Grid:
    table = Grid("between the parts", "known", "shared", "folds", "a leak")
    for own in seen.sharing:
        if own.known is None:
            table.add_row(own.column, "not known", "-", "-", "")
            continue
        grave = "" if not own.leaks else "yes" if own.grave else "no"
        table.add_row(own.column, str(own.known), str(len(own.values)), str(len(own.folds)), grave)
    return table
