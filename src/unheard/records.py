"""The frozen values that flow from layer to layer: an utterance, a batch of them.

file -> Utterance -> waveform (samples,) -> features (frames, channels) -> Batch -> embedding (batch, size)
     -> logits -> probabilities -> score -> page
"""

import dataclasses
import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unheard.identities import IDENTITIES, known

if TYPE_CHECKING:
    # Utterances and cards are read without it, and it takes longer to import than a corpus to list.
    import torch

__all__ = [
    "FRAMES",
    "UNLABELED",
    "Batch",
    "CorpusCard",
    "Features",
    "Hertz",
    "Input",
    "Samples",
    "Seconds",
    "Turns",
    "Utterance",
]

Seconds = float
Hertz = int
Samples = np.ndarray[tuple[int], np.dtype[np.float32]]
"""A waveform, shape (samples,), float32 in [-1, 1]."""
Features = np.ndarray[tuple[int, int], np.dtype[np.float32]]
"""Frame features, shape (frames, channels), float32."""

UNLABELED = -1
"""What an item carries in a column that it has no label for; no loss and no metric ever reads it."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of one recording and what is known of it; what is not known is None, never invented.

    Args:
        file: where the recording lies.
        name: its name inside its corpus (relative, with '/'), stable across machines; start and end are
            appended where several utterances share a file.
        corpus: the corpus it comes from.
        start: where it begins in the recording, in seconds.
        end: where it ends in seconds, None for the end of the recording.
        speaker: who speaks. Identities are local to a corpus.
        gender: 'f' or 'm' (as the owners give it), or 'o' for other.
        language: ISO 639-1 code.
        emotion: canonical name (see `unheard.data.labels`).
        arousal: calm to excited, in [0, 1].
        valence: unpleasant to pleasant, in [0, 1].
        dominance: weak to strong, in [0, 1].
        transcript: the words spoken.
        sentence: which of the corpus's prompts is spoken.
        session: recording session, where sessions matter.
        dialogue: conversation the utterance belongs to.
        turn: position in the dialogue.
        source: the file and line that list it, for messages; no part of what it is.

    Identities (`unheard.identities.IDENTITIES`) and the language are kept as `unheard.identities.known` has them,
    whoever read them: one name has one spelling, and what names nobody is None.
    """

    file: Path
    name: str
    corpus: str
    start: Seconds = 0.0
    end: Seconds | None = None
    speaker: str | None = None
    gender: str | None = None
    language: str | None = None
    emotion: str | None = None
    arousal: float | None = None
    valence: float | None = None
    dominance: float | None = None
    transcript: str | None = None
    sentence: str | None = None
    session: str | None = None
    dialogue: str | None = None
    turn: int | None = None
    source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for column in (*IDENTITIES, "language"):
            object.__setattr__(self, column, known(getattr(self, column)))

    def replace(self, **changes: object) -> "Utterance":
        """The same utterance with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """What a corpus is, who owns it and how to get it."""

    name: str
    title: str
    license: str
    citation: str
    languages: tuple[str, ...]
    obtain: str
    sessions_matter: bool = False
    """Whether two parts of a split may not share a session (dialogue corpora: the partner leaks)."""
    speech: str | None = None
    """How the emotions came about, e.g. 'acted' or 'spontaneous'; None where nobody says."""
    notes: str | None = None
    """What one must know before one uses it: traps, and what could not be found out; None for nothing."""


FRAMES = "frames"
"""The input that every network reads: the features of each utterance."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that a model reads of each item of a batch: a sequence of frames, or one row an utterance.

    Args:
        values: shape (batch, frames, channels), zero behind each item's length; or (batch, channels), one row an
            utterance.
        lengths: shape (batch,), int64: valid frames of each item, at least 1; None for one row an utterance.
    """

    values: "torch.Tensor"
    lengths: "torch.Tensor | None" = None

    def to(self, device: "torch.device | str") -> "Input":
        """The same on another device."""
        return Input(self.values.to(device), None if self.lengths is None else self.lengths.to(device))

    def select(self, rows: "torch.Tensor") -> "Input":
        """Some items: `rows` is a mask, shape (batch,), bool, or positions, shape (items,), int64."""
        return Input(self.values[rows], None if self.lengths is None else self.lengths[rows])


@dataclass(frozen=True, slots=True)
class Turns:
    """Where each item of a batch stands in its dialogue; batches for a network that reads turns hold whole ones.

    Args:
        dialogue: which conversation, shape (batch,), int64, at least 0: a number that only tells one from another
            within its part of the data. An utterance that belongs to none has a number of its own.
        place: which turn of it, shape (batch,), int64, in rising order of time.
    """

    dialogue: "torch.Tensor"
    place: "torch.Tensor"


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of several utterances: inputs that a model reads, labels, numbers, and places in dialogues.

    An item that comes without a label is an item all the same: pools with and without labels stand in one batch, and
    `select` parts them where an objective wants a pass for each.

    Args:
        inputs: name -> what is read. 'frames' is always there; others, such as a row of text, beside it.
        columns: column name ('emotion', 'speaker', ...) -> class numbers, shape (batch,), int64, UNLABELED
            where an item has no label.
        numbers: column name ('arousal', ...) -> values, shape (batch,), float32, nan where an item has none.
        turns: place of each utterance in its dialogue; None where dialogues play no part.
    """

    inputs: "Mapping[str, Input]"
    columns: "Mapping[str, torch.Tensor]"
    numbers: "Mapping[str, torch.Tensor]" = field(default_factory=dict)
    turns: "Turns | None" = None

    @classmethod
    def of_frames(
        cls, features: "torch.Tensor", lengths: "torch.Tensor", columns: "Mapping[str, torch.Tensor]"
    ) -> "Batch":
        """A batch of frames and labels alone.

        Args:
            features: shape (batch, frames, channels), zero behind each item's length.
            lengths: shape (batch,), int64.
            columns: see `Batch`.
        """
        return cls({FRAMES: Input(features, lengths)}, columns)

    def __len__(self) -> int:
        return len(self.inputs[FRAMES].values)

    @property
    def features(self) -> "torch.Tensor":
        """The frames, shape (batch, frames, channels)."""
        return self.inputs[FRAMES].values

    @property
    def lengths(self) -> "torch.Tensor":
        """Valid frames of each item, shape (batch,), int64."""
        lengths = self.inputs[FRAMES].lengths
        if lengths is None:
            msg = f"the input '{FRAMES}' has no lengths; give one row an utterance another name"
            raise ValueError(msg)
        return lengths

    def to(self, device: "torch.device | str") -> "Batch":
        """The same batch on another device."""
        return self._each(lambda own: own.to(device), lambda column: column.to(device))

    def select(self, rows: "torch.Tensor") -> "Batch":
        """Some items of the batch, with all that is known of them.

        Args:
            rows: a mask, shape (batch,), bool; or positions, shape (items,), int64, in the order that is wanted.
        """
        return self._each(lambda own: own.select(rows), lambda column: column[rows])

    def with_features(self, features: "torch.Tensor") -> "Batch":
        """The same items with other frames, of the same lengths."""
        return dataclasses.replace(self, inputs={**self.inputs, FRAMES: Input(features, self.lengths)})

    def with_column(self, name: str, labels: "torch.Tensor") -> "Batch":
        """The same items with another column in the place of one, or beside the others."""
        return dataclasses.replace(self, columns={**self.columns, name: labels})

    def labeled(self, names: Collection[str]) -> "torch.Tensor":
        """Which items have a label, or a number, in at least one of some columns: shape (batch,), bool."""
        known = [
            self.columns[name] != UNLABELED if name in self.columns else ~self.numbers[name].isnan() for name in names
        ]
        return functools.reduce(lambda one, other: one | other, known)

    def only(self, names: Collection[str]) -> "Batch":
        """The same items, of which no more is known than these columns, numbers and inputs, and 'turns' if named."""
        return Batch(
            {name: own for name, own in self.inputs.items() if name in names or name == FRAMES},
            {name: column for name, column in self.columns.items() if name in names},
            {name: column for name, column in self.numbers.items() if name in names},
            self.turns if "turns" in names else None,
        )

    def _each(
        self, of_input: "Callable[[Input], Input]", of_column: "Callable[[torch.Tensor], torch.Tensor]"
    ) -> "Batch":
        return Batch(
            {name: of_input(own) for name, own in self.inputs.items()},
            {name: of_column(column) for name, column in self.columns.items()},
            {name: of_column(column) for name, column in self.numbers.items()},
            None if self.turns is None else Turns(of_column(self.turns.dialogue), of_column(self.turns.place)),
        )
