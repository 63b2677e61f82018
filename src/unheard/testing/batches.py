"""Made-up batches whose contents are known: what laws of models and objectives are held against."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from unheard.models.masking import frame_mask
from unheard.models.model_settings import ModelSettings
from unheard.records import FRAMES, UNLABELED, Batch, Input, Turns
from unheard.targets import Target

__all__ = ["CHANNELS", "CLASSES", "SMALL_MODEL", "made_batch", "shouting_batch", "without_labels"]

CHANNELS = 4
"""Of the frames of `made_batch`."""
CLASSES = 4
"""Values that each column of labels takes."""

SMALL_MODEL = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4, "dropout": 0.0}, embedding=12, hidden=8, dropout=0.0
)
"""A model that trains in milliseconds, without dropout."""


def made_batch(columns: Sequence[str], targets: Sequence[Target], *, items: int = 16, seed: int = 0) -> Batch:
    """A batch of noise in which every item has every label.

    Args:
        columns: names of columns of labels, each with `CLASSES` values; so have targets of kind 'classes'.
        targets: what is predicted; numbers lie evenly in their range.
        items: how many.
        seed: of the frames.

    Returns:
        Frames of `CHANNELS` channels, 4 to 14 an item, float64; the columns, of which no two are alike; dialogues of
        four turns.
    """
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, 15, (items,), generator=generator)
    frames = torch.randn(items, int(lengths.max()), CHANNELS, generator=generator, dtype=torch.float64)
    frames = frames * frame_mask(lengths, frames.shape[1]).unsqueeze(2)
    names = [*(one.name for one in targets if one.kind == "classes"), *columns]
    labels = {name: _labels(place, items) for place, name in enumerate(dict.fromkeys(names))}
    numbers = {
        one.name: torch.linspace(*one.range, items)[torch.randperm(items, generator=generator)]
        for one in targets
        if one.kind == "numbers"
    }
    turns = Turns(torch.arange(items) // 4, torch.arange(items) % 4)
    return Batch({FRAMES: Input(frames, lengths)}, labels, numbers, turns)


def _labels(place: int, items: int) -> Tensor:
    """The labels of one column; those of the first three are independent of each other, if there are 64 items."""
    labels: Tensor = (torch.arange(items) // CLASSES ** (place % 3) + place // 3) % CLASSES
    return labels


def shouting_batch(columns: Sequence[str], targets: Sequence[Target], *, items: int = 64) -> Batch:
    """As `made_batch`, but each frame says which classes its item has: one channel a column and class.

    Returns:
        Frames of shape (items, 3, columns x CLASSES), float64: 1 where a channel is that of the item's class, with a
        little noise.
    """
    made = made_batch(columns, targets, items=items)
    codes = [torch.nn.functional.one_hot(made.columns[name], CLASSES) for name in columns]
    generator = torch.Generator().manual_seed(1)
    code = torch.cat(codes, 1).double().unsqueeze(1).expand(-1, 3, -1)
    frames = code + 0.05 * torch.randn(code.shape, generator=generator, dtype=torch.float64)
    inputs: Mapping[str, Input] = {FRAMES: Input(frames, torch.full((items,), 3))}
    return Batch(inputs, made.columns, made.numbers, made.turns)


def without_labels(batch: Batch, names: Sequence[str], rows: Tensor | slice) -> Batch:
    """The same batch, in which some items lack the label, or the number, of some columns.

    Args:
        batch: is left as it is.
        names: of columns, or of numbers.
        rows: positions, or a mask.
    """
    columns, numbers = dict(batch.columns), dict(batch.numbers)
    for name in names:
        known, missing = (numbers, torch.nan) if name in numbers else (columns, UNLABELED)
        known[name] = known[name].clone()
        known[name][rows] = missing
    return Batch(batch.inputs, columns, numbers, batch.turns)
