"""The frozen values that flow from layer to layer: an utterance, a batch of them.

file -> Utterance -> waveform (samples,) -> features (frames, channels) -> Batch -> embedding (batch, size)
     -> logits -> probabilities -> score -> page
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unheard.identities import IDENTITIES, known

if TYPE_CHECKING:
    # Utterances and cards are read without it, and it takes longer to import than a corpus to list.
    import torch

__all__ = [
    "UNLABELED",
    "Batch",
    "CorpusCard",
    "Features",
    "Hertz",
    "Samples",
    "Seconds",
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


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded features of several utterances and their labels, column by column.

    Args:
        features: shape (batch, frames, channels), float; zero behind each item's length.
        lengths: shape (batch,), int64: valid frames of each item.
        columns: column name ('emotion', 'speaker', ...) -> class numbers, shape (batch,), int64, UNLABELED
            where an item has no label.
    """

    features: "torch.Tensor"
    lengths: "torch.Tensor"
    columns: "Mapping[str, torch.Tensor]"

    def to(self, device: "torch.device | str") -> "Batch":
        """The same batch on another device."""
        columns = {name: column.to(device) for name, column in self.columns.items()}
        return Batch(self.features.to(device), self.lengths.to(device), columns)

    def with_features(self, features: "torch.Tensor") -> "Batch":
        """The same labels over other features of the same shape."""
        return Batch(features, self.lengths, self.columns)
