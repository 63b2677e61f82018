"""What answers for waveforms, whatever it is made of: networks of torch, or a graph of ONNX without torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from unheard.data.audio.loading import AudioSettings
from unheard.records import Samples

__all__ = ["Answers", "Engine", "Inputs"]

Inputs = NDArray[np.float32]
"""What an engine keeps of one waveform until it is asked: features, (frames, channels), or samples, (samples,)."""


@dataclass(frozen=True)
class Answers:
    """What is said of several waveforms.

    Args:
        probabilities: shape (items, classes), float64; rows sum to 1, or are nan where there is no answer.
        embeddings: shape (items, size), float32.
        numbers: name -> values in their own unit, shape (items,), float64.
    """

    probabilities: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    numbers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


class Engine(Protocol):
    """Answers for waveforms at its own rate, one or many at once.

    An item is given the same answer alone and beside any others, to float32's last digits.
    """

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of `Answers.probabilities`."""

    @property
    def audio(self) -> AudioSettings:
        """Which rate it hears, and what a recording can plausibly be."""

    @property
    def adaptive(self) -> bool:
        """Whether it hears a recording only together with others of the same speaker."""

    @property
    def calibration(self) -> Mapping[str, Any] | None:
        """What is known of the temperature in use: `temperature`, `corpus`, whatever else; None: nothing."""

    @property
    def upstream(self) -> Path | None:
        """The folder of a pretrained upstream that is read beside the models; None where there is none."""

    def inputs_of(self, samples: Samples, name: Path | str) -> Inputs:
        """What is kept of one waveform.

        Args:
            samples: shape (samples,), mono, at the engine's rate.
            name: what an error calls it.

        Raises:
            AudioError: there are no samples, some are no numbers, or no numbers come of them.
        """

    def answer(self, heard: Sequence[Inputs], *, one_speaker: bool = False) -> Answers:
        """The answers to what was heard, in its order.

        Args:
            heard: of at least one waveform.
            one_speaker: whether all are of one speaker, and each is to be heard beside the others.

        Raises:
            SplitError: they are of one speaker of whom too little is known.
        """

    def save(self, place: Path) -> None:
        """Write it, to be loaded from there again."""
