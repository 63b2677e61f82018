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
    beside,
    inflation_part,
    leakage_part,
    number,
    other_sets,
    setting_parts,
    silence_part,
    spread,
    sweep_part,
    votes,
)

from unheard.files import write_atomically
from unheard.reports.pages.templates import selection_words

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


def untouched(name: str, result: dict[str, Any]) -> list[str]:
    """What speakers score on whom nothing was chosen, beside the others; the mean of their own UAR."""
    if name not in UNTOUCHED:
        return []
    file, fold = UNTOUCHED[name]
    with (DOCS.parent / "recipes" / file).open(encoding="utf-8") as stream:
        apart = {row["speaker"] for row in csv.DictReader(stream) if row["fold"] == fold}
    lines = []
    for label, own in result["objectives"].items():
        mine = [one["uar"] for one in own["speakers"] if one["speaker"] in apart]
        others = [one["uar"] for one in own["speakers"] if one["speaker"] not in apart]
        lines.append(
            f"- {label}: the mean UAR of a speaker is {number(sum(mine) / len(mine))} in group {fold}, on which "
            f"nothing was chosen, and {number(sum(others) / len(others))} in the others."
        )
    return lines


def table(result: dict[str, Any]) -> list[str]:
    """One row an objective, and the references of leakage under them."""
    rows = [
        "| | UAR | 95 % over speakers | WA | worst 10 % | ECE | speaker probe | EER, new voices | s a fold |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for label, own in result["objectives"].items():
        low, high = own["uar"]["interval"]
        tail = own.get("fairness", {}).get("speakers", {}).get("worst")
        sure = own.get("calibration", {})
        raw, scaled = (
            number(((sure.get(which) or {}).get("ece") or {}).get("mean")) for which in ("before", "after")
        )
        calibration = f"{raw}, {scaled}"
        rows.append(
            f"| **{label}** | {spread(own['uar'])} | {number(low)} to {number(high)} | {spread(own['wa'])} "
            f"| {number(tail)} | {calibration} | {spread(own['leakage'].get('best'))} "
            f"| {spread(own['leakage'].get('eer'))} | {own['seconds_per_fold']['mean']:.0f} |"
        )
    names = {
        "chance": "chance",
        "raw_features": "raw features",
        "untrained": "untrained encoder",
        "emotion_code": "perfect emotion code",
    }
    for key, name in names.items():
        own = result["references"].get(key)
        if own:
            closed = own.get("uar")  # of a closed form on them
            span = f"{number(closed['interval'][0])} to {number(closed['interval'][1])}" if closed else ""
            score = f"{number(closed['mean'])} | {span}" if closed else "|"
            rows.append(f"| {name} | {score} | | | | {spread(own.get('best'))} | {spread(own.get('eer'))} | |")
    return rows


def alone(confound: dict[str, Any]) -> str:
    """What is answered without hearing anything but one trait of the recording."""
    known = {"level as recorded": "level_only_uar", "length as heard": "length_only_uar"}
    said = [f"the {what} {number(confound[key])}" for what, key in known.items() if confound.get(key) is not None]
    return f" UAR of a table that sees one trait alone: {', '.join(said)}." if said else ""


def section(name: str, title: str, least: float | None, aim: float | None) -> list[str]:
    """All of one corpus."""
    file = DOCS / "results" / f"{name}.json"
    lines = [f"## {title}", ""]
    if not file.exists():
        return [*lines, f"Not run yet: `{command(name)}`.", ""]
    result = json.loads(file.read_text(encoding="utf-8"))
    corpus, split, confound = result["corpus"], result["split"], result["confound"]
    seeds = len(result["seeds"])
    kept = selection_words(split["selection"])
    kept += "; a second training takes the dev speakers in" if split.get("refit") else ""
    lines.append(
        f"{corpus['utterances']} utterances, {corpus['speakers']} speakers, {split['tests']} folds, "
        f"{seeds} seed{'s' if seeds > 1 else ''}; split `{split['protocol']}`, {kept}. "
        f"Emotion and speaker share {confound['emotion_speaker_bits']:.2f} of {confound['emotion_bits']:.2f} bits "
        f"({confound['shuffled_bits']:.2f} by chance).{alone(confound)}"
    )
    if least is not None:
        best = max(own["uar"]["mean"] for own in result["objectives"].values())
        words = asked_for(least, aim, best, result["references"].get("raw_features", {}).get("uar"))
        lines.append(words[0].upper() + words[1:])
    lines += ["", *table(result), ""]
    lines += [
        f"- {row['sentence']} p = {row['p']:.3f}, {row['p_holm']:.3f} after Holm." for row in result["comparisons"]
    ]
    voted = votes({label: own["uar"] for label, own in result["objectives"].items()})
    lines += [f"- {voted}"] if voted else []
    lines += untouched(name, result)
    lines += [f"- **{warning}**" for warning in result["warnings"]]
    epochs = ", ".join(
        f"{label} {own['seconds_per_epoch']['mean']:.2f}" for label, own in result["objectives"].items()
    )
    lines.append(
        f"- Seconds an epoch: {epochs}; memory of the largest task: {result['peak_memory_bytes'] / 2**20:.0f} MB."
    )
    lines += ["", f"    {command(name)}{other_sets(name, result)}", ""]
    parts = (leakage_part(name), sweep_part(name), setting_parts(name), silence_part(name))
    return [*lines, *itertools.chain.from_iterable(parts), *inflation_part(name, ASKED.get(name, {}))]


def answer() -> list[str]:
    """Whether removing the speaker helped, in the words of the comparisons and with the leakage beside them."""
    lines = ["## Did removing the speaker help?", ""]
    for name, title, _, _ in LINES:
        file = DOCS / "results" / f"{name}.json"
        if not file.exists():
            continue
        result = json.loads(file.read_text(encoding="utf-8"))
        rows = [row for row in result["comparisons"] if row["b"] == "plain"]
        lines += [f"- {title}: {row['sentence']}{_removed(result, row['a'])}" for row in rows]
    return [*lines, ""]


def _removed(result: dict[str, Any], label: str) -> str:
    """How much of the speaker an objective removed; empty where the result has no leakage by today's probes."""
    plain, own = (result["objectives"][name]["leakage"].get("best") for name in ("plain", label))
    if not plain or not own:
        return ""
    floor = result["references"]["emotion_code"]["best"]["mean"]
    removed = (plain["mean"] - own["mean"]) / (plain["mean"] - floor)
    way = f", {removed:.0%} of the way to the floor of {number(floor)}" if removed > 0 else ""
    return f" Speaker probe {number(own['mean'])}, plain {number(plain['mean'])}{way}."


def asked() -> list[str]:
    """All that was asked of pretrained upstreams in one table: single models, one vote of the seeds, closed form."""
    rows = [
        ["", "at least", "aim", "plain", "speaker_normalization", "vote, plain", "vote, normalized", "closed form"]
    ]
    for name, title, least, aim in LINES:
        file = DOCS / "results" / f"{name}.json"
        if not name.startswith("gat2022") or not file.exists():
            continue
        own = json.loads(file.read_text(encoding="utf-8"))
        if least is not None and aim is not None:
            uars = {label: about["uar"] for label, about in own["objectives"].items()}
            rows.append(asked_row(title, least, aim, uars, own["references"].get("raw_features", {}).get("uar")))
        others = beside(name, "inflation") or {}
        for protocol, (low, high) in ASKED.get(name, {}).items():
            if protocol in others.get("protocols", {}):
                uars = {label: scores[protocol] for label, scores in others["objectives"].items()}
                about = f"{title}: {others['protocols'][protocol]['title']}"
                rows.append(asked_row(about, low, high, uars, others.get("closed_form", {}).get(protocol)))
    if len(rows) == 1:
        return []
    about = (
        "UAR, mean ± deviation over seeds; *vote* is one of the models of all seeds that had not heard the speaker; "
        "*closed form* as in the tables below."
    )
    return ["## What was asked of pretrained upstreams", "", about, "", *as_table(rows), ""]


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


def plain_uar(row: dict[str, Any]) -> str:
    """What plain training scores with a system of the benchmark: a run, or a point of its states."""
    name, state = row["result"], row["state"]
    file = DOCS / "results" / (f"{name}.json" if state is None else f"{name}-states.sweep.json")
    if not file.exists():
        return "not run"
    result = json.loads(file.read_text(encoding="utf-8"))
    if state is None:
        return spread(result["objectives"]["plain"]["uar"])
    wanted = ("plain", {"features.states": [state]})
    found = [number(one["uar"]["mean"]) for one in result["points"] if (one["objective"], one["varied"]) == wanted]
    return found[0] if found else "not run"


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
    lines += [*cost_beside_accuracy(), *costs()]
    write_atomically("\n".join(lines).rstrip() + "\n", DOCS / "results.md")
    print(DOCS / "results.md")


if __name__ == "__main__":
    main()
