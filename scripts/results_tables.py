"""Tables of docs/results.md that stand under a run: what leaks, what a weight buys, what other protocols say."""

import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

from unheard.errors import RunError
from unheard.files import write_atomically
from unheard.probing.probe_run import read_probes
from unheard.probing.verdicts import erasure_sentence
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.pareto_front import pareto_front
from unheard.reports.figures.setting_curve import setting_curve, varied_alone
from unheard.results.files import read_result
from unheard.results.protocol_table import protocol_rows
from unheard.results.protocols import read_protocols
from unheard.schemas.comparison import ComparisonSummary
from unheard.schemas.probes import Figure, ProbedRepresentation, ProbeProtocol, Probes, ProbeTarget
from unheard.schemas.protocols import ProtocolComparison, ProtocolDifference, ProtocolSummary
from unheard.schemas.result import Result
from unheard.schemas.scores import IntervalScores, Spread, UarScores
from unheard.schemas.sweep import Sweep, SweepPoint
from unheard.sweeps.sweep import read_sweep

__all__ = [
    "as_table",
    "asked_for",
    "asked_row",
    "inflation_part",
    "leakage_part",
    "number",
    "other_sets",
    "protocols_of",
    "result_of",
    "setting_parts",
    "silence_part",
    "spread",
    "sweep_of",
    "sweep_part",
    "votes",
]

DOCS = Path(__file__).parents[1] / "docs"
_REFERENCES = {
    "untrained": "untrained encoder",
    "raw_features": "raw features",
    "emotion_code": "perfect emotion code",
}


_LEAKAGE_HEADS = (
    "",
    "speaker",
    "speaker, new sentence",
    "speaker within an emotion",
    "gender",
    "sentence",
    "EER, new voices",
    "bits a speaker",
    "UAR lost by LEACE",
    "beyond control",
)


def number(value: float | None, digits: int = 3) -> str:
    """A fraction as .123, a missing one as a dash."""
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def spread(value: Spread | None) -> str:
    """Mean and deviation over seeds (UAR) or over folds and seeds (leakage)."""
    if value is None or value.mean is None:
        return "-"
    return number(value.mean) + (f" ± {number(value.std)}" if value.std is not None else "")


def _kept(name: str, ending: str) -> Path | None:
    """A kept file, None where there is none."""
    file = DOCS / "results" / f"{name}{ending}"
    return file if file.exists() else None


def result_of(name: str) -> Result | None:
    """A kept result; None where there is none."""
    file = _kept(name, ".json")
    return None if file is None else read_result(file)


def probes_of(name: str) -> Probes | None:
    """The kept probes of a result; None where there are none."""
    file = _kept(name, ".probes.json")
    return None if file is None else read_probes(file)


def sweep_of(name: str) -> Sweep | None:
    """A kept sweep of a recipe; None where there is none."""
    file = _kept(name, ".sweep.json")
    return None if file is None else read_sweep(file)


def protocols_of(name: str) -> ProtocolComparison | None:
    """A result's kept comparison of protocols; None where there is none."""
    file = _kept(name, ".inflation.json")
    return None if file is None else read_protocols(file)


def as_table(rows: list[list[str]]) -> list[str]:
    """Rows of cells as a table of Markdown, the first one its heading."""
    head, *body = rows
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]


def _with_interval(value: IntervalScores | Figure | None, digits: int = 2) -> str:
    if value is None or value.mean is None:
        return "-"
    span = "" if value.interval is None else f" ({' to '.join(number(end, digits) for end in value.interval)})"
    return number(value.mean) + span


def _best(own: ProbedRepresentation, target: ProbeTarget, protocol: ProbeProtocol) -> str:
    found = own.leakage.get(target, {}).get(protocol)
    return _with_interval(None if found is None else found.best)


def _leakage_row(label: str, own: ProbedRepresentation) -> list[str]:
    code, erased, heard = own.code_length, own.erasure, own.verification.get("utterances")
    return [
        label,
        _best(own, "speaker", "utterances"),
        _best(own, "speaker", "sentences"),
        _with_interval(None if own.within_emotion is None else own.within_emotion.best),
        _best(own, "gender", "utterances"),
        _best(own, "sentence", "utterances"),
        _with_interval(None if heard is None else heard.best),
        "-" if code is None else f"{number(code.bits.mean, 2)} of {number(code.permuted.mean, 2)}",
        _with_interval(None if erased is None else erased.uar_lost, 3),
        _with_interval(None if erased is None else erased.uar_beyond_control, 3),
    ]


def leakage_part(name: str) -> list[str]:
    """Every probe of a run, beside its references; empty where it was not probed."""
    probes = probes_of(name)
    if probes is None:
        return []
    rows = [list(_LEAKAGE_HEADS)]
    rows += [_leakage_row(f"**{label}**", own) for label, own in probes.objectives.items()]
    for key, title in _REFERENCES.items():
        reference = getattr(probes.references, key)
        if reference is not None:
            rows.append(_leakage_row(title, reference))
    first = next(iter(probes.objectives.values()))
    chances = {target: found["utterances"].permutation_chance.best for target, found in first.leakage.items()}
    known = ", ".join(f"{target} {number(chance)}" for target, chance in chances.items())
    seeds = len(probes.seeds)
    about = (
        f"Fresh probes, the best of linear, MLP, SVM and kNN, with 95 % intervals over speakers; {seeds} "
        f"seed{'s' if seeds > 1 else ''}, all folds. What the best reads of shuffled answers: {known}; EER .500. "
        "*Bits a speaker*: online code, "
        "beside the same with permuted labels. Columns as in [probes.md](reference/probes.md)."
    )
    erased = [sentence for label in probes.objectives if (sentence := erasure_sentence(probes, label))]
    return [
        "### What leaks",
        "",
        about,
        "",
        *as_table(rows),
        "",
        *(f"- {sentence}" for sentence in erased),
        "",
        f"    unheard probe runs/{name} --seeds all" if seeds > 1 else f"    unheard probe runs/{name}",
        "",
    ]


def _leaks(point: SweepPoint) -> list[str]:
    """The best probe and the EER of a point."""
    leakage = point.leakage
    return ["-", "-"] if leakage is None else [spread(leakage.best), spread(leakage.eer)]


def _probed(sweep: Sweep) -> bool:
    return any(point.leakage is not None and point.leakage.best is not None for point in sweep.points)


def sweep_part(name: str) -> list[str]:
    """The points of a sweep and its figure; empty where none was kept."""
    sweep = sweep_of(name)
    if sweep is None:
        return []
    rows = [["", "dev UAR", "UAR", "speaker probe", "EER, new voices", "on the front", "chosen on dev"]]
    for point in sweep.points:
        marks = ["yes" if mark else "" for mark in (point.front, point.chosen)]
        scores = [spread(point.dev_uar), _with_interval(point.uar, 3)]
        rows.append([f"**{point.point}**", *scores, *_leaks(point), *marks])
    lines = [
        "### What a weight buys",
        "",
        _how(name, sweep.seeds, refit=sweep.split.refit),
        "",
        *as_table(rows),
        "",
        *(
            _figure(f"{name}-pareto", "UAR against leakage", pareto_front(sweep.model_dump()))
            if _probed(sweep)
            else []
        ),
    ]
    if sweep.nested is not None:
        score = _with_interval(sweep.nested.uar, 3)
        lines += [f"Where each fold takes the point that its own dev speakers choose: UAR {score}.", ""]
    return [*lines, f"    {_sweep_command(name, f'{name}-sweep', sweep)}", ""]


def _figure(name: str, title: str, drawing: Drawing | None) -> list[str]:
    """Write a drawing of a sweep to docs/figures/NAME.svg, and the lines that show it; no line without one."""
    if drawing is None:
        return []
    figure = DOCS / "figures" / f"{name}.svg"
    write_atomically(drawing.document(), figure)
    return [f"![{title}](figures/{figure.name})", ""]


_VARIED = {
    "states": ("Layer by layer", "One state of the upstream at a time, unpadded; 0 is what enters the first layer."),
    "trim": (
        "With the silence of the files",
        "`audio.trim` in decibels under the loudest frame; 0 leaves what stands before and behind the speech.",
    ),
    "labeled": ("With fewer labels", "The share of the training part that keeps its emotion labels."),
}
"""What is varied alone in a sweep of its own, NAME-KEY.sweep.json: its title and what it is."""


def setting_parts(name: str) -> list[str]:
    """What one setting does to UAR and leakage, each sweep with its figure; empty where none was kept."""
    found = ((key, sweep_of(f"{name}-{key}")) for key in _VARIED)
    return [line for key, sweep in found if sweep for line in _setting_part(name, key, sweep)]


def silence_part(name: str) -> list[str]:
    """What was measured with other silence around the same speech; empty where nothing was."""
    file = _kept(name, ".silence.json")
    if file is None:
        return []
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    about = (
        "The closed form on the features of the same speech, other silence around it, on the folds of this recipe. "
        "Where whole files score like speech between as much digital silence, and speech between equal silence like "
        "the speech alone, it is the length of the files that tells the emotion, which no voice decides."
    )
    return [
        "### What the length of the files says",
        "",
        about,
        "",
        *as_table([["heard", "UAR"], *([what, number(uar)] for what, uar in document["rows"].items())]),
        "",
        f"    {document['command']}",
        "",
    ]


def _setting_part(name: str, key: str, sweep: Sweep) -> list[str]:
    if varied_alone(sweep.model_dump()) is None:
        raise RunError(
            f"docs/results/{name}-{key}.sweep.json: one setting alone must have been varied. Keep another."
        )
    title, about = _VARIED[key]
    rows = [["", "", "UAR", "speaker probe", "EER, new voices"]]
    for point in sweep.points:
        (value,) = point.varied.values()
        rows.append([str(value), f"**{point.objective}**", _with_interval(point.uar, 3), *_leaks(point)])
    how = _how(name, sweep.seeds, refit=sweep.split.refit)
    lines = [f"### {title}", "", f"{about} {how}", "", *as_table(rows), ""]
    shown = f"UAR and leakage over {key}" if _probed(sweep) else f"UAR over {key}"
    lines += _figure(f"{name}-{key}", shown, setting_curve(sweep.model_dump()))
    for label, own in (sweep.learning or {}).items():
        span = "not known" if own.interval is None else " to ".join(map(number, own.interval))
        area = f"{number(own.auc)} (95 % over speakers {span})"
        lines.append(f"- {label}: area under the learning curve {area}; each doubling of the labels counts alike.")
    return [*lines, "", f"    {_sweep_command(name, f'{name}-{key}', sweep)}", ""]


def _seeds(seeds: list[int]) -> str:
    return f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}."


def _how(name: str, seeds: list[int], *, refit: bool) -> str:
    once = " Trained once, without the development speakers." * _trained_once(name, refit=refit)
    return _seeds(seeds) + once


def _sweep_command(name: str, target: str, sweep: Sweep) -> str:
    """What makes this sweep again."""
    only = ",".join(dict.fromkeys(point.objective for point in sweep.points))
    varied = " ".join(f"--vary {shlex.quote(one)}" for one in sweep.vary)
    sets = other_sets(name, sweep.seeds, refit=sweep.split.refit)
    return f"unheard sweep recipes/{name}.toml --out runs/{target} --only {only} {varied}{sets}"


def other_sets(name: str, seeds: list[int], *, refit: bool) -> str:
    """What is to be typed behind the command of what was kept, where it is not all that its recipe says; else empty.

    Args:
        name: of the recipe.
        seeds: that were kept.
        refit: whether the models that were tested had learned from the development speakers, too.
    """
    other = "" if seeds == _recipe(name)["seeds"] else f" --set 'seeds={seeds}'"
    return " --set training.refit=false" * _trained_once(name, refit=refit) + other


def _recipe(name: str) -> dict[str, Any]:
    with (DOCS.parent / "recipes" / f"{name}.toml").open("rb") as stream:
        return tomllib.load(stream)


def _trained_once(name: str, *, refit: bool) -> bool:
    """Whether the recipe trains a second time, with the development speakers, and this was kept without."""
    return _recipe(name)["training"].get("refit", False) and not refit


def inflation_part(name: str, asked: dict[str, tuple[float, float]]) -> list[str]:
    """The recipe under other protocols; empty where it ran under its own alone.

    Args:
        name: of the result.
        asked: protocol -> the UAR that was asked for at least, and the aim.
    """
    found = protocols_of(name)
    if found is None:
        return []
    also = ",".join(
        f"{protocol}={groups}" if (groups := _sentence_groups(about, found.protocols["own"])) else protocol
        for protocol, about in found.protocols.items()
        if protocol != "own"
    )
    compared = [
        f"- {found.protocols[protocol].title.capitalize()}: {said(row)}"
        for protocol, rows in found.comparisons.items()
        for row in rows
    ]
    fewer = other_sets(name, found.seeds, refit=found.protocols["own"].refit)
    target = f"runs/{name}-also{fewer}" if fewer else f"runs/{name}"
    return [
        "### Under other protocols",
        "",
        *([_seeds(found.seeds), ""] if fewer else []),
        *as_table(protocol_rows(found)),
        "",
        *(verdict(found, protocol, *wanted) for protocol, wanted in asked.items()),
        *compared,
        *(f"- {said(row)}" for row in found.differences),
        "",
        f"    unheard run recipes/{name}.toml --out {target} --also {also}",
        "",
    ]


def said(one: ComparisonSummary | ProtocolDifference) -> str:
    """The sentence of a comparison; older ones said 'not shown' beside an interval without 0, and not why."""
    apart = one.interval is not None and (one.interval[0] > 0 or one.interval[1] < 0)
    unexplained = one.sentence.endswith("): not shown.") and apart
    decides = f" (the test that swaps the two for each speaker decides: p = {one.p:.3f})."
    return one.sentence[:-1] + decides if unexplained else one.sentence


def _sentence_groups(about: ProtocolSummary, own: ProtocolSummary) -> int | None:
    """How many groups of sentences were left out in turn, where it is not the usual two."""
    if "sentence" not in about.title or "sentence" in own.title:
        return None
    groups = about.folds // own.folds
    return groups if groups != 2 else None


def votes(uars: dict[str, UarScores]) -> str:
    """What one vote of all seeds' models scores, from objective -> UAR; empty where there is one seed alone."""
    told = []
    for label, uar in uars.items():
        if uar.ensemble is not None:
            own = uar.ensemble
            span = "" if own.interval is None else f" ({' to '.join(map(number, own.interval))})"
            models = f"one vote of the models of {own.models} seeds"
            told.append(f"{label}: {models} {number(own.uar)}{span}")
    return f"{'; '.join(told)}." if told else ""


def asked_row(
    title: str, least: float, aim: float, uars: dict[str, UarScores], closed: UarScores | None
) -> list[str]:
    """One line of what was asked for, and what single models, one vote of the seeds and a closed form score."""
    kinds = ("plain", "speaker_normalization")
    single = [spread(uars.get(kind)) for kind in kinds]
    votes_of = [own.ensemble if (own := uars.get(kind)) is not None else None for kind in kinds]
    voted = [number(None if one is None else one.uar) for one in votes_of]
    alone = number(None if closed is None else closed.mean)
    return [title, number(least, 2), number(aim, 2), *single, *voted, alone]


def verdict(found: ProtocolComparison, protocol: str, least: float, aim: float) -> str:
    """What was asked for under a protocol, and whether it was reached."""
    if protocol not in found.protocols:
        return f"- `{protocol}`: {asked_for(least, aim)} **Not run yet.**"
    uars = {label: scores[protocol] for label, scores in found.objectives.items()}
    best = max(uar.mean for uar in uars.values() if uar.mean is not None)
    words = asked_for(least, aim, best, found.closed_form.get(protocol))
    return f"- {found.protocols[protocol].title.capitalize()}: {words} {votes(uars)}".rstrip()


def asked_for(least: float, aim: float, best: float | None = None, closed: UarScores | None = None) -> str:
    """The UAR that was asked for, and whether it was missed.

    Args:
        least: what was asked for.
        aim: what was hoped for.
        best: of the objectives; None where none has run.
        closed: the UAR of the closed form, where it is known.
    """
    told = f"at least {number(least, 2)} was asked for, {number(aim, 2)} was the aim."
    if best is None or best >= least:
        return told
    alone = closed is not None and closed.mean is not None and closed.mean >= least
    return told + (" **Reached by the closed form alone.**" if alone else " **Not reached by single models.**")
