"""Stretches of one recording as mono waveforms, all of them from one pass over the file.

A pass is needed once for each file, because a recording's identity is that of all its samples. What was passed over
is remembered for as long as the file does not change, and stretches asked for later are read by a seek where that
gives the same samples.
"""

import hashlib
import math
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import soxr
from numpy.typing import NDArray

from unheard.data.audio.decoding import Bounds, Recording, opened
from unheard.errors import AudioError
from unheard.records import Hertz, Samples, Seconds

__all__ = ["Digest", "Stretch", "bundles", "joined", "read_stretches", "refuse_long", "refuse_outside"]

Stretch = tuple[Seconds, Seconds | None]
"""Start and end in seconds; None is the end of the recording."""

_QUIETEST = 1e-7  # full scale; below the last bit of 16 and of 20 bits: nobody speaks there
_SHORTEST: Seconds = 0.025  # one frame; no sound of speech is shorter
_OVER: Seconds = 0.1  # annotators' ends run over the recording by a frame or two; more is a wrong table
_REMEMBERED = 4096  # files
_TOGETHER: Seconds = 3600.0  # of stretches that are in memory at once

Item = TypeVar("Item")


class Digest:
    """The identity of a recording by its content: SHA-256 over rate, channels and decoded samples.

    Args:
        rate: in hertz.
        channels: how many.
    """

    def __init__(self, rate: Hertz, channels: int) -> None:
        self._own = hashlib.sha256(struct.pack("<II", rate, channels))

    def add(self, samples: NDArray[np.float32]) -> None:
        """The next samples, shape (samples, channels)."""
        self._own.update(np.ascontiguousarray(samples, dtype="<f4").data)

    def hex(self) -> str:
        """The digest of what was added."""
        return self._own.hexdigest()


@dataclass(frozen=True, slots=True)
class _Passed:
    """What is known of a recording that was read to its end: its digest and how many samples it has."""

    digest: str
    samples: int


_passed: OrderedDict[tuple[object, ...], _Passed] = OrderedDict()


class _Collector:
    """One stretch, put together from the blocks of a recording as they come: averaged, and resampled."""

    def __init__(self, recording: Recording, stretch: Stretch, rate: Hertz, longest: Seconds) -> None:
        self.recording, self.stretch, self.longest = recording, stretch, longest
        native = recording.rate
        start, end = stretch
        self.first = round(start * native) if start >= 0 else 0
        self.last = None if end is None else round(end * native)
        self.resampler = None if native == rate else soxr.ResampleStream(native, rate, 1, "float32", "HQ")
        self.found: list[NDArray[np.float32]] = []
        self.taken, self.peak, self.rate = 0, 0.0, rate

    def add(self, position: int, block: NDArray[np.float32]) -> None:
        """Take what is wanted of a block that begins at sample `position`."""
        last = len(block) if self.last is None else min(self.last - position, len(block))
        own = block[max(0, self.first - position) : max(0, last)]
        if len(own) == 0:
            return
        self.taken += len(own)
        if self.taken > self.longest * self.recording.rate:
            self.found.clear()
            return
        mono = own.mean(axis=1, dtype=np.float32)
        self.peak = max(self.peak, float(np.abs(mono).max()))
        self.found.append(mono if self.resampler is None else self.resampler.resample_chunk(mono))

    def finish(self, total: int) -> Samples:
        """The waveform, when the recording turned out to have `total` samples.

        Raises:
            AudioError: the stretch is outside, too long, too short, or silent.
        """
        file = self.recording.file
        if total == 0:
            raise AudioError(file, "holds no samples", "Remove it, or pass --skip-bad.")
        refuse_outside(file, self.stretch, total / self.recording.rate)
        refuse_long(file, self.taken / self.recording.rate, self.longest)
        return self._waveform()

    def _waveform(self) -> Samples:
        file, native = self.recording.file, self.recording.rate
        if self.taken < _SHORTEST * native:
            raise AudioError(
                file,
                f"{self.taken} samples at {native} Hz are too short to be speech, expected {_SHORTEST:g} s at least",
                "Remove it, correct its header or its start and end, or pass --skip-bad.",
            )
        if self.peak < _QUIETEST:
            raise AudioError(file, "is digital silence", "Remove it, or pass --skip-bad.")
        if self.resampler is not None:
            self.found.append(self.resampler.resample_chunk(np.empty(0, dtype=np.float32), last=True))
        return np.ascontiguousarray(joined(self.found), dtype=np.float32)


def joined(blocks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The blocks as one array; each is let go as soon as it is copied, so that nothing is held twice."""
    if len(blocks) == 1:
        return blocks.pop()
    whole = np.empty((sum(map(len, blocks)), *blocks[0].shape[1:]), dtype=np.float32)
    last = len(whole)
    while blocks:
        block = blocks.pop()
        whole[last - len(block) : last] = block
        last -= len(block)
    return whole


def refuse_outside(file: Path, stretch: Stretch, length: Seconds) -> None:
    """Refuse a stretch that does not lie in a recording of this length.

    Raises:
        AudioError: it does not.
    """
    start, end = stretch
    last = length if end is None else end
    if not (0 <= start < length and start < last <= length + _OVER):
        raise AudioError(
            file,
            f"the part from {start:g} s to {last:g} s does not lie in the recording of {length:.3f} s",
            "Correct start and end in the table, or pass --skip-bad.",
        )


def refuse_long(file: Path, seconds: Seconds, longest: Seconds) -> None:
    """Refuse an utterance that lasts longer than any.

    Raises:
        AudioError: it does.
    """
    if seconds > longest:
        raise AudioError(
            file,
            f"{seconds:.0f} s are asked for in one piece, expected {longest:g} at most",
            "Give start and end of its utterances in a table, or set audio.longest.",
        )


def bundles(items: Iterable[Item], place: Callable[[Item], tuple[Path, Stretch]]) -> Iterator[list[Item]]:
    """Items that follow one another in one recording, as many as may be in memory at once.

    Args:
        items: whatever has a place.
        place: the recording and the stretch of an item.

    >>> [len(own) for own in bundles([1, 2, 3000, 9], lambda end: (Path("a" if end > 2 else "b"), (0, end)))]
    [2, 2]
    """
    bundle: list[Item] = []
    last, held = None, 0.0
    for item in items:
        file, (start, end) = place(item)
        seconds = math.inf if end is None else end - start
        if bundle and (file != last or held + seconds > _TOGETHER):
            yield bundle
            bundle, held = [], 0.0
        bundle.append(item)
        last, held = file, held + seconds
    if bundle:
        yield bundle


def read_stretches(
    file: Path, stretches: Sequence[Stretch], rate: Hertz, bounds: Bounds
) -> tuple[list[Samples | AudioError], str]:
    """Stretches of a recording as mono waveforms, and the digest of the whole.

    Args:
        file: the recording.
        stretches: which.
        rate: of what is returned, in hertz (soxr, high quality).
        bounds: what the recording can plausibly be.

    Returns:
        For each stretch the samples, shape (samples,), float32, or why it cannot be used; and the digest.

    Raises:
        AudioError: the recording itself cannot be used.
    """
    with opened(file, bounds) as recording:
        collectors = [_Collector(recording, stretch, rate, bounds.longest) for stretch in stretches]
        known = _passed.get(recording.version)
        if known is None:
            known = _pass(recording, collectors)
        elif not _seek(recording, collectors, known):
            _read_on(recording, collectors)
    return [_tried(collector, known.samples) for collector in collectors], known.digest


def _pass(recording: Recording, collectors: Sequence[_Collector]) -> _Passed:
    """Read all of a recording once."""
    digest, position = Digest(recording.rate, recording.channels), 0
    for block in recording.blocks():
        digest.add(block)
        for collector in collectors:
            collector.add(position, block)
        position += len(block)
        if len(collectors) == 1:  # a few kilobytes may decode to a day of silence
            refuse_long(recording.file, collectors[0].taken / recording.rate, collectors[0].longest)
    known = _Passed(digest.hex(), position)
    _passed[recording.version] = known
    while len(_passed) > _REMEMBERED:
        _passed.popitem(last=False)
    return known


def _read_on(recording: Recording, collectors: Sequence[_Collector]) -> None:
    """Read a recording that is known already, as far as it is wanted."""
    position = 0
    for block in recording.blocks():
        for collector in collectors:
            collector.add(position, block)
        position += len(block)
        if all(one.last is not None and one.last <= position for one in collectors):
            return


def _seek(recording: Recording, collectors: Sequence[_Collector], known: _Passed) -> bool:
    """Read the stretches alone; false where there is nothing to win, or a seek is not exact."""
    wanted = [(one.first, known.samples if one.last is None else min(one.last, known.samples)) for one in collectors]
    if not recording.seekable or sum(max(0, last - first) for first, last in wanted) > known.samples / 2:
        return False
    for collector, (first, last) in zip(collectors, wanted, strict=True):
        for block in recording.stretch(first, last):
            collector.add(first, block)
            first += len(block)  # noqa: PLW2901
    return True


def _tried(collector: _Collector, total: int) -> Samples | AudioError:
    try:
        return collector.finish(total)
    except AudioError as problem:
        return problem
