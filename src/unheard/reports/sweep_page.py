"""From a sweep to sweep.html."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from unheard.files import write_atomically
from unheard.reports.pareto import Sweep, curve, references, short
from unheard.reports.reading import NOT_KNOWN, entries, number, part

__all__ = ["render_sweep", "write_sweep_page"]


def _number(value: Any, digits: int = 3) -> str:
    known = number(value)
    return NOT_KNOWN if known is None else f"{known:.{digits}f}"


def _spread(value: Any) -> str:
    deviation = number(value, "std")
    return _number(part(value, "mean")) + (f" ± {deviation:.3f}" if deviation is not None else "")


def _settings(value: Any) -> str:
    return ", ".join(f"{key.rpartition('.')[2]} = {short(own)}" for key, own in (value or {}).items()) or NOT_KNOWN


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
    environment.filters |= {"number": _number, "spread": _spread, "settings": _settings}
    chosen = next((row for row in entries(sweep, "points") if part(row, "chosen")), None)
    return environment.get_template("sweep.html.jinja").render(
        sweep=sweep, chosen=chosen, curve=safe(curve(sweep)), references=references(sweep)
    )


def write_sweep_page(sweep: Sweep, file: Path) -> None:
    """Write sweep.html, aside and renamed."""
    write_atomically(render_sweep(sweep), file)
