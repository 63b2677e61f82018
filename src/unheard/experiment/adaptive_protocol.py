"""The adaptive protocol: features are normalized by what is known of a speaker before anything of it is labeled.

Each channel gets zero mean and unit deviation over all recordings of its speaker, those of test speakers included.
No emotion is looked at, but the test speaker's other recordings are, and nobody has those of a caller's first
sentence: results say ADAPTIVE, and are not compared with those of speakers that were never heard.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from unheard.errors import SplitError
from unheard.features.speaker_statistics import SpeakerStatistics, statistics_of
from unheard.features.stored import Frames
from unheard.records import Features

__all__ = ["ADAPTIVE", "Adaptation", "Reader", "reader_by_speaker"]

Adaptation = Literal["none", "speaker"]

ADAPTIVE = (
    "ADAPTIVE: features are normalized with the statistics of all recordings of their speaker, those of test "
    "speakers included (without labels). Such figures do not stand beside those of voices never heard."
)
Reader = Callable[[str], Sequence[Frames]]
"""Name of an utterance -> its variants, the unperturbed one first, each of shape (frames, channels)."""


@dataclass(frozen=True, slots=True)
class _Standardized:
    """Features on disk that are normalized when they are read."""

    frames: Frames
    statistics: SpeakerStatistics

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def shape(self) -> tuple[int, int]:
        return self.frames.shape[0], self.frames.shape[1]

    def __getitem__(self, rows: slice) -> Features:
        return self.statistics.standardized(self.frames[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        del copy
        return self[:].astype(dtype or np.float32, copy=False)


def reader_by_speaker(read: Reader, speakers: Mapping[str, str]) -> Reader:
    """A reader of utterances that are normalized by their speaker.

    A perturbed copy stands for the same words from another throat, and whoever spoke with that one would be known by
    it, too: it is normalized by the same copies of all recordings of its speaker.

    Args:
        read: reads an utterance's variants.
        speakers: name of each utterance of the corpus -> its speaker.
    """
    own: dict[str, list[str]] = {}
    for name in sorted(speakers):
        own.setdefault(speakers[name], []).append(name)

    @functools.cache
    def statistics(speaker: str) -> list[SpeakerStatistics]:
        """One for each variant."""
        try:
            return [statistics_of(copies) for copies in zip(*map(read, own[speaker]), strict=True)]
        except SplitError as problem:
            raise SplitError(f'speaker {speaker}: {problem} Or set adaptation = "none".') from problem

    def standardized(name: str) -> list[Frames]:
        pairs = zip(statistics(speakers[name]), read(name), strict=True)
        return [
            known.standardized(variant) if isinstance(variant, np.ndarray) else _Standardized(variant, known)
            for known, variant in pairs
        ]

    return standardized
