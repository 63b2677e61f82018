"""Tables of docs/results.md that stand under a run: what leaks, what a weight buys, what other protocols say."""

import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

from unheard.errors import RunError
from unheard.files import write_atomically
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.pareto_front import pareto_front
from unheard.reports.figures.setting_curve import setting_curve, varied_alone
from unheard.results.protocol_table import inflation_rows

__all__ = [
    "as_table",
    "asked_for",
    "asked_row",
    "beside",
    "inflation_part",
    "leakage_part",
    "number",
    "other_sets",
    "setting_parts",
    "silence_part",
    "spread",
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


def spread(value: dict[str, Any] | None) -> str:
    """Mean and deviation over seeds (UAR) or over folds and seeds (leakage)."""
    if not value or value.get("mean") is None:
        return "-"
    return number(value["mean"]) + (f" ± {number(value['std'])}" if value.get("std") is not None else "")


def beside(name: str, kind: str) -> dict[str, Any] | None:
    """What was kept beside a result: its probes, its sweep, its other protocols; None where nothing was."""
    file = DOCS / "results" / f"{name}.{kind}.json"
    if not file.exists():
        return None
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def as_table(rows: list[list[str]]) -> list[str]:
    """Rows of cells as a table of Markdown, the first one its heading."""
    head, *body = rows
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]


def _with_interval(value: dict[str, Any] | None, digits: int = 2) -> str:
    if not value or value.get("mean") is None:
        return "-"
    low, high = value.get("interval") or (None, None)
    span = "" if low is None else f" ({number(low, digits)} to {number(high, digits)})"
    return number(value["mean"]) + span


def _best(own: dict[str, Any], target: str, protocol: str) -> str:
    return _with_interval((own["leakage"].get(target, {}).get(protocol) or {}).get("best"))


def _leakage_row(label: str, own: dict[str, Any]) -> list[str]:
    code, erased = own.get("code_length") or {}, own.get("erasure") or {}
    heard = (own.get("verification") or {}).get("utterances") or {}
    sent, dealt = (number((code.get(key) or {}).get("mean"), 2) for key in ("bits", "permuted"))
    return [
        label,
        _best(own, "speaker", "utterances"),
        _best(own, "speaker", "sentences"),
        _with_interval((own.get("within_emotion") or {}).get("best")),
        _best(own, "gender", "utterances"),
        _best(own, "sentence", "utterances"),
        _with_interval(heard.get("best")),
        f"{sent} of {dealt}" if code else "-",
        _with_interval(erased.get("uar_lost"), 3),
        _with_interval(erased.get("uar_beyond_control"), 3),
    ]


def leakage_part(name: str) -> list[str]:
    """Every probe of a run, beside its references; empty where it was not probed."""
    document = beside(name, "probes")
    if document is None:
        return []
    rows = [list(_LEAKAGE_HEADS)]
    rows += [_leakage_row(f"**{label}**", own) for label, own in document["objectives"].items()]
    for key, title in _REFERENCES.items():
        if document["references"].get(key):
            rows.append(_leakage_row(title, document["references"][key]))
    first = next(iter(document["objectives"].values()))
    chances = {
        target: (found["utterances"].get("shuffled") or {}).get("best", found["utterances"]["chance"])
        for target, found in first["leakage"].items()
    }
    known = ", ".join(f"{target} {number(chance)}" for target, chance in chances.items())
    seeds = len(document["seeds"])
    about = (
        f"Fresh probes, the best of linear, MLP, SVM and kNN, with 95 % intervals over speakers; {seeds} "
        f"seed{'s' if seeds > 1 else ''}, all folds. What the best reads of shuffled answers: {known}; EER .500. "
        "*Bits a speaker*: online code, "
        "beside the same with permuted labels. Columns as in [probes.md](reference/probes.md)."
    )
    return [
        "### What leaks",
        "",
        about,
        "",
        *as_table(rows),
        "",
        *(f"- {sentence}" for sentence in document["sentences"] if "Erasing" in sentence),
        "",
        f"    unheard probe runs/{name} --seeds all" if seeds > 1 else f"    unheard probe runs/{name}",
        "",
    ]


def sweep_part(name: str) -> list[str]:
    """The points of a sweep and its figure; empty where none was kept."""
    document = beside(name, "sweep")
    if document is None:
        return []
    probed = any(point["leakage"].get("best") for point in document["points"])
    rows = [["", "dev UAR", "UAR", "speaker probe", "EER, new voices", "on the front", "chosen on dev"]]
    for point in document["points"]:
        leaks = point["leakage"]
        marks = ["yes" if point[key] else "" for key in ("front", "chosen")]
        scores = [spread(point["dev_uar"]), _with_interval(point["uar"], 3)]
        rows.append([f"**{point['point']}**", *scores, spread(leaks.get("best")), spread(leaks.get("eer")), *marks])
    lines = [
        "### What a weight buys",
        "",
        _how(name, document),
        "",
        *as_table(rows),
        "",
        *(_figure(f"{name}-pareto", "UAR against leakage", pareto_front(document)) if probed else []),
    ]
    nested = document.get("nested")
    if nested:
        score = _with_interval(nested["uar"], 3)
        lines += [f"Where each fold takes the point that its own dev speakers choose: UAR {score}.", ""]
    return [*lines, f"    {_sweep_command(name, f'{name}-sweep', document)}", ""]


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
    found = ((key, beside(f"{name}-{key}", "sweep")) for key in _VARIED)
    return [line for key, document in found if document for line in _setting_part(name, key, document)]


def silence_part(name: str) -> list[str]:
    """What was measured with other silence around the same speech; empty where nothing was."""
    document = beside(name, "silence")
    if document is None:
        return []
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


def _setting_part(name: str, key: str, document: dict[str, Any]) -> list[str]:
    if varied_alone(document) is None:
        raise RunError(
            f"docs/results/{name}-{key}.sweep.json: one setting alone must have been varied. Keep another."
        )
    title, about = _VARIED[key]
    rows = [["", "", "UAR", "speaker probe", "EER, new voices"]]
    for point in document["points"]:
        (value,) = point["varied"].values()
        leaks = point["leakage"]
        read = [spread(leaks.get("best")), spread(leaks.get("eer"))]
        rows.append([str(value), f"**{point['objective']}**", _with_interval(point["uar"], 3), *read])
    lines = [f"### {title}", "", f"{about} {_how(name, document)}", "", *as_table(rows), ""]
    probed = any(point["leakage"].get("best") for point in document["points"])
    shown = f"UAR and leakage over {key}" if probed else f"UAR over {key}"
    lines += _figure(f"{name}-{key}", shown, setting_curve(document))
    for label, own in (document.get("learning") or {}).items():
        low, high = own["interval"]
        area = f"{number(own['auc'])} (95 % over speakers {number(low)} to {number(high)})"
        lines.append(f"- {label}: area under the learning curve {area}; each doubling of the labels counts alike.")
    return [*lines, "", f"    {_sweep_command(name, f'{name}-{key}', document)}", ""]


def _seeds(document: dict[str, Any]) -> str:
    seeds = document["seeds"]
    return f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}."


def _how(name: str, document: dict[str, Any]) -> str:
    once = " Trained once, without the development speakers." * _trained_once(name, document)
    return _seeds(document) + once


def _sweep_command(name: str, target: str, document: dict[str, Any]) -> str:
    """What makes this sweep again."""
    only = ",".join(dict.fromkeys(point["objective"] for point in document["points"]))
    varied = " ".join(f"--vary {shlex.quote(one)}" for one in document["vary"])
    sets = other_sets(name, document)
    return f"unheard sweep recipes/{name}.toml --out runs/{target} --only {only} {varied}{sets}"


def other_sets(name: str, document: dict[str, Any]) -> str:
    """What is to be typed behind the command of what was kept, where it is not all that its recipe says; else empty.

    Args:
        name: of the recipe.
        document: a result, a sweep, or what stands beside them.
    """
    seeds = "" if document["seeds"] == _recipe(name)["seeds"] else f" --set 'seeds={document['seeds']}'"
    return " --set training.refit=false" * _trained_once(name, document) + seeds


def _recipe(name: str) -> dict[str, Any]:
    with (DOCS.parent / "recipes" / f"{name}.toml").open("rb") as stream:
        return tomllib.load(stream)


def _trained_once(name: str, document: dict[str, Any]) -> bool:
    """Whether the recipe trains a second time, with the development speakers, and this was kept without."""
    return _recipe(name)["training"].get("refit", False) and not trained_twice(document)


def trained_twice(document: dict[str, Any]) -> bool:
    """Whether the models that were tested had learned from the development speakers, too."""
    about: dict[str, Any] = document["protocols"]["own"] if "protocols" in document else document["split"]
    return bool(about.get("refit", False))


def inflation_part(name: str, asked: dict[str, tuple[float, float]]) -> list[str]:
    """The recipe under other protocols; empty where it ran under its own alone.

    Args:
        name: of the result.
        asked: protocol -> the UAR that was asked for at least, and the aim.
    """
    document = beside(name, "inflation")
    if document is None:
        return []
    also = ",".join(
        f"{protocol}={groups}" if (groups := _sentence_groups(about, document)) else protocol
        for protocol, about in document["protocols"].items()
        if protocol != "own"
    )
    compared = [
        f"- {document['protocols'][protocol]['title'].capitalize()}: {said(row)}"
        for protocol, rows in document.get("comparisons", {}).items()
        for row in rows
    ]
    fewer = other_sets(name, document)
    target = f"runs/{name}-also{fewer}" if fewer else f"runs/{name}"
    return [
        "### Under other protocols",
        "",
        *([_seeds(document), ""] if fewer else []),
        *as_table(inflation_rows(document)),
        "",
        *(verdict(document, protocol, *wanted) for protocol, wanted in asked.items()),
        *compared,
        *(f"- {said(row)}" for row in document["differences"]),
        "",
        f"    unheard run recipes/{name}.toml --out {target} --also {also}",
        "",
    ]


def said(row: dict[str, Any]) -> str:
    """The sentence of a comparison; older ones said 'not shown' beside an interval without 0, and not why."""
    low, high = row["interval"]
    unexplained = row["sentence"].endswith("): not shown.") and low is not None and (low > 0 or high < 0)
    decides = f" (the test that swaps the two for each speaker decides: p = {row['p']:.3f})."
    return row["sentence"][:-1] + decides if unexplained else str(row["sentence"])


def _sentence_groups(about: dict[str, Any], document: dict[str, Any]) -> int | None:
    """How many groups of sentences were left out in turn, where it is not the usual two."""
    if "sentence" not in about["title"] or "sentence" in document["protocols"]["own"]["title"]:
        return None
    groups = about["folds"] // document["protocols"]["own"]["folds"]
    return groups if groups != 2 else None


def votes(uars: dict[str, dict[str, Any]]) -> str:
    """What one vote of all seeds' models scores, from objective -> UAR; empty where there is one seed alone."""
    said = []
    for label, uar in uars.items():
        if uar.get("ensemble"):
            own = uar["ensemble"]
            low, high = (number(end) for end in own["interval"])
            models = f"one vote of the models of {own['models']} seeds"
            said.append(f"{label}: {models} {number(own['uar'])} ({low} to {high})")
    return f"{'; '.join(said)}." if said else ""


def asked_row(
    title: str, least: float, aim: float, uars: dict[str, dict[str, Any]], closed: dict[str, Any] | None
) -> list[str]:
    """One line of what was asked for, and what single models, one vote of the seeds and a closed form score."""
    kinds = ("plain", "speaker_normalization")
    single = [spread(uars.get(kind)) for kind in kinds]
    voted = [number((uars.get(kind, {}).get("ensemble") or {}).get("uar")) for kind in kinds]
    return [title, number(least, 2), number(aim, 2), *single, *voted, number((closed or {}).get("mean"))]


def verdict(document: dict[str, Any], protocol: str, least: float, aim: float) -> str:
    """What was asked for under a protocol, and whether it was reached."""
    if protocol not in document["protocols"]:
        return f"- `{protocol}`: {asked_for(least, aim)} **Not run yet.**"
    uars = {label: scores[protocol] for label, scores in document["objectives"].items()}
    closed = document.get("closed_form", {}).get(protocol)
    words = asked_for(least, aim, max(uar["mean"] for uar in uars.values()), closed)
    return f"- {document['protocols'][protocol]['title'].capitalize()}: {words} {votes(uars)}".rstrip()


def asked_for(least: float, aim: float, best: float | None = None, closed: dict[str, Any] | None = None) -> str:
    """The UAR that was asked for, and whether it was missed.

    Args:
        least: what was asked for.
        aim: what was hoped for.
        best: of the objectives; None where none has run.
        closed: the UAR of the closed form, where it is known.
    """
    said = f"at least {number(least, 2)} was asked for, {number(aim, 2)} was the aim."
    if best is None or best >= least:
        return said
    alone = closed is not None and closed["mean"] >= least
    return said + (" **Reached by the closed form alone.**" if alone else " **Not reached by single models.**")
