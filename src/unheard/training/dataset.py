"""One part of a fold in memory: frames and labels, and the batches made of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from unheard.data.sampling import speaker_batches, whole_dialogues
from unheard.errors import SettingsError
from unheard.features.stored import Frames
from unheard.records import FRAMES, UNLABELED, Batch, Features, Input, Turns
from unheard.seeds import named_seed
from unheard.targets import Target
from unheard.training.settings import AugmentationSettings, TrainingSettings

__all__ = ["Dataset", "collate", "evaluation_batches", "random_batch", "steps_per_epoch", "training_batches"]


@dataclass(frozen=True)
class Dataset:
    """Items of one part.

    Args:
        names: utterance names, length items.
        frames: for each item its variants (the unperturbed one first), each of shape (frames, channels); in memory,
            or on disk, from where each is read when it is due.
        columns: column name -> class numbers, shape (items,), int64, UNLABELED where missing.
        hop: distance between frames, in seconds.
        bands: how many leading channels lie along frequency; None for all.
        numbers: column name -> values, shape (items,), float32, nan where missing: targets that are no classes.
        rows: input name -> one row an utterance, shape (items, channels), float32: what a model reads beside frames.
        dialogues: which dialogue each item belongs to, shape (items,), int64, at least 0; an item of none has a
            number of its own. None where nobody knows.
        turns: place of each item in its dialogue, shape (items,), int64; None where `dialogues` is.
    """

    names: tuple[str, ...]
    frames: Sequence[Sequence[Frames]]
    columns: Mapping[str, np.ndarray]
    hop: float = 0.01
    bands: int | None = None
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)
    rows: Mapping[str, np.ndarray] = field(default_factory=dict)
    dialogues: np.ndarray | None = None
    turns: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def channels(self) -> int:
        """Channels of the features."""
        return int(self.frames[0][0].shape[1])

    def subset(self, positions: Sequence[int] | np.ndarray) -> "Dataset":
        """The items at these positions."""
        chosen = np.asarray(positions, dtype=np.int64)
        return replace(
            self,
            names=tuple(self.names[i] for i in positions),
            frames=[self.frames[i] for i in positions],
            columns={name: column[chosen] for name, column in self.columns.items()},
            numbers={name: column[chosen] for name, column in self.numbers.items()},
            rows={name: own[chosen] for name, own in self.rows.items()},
            dialogues=None if self.dialogues is None else self.dialogues[chosen],
            turns=None if self.turns is None else self.turns[chosen],
        )

    def labeled(self, target: Target) -> np.ndarray:
        """Which items have a label of a target, shape (items,), bool; none where there is no such column."""
        if target.kind == "classes":
            known: np.ndarray = self.columns.get(target.name, np.full(len(self), UNLABELED)) != UNLABELED
        else:
            known = ~np.isnan(self.numbers.get(target.name, np.full(len(self), np.nan)))
        return known

    def batch(self, positions: np.ndarray, frames: Sequence[Frames]) -> Batch:
        """A batch of the items at these positions, with all that is known of them.

        Args:
            positions: shape (batch,).
            frames: of these items, as they are to be read (cut and augmented, say).
        """

        def chosen(columns: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
            return {name: torch.from_numpy(column[positions]) for name, column in columns.items()}

        values, lengths = collate(frames)
        rows = {name: Input(own) for name, own in chosen(self.rows).items()}
        turns = None
        if self.dialogues is not None and self.turns is not None:
            turns = Turns(torch.from_numpy(self.dialogues[positions]), torch.from_numpy(self.turns[positions]))
        inputs = {FRAMES: Input(values, lengths), **rows}
        return Batch(inputs, chosen(self.columns), chosen(self.numbers), turns)


def collate(frames: Sequence[Frames]) -> tuple[torch.Tensor, torch.Tensor]:
    """Frames padded to the longest with zeros, shape (batch, frames, channels), and their lengths, shape (batch,)."""
    lengths = torch.tensor([len(item) for item in frames])
    if all(len(item) == len(frames[0]) for item in frames):  # statistics, say: one copy instead of one an item
        return torch.from_numpy(np.stack([np.asarray(item) for item in frames])).float(), lengths
    features = torch.zeros(len(frames), int(lengths.max()), frames[0].shape[1])
    for row, item in enumerate(frames):
        features[row, : len(item)] = torch.from_numpy(np.ascontiguousarray(item))
    return features, lengths


def evaluation_batches(
    data: Dataset, size: int = 32, *, dialogues: bool = False
) -> Iterator[tuple[np.ndarray, Batch]]:
    """Whole, unperturbed items, with their positions.

    Args:
        data: a part.
        size: items of a batch, alike in length.
        dialogues: whether batches hold whole dialogues instead, as a network needs that reads turns; one dialogue may
            have more than `size` items.
    """
    order = whole_dialogues(_dialogues_of(data), size) if dialogues else _by_length(data, size)
    for positions in order:
        yield positions, data.batch(positions, [data.frames[i][0] for i in positions])


def _by_length(data: Dataset, size: int) -> list[np.ndarray]:
    order = np.argsort([len(variants[0]) for variants in data.frames], kind="stable")
    return [order[first : first + size] for first in range(0, len(order), size)]


def _dialogues_of(data: Dataset) -> np.ndarray:
    """The dialogue of each item.

    Raises:
        SettingsError: nobody knows which dialogue an item belongs to.
    """
    if data.dialogues is None:
        problem = "it reads turns, and the corpus names no dialogues: fill the columns dialogue and turn"
        raise SettingsError("model", "encoder", problem)
    return data.dialogues


def _mask(frames: Features, settings: AugmentationSettings, generator: np.random.Generator) -> Features:
    """SpecAugment: bands and stretches set to the item's mean."""
    frames, fill = frames.copy(), frames.mean()
    count, channels = frames.shape
    for _ in range(settings.frequency_masks):
        width = int(generator.integers(0, int(channels * settings.frequency_width) + 1))
        first = int(generator.integers(0, channels - width + 1))
        frames[:, first : first + width] = fill
    for _ in range(settings.time_masks):
        width = int(generator.integers(0, int(count * settings.time_width) + 1))
        first = int(generator.integers(0, count - width + 1))
        frames[first : first + width] = fill
    return frames


def _stretch(frames: Features, axis: int, factor: float) -> Features:
    """The axis read at `factor` times its pace, between its points; channels keep their number, frames do not."""
    size = frames.shape[axis]
    count = size if axis == 1 else max(1, round(size / factor))
    place = np.minimum(np.arange(count) * factor, size - 1).astype(np.float32)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, size - 1)
    share = np.expand_dims(place - below, 1 - axis)
    stretched: Features = frames.take(below, axis) * (1 - share) + frames.take(above, axis) * share
    return stretched


def _factor(most: float, generator: np.random.Generator) -> float:
    """A factor whose logarithm is even between those of 1 / (1 + most) and 1 + most."""
    return float(np.exp(generator.uniform(-1.0, 1.0) * np.log1p(most)))


def _training_item(data: Dataset, item: int, settings: TrainingSettings, generator: np.random.Generator) -> Features:
    augmentation, variants, hop = settings.augmentation, data.frames[item], data.hop
    whole = variants[0]
    if len(variants) > 1 and generator.random() < augmentation.probability:
        whole = variants[int(generator.integers(1, len(variants)))]
    longest, first = max(1, round(settings.max_seconds / hop)), 0
    if len(whole) > longest:
        first = int(generator.integers(0, len(whole) - longest + 1))
    frames: Features = np.asarray(whole[first : first + longest])
    if augmentation.warp:
        factor = _factor(augmentation.warp, generator)
        frames = _on_bands(frames, data.bands, lambda spectrum: _stretch(spectrum, 1, factor))
    if augmentation.tempo:
        frames = _stretch(frames, 0, _factor(augmentation.tempo, generator))
    if augmentation.frequency_masks or augmentation.time_masks:
        frames = _on_bands(frames, data.bands, lambda spectrum: _mask(spectrum, augmentation, generator))
    return frames


def _on_bands(frames: Features, bands: int | None, change: Callable[[Features], Features]) -> Features:
    """Change the spectrum alone: what stands beside it (pitch, say) keeps its place and its values."""
    if bands is None:
        return change(frames)
    return np.concatenate([change(frames[:, :bands]), frames[:, bands:]], axis=1)


def _training_batch(
    data: Dataset, positions: np.ndarray, settings: TrainingSettings, generator: np.random.Generator
) -> Batch:
    return data.batch(positions, [_training_item(data, i, settings, generator) for i in positions])


def training_batches(
    data: Dataset, settings: TrainingSettings, *, seed: int, epoch: int, dialogues: bool = False
) -> Iterator[Batch]:
    """The batches of one epoch; a function of seed and epoch alone, so that resuming needs no stored state.

    Args:
        data: the training part.
        settings: sizes of batches, and how items are cut and augmented.
        seed: of the training.
        epoch: from 1.
        dialogues: whether batches hold whole dialogues, as a network needs that reads turns.
    """
    order = _order(data, settings, named_seed(seed, "order", epoch), dialogues=dialogues)
    generator = np.random.default_rng(named_seed(seed, "augmentation", epoch))
    for positions in order:
        yield _training_batch(data, positions, settings, generator)


def random_batch(
    data: Dataset, settings: TrainingSettings, size: int, *, seed: int, dialogues: bool = False
) -> Batch:
    """Training items drawn without regard to epochs, none twice: what an adversary's own steps may ask for.

    Args:
        data: the training part.
        settings: how items are cut and augmented.
        size: how many; all of them where there are fewer.
        seed: of the draw and the augmentation.
        dialogues: whether whole dialogues are drawn, until there are as many items.
    """
    generator = np.random.default_rng(seed)
    if dialogues:
        positions = whole_dialogues(_dialogues_of(data), size, generator)[0]
    else:
        positions = generator.permutation(len(data))[:size]
    return _training_batch(data, positions, settings, generator)


def steps_per_epoch(data: Dataset, settings: TrainingSettings, *, dialogues: bool = False) -> int:
    """How many batches `training_batches` yields (the number does not depend on the seed)."""
    return len(_order(data, settings, 0, dialogues=dialogues))


def _order(data: Dataset, settings: TrainingSettings, seed: int, *, dialogues: bool) -> list[np.ndarray]:
    if dialogues:
        size = settings.speakers_per_batch * settings.utterances_per_speaker
        return whole_dialogues(_dialogues_of(data), size, np.random.default_rng(seed))
    return speaker_batches(
        data.columns["speaker"],
        data.columns["emotion"],
        speakers_per_batch=settings.speakers_per_batch,
        utterances_per_speaker=settings.utterances_per_speaker,
        seed=seed,
        balance=settings.speaker_balance,
    )
