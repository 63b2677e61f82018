"""docs/results.md from the results kept in docs/results/; the page holds no number that is not read from there.

python scripts/results_page.py
"""

import csv
import itertools
import json
from pathlib import Path
from typing import Any

from results_tables import (
    as_table,
    asked_for,
    asked_row,
    inflation_part,
    leakage_part,
    number,
    other_sets,
    protocols_of,
    result_of,
    setting_parts,
    silence_part,
    spread,
    sweep_of,
    sweep_part,
    votes,
)

from unheard.files import write_atomically
from unheard.reports.pages.templates import selection_words
from unheard.schemas.corpus import Confound
from unheard.schemas.leakage import Leakage, RawFeatures
from unheard.schemas.record import Interval
from unheard.schemas.result import Result
from unheard.schemas.scores import UarScores

DOCS = Path(__file__).parents[1] / "docs"
LINES = (
    ("tu2019-ravdess", "RAVDESS, 8 emotions, the six given folds, unseen speakers", 0.50, 0.62),
    ("tu2019-emodb", "EMO-DB, 4 emotions, leave one speaker out", 0.78, 0.88),
    ("tu2019-ased", "ASED, 5 emotions, the five given folds, unseen speakers", 0.84, 0.92),
    (
        "tu2019-ased-voice",
        "ASED, 5 emotions, the five given folds, log-mel with contours and functionals",
        None,
        None,
    ),
    (
        "tu2019-ased-sentences",
        "ASED, 5 emotions, unseen speakers and sentence numbers, log-mel with contours and functionals",
        0.75,
        0.85,
    ),
    ("tu2019-urdu", "URDU, 4 emotions, the five given folds, level normalized", None, None),
    (
        "tu2019-emodb-whisper",
        "EMO-DB, 4 emotions, leave one speaker out, the TDNN-LSTM on state 3 of Whisper base",
        None,
        None,
    ),
    ("gat2022-ravdess", "RAVDESS, 8 emotions, the six given folds, Whisper base to layer 3", 0.76, 0.82),
    (
        "gat2022-ravdess-parts",
        "RAVDESS, 8 emotions, the six given folds, Whisper base to layer 3, halves and copies",
        0.76,
        0.82,
    ),
    (
        "gat2022-ravdess-finetuned",
        "RAVDESS, 8 emotions, the six given folds, Whisper base to layer 3, fine-tuned",
        0.76,
        0.82,
    ),
    ("gat2022-emodb", "EMO-DB, 4 emotions, leave one speaker out, Whisper base to layer 3", None, None),
    ("gat2022-ased", "ASED, 5 emotions, unseen speakers and sentence numbers, Whisper base to layer 3", 0.90, 0.95),
    (
        "gat2022-ased-whole",
        "ASED, the same on whole files, whose length tells the emotion (a diagnostic; .90 and .95 were set on them)",
        0.90,
        0.95,
    ),
)
ASKED = {
    "gat2022-ravdess": {"sentences": (0.70, 0.78), "adaptive": (0.83, 0.90)},
    "gat2022-ravdess-parts": {"sentences": (0.70, 0.78), "adaptive": (0.83, 0.90)},
    "gat2022-emodb": {"sentences": (0.93, 0.97)},
}
"""What was asked for under other protocols: at least, and the aim."""


def command(name: str) -> str:
    """What runs a recipe of this house."""
    return f"unheard run recipes/{name}.toml --out runs/{name} --set corpus.folder=PATH"


UNTOUCHED = {"tu2019-ased-sentences": ("folds/ased.csv", "1")}
"""Results whose recipe was chosen without one group of speakers: the table of groups, and that group."""


def untouched(name: str, result: Result) -> list[str]:
    """What speakers score on whom nothing was chosen, beside the others; the mean of their own UAR."""
    if name not in UNTOUCHED:
        return []
    file, fold = UNTOUCHED[name]
    with (DOCS.parent / "recipes" / file).open(encoding="utf-8") as stream:
        apart = {row["speaker"] for row in csv.DictReader(stream) if row["fold"] == fold}
    lines = []
    for label, own in result.objectives.items():
        mine = [one.uar for one in own.speakers if one.speaker in apart and one.uar is not None]
        others = [one.uar for one in own.speakers if one.speaker not in apart and one.uar is not None]
        lines.append(
            f"- {label}: the mean UAR of a speaker is {number(sum(mine) / len(mine))} in group {fold}, on which "
            f"nothing was chosen, and {number(sum(others) / len(others))} in the others."
        )
    return lines


def _ends(interval: Interval) -> str:
    return "-" if interval is None else " to ".join(map(number, interval))


def table(result: Result) -> list[str]:
    """One row an objective, and the references of leakage under them."""
    rows = [
        "| | UAR | 95 % over speakers | WA | worst 10 % | ECE | speaker probe | EER, new voices | s a fold |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for label, own in result.objectives.items():
        tail = None if own.fairness is None else own.fairness.tails.worst
        sure = (None, None) if own.calibration is None else (own.calibration.before, own.calibration.after)
        calibration = ", ".join(number(None if one is None else one.ece.mean) for one in sure)
        best, eer = (None, None) if own.leakage is None else (own.leakage.best, own.leakage.eer)
        rows.append(
            f"| **{label}** | {spread(own.uar)} | {_ends(own.uar.interval)} | {spread(own.wa)} "
            f"| {number(tail)} | {calibration} | {spread(best)} | {spread(eer)} | {own.seconds_per_fold.mean:.0f} |"
        )
    names = {
        "chance": "chance",
        "raw_features": "raw features",
        "untrained": "untrained encoder",
        "emotion_code": "perfect emotion code",
    }
    for key, name in names.items():
        reference: Leakage | None = getattr(result.references, key)
        if reference is not None:
            closed = reference.uar if isinstance(reference, RawFeatures) else None
            score = f"{number(closed.mean)} | {_ends(closed.interval)}" if closed else "|"
            rows.append(f"| {name} | {score} | | | | {spread(reference.best)} | {spread(reference.eer)} | |")
    return rows


def alone(confound: Confound) -> str:
    """What is answered without hearing anything but one trait of the recording."""
    known = {"level as recorded": confound.level_only_uar, "length as heard": confound.length_only_uar}
    said = [f"the {what} {number(uar)}" for what, uar in known.items() if uar is not None]
    return f" UAR of a table that sees one trait alone: {', '.join(said)}." if said else ""


def closed_form(result: Result) -> UarScores | None:
    """What a closed form answers from the raw features."""
    raw = result.references.raw_features
    return None if raw is None else raw.uar


def section(name: str, title: str, least: float | None, aim: float | None) -> list[str]:
    """All of one corpus."""
    result = result_of(name)
    if result is None:
        return [f"## {title}", "", f"Not run yet: `{command(name)}`.", ""]
    lines = [f"## {title}", "", about(result)]
    if least is not None and aim is not None:
        best = max(own.uar.mean for own in result.objectives.values() if own.uar.mean is not None)
        words = asked_for(least, aim, best, closed_form(result))
        lines.append(words[0].upper() + words[1:])
    lines += ["", *table(result), ""]
    lines += [f"- {one.sentence} p = {one.p:.3f}, {one.p_holm:.3f} after Holm." for one in result.comparisons]
    voted = votes({label: own.uar for label, own in result.objectives.items()})
    lines += [f"- {voted}"] if voted else []
    lines += untouched(name, result)
    lines += [f"- **{caution.text}**" for caution in result.cautions]
    epochs = ", ".join(f"{label} {own.seconds_per_epoch.mean:.2f}" for label, own in result.objectives.items())
    lines.append(
        f"- Seconds an epoch: {epochs}; memory of the largest task: {result.peak_memory_bytes / 2**20:.0f} MB."
    )
    lines += ["", f"    {command(name)}{other_sets(name, result.seeds, refit=result.split.refit)}", ""]
    parts = (leakage_part(name), sweep_part(name), setting_parts(name), silence_part(name))
    return [*lines, *itertools.chain.from_iterable(parts), *inflation_part(name, ASKED.get(name, {}))]


def about(result: Result) -> str:
    """What was heard, how it was parted, and what the corpus itself gives away."""
    corpus, split, confound = result.corpus, result.split, result.confound
    seeds = len(result.seeds)
    kept = selection_words(split.selection)
    kept += "; a second training takes the dev speakers in" if split.refit else ""
    return (
        f"{corpus.utterances} utterances, {corpus.speakers} speakers, {split.fold_count} folds, "
        f"{seeds} seed{'s' if seeds > 1 else ''}; split `{split.protocol}`, {kept}. "
        f"Emotion and speaker share {confound.emotion_speaker_bits:.2f} of {confound.emotion_bits:.2f} bits "
        f"({confound.chance_bits:.2f} by chance).{alone(confound)}"
    )


def answer() -> list[str]:
    """Whether removing the speaker helped, in the words of the comparisons and with the leakage beside them."""
    lines = ["## Did removing the speaker help?", ""]
    for name, title, _, _ in LINES:
        result = result_of(name)
        compared = [] if result is None else [(result, one) for one in result.comparisons if one.b == "plain"]
        lines += [f"- {title}: {one.sentence}{_removed(result, one.a)}" for result, one in compared]
    return [*lines, ""]


def _removed(result: Result, label: str) -> str:
    """How much of the speaker an objective removed; empty where the result has no leakage by today's probes."""
    leakages = [result.objectives["plain"].leakage, result.objectives[label].leakage, result.references.emotion_code]
    plain, own, floor = (None if one is None or one.best is None else one.best.mean for one in leakages)
    if plain is None or own is None or floor is None:
        return ""
    removed = (plain - own) / (plain - floor)
    way = f", {removed:.0%} of the way to the floor of {number(floor)}" if removed > 0 else ""
    return f" Speaker probe {number(own)}, plain {number(plain)}{way}."


def asked() -> list[str]:
    """All that was asked of pretrained upstreams in one table: single models, one vote of the seeds, closed form."""
    rows = [
        ["", "at least", "aim", "plain", "speaker_normalization", "vote, plain", "vote, normalized", "closed form"]
    ]
    for name, title, least, aim in LINES:
        result = result_of(name) if name.startswith("gat2022") else None
        if result is None:
            continue
        if least is not None and aim is not None:
            uars = {label: own.uar for label, own in result.objectives.items()}
            rows.append(asked_row(title, least, aim, uars, closed_form(result)))
        others = protocols_of(name)
        for protocol, (low, high) in ASKED.get(name, {}).items():
            if others is not None and protocol in others.protocols:
                uars = {label: scores[protocol] for label, scores in others.objectives.items()}
                of = f"{title}: {others.protocols[protocol].title}"
                rows.append(asked_row(of, low, high, uars, others.closed_form.get(protocol)))
    if len(rows) == 1:
        return []
    explained = (
        "UAR, mean ± deviation over seeds; *vote* is one of the models of all seeds that had not heard the speaker; "
        "*closed form* as in the tables below."
    )
    return ["## What was asked of pretrained upstreams", "", explained, "", *as_table(rows), ""]


def costs() -> list[str]:
    """Speed and memory, from the benchmark's own file and from the runs."""
    file = DOCS / "results" / "costs.json"
    if not file.exists():
        return []
    measured = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        "## Speed and memory",
        "",
        measured["machine"],
        "",
        "| what | measured | command |",
        "| --- | --- | --- |",
    ]
    rows += [f"| {row['what']} | {row['value']} | `{row['command']}` |" for row in measured["rows"]]
    return [*rows, ""]


def leakage_of_retrained() -> list[str]:
    """What the probes read of one seed of the log-mel recipes, trained again for them."""
    file = DOCS / "results" / "tu2019-leakage.json"
    if not file.exists():
        return []
    measured = json.loads(file.read_text(encoding="utf-8"))
    rows = [
        "## What leaks of TDNN-LSTMs on log-mel",
        "",
        f"{measured['what']} Speaker probes as above, mean ± deviation over folds; the best one counts.",
        "",
        "| corpus | | UAR | best probe | linear | MLP | SVM | kNN | chance | EER, new speakers |",
        f"|{' --- |' * 10}",
    ]
    for row in measured["rows"]:
        probes = {kind: f"{number(own['mean'])} ± {number(own['std'])}" for kind, own in row["probes"].items()}
        cells = [row["corpus"], row["representation"], number(row["uar"]), row["best"], *probes.values()]
        cells += [number(row["chance"]), number((row["eer"] or {}).get("mean"))]
        rows.append(f"| {' | '.join(cells)} |")
    return [*rows, "", *(f"    {command}" for command in measured["commands"]), ""]


def plain_uar(row: dict[str, Any]) -> str:
    """What plain training scores with a system of the benchmark: a run, or a point of its states."""
    name, state = row["result"], row["state"]
    if state is None:
        result = result_of(name)
        return "not run" if result is None else spread(result.objectives["plain"].uar)
    sweep, wanted = sweep_of(f"{name}-states"), ("plain", {"features.states": [state]})
    points = [] if sweep is None else [one for one in sweep.points if (one.objective, one.varied) == wanted]
    return number(points[0].uar.mean) if points and points[0].uar is not None else "not run"


def cost_beside_accuracy() -> list[str]:
    """What a small system, a truncated upstream and a whole one cost, and what they score."""
    file = DOCS / "results" / "upstream-costs.json"
    if not file.exists():
        return []
    measured = json.loads(file.read_text(encoding="utf-8"))
    first = measured["rows"][0]["real_time_factor"]
    heads = [f"real-time factor at {seconds} s" for seconds in first]
    rows = [
        "## Cost beside accuracy",
        "",
        f"{measured['machine']} Processor seconds a second of speech, waveform to emotion, and times the first row.",
        "",
        f"| | {' | '.join(heads)} | parameters | float32 | UAR on RAVDESS, plain |",
        f"|{' --- |' * (len(heads) + 4)}",
    ]
    for row in measured["rows"]:
        factors = [
            f"{number(own, 4)} ({own / first[seconds]:.1f} x)" for seconds, own in row["real_time_factor"].items()
        ]
        sizes = f"{row['parameters'] / 1e6:.2f} M | {row['bytes'] / 2**20:.1f} MB"
        rows.append(f"| {row['system']} | {' | '.join(factors)} | {sizes} | {plain_uar(row)} |")
    return [*rows, "", f"    {measured['command']}", ""]


def main() -> None:
    """Write the page."""
    intro = (DOCS / "results" / "intro.md").read_text(encoding="utf-8")
    lines = [intro.rstrip(), "", *answer(), *asked()]
    for name, title, least, aim in LINES:
        lines += section(name, title, least, aim)
    lines += [*leakage_of_retrained(), *cost_beside_accuracy(), *costs()]
    write_atomically("\n".join(lines).rstrip() + "\n", DOCS / "results.md")
    print(DOCS / "results.md")


if __name__ == "__main__":
    main()
