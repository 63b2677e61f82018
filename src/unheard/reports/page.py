"""From a result to report.html; every part that the result lacks is left out of the page."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from unheard.files import write_atomically
from unheard.reports import courses, figures, trust
from unheard.reports.cautions import cautions
from unheard.reports.reading import NOT_KNOWN, entries, labels, number, part

__all__ = ["render", "write_report"]

_LEAKS = {
    "linear": "linear probe",
    "mlp": "MLP probe",
    "knn": "kNN probe",
    "best": "best probe",
    "unseen_best": "best, unseen speakers",
    "eer": "EER, unseen speakers",
}


def _number(value: Any, digits: int = 3, *, sign: bool = False) -> str:
    """A number, or a dash for what is not known."""
    known = number(value)
    if known is None:
        return NOT_KNOWN
    return f"{known:+.{digits}f}" if sign else f"{known:.{digits}f}"


def _spread(value: Any, digits: int = 3) -> str:
    """Mean ± deviation, or the mean alone where there is no deviation."""
    deviation = number(value, "std")
    return _number(part(value, "mean"), digits) + (f" ± {deviation:.{digits}f}" if deviation is not None else "")


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
        "pair": safe(figures.pair(result)),
        "differences": safe(figures.differences(result)),
        "abstention": safe(trust.abstention(result)),
        "legend": safe(figures.legend(labels(result))),
        "curves": [one for one in curves if one[2]],
    }


def _leak_table(result: Mapping[str, Any]) -> dict[str, Any]:
    """Rows and columns of the leakage table: those of which anything is known."""
    rows = [(label, False, part(result, "objectives", label, "leakage")) for label in labels(result)]
    rows += [(name.replace("_", " "), True, own) for name, own in (part(result, "references") or {}).items()]
    columns = {
        key: title for key, title in _LEAKS.items() if any(number(own, key, "mean") is not None for _, _, own in rows)
    }
    return {"columns": columns, "rows": rows if columns else []}


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("unheard.reports", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
        finalize=_text,
    )
    environment.filters |= {"number": _number, "spread": _spread, "size": _size}
    environment.tests["known"] = lambda value: number(value) is not None
    return environment.get_template("page.html.jinja")


def render(result: Mapping[str, Any]) -> str:
    """The page as text.

    Args:
        result: as documented in docs/reference/result.md; only `name`, `classes` and `objectives` must be there,
            and any number may be None or nan.
    """
    return _template().render(
        result=result,
        drawn=_drawn(result),
        cautions=cautions(result),
        inflated=bool(part(result, "split", "inflated")),
        chance=figures.chance_of(result),
        seeds=len(entries(result, "seeds")),
        leaks=_leak_table(result),
        trust=trust.trust_rows(result),
        groups=trust.group_rows(result),
        folds=any(entries(result, "objectives", label, "per_fold") for label in labels(result)),
    )


def write_report(result: Mapping[str, Any], file: Path) -> None:
    """Render the page and write it aside, then rename: a reader never sees half a page.

    Args:
        result: as for `render`.
        file: where the page goes; its folder is made.

    Raises:
        OSError: the folder cannot be written to.
    """
    write_atomically(render(result), file)
