"""The figures of `unheard probe` as tables for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from unheard.cli._terminal import Grid, page
from unheard.harmless import visible
from unheard.leakage.probe_kinds import TITLES

__all__ = ["show_probes"]


def _cell(figure: Mapping[str, Any] | None, *, unit: float = 100.0, digits: int = 1) -> str | Text:
    """Mean and, below it, interval of a figure; '-' where there is none."""
    if not figure or figure.get("mean") is None:
        return "-"
    text = f"{unit * figure['mean']:.{digits}f}"
    low, high = figure["interval"]
    if low is None or high is None:
        return text
    # An interval is not known so finely; + 0.0 makes of -0 a 0.
    ends = dict.fromkeys(f"{round(unit * end, digits - 1) + 0.0:.{digits - 1}f}" for end in (low, high))
    return Text.assemble(text, "\n", (" to ".join(ends), "dim"))


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
    return [*((label, own) for label, own in result["objectives"].items()), *references]


def show_probes(result: Mapping[str, Any]) -> None:
    """Print the tables that answer: who is named, who is verified, what it takes, and whether it was used.

    Args:
        result: as in docs/reference/probes.md.
    """
    rows = _rows(result)
    heard = "never heard" if result.get("unseen", True) else "that no probe has met"
    for table in (_leakage_table(rows), _code_table(rows, heard), _erasure_table(rows), _distance_table(rows)):
        if table.row_count:
            page.show(table)
    for sentence in result["sentences"]:
        page.say(f"- {sentence}")
    for note in result["notes"]:
        page.say(f"! {note}")


def _table(title: str, *columns: str) -> Grid:
    """A table whose first column is words, and whose others are figures."""
    table = Grid(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True, min_width=5 if number else 0)
    return table


def _leakage_table(rows: list[tuple[str, Mapping[str, Any]]]) -> Grid:
    title = "Read by fresh probes, % (below: 95 % interval over speakers)"
    table = _table(title, "what: new to the probe", "best", *TITLES.values())
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
        new = "sentences" if protocol == "sentences" else "utterances" if target == "speaker" else "speakers"
        head = Text.assemble((visible(target), "bold"), f": new {new}")
        table.add_row(head, Text.assemble(f"chance {100 * known[0][1]['chance']:.1f}", *_luck(known)))
        for label, found in known:
            table.add_row(f"  {label}", _cell(found.get("best")), *(_mean(found.get(kind)) for kind in TITLES))
        table.add_section()
    table.caption = (
        "new sentences: in new utterances, too, and of new speakers where the speaker is not what is asked for; "
        "luck: what the best of these probes reads where the right answers are shuffled"
    )
    return table


def _luck(known: list[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """What the best probe's answers score against shuffled truths, at most over the representations."""
    found = [own["shuffled"]["best"] for _, own in known if _at(own, "shuffled", "best") is not None]
    return [(f"\nluck {100 * max(found):.1f}", "dim")] if found else []


def _code_table(rows: list[tuple[str, Mapping[str, Any]]], heard: str) -> Grid:
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


def _erasure_table(rows: list[tuple[str, Mapping[str, Any]]]) -> Grid:
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


def _distance_table(rows: list[tuple[str, Mapping[str, Any]]]) -> Grid:
    table = _table("How far two domains lie apart (proxy A-distance: 0 alike, 2 apart)", "", "distance")
    for pair in dict.fromkeys(pair for _, own in rows for pair in own.get("domain_distance", {})):
        table.add_row(Text(visible(pair), "bold"), "")
        for label, own in rows:
            if found := _at(own, "domain_distance", pair, "distance"):
                table.add_row(f"  {label}", _cell(found, unit=1.0, digits=2))
        table.add_section()
    return table
