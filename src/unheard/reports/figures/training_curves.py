"""What training did, epoch by epoch: a line a training, and an objective's mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from unheard.reports.documents.reading import entries, labels, number
from unheard.reports.figures.area import Area, Margins
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.scores import chance_of
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import house_style, hue

__all__ = ["CURVES", "mean_over", "training_curve"]

Result = Mapping[str, Any]

CURVES = {
    "emotion_loss": (
        "Emotion head: loss",
        "How well the training speakers are learned; it says nothing of new ones.",
    ),
    "dev_uar": (
        "UAR on development speakers",
        "Speakers kept out of this training; they choose the epoch if the recipe says so. Test speakers have no say.",
    ),
    "speaker_loss": ("Speaker head: loss", "What an adversary tries to lower and the encoder to raise."),
    "speaker_accuracy": (
        "Speaker head: accuracy",
        "No measure of invariance: a low one may be a weak or a fooled head. Only fresh probes decide.",
    ),
    "weight": ("Weight of the adversary", "How hard the encoder is pushed, epoch by epoch."),
}
"""Key of a training curve -> its title and what it says."""

_THIN = 40
"""Single trainings drawn of one objective: more would be a blot."""
_WIDTH, _HEIGHT = 368, 180


def mean_over(series: Sequence[Sequence[Any]]) -> list[float | None]:
    """Epoch by epoch, the mean of the trainings that got so far; None where none has a number."""
    means: list[float | None] = []
    for epoch in range(max((len(one) for one in series), default=0)):
        known = [number(one[epoch]) for one in series if epoch < len(one)]
        found = [value for value in known if value is not None]
        means.append(sum(found) / len(found) if found else None)
    return means


def _range(key: str, values: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis: shares begin at 0, losses and weights fill the room."""
    low, high = min(values), max(values)
    if key in ("dev_uar", "speaker_accuracy"):
        return 0.0, min(1.0, max(0.1, 1.15 * high))
    room = 0.05 * (high - low) or 0.05 * max(abs(high), 1.0)
    return low - room, high + room


def _chance(result: Result, key: str) -> float | None:
    if key == "dev_uar":
        return chance_of(result)
    return number(result, "references", "chance", "best", "mean") if key == "speaker_accuracy" else None


@house_style()
def training_curve(result: Result, key: str) -> Drawing | None:
    """One quantity over the epochs: a thin line a training, a thick one for an objective's mean."""
    own = {
        label: [
            [number(value) for value in entries(one, "logged", key)]
            for one in entries(result, "objectives", label, "curves")
            if entries(one, "logged", key)
        ]
        for label in labels(result)
    }
    values = [value for series in own.values() for one in series for value in one if value is not None]
    longest = max((len(one) for series in own.values() for one in series), default=0)
    if not values or longest < 2:
        return None
    chance, (low, high) = _chance(result, key), _range(key, values)
    if chance is not None:
        high = max(high, min(1.0, 1.4 * chance))
    sheet = Sheet(_WIDTH, _HEIGHT)
    area = Area(sheet, (1.0, float(longest)), (low, high), Margins(left=38, right=42))
    area.scale_x("epoch", whole=True)
    area.scale_y()
    for number_, series in enumerate(own.values()):
        if len(series) > 1:
            area.lines([(_epochs(one), one) for one in series[:_THIN]], Stroke(hue(number_), 0.75, alpha=0.2))
    if chance is not None:
        area.level(chance, "chance", outside=True)
    said = [
        text
        for place, (label, series) in enumerate(own.items())
        if (text := _mean(area, place, label, series, len(own)))
    ]
    return sheet.drawing(CURVES[key][0], "; ".join(said))


def _mean(area: Area, place: int, label: str, series: Sequence[Sequence[float | None]], count: int) -> str:
    """The mean of an objective with its mark at the end; what it says in words, nothing without a number."""
    mean = mean_over(series)
    area.mean_line(_epochs(mean), mean, place, count)
    ends = [(epoch, value) for epoch, value in zip(_epochs(mean), mean, strict=True) if value is not None]
    if not ends:
        return ""
    area.marks([ends[-1]], [place], size=6.5)
    return f"{label} from {ends[0][1]:.2f} to {ends[-1][1]:.2f}, mean of {len(series)}"


def _epochs(values: Sequence[object]) -> list[float]:
    return [float(epoch) for epoch in range(1, len(values) + 1)]
