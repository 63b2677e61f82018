"""The figures of `unheard probe` as tables for a terminal."""

from collections.abc import Sequence

from rich.text import Text

from unheard.cli._terminal import Grid, page
from unheard.harmless import visible
from unheard.leakage.probe_kinds import TITLES
from unheard.schemas.probes import Figure, ProbeAccuracies, ProbedRepresentation, ProbeProtocol, Probes, ProbeTarget
from unheard.schemas.record import Record

__all__ = ["show_probes"]

Rows = Sequence[tuple[str, ProbedRepresentation]]
"""What a representation is called, and its figures."""


def _cell(figure: Figure | None, *, unit: float = 100.0, digits: int = 1) -> str | Text:
    """Mean and, below it, interval of a figure; '-' where there is none."""
    if figure is None or figure.mean is None:
        return "-"
    text = f"{unit * figure.mean:.{digits}f}"
    if figure.interval is None:
        return text
    # An interval is not known so finely; + 0.0 makes of -0 a 0.
    ends = dict.fromkeys(f"{round(unit * end, digits - 1) + 0.0:.{digits - 1}f}" for end in figure.interval)
    return Text.assemble(text, "\n", (" to ".join(ends), "dim"))


def _mean(figure: Figure | None) -> str:
    return "-" if figure is None or figure.mean is None else f"{100 * figure.mean:.1f}"


def _rows(probes: Probes) -> Rows:
    """Every representation, objectives first."""
    return [*probes.objectives.items(), *_references(probes.references)]


def _references(references: Record) -> Rows:
    return [(f"({name.replace('_', ' ')})", own) for name, own in references if own is not None]


def show_probes(probes: Probes) -> None:
    """Print the tables that answer: who is named, who is verified, what it takes, and whether it was used."""
    rows = _rows(probes)
    heard = "never heard" if probes.unseen else "that no probe has met"
    for table in (_leakage_table(rows), _code_table(rows, heard), _erasure_table(rows), _distance_table(rows)):
        if table.row_count:
            page.show(table)
    for sentence in probes.sentences:
        page.say(f"- {sentence}")
    for note in probes.notes:
        page.say(f"! {note}")


def _table(title: str, *columns: str) -> Grid:
    """A table whose first column is words, and whose others are figures."""
    table = Grid(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True, min_width=5 if number else 0)
    return table


def _leakage_table(rows: Rows) -> Grid:
    title = "Read by fresh probes, % (below: 95 % interval over speakers)"
    table = _table(title, "what: new to the probe", "best", *TITLES.values())
    for target, protocol in _asked(rows):
        each = [(label, own.leakage.get(target, {}).get(protocol)) for label, own in rows]
        known = [(label, own) for label, own in each if own is not None]
        new = "sentences" if protocol == "sentences" else "utterances" if target == "speaker" else "speakers"
        head = Text.assemble((visible(target), "bold"), f": new {new}")
        table.add_row(head, Text.assemble(f"chance {_share(known[0][1].chance)}", *_luck(known)))
        for label, found in known:
            table.add_row(f"  {label}", _cell(found.best), *(_mean(found.probes.get(kind)) for kind in TITLES))
        table.add_section()
    table.caption = (
        "new sentences: in new utterances, too, and of new speakers where the speaker is not what is asked for; "
        "luck: what the best of these probes reads where the right answers are shuffled"
    )
    return table


def _asked(rows: Rows) -> list[tuple[ProbeTarget, ProbeProtocol]]:
    """Target and protocol of everything that was asked of anything."""
    every = ((target, protocol) for _, own in rows for target, found in own.leakage.items() for protocol in found)
    return list(dict.fromkeys(every))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _luck(known: Sequence[tuple[str, ProbeAccuracies]]) -> list[tuple[str, str]]:
    """What the best probe's answers score against shuffled truths, at most over the representations."""
    found = [best for _, own in known if (best := own.permutation_chance.best) is not None]
    return [(f"\nluck {_share(max(found))}", "dim")] if found else []


def _code_table(rows: Rows, heard: str) -> Grid:
    title = f"Voices {heard} (EER %, 50 is invariance), the speaker within one emotion (%), bits an item"
    table = _table(title, "", "cosine", "trained", "in emotion", "bits", "permuted")
    alike = False
    for label, own in rows:
        trials = own.verification.get("sentences") or own.verification.get("utterances")
        alike |= "sentences" not in own.verification
        code = own.code_length
        table.add_row(
            label,
            _cell(trials.cosine if trials else None),
            _cell(trials.backend if trials else None),
            _cell(own.within_emotion.best if own.within_emotion else None),
            _cell(code.bits if code else None, unit=1.0, digits=2),
            _cell(code.permuted if code else None, unit=1.0, digits=2),
        )
    within = [own.within_emotion for _, own in rows if own.within_emotion is not None]
    lucky = [best for own in within if (best := own.permutation_chance.best) is not None]
    uniform = next((own.code_length.uniform for _, own in rows if own.code_length is not None), None)
    shares = _share(max(lucky)) if lucky else "-"
    table.add_row("(chance)", "50.0", "50.0", shares, "-" if uniform is None else f"{uniform:.2f}", "")
    table.caption = (
        f"cosine, trained back-end: of {'any' if alike else 'different'} sentences; in emotion: its chance is luck, "
        "as above; bits: to send the speakers; permuted: where there is nothing to read"
    )
    return table


def _erasure_table(rows: Rows) -> Grid:
    title = "The speaker erased (LEACE): UAR of a fresh linear probe on new voices, %"
    table = _table(title, "", "rank", "UAR", "after", "random", "lost", "speaker")
    chance = None
    for label, own in rows:
        erased = own.erasure
        if erased is None:
            continue
        after = erased.speaker_after
        if after is not None and chance is None:
            chance = after.chance
        figures = (_cell(figure) for figure in (erased.uar_after, erased.uar_control, erased.uar_lost))
        rank = f"{erased.rank:.0f}/{erased.span:.0f}"
        table.add_row(label, rank, _mean(erased.uar_before), *figures, _cell(after.best if after else None))
    left = "" if chance is None else f" (chance {_share(chance)})"
    table.caption = (
        "rank: directions erased; UAR: before; random: after as many that say nothing of the speaker; "
        f"speaker: read afterwards{left}"
    )
    return table


def _distance_table(rows: Rows) -> Grid:
    table = _table("How far two domains lie apart (proxy A-distance: 0 alike, 2 apart)", "", "distance")
    for pair in dict.fromkeys(pair for _, own in rows for pair in own.domain_distance):
        table.add_row(Text(visible(pair), "bold"), "")
        for label, own in rows:
            if found := own.domain_distance.get(pair):
                table.add_row(f"  {label}", _cell(found, unit=1.0, digits=2))
        table.add_section()
    return table
