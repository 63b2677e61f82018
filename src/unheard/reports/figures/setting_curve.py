"""What one setting does: UAR and leakage over its values, as two figures in one (layers, shares of labels, sizes)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unheard.reports.documents.reading import entries, number, part, word
from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.legend import draw_legend, lay_out
from unheard.reports.figures.pareto_front import Sweep, families, limits, short, title_of
from unheard.reports.figures.scores import interval_of
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import house_style, hue, shortened

__all__ = ["setting_curve", "varied_alone"]

_WIDTH, _HEIGHT = 540.0, 207.0
Means = tuple[float, float, float]
"""A mean, and the lower and the upper end of what is drawn about it."""


@dataclass(frozen=True)
class _Value:
    """One objective at one value of the setting."""

    place: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class _Panel:
    """One of the two figures: its title, a line an objective, and where chance lies."""

    title: str
    lines: Mapping[int, Sequence[_Value]]
    chance: float | None

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of its upward axis."""
        ends = [end for own in self.lines.values() for one in own for end in (one.low, one.high)]
        return limits(ends, [] if self.chance is None else [self.chance])


def varied_alone(sweep: Sweep) -> tuple[str, list[Any]] | None:
    """The one setting that all points share and differ in, with its values in their order; None where it is not so.

    An objective's own settings are drawn as a front, where leakage lies across: they are none of these.
    """
    rows = entries(sweep, "points")
    keys = {key for row in rows for key in (part(row, "varied") or {})}
    if len(keys) != 1 or not all(part(row, "varied") for row in rows):
        return None
    (key,) = keys
    if str(key).startswith("objective"):
        return None
    values: list[Any] = []
    for row in rows:
        if row["varied"][key] not in values:
            values.append(row["varied"][key])
    if all(number(value) is not None for value in values):
        values.sort()
    return (str(key), values) if len(values) > 1 else None


def _named(value: Any) -> str:
    """A value under the axis.

    >>> _named([2]), _named([2, 3]), _named(0.1)
    ('2', '2+3', '0.1')
    """
    return "+".join(map(short, value)) if isinstance(value, list) else short(value)


def _good(sweep: Sweep, row: Mapping[str, Any]) -> Means | None:
    own = part(row, word(sweep, "measure"))
    mean = number(own, "mean")
    return None if mean is None else (mean, *(interval_of(own) or (mean, mean)))


def _leak(row: Mapping[str, Any]) -> Means | None:
    mean, deviation = number(row, "leakage", "best", "mean"), number(row, "leakage", "best", "std") or 0.0
    return None if mean is None else (mean, max(0.0, mean - deviation), min(1.0, mean + deviation))


def _lines(
    sweep: Sweep, key: str, values: Sequence[Any], read: Callable[[Mapping[str, Any]], Means | None]
) -> dict[int, list[_Value]]:
    known = families(sweep)
    found: dict[int, list[_Value]] = {number: [] for number in range(len(known))}
    for row in entries(sweep, "points"):
        seen = read(row)
        if seen is not None:
            place = values.index(row["varied"][key])
            found[known.index(word(row, "objective"))].append(_Value(place, *seen))
    return {family: sorted(own, key=lambda one: one.place) for family, own in found.items() if own}


@house_style()
def setting_curve(sweep: Sweep) -> Drawing | None:
    """The figure, None where no single shared setting was varied or nothing was measured."""
    alone = varied_alone(sweep)
    if alone is None:
        return None
    key, values = alone
    names, objectives = [shortened(_named(value), 9) for value in values], families(sweep)
    good, leaks = _lines(sweep, key, values, lambda row: _good(sweep, row)), _lines(sweep, key, values, _leak)
    panels = [
        _Panel(title_of(sweep), good, number(sweep, "chance")),
        _Panel("a fresh probe names the speaker", leaks, number(sweep, "references", "chance", "best", "mean")),
    ]
    shown, said = [panel for panel in panels if panel.lines], []
    if not shown:
        return None
    laid = lay_out(objectives, range(len(objectives)), _WIDTH - 54)
    sheet, width = Sheet(_WIDTH, _HEIGHT + laid.height), _WIDTH / len(shown)
    draw_legend(sheet, laid, 48, 0)
    for position, panel in enumerate(shown):
        margins = Margins(48 + position * width, _WIDTH - (position + 1) * width + 9, 8 + laid.height, 31)
        _draw(Area(sheet, (-0.4, len(values) - 0.6), panel.limits, margins), panel, names)
        for family, own in panel.lines.items():
            told = ", ".join(f"{names[one.place]} {one.mean:.2f}" for one in own)
            said.append(f"{panel.title}, {objectives[family]}: {told}")
    axis = key.removeprefix("features.").removeprefix("training.")
    sheet.text(_WIDTH / 2, sheet.height - 4, axis, "axis", anchor="center")
    return sheet.drawing(f"UAR and leakage over {key}", ". ".join(said))


def _draw(area: Area, panel: _Panel, names: Sequence[str]) -> None:
    """One figure: a line an objective, its values side by side where they share a place."""
    area.scale_y(panel.title)
    area.names_x(names, range(len(names)))
    if panel.chance is not None and area.y[0] <= panel.chance <= area.y[1]:
        area.level(panel.chance, "chance")
    for family, values in panel.lines.items():
        shift = 0.06 * (family - (len(panel.lines) - 1) / 2)
        xs = [value.place + shift for value in values]
        area.line(xs, [value.mean for value in values], Stroke(hue(family), 1.1, alpha=0.75))
        for x, value in zip(xs, values, strict=True):
            area.whisker((x, x), (value.low, value.high), family, faint=True)
        tips = [f"{names[value.place]}: {value.mean:.3f}" for value in values]
        area.marks([(x, value.mean) for x, value in zip(xs, values, strict=True)], [family] * len(xs), tips)
