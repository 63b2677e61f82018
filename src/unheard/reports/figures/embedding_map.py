"""The embedding of unseen speakers in two dimensions, colored by emotion or by speaker."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from unheard.reports.documents.reading import entries, number, part, word
from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.legend import draw_legend, lay_out
from unheard.reports.figures.sheet import Sheet
from unheard.reports.figures.style import house_style

__all__ = ["embedding_map"]

Result = Mapping[str, Any]

_WIDTH, _HEIGHT = 368.0, 285.0


def _as_counted(name: str) -> list[str | int]:
    """Sorts v2 before v10."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", name))]


@house_style()
def embedding_map(result: Result, label: str, by: Literal["emotion", "speaker"]) -> Drawing | None:
    """A mark an utterance, with a legend below; None without a map of that objective.

    Args:
        result: of a run.
        label: of the objective.
        by: what decides the mark; the other is in the hover title.
    """
    drawn = part(result, "maps", label)
    other = "speaker" if by == "emotion" else "emotion"
    columns = (entries(drawn, "points"), entries(drawn, by), entries(drawn, other))
    dots = [
        (x, y, word(name), word(beside))
        for point, name, beside in zip(map(entries, columns[0]), *columns[1:], strict=False)
        if len(point) == 2 and (x := number(point[0])) is not None and (y := number(point[1])) is not None
    ]
    if not dots:
        return None
    present = {name for _, _, name, _ in dots}
    order = [word(name) for name in entries(result, "classes")] if by == "emotion" else []
    names = [name for name in order if name in present] + sorted(present - set(order), key=_as_counted)
    # The mark of an emotion is the same on every map, whether all emotions are on it or not.
    place = {name: position for position, name in enumerate([*order, *sorted(present - set(order), key=_as_counted)])}
    laid = lay_out(names, [place[name] for name in names], _WIDTH - 12)
    sheet = Sheet(_WIDTH, _HEIGHT + 6 + laid.height)
    xs, ys = [dot[0] for dot in dots], [dot[1] for dot in dots]
    area = Area(sheet, (min(xs), max(xs)), (min(ys), max(ys)), Margins(8, 8, 8, 14 + laid.height))
    tips = [f"{name}, {beside}" for _, _, name, beside in dots]
    area.marks([(x, y) for x, y, *_ in dots], [place[name] for _, _, name, _ in dots], tips, 5.4)
    draw_legend(sheet, laid, 4.0, _HEIGHT + 4)
    said = f"{len(dots)} utterances in {len(names)} groups: {', '.join(names[:30])}"
    return sheet.drawing(f"Embeddings of unseen speakers, {label}, colored by {by}", said)
