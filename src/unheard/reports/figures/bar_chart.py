"""Bars from 0 to 1 below each other, each with its name and number, against one chance level."""

from collections.abc import Sequence
from dataclasses import dataclass

from unheard.reports.figures.area import Area, Bar, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.sheet import Sheet
from unheard.reports.figures.style import LETTERS, house_style, hue, shortened, widest

__all__ = ["NamedShare", "bar_chart"]

_ROW, _WIDTH = 19.5, 540.0


@dataclass(frozen=True)
class NamedShare:
    """One bar.

    Args:
        name: what it is of.
        value: in [0, 1].
        number: of its hue.
    """

    name: str
    value: float
    number: int


@house_style()
def bar_chart(title: str, axis: str, shares: Sequence[NamedShare], chance: float | None) -> Drawing | None:
    """The bars in their order; None without any.

    Args:
        title: of the whole.
        axis: what is measured.
        shares: the bars.
        chance: where the dashed line stands; None draws none.
    """
    if not shares:
        return None
    names = [shortened(share.name, 28) for share in shares]
    margins = Margins(14 + widest(names, LETTERS["tick"]), 40, 4, 31)
    sheet = Sheet(_WIDTH, 35 + _ROW * len(shares))
    area = Area(sheet, (0.0, 1.0), (len(shares) - 0.5, -0.5), margins)
    area.scale_x(axis, grid=True)
    area.names_y(names, range(len(shares)))
    area.bars(
        [
            Bar((0.0, share.value), (row + 0.27, row - 0.27), hue(share.number), f"{share.name}: {share.value:.3f}")
            for row, share in enumerate(shares)
        ]
    )
    if chance is not None:
        area.upright(chance, f"chance: {chance:.3f}")
    for row, share in enumerate(shares):
        sheet.text(area.across(share.value) + 4, area.down(row) + 3, f"{share.value:.3f}", "number")
    return sheet.drawing(title, "; ".join(f"{share.name} {share.value:.2f}" for share in shares))
