"""The section on protocols: the recipe on unseen speakers, on unseen sentences too, and on a random split."""

from collections.abc import Mapping, Sequence
from typing import Any

from unheard.reports.documents.reading import NOT_KNOWN, entries, number, part, table, texts, word
from unheard.results.protocols import OWN

__all__ = ["protocols_section"]


def protocols_section(inflation: Mapping[str, Any]) -> dict[str, Any]:
    """All that the template of this section shows; empty where the recipe ran under its own split alone.

    Args:
        inflation: as `evaluation.inflation.inflation` gives it; empty for none.
    """
    columns: list[dict[str, Any]] = [
        {"key": name, "title": word(own, "title"), "inflated": bool(part(own, "inflated")), "own": name == OWN}
        for name, own in table(inflation, "protocols").items()
    ]
    # From the strictest to the most flattering.
    columns.sort(key=lambda column: (column["inflated"], column["own"]))
    gaps = {(word(row, "objective"), word(row, "protocol")): row for row in entries(inflation, "differences")}

    def as_row(label: str, scores: Mapping[str, Any]) -> dict[str, Any]:
        cells = [
            {"uar": part(scores, column["key"]), "gap": gaps.get((label, column["key"])), "own": column["own"]}
            for column in columns
        ]
        return {"label": label, "cells": cells}

    rows = [as_row(label, scores) for label, scores in table(inflation, "objectives").items()]
    closed = table(inflation, "closed_form")  # documents of older versions lack it
    if not rows or len(columns) < 2:
        return {}
    return {
        "columns": columns,
        "own": next((column["title"] for column in columns if column["own"]), NOT_KNOWN),
        "rows": [*rows, *([as_row("(closed form)", closed)] if closed else [])],
        "lines": [line for row in rows if (line := _line(row, columns))],
        "sentences": texts([part(row, "sentence") for row in entries(inflation, "differences")]),
    }


def _line(row: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """What an objective scores under its own protocol and the others, and what an inflated one would claim."""
    own, others = None, []
    for column, cell in zip(columns, row["cells"], strict=True):
        good, gap = number(cell["uar"], "mean"), number(cell["gap"], "difference")
        if good is None:
            continue
        if column["own"]:
            own = f"{good:.3f} on {column['title']}"
        elif column["inflated"]:
            beyond = "" if gap is None else f", {100 * gap:+.1f} points"
            others.append(f"a random split would claim {good:.3f} (INFLATED{beyond}: a diagnostic)")
        else:
            others.append(f"{good:.3f} on {column['title']}")
    return None if own is None or not others else {"label": row["label"], "text": "; ".join([own, *others])}
