"""Figures that hold many measured shares against their chance: a row each, in groups that ask the same question."""

from collections.abc import Sequence
from dataclasses import dataclass

from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.sheet import Sheet
from unheard.reports.figures.style import LETTERS, house_style, shortened, widest

__all__ = ["Group", "Row", "forest"]

_ROW, _HEAD, _GAP = 15.0, 18.0, 9.0
_WIDTH = 540.0


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        label: whose it is.
        place: number of its hue and shape.
        value: in [0, 1].
        interval: both ends; None where it is not known.
        others: name -> value of what the figure was picked from; drawn small.
    """

    label: str
    place: int
    value: float
    interval: tuple[float, float] | None = None
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Group:
    """Rows that answer one question.

    Args:
        title: the question.
        chance: what guessing gives, or whatever the dashed line stands at; None draws none.
        rows: in their order.
    """

    title: str
    chance: float | None
    rows: tuple[Row, ...]

    @property
    def height(self) -> float:
        """In points."""
        return _HEAD + _ROW * len(self.rows) + _GAP


@house_style()
def forest(title: str, axis: str, groups: Sequence[Group], *, reach: float = 1.0) -> Drawing | None:
    """The groups below each other on one axis from 0; None without any row.

    Args:
        title: of the whole.
        axis: what is measured, and which way is better.
        groups: those without rows are left out.
        reach: highest value of the axis.
    """
    shown = [group for group in groups if group.rows]
    if not shown:
        return None
    left = 14 + widest([shortened(row.label, 22) for group in shown for row in group.rows], LETTERS["tick"])
    height = sum(group.height for group in shown)
    sheet = Sheet(_WIDTH, 4 + height + 31)
    # Upwards the axis counts points from its foot, so that rows lie as far apart in every figure.
    area = Area(sheet, (0.0, reach), (0.0, height), Margins(max(left, 84.0), 46, 4, 31))
    area.scale_x(axis, grid=True)
    top = height
    for group in shown:
        _draw(area, group, top)
        top -= group.height
    said = "; ".join(
        f"{group.title}: {', '.join(f'{row.label} {row.value:.2f}' for row in group.rows)}"
        + ("" if group.chance is None else f" (chance {group.chance:.2f})")
        for group in shown
    )
    return sheet.drawing(title, said)


def _draw(area: Area, group: Group, top: float) -> None:
    """One group: its question, the line of chance through all its rows, and the rows."""
    area.sheet.text(3, area.down(top) + 12, shortened(group.title, 70), "name")
    first = top - _HEAD
    if group.chance is not None:
        ends = (first, first - _ROW * len(group.rows))
        area.upright(min(group.chance, area.x[1]), f"chance {group.chance:.3f}", ends)
    for number, row in enumerate(group.rows):
        _draw_row(area, row, first - _ROW * (number + 0.5))


def _draw_row(area: Area, row: Row, y: float) -> None:
    def inside(value: float) -> float:
        return min(max(value, area.x[0]), area.x[1])

    area.names_y([shortened(row.label, 22)], [y])
    for name, value in row.others:
        area.tick(inside(value), (y - 3, y + 3), f"{name} {value:.3f}")
    span = ""
    if row.interval is not None:
        low, high = row.interval
        area.whisker((inside(low), inside(high)), (y, y), row.place)
        span = f", 95 % {low:.3f} to {high:.3f}"
    area.marks([(inside(row.value), y)], [row.place], [f"{row.label}: {row.value:.3f}{span}"])
    area.sheet.text(area.right + 7, area.down(y) + 3, f"{row.value:.3f}")
