"""From a result, and what lies beside it, to report.html; every part that is not there is left out of the page."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from unheard.files import write_atomically
from unheard.leakage.probe_kinds import TITLES
from unheard.reports.documents.run_folder import Evidence, read_evidence
from unheard.reports.documents.wording import NOT_KNOWN
from unheard.reports.figures.embedding_map import embedding_map
from unheard.reports.figures.legend import legend
from unheard.reports.figures.pareto_front import pareto_front, references
from unheard.reports.figures.reliability import reliability_diagram, risk_coverage_curves
from unheard.reports.figures.scores import confusion_matrix, differences, speaker_bars, uar_gauge
from unheard.reports.figures.training_curves import CURVES, training_curve
from unheard.reports.figures.uar_and_leakage import uar_and_leakage
from unheard.reports.findings.calibration import calibration_rows, few_emotions, group_rows, temperature_sentences
from unheard.reports.findings.cautions import cautions
from unheard.reports.findings.leakage import BELOW, below_chance
from unheard.reports.findings.quoted_leakage import quoted_protocol, with_probes
from unheard.reports.pages.leakage import LeakageSection, leakage_section
from unheard.reports.pages.protocols import protocols_section
from unheard.reports.pages.sweep import chosen_point, settings
from unheard.reports.pages.templates import environment
from unheard.results.files import read_result
from unheard.schemas.leakage import Leakage
from unheard.schemas.result import Result
from unheard.schemas.scores import Spread

__all__ = ["REPORT", "render", "write_report", "write_run_report"]

REPORT = "report.html"
"""Where a run keeps its page."""
_NOTHING = Evidence()


def _size(value: int) -> str:
    return f"{value / 2**20:.0f} MiB"


def _text(value: Any) -> Any:
    """The value, or a dash for None: null is not a word."""
    return NOT_KNOWN if value is None else value


def _drawn(result: Result) -> dict[str, Any]:
    """All figures, which become SVG where the template shows them; empty where there is nothing to draw."""
    whole = result.model_dump()
    by_objective = {
        name: {label: draw(whole, label) or "" for label in result.objectives}
        for name, draw in (
            ("gauge", uar_gauge),
            ("confusion", confusion_matrix),
            ("speakers", speaker_bars),
            ("reliability", reliability_diagram),
            ("by_emotion", lambda whole, label: embedding_map(whole, label, "emotion")),
            ("by_speaker", lambda whole, label: embedding_map(whole, label, "speaker")),
        )
    }
    curves = [(*said, training_curve(whole, key)) for key, said in CURVES.items()]
    return by_objective | {
        "uar_and_leakage": uar_and_leakage(whole) or "",
        "differences": differences(whole) or "",
        "risk_coverage": risk_coverage_curves(whole) or "",
        "legend": legend(list(result.objectives)) or "",
        "curves": [one for one in curves if one[2] is not None],
    }


@dataclass(frozen=True)
class _LeakTable:
    """What the run itself measured.

    Args:
        titles: of the columns.
        rows: name, whether it is a reference, and a figure a column.
    """

    titles: Sequence[str]
    rows: Sequence[tuple[str, bool, Sequence[Spread | None]]]


def _each_leakage(result: Result) -> list[tuple[str, bool, Leakage]]:
    """Name, whether it is a reference, and leakage, of everything of which it is known."""
    objectives = [(label, False, own.leakage) for label, own in result.objectives.items()]
    known = [(name.replace("_", " "), True, own) for name, own in result.references]
    return [(name, reference, own) for name, reference, own in [*objectives, *known] if own is not None]


def _leak_table(result: Result) -> _LeakTable:
    """Those columns of which anything is known."""
    rows = [
        (name, reference, [*(own.probes.get(kind) for kind in TITLES), own.best, own.eer])
        for name, reference, own in _each_leakage(result)
    ]
    titles = [*(f"{title} probe" for title in TITLES.values()), "best probe", "EER, unseen speakers"]
    kept = [
        place
        for place in range(len(titles))
        if any((cell := cells[place]) is not None and cell.mean is not None for *_, cells in rows)
    ]
    shown = [(name, reference, [cells[place] for place in kept]) for name, reference, cells in rows]
    return _LeakTable([titles[place] for place in kept], shown if kept else [])


def _below(result: Result, probed: LeakageSection | None) -> str | None:
    """What is to be said of linear probes below chance in the tables that the page shows; None without any."""
    asked = [
        (row.own.probes.get("linear"), row.own.permutation_chance.best)
        for row in (() if probed is None else probed.leaks)
        if row.target == "speaker"
    ]
    chance = result.references.chance
    guessed = None if chance is None or chance.best is None else chance.best.mean
    own = [(one.probes.get("linear"), guessed) for *_, one in _each_leakage(result)]
    found = any(linear is not None and below_chance(linear.mean, least) for linear, least in [*asked, *own])
    return BELOW if found else None


@functools.cache
def _template() -> jinja2.Template:
    pages = environment(finalize=_text)
    pages.filters |= {
        "size": _size,
        "settings": settings,
    }
    return pages.get_template("page.html.jinja")


def render(result: Result, evidence: Evidence = _NOTHING) -> str:
    """The page as text.

    Args:
        result: of the run.
        evidence: what lies beside it; each piece may be missing.
    """
    probed = leakage_section(evidence.probes, result)
    shown = with_probes(result, evidence.probes)
    answered = evidence.protocols is not None and "sentences" in evidence.protocols.protocols
    found = [one for one in cautions(shown) if not (answered and one.kind == "sentences-shared")]
    return _template().render(
        result=shown,
        drawn=_drawn(shown),
        cautions=[*found, *evidence.cautions],
        leaks=_leak_table(result),
        probed=probed,
        below=_below(result, probed),
        protocol=None if evidence.probes is None or shown is result else quoted_protocol(evidence.probes),
        protocols=protocols_section(evidence.protocols),
        calibration=calibration_rows(result),
        few=few_emotions(result),
        temperatures=temperature_sentences(result),
        groups=group_rows(result),
        folds=any(own.per_fold for own in result.objectives.values()),
        **_swept(evidence),
    )


def _swept(evidence: Evidence) -> Mapping[str, Any]:
    """What the sections of a sweep show."""
    if evidence.sweep is None:
        return {"sweep": None}
    whole = evidence.sweep.model_dump()
    return {
        "sweep": evidence.sweep,
        "pareto_front": pareto_front(whole) or "",
        "chosen": chosen_point(evidence.sweep),
        "references": references(whole),
    }


def write_report(result: Result, file: Path, evidence: Evidence = _NOTHING) -> None:
    """Render the page and write it aside, then rename: a reader never sees half a page.

    Args:
        result: as for `render`.
        file: where the page goes; its folder is made.
        evidence: as for `render`.

    Raises:
        OSError: the folder cannot be written to.
    """
    write_atomically(render(result, evidence), file)


def write_run_report(run: Path) -> Path:
    """Write the page of a finished run anew, with all that lies in its folder now.

    Args:
        run: the folder.

    Returns:
        Where the page is.

    Raises:
        RunError: there is no result, or it is damaged.
        OSError: the folder cannot be written to.
    """
    result = read_result(run)
    write_report(result, run / REPORT, read_evidence(run, result))
    return run / REPORT
