"""One pass over the recordings: content, fingerprint and traits of each utterance."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unheard.data.audio.decoding import Bounds, Recording, opened
from unheard.data.audio.segments import Digest, joined, refuse_long, refuse_outside
from unheard.data.audit.fingerprints import fingerprint
from unheard.data.audit.traits import Traits, measure
from unheard.errors import AudioError
from unheard.records import Utterance

__all__ = ["Heard", "listen"]

_LONGEST = Bounds().longest  # seconds of one utterance
_MOST = 1 << 27  # numbers of one utterance that are in memory (half a gibibyte)
_Sound = tuple[NDArray[np.int8], Traits]


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of the sound of a corpus; all by utterance name.

    Args:
        contents: content hash of the recording.
        prints: fingerprint of the stretch, shape (frames, contrasts), int8.
        traits: what the stretch is like.
        unusable: (name, problem) of what could not be read.
        set_aside: (name, problem) of what was not listened to, because of its name, its row or its label.
    """

    contents: dict[str, str] = field(default_factory=dict)
    prints: dict[str, NDArray[np.int8]] = field(default_factory=dict)
    traits: dict[str, Traits] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[tuple[str, str]] = field(default_factory=list)


def listen(
    utterances: Sequence[Utterance], *, skip_bad: bool = False, progress: Callable[[int, int], None] | None = None
) -> Heard:
    """Decode each recording once and measure its utterances.

    Args:
        utterances: with unique names.
        skip_bad: list what cannot be read, instead of raising.
        progress: called with (done, total).

    Raises:
        AudioError: a recording cannot be read, or an utterance lies outside of it (without `skip_bad`).
    """
    heard = Heard()
    done = 0
    for file, own in groupby(sorted(utterances, key=lambda item: (item.file, item.name)), lambda item: item.file):
        items = list(own)
        for item, problem in _hear(file, items, heard):
            if not skip_bad:
                raise problem
            heard.unusable.append((item.name, problem.problem))
        done += len(items)
        if progress is not None:
            progress(done, len(utterances))
    return heard


def _hear(file: Path, items: Sequence[Utterance], heard: Heard) -> Iterator[tuple[Utterance, AudioError]]:
    """Measure the utterances of one recording; gives those that cannot be."""
    try:
        with opened(file, Bounds()) as recording:
            found, digest = _measured(recording, items)
    except AudioError as problem:
        yield from ((item, problem) for item in items)
        return
    for item in items:
        own = found[item.name]
        if isinstance(own, AudioError):
            yield item, own
            continue
        heard.contents[item.name] = digest
        heard.prints[item.name], heard.traits[item.name] = own


def _measured(recording: Recording, items: Sequence[Utterance]) -> tuple[dict[str, _Sound | AudioError], str]:
    """Print and traits of each utterance, measured as soon as its end is reached: an hour is never held whole."""
    digest, position = Digest(recording.rate, recording.channels), 0
    found: dict[str, _Sound | AudioError] = {}
    ears = [_Ear(item, recording) for item in items]
    for block in recording.blocks():
        digest.add(block)
        for ear in ears:
            ear.add(position, block)
        position += len(block)
        found.update((ear.item.name, ear.measured(position)) for ear in ears if ear.full)
        ears = [ear for ear in ears if not ear.full]
        if len(items) == 1 and ears and ears[0].over:  # a few kilobytes may decode to a day of silence
            refuse_long(recording.file, ears[0].taken / recording.rate, ears[0].longest)
    found.update((ear.item.name, ear.measured(position)) for ear in ears)
    return found, digest.hex()


class _Ear:
    """One utterance, put together from the blocks of its recording."""

    def __init__(self, item: Utterance, recording: Recording) -> None:
        self.item, self.recording = item, recording
        self.first = max(0, round(item.start * recording.rate))
        self.last = None if item.end is None else round(item.end * recording.rate)
        self.parts: list[NDArray[np.float32]] = []
        self.taken = 0

    @property
    def longest(self) -> float:
        """Seconds that may be in memory, all channels together."""
        return min(_LONGEST, _MOST / self.recording.channels / self.recording.rate)

    @property
    def over(self) -> bool:
        """Whether more was heard than may be in memory."""
        return self.taken > self.longest * self.recording.rate

    @property
    def full(self) -> bool:
        """Whether all of it was heard."""
        return self.last is not None and 0 < self.taken == self.last - self.first

    def add(self, position: int, block: NDArray[np.float32]) -> None:
        """Keep what is wanted of a block that begins at sample `position`."""
        last = len(block) if self.last is None else min(len(block), self.last - position)
        own = block[max(0, self.first - position) : max(0, last)]
        self.taken += len(own)
        if self.over:
            self.parts.clear()
        elif len(own):
            self.parts.append(own.copy())

    def measured(self, total: int) -> _Sound | AudioError:
        """Print and traits, when `total` samples of the recording were heard; or why there are none."""
        file, rate = self.item.file, self.recording.rate
        try:
            refuse_outside(file, (self.item.start, self.item.end), total / rate)
            refuse_long(file, self.taken / rate, self.longest)
        except AudioError as problem:
            return problem
        if not self.parts:
            return AudioError(file, "holds no samples", "Remove it, or pass --skip-bad.")
        stretch = joined(self.parts)
        return fingerprint(stretch, rate), measure(stretch, rate)
