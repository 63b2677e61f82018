"""From a result, and what lies beside it, to report.html; every part that is not there is left out of the page."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from unheard.files import write_atomically
from unheard.leakage.probe_kinds import TITLES
from unheard.reports.documents.reading import NOT_KNOWN, entries, labels, number, part, table
from unheard.reports.documents.run_folder import Evidence, read_evidence
from unheard.reports.figures import reliability as trust
from unheard.reports.figures import scores as figures
from unheard.reports.figures import training as courses
from unheard.reports.figures.pareto_front import curve, references
from unheard.reports.figures.uar_and_leakage import pair
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
    """All figures, as SVG: our own, with every text in them escaped."""
    safe = Markup
    by_objective = {
        name: {label: safe(draw(result, label)) for label in labels(result)}
        for name, draw in (
            ("gauge", figures.gauge),
            ("confusion", figures.confusion),
            ("speakers", figures.speakers),
            ("reliability", trust.reliability),
            ("by_emotion", lambda result, label: courses.embedding_map(result, label, "emotion")),
            ("by_speaker", lambda result, label: courses.embedding_map(result, label, "speaker")),
        )
    }
    curves = [(*courses.CURVES[key], safe(courses.curve(result, key))) for key in courses.CURVES]
    return by_objective | {
        "pair": safe(pair(result)),
        "differences": safe(figures.differences(result)),
        "abstention": safe(trust.abstention(result)),
        "legend": safe(figures.legend(labels(result))),
        "curves": [one for one in curves if one[2]],
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
        chance=figures.chance_of(result),
        seeds=len(entries(result, "seeds")),
        leaks=_leak_table(result),
        probed=probed,
        below=_below(result, probed),
        protocol=None if shown is result else quoted_protocol(evidence.probes),
        protocols=protocols_section(evidence.inflation),
        sweep=evidence.sweep,
        curve=Markup(curve(evidence.sweep)),  # noqa: S704 (our own drawing, every text in it escaped)
        chosen=chosen_point(evidence.sweep),
        references=references(evidence.sweep),
        trust=trust.trust_rows(result),
        few=trust.few_emotions(result),
        temperatures=trust.temperature_sentences(result),
        groups=trust.group_rows(result),
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
