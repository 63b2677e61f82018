"""From an audit to one page: what leaks, what gives the emotion away, what each class and speaker has."""

from pathlib import Path

from markupsafe import Markup

from unheard.data.audit.findings import shown
from unheard.data.audit.traits import TRAITS
from unheard.files import write_atomically
from unheard.reports.documents.wording import NOT_KNOWN
from unheard.reports.figures.svg import Frame, color, figure, label_of, ticks
from unheard.reports.pages.templates import environment
from unheard.schemas.audit import AuditReport

__all__ = ["render_audit", "unheard_answers", "write_audit_page"]

_ROW, _BAR = 26, 13
_SPOKEN = {trait.name: trait.spoken for trait in TRAITS}
_TITLES = {trait.name: trait.title for trait in TRAITS}
_SEVERITIES = {"leak": "leaks", "caution": "cautions", "note": "notes"}


def _trait(value: float | None, name: str) -> str:
    """A trait's value with its unit."""
    trait = next(trait for trait in TRAITS if trait.name == name)
    return NOT_KNOWN if value is None else shown(value, trait)


def unheard_answers(report: AuditReport) -> str:
    """A bar for everything that answers for the emotion without a voice, as SVG; empty if nothing does.

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
    bars = [(name, value, family) for name, value, family in rows if value is not None]
    if not bars:
        return ""
    frame = Frame(720, 46 + _ROW * len(bars), (0.0, 1.0), (0.0, 1.0), left=190, bottom=40, top=6, right=52)
    body = [_scale(frame)]
    for row, (name, value, family) in enumerate(bars):
        y = frame.top + _ROW * row
        width = frame.across(value) - frame.left
        title, tip = label_of(name, 28), f"<title>{label_of(name, 40)}: {value:.3f}</title>"
        fill = f'style="fill:{color(family)}"'
        body += [
            f'<text class="tick" x="{frame.left - 8}" y="{y + 14:.1f}" text-anchor="end">{title}</text>',
            f'<rect x="{frame.left}" y="{y + 4:.1f}" width="{width:.1f}" height="{_BAR}" rx="2" {fill}>{tip}</rect>',
            f'<text class="tick" x="{frame.left + width + 6:.1f}" y="{y + 14:.1f}">{value:.3f}</text>',
        ]
    body.append(_chance(frame, report.chance))
    said = "; ".join(f"{name} {value:.2f}" for name, value, _ in bars)
    return figure(frame.width, frame.height, "What can be answered without hearing a voice", said, "".join(body))


def _scale(frame: Frame) -> str:
    """Upright lines and numbers of UAR."""
    parts = []
    bottom = frame.height - frame.bottom
    for value in ticks(*frame.x):
        x = frame.across(value)
        parts += [
            f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{bottom}"/>',
            f'<text class="tick" x="{x:.1f}" y="{bottom + 17}" text-anchor="middle">{value:.1f}</text>',
        ]
    middle = (frame.left + frame.width - frame.right) / 2
    parts.append(f'<text class="axis" x="{middle:.0f}" y="{frame.height - 5}" text-anchor="middle">UAR</text>')
    return "".join(parts)


def _chance(frame: Frame, chance: float | None) -> str:
    if chance is None:
        return ""
    x, bottom = frame.across(chance), frame.height - frame.bottom
    return (
        f'<line class="reference" x1="{x:.1f}" x2="{x:.1f}" y1="{frame.top}" y2="{bottom}">'
        f"<title>chance: {chance:.3f}</title></line>"
    )


def render_audit(report: AuditReport) -> str:
    """The page as text.

    Args:
        report: of the audit.
    """
    pages = environment()
    pages.filters |= {"trait": _trait}
    safe = Markup
    return pages.get_template("audit.html.jinja").render(
        report=report,
        counted={word: sum(one.severity == key for one in report.findings) for key, word in _SEVERITIES.items()},
        answers=safe(unheard_answers(report)),
        traits=TRAITS,
        emotions=list(report.class_counts),
        titles=_TITLES,
    )


def write_audit_page(report: AuditReport, file: Path) -> None:
    """Write the page, aside and renamed."""
    write_atomically(render_audit(report), file)
