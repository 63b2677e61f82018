"""The table of a recipe under several protocols, for a terminal and for pages."""

from collections.abc import Mapping
from typing import Any

from unheard.results.protocols import OWN

__all__ = ["inflation_rows", "inflation_text"]


def inflation_rows(document: Mapping[str, Any]) -> list[list[str]]:
    """The table, its heading first: a row an objective; UAR with its interval, and points beside the own split."""
    protocols = document["protocols"]
    gaps = {(row["objective"], row["protocol"]): row for row in document["differences"]}
    heads = [[about["title"], *([] if name == OWN else ["difference"])] for name, about in protocols.items()]
    rows = [["", *(head for pair in heads for head in pair)]]
    for label, scores in document["objectives"].items():
        row = [label]
        for name in protocols:
            row.append(_score(scores.get(name)))
            if name != OWN:
                row.append(_points(gaps.get((label, name))))
        rows.append(row)
    if closed := document["closed_form"]:
        cells = [[_score(closed.get(name)), *([] if name == OWN else [""])] for name in protocols]
        rows.append(["(closed form)", *(cell for pair in cells for cell in pair)])
    return rows


def _score(uar: Mapping[str, Any] | None) -> str:
    if not uar or uar["mean"] is None:
        return "-"
    low, high = uar["interval"]
    span = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{uar['mean']:.3f}{span}"


def _points(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    low, high = row["interval"]
    span = "" if low is None or high is None else f" ({100 * low:+.1f} to {100 * high:+.1f})"
    return f"{100 * row['difference']:+.1f} points{span}"


def inflation_text(document: Mapping[str, Any]) -> str:
    """The table for a terminal, and under it what the differences are called."""
    rows = inflation_rows(document)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *(f"- {row['sentence']}" for row in document["differences"])])
