"""The figures of what training did: curves over the epochs, and maps of the embedding that came of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from unheard.reports.documents.reading import entries, labels, number, part, word
from unheard.reports.figures.scores import chance_of, legend
from unheard.reports.figures.svg import Frame, color, figure

__all__ = ["CURVES", "curve", "embedding_map", "mean_over"]

Result = Mapping[str, Any]

CURVES = {
    "emotion_loss": ("Emotion head: loss", "How well the training voices are learnt; it says nothing of new ones."),
    "dev_uar": (
        "UAR on development speakers",
        "Voices kept out of this training; they choose the epoch if the recipe lets them. Test voices have no say.",
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


def curve(result: Result, key: str) -> str:
    """One quantity over the epochs: a thin line a training, a thick one for an objective's mean."""
    own = {
        label: [
            [number(value) for value in entries(one, key)]
            for one in entries(result, "objectives", label, "curves")
            if entries(one, key)
        ]
        for label in labels(result)
    }
    values = [value for series in own.values() for one in series for value in one if value is not None]
    longest = max((len(one) for series in own.values() for one in series), default=0)
    if not values or longest < 2:
        return ""
    chance, (low, high) = _chance(result, key), _range(key, values)
    if chance is not None:
        high = max(high, min(1.0, 1.4 * chance))
    frame = Frame(490, 240, (1.0, float(longest)), (low, high))
    thin, thick, said = [], [], []
    for place, (label, series) in enumerate(own.items()):
        hue, mean = f'style="stroke:{color(place)}"', mean_over(series)
        single = series[:_THIN] if len(series) > 1 else []
        thin += [frame.line(_epochs(one), one, f'class="thin" {hue}') for one in single]
        thick.append(frame.line(_epochs(mean), mean, f'class="thick" {hue}'))
        ends = [value for value in mean if value is not None]
        if ends:
            said.append(f"{label} from {ends[0]:.2f} to {ends[-1]:.2f}, mean of {len(series)}")
    level = [] if chance is None else [frame.level(chance, "chance")]
    body = "".join([frame.axes("epoch", "", whole=True), *thin, *level, *thick])
    return figure(490, 240, CURVES[key][0], "; ".join(said), body)


def _epochs(values: Sequence[object]) -> list[float]:
    return [float(epoch) for epoch in range(1, len(values) + 1)]


def embedding_map(result: Result, label: str, by: str) -> str:
    """The embedding of unseen speakers in two dimensions, colored by emotion or by speaker."""
    drawn = part(result, "maps", label)
    other = "speaker" if by == "emotion" else "emotion"
    columns = (entries(drawn, "points"), entries(drawn, by), entries(drawn, other))
    dots = [
        (x, y, word(name), word(beside))
        for point, name, beside in zip(map(entries, columns[0]), *columns[1:], strict=False)
        if len(point) == 2 and (x := number(point[0])) is not None and (y := number(point[1])) is not None
    ]
    if not dots:
        return ""
    present = {name for _, _, name, _ in dots}
    order = [word(name) for name in entries(result, "classes")] if by == "emotion" else []
    names = [name for name in order if name in present] + sorted(present - set(order))
    # The hue of an emotion is the same on every map, whether all emotions are on it or not.
    place = {name: position for position, name in enumerate([*order, *sorted(present - set(order))])}
    xs, ys = [dot[0] for dot in dots], [dot[1] for dot in dots]
    frame = Frame(490, 380, (min(xs), max(xs)), (min(ys), max(ys)), left=10, bottom=10)
    body = "".join(frame.mark(x, y, place[name], f"{name}, {beside}", 3.6) for x, y, name, beside in dots)
    title = f"Embeddings of unseen speakers, {label}, colored by {by}"
    said = f"{len(dots)} utterances in {len(names)} groups: {', '.join(names[:30])}"
    return figure(490, 380, title, said, body) + legend(names, [place[name] for name in names])
