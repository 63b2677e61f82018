"""The adaptive protocol: features are normalized by what is known of a voice before any of it is labeled.

Each channel gets zero mean and unit deviation over all recordings of its speaker, those of test speakers included.
No emotion is looked at, but the test speaker's other recordings are, and nobody has those of a caller's first
sentence: results say ADAPTIVE, and are not compared with those of voices that were never heard.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from unheard.errors import SplitError
from unheard.features.voice import Voice, voice_of
from unheard.records import Features

__all__ = ["ADAPTIVE", "Adaptation", "voice_reader"]

Adaptation = Literal["none", "speaker"]

ADAPTIVE = (
    "ADAPTIVE: features are normalized with the statistics of all recordings of their speaker, those of test "
    "speakers included (without labels). Such figures do not stand beside those of voices never heard."
)
Frames = Callable[[str], Sequence[Features]]
"""Name of an utterance -> its variants, the unperturbed one first, each of shape (frames, channels)."""


def voice_reader(frames: Frames, speakers: Mapping[str, str]) -> Frames:
    """A reader of utterances that are normalized by their speaker.

    A perturbed copy stands for the same words from another throat, and whoever spoke with that one would be known by
    it, too: it is normalized by the same copies of all recordings of its speaker.

    Args:
        frames: reads an utterance's variants.
        speakers: name of each utterance of the corpus -> its speaker.
    """
    own: dict[str, list[str]] = {}
    for name in sorted(speakers):
        own.setdefault(speakers[name], []).append(name)

    @functools.cache
    def voices(speaker: str) -> list[Voice]:
        """One for each variant."""
        try:
            return [voice_of(copies) for copies in zip(*map(frames, own[speaker]), strict=True)]
        except SplitError as problem:
            raise SplitError(f'speaker {speaker}: {problem} Or set adaptation = "none".') from problem

    def read(name: str) -> Sequence[Features]:
        pairs = zip(voices(speakers[name]), frames(name), strict=True)
        return [voice.standardized(variant) for voice, variant in pairs]

    return read
