"""How every page reads its template, and the filters that all pages share."""

from collections.abc import Callable
from typing import Any

import jinja2
from jinja2 import utils

from unheard.harmless import visible
from unheard.leakage.probe_kinds import TITLES
from unheard.reports.documents.wording import NOT_KNOWN
from unheard.schemas.scores import Spread

__all__ = ["BelowNothing", "as_number", "as_points", "as_spread", "environment", "selection_words"]


def as_number(value: float | jinja2.Undefined | None, digits: int = 3, *, sign: bool = False) -> str:
    """A number, or a dash for what is not known.

    >>> as_number(0.25, 2), as_number(0.5, 1, sign=True)
    ('0.25', '+0.5')
    """
    if value is None or isinstance(value, jinja2.Undefined):
        return NOT_KNOWN
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def as_points(value: float | jinja2.Undefined | None) -> str:
    """A difference of shares in points, or a dash for what is not known.

    >>> as_points(0.018), as_points(-0.0001), as_points(None) == NOT_KNOWN
    ('+1.8', '+0.0', True)
    """
    if value is None or isinstance(value, jinja2.Undefined):
        return NOT_KNOWN
    return f"{round(100 * value, 1) + 0.0:+.1f}"  # + 0.0: no negative zero


def as_spread(value: Spread | jinja2.Undefined | None, digits: int = 3) -> str:
    """Mean ± deviation, or the mean alone where there is no deviation."""
    if value is None or isinstance(value, jinja2.Undefined):
        return NOT_KNOWN
    return as_number(value.mean, digits) + ("" if value.std is None else f" ± {value.std:.{digits}f}")


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


class BelowNothing(jinja2.ChainableUndefined):
    """What lies below None is nothing, and shown as empty; a name that nowhere is would be a mistake of the template.

    Raises:
        UndefinedError: a record has no such field, or the template was not given such a value.
    """

    def __init__(
        self, hint: str | None = None, obj: Any = utils.missing, name: str | None = None, **more: Any
    ) -> None:
        super().__init__(hint, obj, name, **more)
        if obj is not None and not isinstance(obj, dict):
            self._fail_with_undefined_error()


class _Harmless(jinja2.Environment):
    template_class = _Page


def environment(finalize: Callable[[Any], Any] | None = None) -> jinja2.Environment:
    """Templates of HTML pages: values escaped, what lies below None empty, and the filters of this file.

    Args:
        finalize: what is done to every value that a template shows.
    """
    made = _Harmless(
        loader=jinja2.PackageLoader("unheard.reports.pages", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=BelowNothing,
        finalize=finalize,
    )
    made.globals["probe_kinds"] = TITLES
    made.filters |= {
        "number": as_number,
        "points": as_points,
        "spread": as_spread,
        "selection_words": selection_words,
    }
    return made
