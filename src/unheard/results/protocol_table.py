"""The table of a recipe under several protocols, for a terminal and for pages."""

from unheard.results.protocols import OWN
from unheard.schemas.protocols import ProtocolComparison, ProtocolDifference
from unheard.schemas.scores import UarScores

__all__ = ["protocol_rows", "protocol_text"]


def protocol_rows(found: ProtocolComparison) -> list[list[str]]:
    """The table, its heading first: a row an objective; UAR with its interval, and points beside the own split."""
    gaps = {(one.objective, one.protocol): one for one in found.differences}
    heads = [[own.title, *([] if name == OWN else ["difference"])] for name, own in found.protocols.items()]
    rows = [["", *(head for pair in heads for head in pair)]]
    for label, scores in found.objectives.items():
        row = [label]
        for name in found.protocols:
            row.append(_score(scores.get(name)))
            if name != OWN:
                row.append(_points(gaps.get((label, name))))
        rows.append(row)
    if found.closed_form:
        cells = [[_score(found.closed_form.get(name)), *([] if name == OWN else [""])] for name in found.protocols]
        rows.append(["(closed form)", *(cell for pair in cells for cell in pair)])
    return rows


def _score(uar: UarScores | None) -> str:
    if uar is None or uar.mean is None:
        return "-"
    span = "" if uar.interval is None else " ({:.3f} to {:.3f})".format(*uar.interval)
    return f"{uar.mean:.3f}{span}"


def _points(gap: ProtocolDifference | None) -> str:
    if gap is None:
        return "-"
    span = "" if gap.interval is None else " ({:+.1f} to {:+.1f})".format(*(100 * end for end in gap.interval))
    return f"{100 * gap.difference:+.1f} points{span}"


def protocol_text(found: ProtocolComparison) -> str:
    """The table for a terminal, and under it what the differences are called."""
    rows = protocol_rows(found)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, *(f"- {one.sentence}" for one in found.differences)])
