"""From a sweep to sweep.html."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from unheard.files import write_atomically
from unheard.reports.pareto import Sweep, curve, references, short
from unheard.reports.reading import NOT_KNOWN, entries, number, part
from unheard.reports.response import response

__all__ = ["chosen_point", "render_sweep", "settings", "write_sweep_page"]


def _number(value: Any, digits: int = 3) -> str:
    known = number(value)
    return NOT_KNOWN if known is None else f"{known:.{digits}f}"


def _spread(value: Any) -> str:
    deviation = number(value, "std")
    return _number(part(value, "mean")) + (f" ± {deviation:.3f}" if deviation is not None else "")


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
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("unheard.reports", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
    )
    safe = Markup
    environment.filters |= {"number": _number, "spread": _spread, "settings": settings}
    return environment.get_template("sweep.html.jinja").render(
        sweep=sweep,
        chosen=chosen_point(sweep),
        curve=safe(curve(sweep)),
        response=safe(response(sweep)),
        references=references(sweep),
    )


def write_sweep_page(sweep: Sweep, file: Path) -> None:
    """Write sweep.html, aside and renamed."""
    write_atomically(render_sweep(sweep), file)
