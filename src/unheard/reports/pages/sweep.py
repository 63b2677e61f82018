"""From a sweep to sweep.html."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unheard.files import write_atomically
from unheard.reports.documents.wording import NOT_KNOWN
from unheard.reports.figures.pareto_front import pareto_front, references, short
from unheard.reports.figures.setting_curve import setting_curve
from unheard.reports.pages.templates import environment
from unheard.schemas.sweep import Sweep, SweepPoint

__all__ = ["chosen_point", "render_sweep", "settings", "write_sweep_page"]


def settings(value: Mapping[str, Any]) -> str:
    """Varied settings in a line, by the last part of their names.

    >>> settings({"objectives.dat.weight": -0.3})
    'weight = -0.3'
    """
    return ", ".join(f"{key.rpartition('.')[2]} = {short(own)}" for key, own in value.items()) or NOT_KNOWN


def chosen_point(sweep: Sweep) -> SweepPoint | None:
    """The point that dev speakers chose, None where there is none."""
    return next((point for point in sweep.points if point.chosen), None)


def render_sweep(sweep: Sweep) -> str:
    """The page as text."""
    pages, whole = environment(), sweep.model_dump()
    pages.filters |= {"settings": settings}
    return pages.get_template("sweep.html.jinja").render(
        sweep=sweep,
        chosen=chosen_point(sweep),
        pareto_front=pareto_front(whole),
        setting_curve=setting_curve(whole),
        references=references(whole),
    )


def write_sweep_page(sweep: Sweep, file: Path) -> None:
    """Write sweep.html, aside and renamed."""
    write_atomically(render_sweep(sweep), file)
