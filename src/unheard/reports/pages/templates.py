"""How every page reads its template, and the filters that all pages share."""

from collections.abc import Callable
from typing import Any

import jinja2

from unheard.harmless import visible
from unheard.leakage.probe_kinds import TITLES
from unheard.reports.documents.reading import NOT_KNOWN, number, part

__all__ = ["as_number", "as_spread", "environment", "selection_words"]


def as_number(value: Any, digits: int = 3, *, sign: bool = False) -> str:
    """A number, or a dash for what is not known.

    >>> as_number(0.25, 2), as_number(0.5, 1, sign=True)
    ('0.25', '+0.5')
    """
    known = number(value)
    if known is None:
        return NOT_KNOWN
    return f"{known:+.{digits}f}" if sign else f"{known:.{digits}f}"


def as_spread(value: Any, digits: int = 3) -> str:
    """Mean ± deviation, or the mean alone where there is no deviation."""
    deviation = number(value, "std")
    return as_number(part(value, "mean"), digits) + (f" ± {deviation:.{digits}f}" if deviation is not None else "")


def selection_words(selection: str) -> str:
    """Which epoch is kept by a rule of selection.

    >>> selection_words("fixed-epoch"), selection_words("source-dev")
    ('the last epoch is kept', 'epoch chosen by source-dev')
    """
    return "the last epoch is kept" if selection == "fixed-epoch" else f"epoch chosen by {selection}"


class _Page(jinja2.Template):
    """A template whose text holds no sign that is not seen: no name turns a page around."""

    def render(self, *values: Any, **named: Any) -> str:
        """The page."""
        return visible(super().render(*values, **named), keep="\n\t")


class _Harmless(jinja2.Environment):
    template_class = _Page


def environment(finalize: Callable[[Any], Any] | None = None) -> jinja2.Environment:
    """Templates of HTML pages: values escaped, what is missing empty, and the filters of this file.

    Args:
        finalize: what is done to every value that a template shows.
    """
    made = _Harmless(
        loader=jinja2.PackageLoader("unheard.reports.pages", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
        finalize=finalize,
    )
    made.globals["probe_kinds"] = TITLES
    made.filters |= {"number": as_number, "spread": as_spread, "selection_words": selection_words}
    return made
