"""From a sweep to sweep.html."""

from pathlib import Path
from typing import Any

from unheard.files import write_atomically
from unheard.reports.documents.reading import NOT_KNOWN, entries, part
from unheard.reports.figures.pareto_front import Sweep, pareto_front, references, short
from unheard.reports.figures.setting_curve import setting_curve
from unheard.reports.pages.templates import environment

__all__ = ["chosen_point", "render_sweep", "settings", "write_sweep_page"]


def settings(value: Any) -> str:
    """Varied settings in a line, by the last part of their names.

    >>> settings({"objectives.dat.weight": -0.3})
    'weight = -0.3'
    """
    return ", ".join(f"{key.rpartition('.')[2]} = {short(own)}" for key, own in (value or {}).items()) or NOT_KNOWN


def chosen_point(sweep: Sweep) -> Any:
    """The point that dev speakers chose, None where there is none."""
    return next((row for row in entries(sweep, "points") if part(row, "chosen")), None)


def render_sweep(sweep: Sweep) -> str:
    """The page as text.

    Args:
        sweep: as documented in docs/reference/sweep.md; any number may be None.
    """
    pages = environment()
    pages.filters |= {"settings": settings}
    return pages.get_template("sweep.html.jinja").render(
        sweep=sweep,
        chosen=chosen_point(sweep),
        pareto_front=pareto_front(sweep),
        setting_curve=setting_curve(sweep),
        references=references(sweep),
    )


def write_sweep_page(sweep: Sweep, file: Path) -> None:
    """Write sweep.html, aside and renamed."""
    write_atomically(render_sweep(sweep), file)
