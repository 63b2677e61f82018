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

__all__ = ["RecordingMeasurements", "measure_recordings"]

_LONGEST = Bounds().longest  # seconds of one utterance
_MOST = 1 << 27  # numbers of one utterance that are in memory (half a gibibyte)
_Sound = tuple[NDArray[np.int8], Traits]


@dataclass(frozen=True, slots=True)
class RecordingMeasurements:
    """What is known of the sound of a corpus; all by utterance name.

    Args:
        contents: content hash of the recording.
        prints: fingerprint of the stretch, shape (frames, contrasts), int8.
        traits: what the stretch is like.
        unusable: (name, problem) of what could not be read.
        set_aside: (name, problem) of what was not listened to, because of its name, its row or its label.
    """

    contents: dict[str, str] = field(default_factory=dict)
    fingerprints: dict[str, NDArray[np.int8]] = field(default_factory=dict)
    traits: dict[str, Traits] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    set_aside: list[tuple[str, str]] = field(default_factory=list)


def measure_recordings(
    utterances: Sequence[Utterance], *, skip_bad: bool = False, progress: Callable[[int, int], None] | None = None
) -> RecordingMeasurements:
    """Decode each recording once and measure its utterances.

    Args:
        utterances: with unique names.
        skip_bad: list what cannot be read, instead of raising.
        progress: called with (done, total).

    Raises:
        AudioError: a recording cannot be read, or an utterance lies outside of it (without `skip_bad`).
    """
    measured = RecordingMeasurements()
    done = 0
    for file, own in groupby(sorted(utterances, key=lambda item: (item.file, item.name)), lambda item: item.file):
        items = list(own)
        for item, problem in _measure_file(file, items, measured):
            if not skip_bad:
                raise problem
            measured.unusable.append((item.name, problem.problem))
        done += len(items)
        if progress is not None:
            progress(done, len(utterances))
    return measured


def _measure_file(
    file: Path, items: Sequence[Utterance], measured: RecordingMeasurements
) -> Iterator[tuple[Utterance, AudioError]]:
    """Measure the utterances of one recording; gives those that cannot be."""
    try:
        with opened(file, Bounds()) as recording:
            found, digest = _measurement(recording, items)
    except AudioError as problem:
        yield from ((item, problem) for item in items)
        return
    for item in items:
        own = found[item.name]
        if isinstance(own, AudioError):
            yield item, own
            continue
        measured.contents[item.name] = digest
        measured.fingerprints[item.name], measured.traits[item.name] = own


def _measurement(recording: Recording, items: Sequence[Utterance]) -> tuple[dict[str, _Sound | AudioError], str]:
    """Fingerprint and traits of each utterance, taken as soon as its end is reached: an hour is never held whole."""
    digest, position = Digest(recording.rate, recording.channels), 0
    found: dict[str, _Sound | AudioError] = {}
    measurers = [_Measurer(item, recording) for item in items]
    for block in recording.blocks():
        digest.add(block)
        for one in measurers:
            one.add(position, block)
        position += len(block)
        found.update((one.item.name, one.measure(position)) for one in measurers if one.full)
        measurers = [one for one in measurers if not one.full]
        if len(items) == 1 and measurers and measurers[0].over:  # a few kilobytes may decode to a day of silence
            refuse_long(recording.file, measurers[0].taken / recording.rate, measurers[0].longest)
    found.update((one.item.name, one.measure(position)) for one in measurers)
    return found, digest.hex()


class _Measurer:
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
        """Whether more was read than may be in memory."""
        return self.taken > self.longest * self.recording.rate

    @property
    def full(self) -> bool:
        """Whether all of it was read."""
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

    def measure(self, total: int) -> _Sound | AudioError:
        """Fingerprint and traits, when `total` samples of the recording were read; or why there are none."""
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
