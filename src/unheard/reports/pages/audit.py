"""From an audit to one page: what leaks, what gives the emotion away, what each class and speaker has."""

from pathlib import Path

from unheard.data.audit.findings import shown
from unheard.data.audit.traits import TRAITS
from unheard.files import write_atomically
from unheard.reports.documents.wording import NOT_KNOWN
from unheard.reports.figures.bar_chart import NamedShare, bar_chart
from unheard.reports.figures.drawing import Drawing
from unheard.reports.pages.templates import environment
from unheard.schemas.audit import AuditReport

__all__ = ["answers_without_voices", "render_audit", "write_audit_page"]

_SPOKEN = {trait.name: trait.spoken for trait in TRAITS}
_TITLES = {trait.name: trait.title for trait in TRAITS}
_SEVERITIES = {"leak": "leaks", "caution": "cautions", "note": "notes"}


def _trait(value: float | None, name: str) -> str:
    """A trait's value with its unit."""
    trait = next(trait for trait in TRAITS if trait.name == name)
    return NOT_KNOWN if value is None else shown(value, trait)


def answers_without_voices(report: AuditReport) -> Drawing | None:
    """A bar for everything that answers for the emotion without a voice; None if nothing does.

    Args:
        report: of the audit.
    """
    rows = [(column, tie.lookup_uar, 0) for column, tie in report.ties.items()]
    if report.folds is not None:
        rows += [(f"{column}, on the folds", tie.folds_uar, 1) for column, tie in report.ties.items()]
    for own in report.confounds:
        if own.of == "emotion":
            title = _TITLES.get(own.trait, own.trait)
            rows.append((title, own.uar, 2 if _SPOKEN.get(own.trait) else 3))
    shares = [NamedShare(name, value, family) for name, value, family in rows if value is not None]
    return bar_chart("What can be answered without hearing a voice", "UAR", shares, report.chance)


def render_audit(report: AuditReport) -> str:
    """The page as text.

    Args:
        report: of the audit.
    """
    pages = environment()
    pages.filters |= {"trait": _trait}
    return pages.get_template("audit.html.jinja").render(
        report=report,
        counted={word: sum(one.severity == key for one in report.findings) for key, word in _SEVERITIES.items()},
        answers=answers_without_voices(report),
        traits=TRAITS,
        emotions=list(report.class_counts),
        titles=_TITLES,
    )


def write_audit_page(report: AuditReport, file: Path) -> None:
    """Write the page, aside and renamed."""
    write_atomically(render_audit(report), file)
