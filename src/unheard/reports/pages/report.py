"""From a result, and what lies beside it, to report.html; every part that is not there is left out of the page."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from unheard.files import write_atomically
from unheard.leakage.probe_kinds import TITLES
from unheard.reports.documents.reading import NOT_KNOWN, entries, labels, number, part, table
from unheard.reports.documents.run_folder import Evidence, read_evidence
from unheard.reports.figures.embedding_map import embedding_map
from unheard.reports.figures.legend import legend
from unheard.reports.figures.pareto_front import pareto_front, references
from unheard.reports.figures.reliability import reliability_diagram, risk_coverage_curves
from unheard.reports.figures.scores import chance_of, confusion_matrix, differences, speaker_bars, uar_gauge
from unheard.reports.figures.training_curves import CURVES, training_curve
from unheard.reports.figures.uar_and_leakage import uar_and_leakage
from unheard.reports.findings.calibration import calibration_rows, few_emotions, group_rows, temperature_sentences
from unheard.reports.findings.cautions import HEARD_SENTENCES, Caution, cautions
from unheard.reports.findings.leakage import BELOW, below_chance, luck
from unheard.reports.pages.leakage import leakage_section, quoted_protocol, with_probes
from unheard.reports.pages.protocols import protocols_section
from unheard.reports.pages.sweep import chosen_point, settings
from unheard.reports.pages.templates import environment
from unheard.results.files import read_result

__all__ = ["REPORT", "render", "write_report", "write_run_report"]

REPORT = "report.html"
"""Where a run keeps its page."""
_NOTHING = Evidence()

_LEAKS = {
    **{kind: f"{title} probe" for kind, title in TITLES.items()},
    "best": "best probe",
    "eer": "EER, unseen speakers",
}


def _points(value: Any) -> str:
    """A difference of shares in points: '+1.8'."""
    known = number(value)
    return NOT_KNOWN if known is None else f"{round(100 * known, 1) + 0.0:+.1f}"  # + 0.0: no negative zero


def _size(value: Any) -> str:
    known = number(value)
    return NOT_KNOWN if known is None else f"{known / 2**20:.0f} MiB"


def _text(value: Any) -> Any:
    """The value, or a dash for None: null is not a word."""
    return NOT_KNOWN if value is None else value


def _drawn(result: Mapping[str, Any]) -> dict[str, Any]:
    """All figures, which become SVG where the template shows them; empty where there is nothing to draw."""
    by_objective = {
        name: {label: draw(result, label) or "" for label in labels(result)}
        for name, draw in (
            ("gauge", uar_gauge),
            ("confusion", confusion_matrix),
            ("speakers", speaker_bars),
            ("reliability", reliability_diagram),
            ("by_emotion", lambda result, label: embedding_map(result, label, "emotion")),
            ("by_speaker", lambda result, label: embedding_map(result, label, "speaker")),
        )
    }
    curves = [(*said, training_curve(result, key)) for key, said in CURVES.items()]
    return by_objective | {
        "uar_and_leakage": uar_and_leakage(result) or "",
        "differences": differences(result) or "",
        "risk_coverage": risk_coverage_curves(result) or "",
        "legend": legend(labels(result)) or "",
        "curves": [one for one in curves if one[2] is not None],
    }


def _leak_table(result: Mapping[str, Any]) -> dict[str, Any]:
    """Rows and columns of the leakage table: those of which anything is known."""
    rows = [(label, False, part(result, "objectives", label, "leakage")) for label in labels(result)]
    rows += [(name.replace("_", " "), True, own) for name, own in table(result, "references").items()]
    columns = {
        key: title for key, title in _LEAKS.items() if any(number(own, key, "mean") is not None for _, _, own in rows)
    }
    return {"columns": columns, "rows": rows if columns else []}


def _below(result: Mapping[str, Any], probed: Mapping[str, Any] | None) -> str | None:
    """What is to be said of linear probes below chance in the tables that the page shows; None without any."""
    rows = [
        (leak["own"], luck(leak["own"])) for leak in (probed or {}).get("leaks") or () if leak["target"] == "speaker"
    ]
    chance = number(result, "references", "chance", "best", "mean")
    rows += [(own, chance) for _, _, own in _leak_table(result)["rows"]]
    return BELOW if any(below_chance(own, least) for own, least in rows) else None


@functools.cache
def _template() -> jinja2.Template:
    pages = environment(finalize=_text)
    pages.filters |= {
        "luck": luck,
        "size": _size,
        "points": _points,
        "settings": settings,
    }
    pages.tests["known"] = lambda value: number(value) is not None
    return pages.get_template("page.html.jinja")


def render(result: Mapping[str, Any], evidence: Evidence = _NOTHING) -> str:
    """The page as text.

    Args:
        result: as documented in docs/reference/result.md; only `name`, `classes` and `objectives` must be there,
            and any number may be None or nan.
        evidence: what lies beside it; each piece may be empty.
    """
    probed = leakage_section(evidence.probes, result)
    shown = with_probes(result, evidence.probes)
    heard = () if part(evidence.inflation, "protocols", "sentences") is None else (HEARD_SENTENCES,)
    found = [caution for caution in cautions(shown) if caution.text not in heard]
    found += [Caution(text) for text in evidence.cautions]
    return _template().render(
        result=shown,
        drawn=_drawn(shown),
        cautions=found,
        inflated=bool(part(result, "split", "inflated")),
        chance=chance_of(result),
        seeds=len(entries(result, "seeds")),
        leaks=_leak_table(result),
        probed=probed,
        below=_below(result, probed),
        protocol=None if shown is result else quoted_protocol(evidence.probes),
        protocols=protocols_section(evidence.inflation),
        sweep=evidence.sweep,
        pareto_front=pareto_front(evidence.sweep) or "",
        chosen=chosen_point(evidence.sweep),
        references=references(evidence.sweep),
        calibration=calibration_rows(result),
        few=few_emotions(result),
        temperatures=temperature_sentences(result),
        groups=group_rows(result),
        folds=any(entries(result, "objectives", label, "per_fold") for label in labels(result)),
    )


def write_report(result: Mapping[str, Any], file: Path, evidence: Evidence = _NOTHING) -> None:
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
