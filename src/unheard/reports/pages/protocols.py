"""The section on protocols: the recipe on unseen speakers, on unseen sentences too, and on a random split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unheard.reports.documents.wording import NOT_KNOWN
from unheard.results.protocols import OWN
from unheard.schemas.protocols import ProtocolComparison, ProtocolDifference
from unheard.schemas.scores import UarScores

__all__ = ["ProtocolCell", "ProtocolColumn", "ProtocolRow", "ProtocolSection", "protocols_section"]


@dataclass(frozen=True)
class ProtocolColumn:
    """One protocol.

    Args:
        key: its name.
        title: what people call it.
        inflated: whether the same speakers stand in train and test.
        own: whether it is the recipe's own split.
    """

    key: str
    title: str
    inflated: bool
    own: bool


@dataclass(frozen=True)
class ProtocolCell:
    """One objective under one protocol.

    Args:
        column: the protocol.
        uar: what it scores; None where it was not run.
        gap: the difference to the recipe's own split; None where there is none.
    """

    column: ProtocolColumn
    uar: UarScores | None
    gap: ProtocolDifference | None


@dataclass(frozen=True)
class ProtocolRow:
    """One objective under all protocols.

    Args:
        label: its own.
        cells: in the order of the columns.
    """

    label: str
    cells: tuple[ProtocolCell, ...]


@dataclass(frozen=True)
class ProtocolSection:
    """All that the template of this section shows.

    Args:
        columns: protocols, from the strictest to the most flattering.
        own: title of the recipe's own split.
        rows: objectives, and the closed form where it is known.
        lines: label of an objective, and what it scores, in words.
        sentences: the differences in plain words.
    """

    columns: Sequence[ProtocolColumn]
    own: str
    rows: Sequence[ProtocolRow]
    lines: Sequence[tuple[str, str]]
    sentences: Sequence[str]


def protocols_section(found: ProtocolComparison | None) -> ProtocolSection | None:
    """All that the template of this section shows; None where the recipe ran under its own split alone.

    Args:
        found: as `compare_protocols` gives it; None for none.
    """
    if found is None or not found.objectives or len(found.protocols) < 2:
        return None
    columns = [ProtocolColumn(name, own.title, own.inflated, name == OWN) for name, own in found.protocols.items()]
    columns.sort(key=lambda column: (column.inflated, column.own))
    gaps = {(one.objective, one.protocol): one for one in found.differences}

    def as_row(label: str, scores: Mapping[str, UarScores]) -> ProtocolRow:
        return ProtocolRow(
            label,
            tuple(ProtocolCell(one, scores.get(one.key), gaps.get((label, one.key))) for one in columns),
        )

    rows = [as_row(label, scores) for label, scores in found.objectives.items()]
    closed = [as_row("(closed form)", found.closed_form)] if found.closed_form else []
    return ProtocolSection(
        columns=columns,
        own=next((column.title for column in columns if column.own), NOT_KNOWN),
        rows=[*rows, *closed],
        lines=[(row.label, text) for row in rows if (text := _line(row)) is not None],
        sentences=[one.sentence for one in found.differences],
    )


def _line(row: ProtocolRow) -> str | None:
    """What an objective scores under its own protocol and the others, and what an inflated one would claim."""
    own, others = None, []
    for cell in row.cells:
        if cell.uar is None or cell.uar.mean is None:
            continue
        good = f"{cell.uar.mean:.3f}"
        if cell.column.own:
            own = f"{good} on {cell.column.title}"
        elif cell.column.inflated:
            beyond = "" if cell.gap is None else f", {100 * cell.gap.difference:+.1f} points"
            others.append(f"a random split would claim {good} (INFLATED{beyond}: a diagnostic)")
        else:
            others.append(f"{good} on {cell.column.title}")
    return None if own is None or not others else "; ".join([own, *others])
