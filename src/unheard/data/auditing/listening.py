"""One pass over the recordings: content, fingerprint and traits of each utterance."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unheard.data.audio import read_recording, recording_digest
from unheard.data.auditing.traits import Traits, measure
from unheard.data.fingerprint import fingerprint
from unheard.errors import AudioError
from unheard.records import Hertz, Utterance

__all__ = ["Heard", "listen"]


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
        samples, rate = read_recording(file)
    except AudioError as problem:
        yield from ((item, problem) for item in items)
        return
    digest = recording_digest(samples, rate)
    for item in items:
        try:
            stretch = _stretch(item, samples, rate)
        except AudioError as problem:
            yield item, problem
            continue
        heard.contents[item.name] = digest
        heard.prints[item.name] = fingerprint(stretch, rate)
        heard.traits[item.name] = measure(stretch, rate)


def _stretch(item: Utterance, samples: NDArray[np.float32], rate: Hertz) -> NDArray[np.float32]:
    end = len(samples) if item.end is None else round(item.end * rate)
    stretch = samples[round(item.start * rate) : end]
    if len(stretch) == 0:
        seconds = len(samples) / rate
        raise AudioError(
            item.file,
            f"the part from {item.start:g} s lies outside the recording of {seconds:.3f} s",
            "Correct start and end in the table, or pass --skip-bad.",
        )
    return stretch
