"""From a result to report.html; every part that the result lacks is left out of the page."""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from unheard.reports import figures
from unheard.reports.cautions import cautions

__all__ = ["render", "write_report"]

_CURVES = (
    ("emotion_loss", "emotion loss"),
    ("dev_uar", "UAR on dev speakers"),
    ("speaker_loss", "speaker head: loss"),
    ("speaker_accuracy", "speaker head: accuracy"),
)


def _number(value: Any, digits: int = 3) -> str:
    """A number, or a dash for what is not known."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        return "–"  # noqa: RUF001 (a dash in a table)
    return f"{value:.{digits}f}"


def _spread(value: Any, digits: int = 3) -> str:
    if not isinstance(value, Mapping) or value.get("mean") is None:
        return _number(None)
    deviation = value.get("std")
    return _number(value["mean"], digits) + (f" ± {_number(deviation, digits)}" if deviation is not None else "")


def _size(value: Any) -> str:
    return f"{value / 2**20:.0f} MB" if isinstance(value, (int, float)) else _number(None)


def _drawn(result: Mapping[str, Any]) -> dict[str, Any]:
    """All figures, as SVG."""
    objectives: dict[str, dict[str, Any]] = {}
    for label in result["objectives"]:
        objectives[label] = {
            "confusion": Markup(figures.confusion(result, label)),  # noqa: S704 (our own SVG, its texts escaped)
            "speakers": Markup(figures.speakers(result, label)),  # noqa: S704
            "curves": [Markup(figures.curves(result, label, key, title)) for key, title in _CURVES],  # noqa: S704
            "by_emotion": Markup(figures.embedding_map(result, label, "emotion")),  # noqa: S704
            "by_speaker": Markup(figures.embedding_map(result, label, "speaker")),  # noqa: S704
        }
    return {"pair": Markup(figures.pair(result)), "objectives": objectives}  # noqa: S704


def render(result: Mapping[str, Any]) -> str:
    """The page as text.

    Args:
        result: as documented in docs/reference/result.md; only `name`, `classes` and `objectives` must be there.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("unheard.reports", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.ChainableUndefined,
    )
    environment.filters |= {"number": _number, "spread": _spread, "size": _size}
    return environment.get_template("page.html.jinja").render(
        result=result,
        drawn=_drawn(result),
        cautions=cautions(result),
        inflated=bool((result.get("split") or {}).get("inflated")),
        chance=1 / max(1, len(result["classes"])),
    )


def write_report(result: Mapping[str, Any], file: Path) -> None:
    """Render the page and write it aside, then rename."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_text(render(result), encoding="utf-8")
    aside.replace(file)
