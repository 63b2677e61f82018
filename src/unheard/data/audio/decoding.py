"""From a file to blocks of samples: all of them, or an error that says what is missing.

libsndfile stops where a header says that the sound ends. What the header says is therefore judged first
(`unheard.data.audio.containers`), and what comes out is counted.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from unheard.data.audio.containers import AGAIN, Layout, Source, Splice, Stream, survey
from unheard.data.audio.quiet import quiet
from unheard.errors import AudioError
from unheard.records import Hertz, Seconds

__all__ = ["ENDINGS", "Bounds", "Recording", "opened"]

ENDINGS = {
    ".wav": {"WAV", "WAVEX", "RF64", "NIST"},
    ".flac": {"FLAC"},
    ".ogg": {"OGG"},
    ".oga": {"OGG"},
    ".opus": {"OGG"},
    ".mp3": {"MP3", "MPEG"},
}
"""File ending -> the container formats (libsndfile's names) that may stand behind it."""

_BLOCK = 1 << 18  # numbers decoded at once
_LONGEST: Seconds = 24 * 3600.0  # of a whole recording: a few kilobytes may announce, and decode to, years
_LOUDEST = 2.0**31  # times full scale: integers that were written as floats; nothing that is sound is beyond
_UNKNOWN = 1 << 60  # samples; from here on stands what libsndfile writes for 'unknown'
_REMEMBERED = 64  # layouts: segments of one recording are asked for one after the other
_layouts: dict[tuple[int, ...], Layout] = {}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a recording can plausibly be; checked before memory is taken.

    Args:
        lowest: sampling rate, in hertz.
        highest: sampling rate, in hertz.
        longest: seconds that may be asked for in one piece.
    """

    lowest: Hertz = 4_000
    highest: Hertz = 384_000
    longest: Seconds = 3600.0


@dataclass(frozen=True)
class _Opened:
    """A file that is open, and its layout."""

    file: Path
    stream: BinaryIO
    layout: Layout


class _Unseekable(soundfile.SoundFile):  # type: ignore[misc]
    """A recording that is read from one end to the other: soundfile seeks after each block where it can."""

    def seekable(self) -> bool:
        return False


@dataclass(frozen=True)
class Recording:
    """A recording that was opened and looked at.

    Args:
        file: its path.
        rate: of sampling, in hertz.
        channels: how many.
        container: libsndfile's name of it.
    """

    file: Path
    rate: Hertz
    channels: int
    container: str
    _own: _Opened

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All samples in blocks of shape (samples, channels); a block is overwritten by the next.

        Raises:
            AudioError: less is decoded than is announced or more, samples are no numbers or beyond all range, or
                it lasts longer than any recording.
        """
        total, bad, peak = 0, 0, 0.0
        for number, stream in enumerate(self._own.layout.streams):
            for block in self._one(stream, number):
                total += len(block)
                peak_here = max(float(block.max()), -float(block.min()))
                if not np.isfinite(peak_here):
                    bad += int((~np.isfinite(block)).any(axis=1).sum())
                peak = max(peak, peak_here)
                if total > _LONGEST * self.rate:
                    raise self._error(f"lasts more than {_LONGEST / 3600:g} hours", "Divide it into recordings.")
                if not bad and peak <= _LOUDEST:  # what is refused in the end is not handed on to be computed with
                    yield block
        again = "Export it again, or pass --skip-bad."
        if bad:
            raise self._error(f"{bad} of {total} samples are NaN or infinite", again)
        if peak > _LOUDEST:
            raise self._error(f"its samples reach {peak:.3g}, where full scale is 1", again)

    @property
    def seekable(self) -> bool:
        """Whether a seek gives the same samples as reading up to there."""
        return self._own.layout.seeking is not None

    @property
    def version(self) -> tuple[int, ...]:
        """The same for as long as the file is."""
        return _version(self._own.stream)

    def stretch(self, first: int, last: int) -> Iterator[NDArray[np.float32]]:
        """Samples [first, last) by a seek, in blocks of shape (samples, channels); only where `seekable`."""
        if self._own.layout.seeking is None or first >= last:
            return
        step = max(1, _BLOCK // self.channels)
        with _sound(self._own, self._own.layout.seeking, soundfile.SoundFile) as sound:
            sound.seek(first)
            for begin in range(first, last, step):
                with _worded(self.file):
                    block = sound.read(min(step, last - begin), dtype="float32", always_2d=True)
                yield block

    def _one(self, stream: Stream, number: int) -> Iterator[NDArray[np.float32]]:
        """The blocks of one stream of the file, counted."""
        buffer = np.empty((max(1, _BLOCK // self.channels), self.channels), dtype=np.float32)
        total = 0
        with _sound(self._own, stream, _Unseekable) as sound:
            if (int(sound.samplerate), sound.channels) != (self.rate, self.channels):
                which = f"its part {number + 1} of {len(self._own.layout.streams)}"
                found = (
                    f"{sound.samplerate} Hz and {sound.channels} channels, its first {self.rate} and {self.channels}"
                )
                raise self._error(f"{which} has {found}", "Divide it into recordings.")
            while count := self._fill(sound, buffer):
                total += count
                yield buffer[:count]
            announced = int(sound.frames) if stream.samples is None else stream.samples
        if total != announced < _UNKNOWN and (total < announced or stream.samples is not None):
            word = "truncated: " if total < announced else ""
            raise self._error(
                f"{word}{announced} samples announced, {total} decoded",
                AGAIN,
            )

    def _fill(self, sound: soundfile.SoundFile, buffer: NDArray[np.float32]) -> int:
        with _worded(self.file), quiet(self._own.layout.chatty):
            return int(sound.buffer_read_into(buffer, "float32"))

    def _error(self, problem: str, mend: str) -> AudioError:
        return AudioError(self.file, problem, mend)


@contextlib.contextmanager
def opened(file: Path, bounds: Bounds) -> Iterator[Recording]:
    """A recording, its container judged and its rate plausible.

    Raises:
        AudioError: it is missing, no regular file, not audio, cut, named for another format, or of a rate that no
            recording has.
    """
    _check_file(file)
    with contextlib.ExitStack() as stack:
        with _worded(file):
            stream = stack.enter_context(file.open("rb"))
            own = _Opened(file, stream, _surveyed(file, stream))
        with _sound(own, own.layout.streams[0], soundfile.SoundFile) as sound:
            recording = Recording(file, int(sound.samplerate), sound.channels, sound.format, own)
        expected = ENDINGS.get(file.suffix.lower())
        if expected is not None and recording.container not in expected:
            problem = f"is named {file.suffix} but holds {recording.container} audio"
            raise AudioError(file, problem, "Give it its true ending.")
        if not bounds.lowest <= recording.rate <= bounds.highest:
            raise AudioError(
                file,
                f"its header says {recording.rate} Hz, expected {bounds.lowest} to {bounds.highest} Hz",
                "Correct the header, or set audio.lowest_rate and audio.highest_rate if it is right.",
            )
        yield recording


def _surveyed(file: Path, stream: BinaryIO) -> Layout:
    """The layout of a file, found out once for as long as it does not change."""
    version = _version(stream)
    if version not in _layouts:
        found = survey(Source(file, stream, os.fstat(stream.fileno()).st_size))
        while len(_layouts) >= _REMEMBERED:
            _layouts.pop(next(iter(_layouts)))
        _layouts[version] = found
    return _layouts[version]


def _version(stream: BinaryIO) -> tuple[int, ...]:
    own = os.fstat(stream.fileno())
    return own.st_dev, own.st_ino, own.st_size, own.st_mtime_ns, own.st_ctime_ns


def _check_file(file: Path) -> None:
    """Name what is no file of bytes: a device or a pipe would be read for ever."""
    with _worded(file):
        if file.is_symlink() and not file.exists():
            target = str(file.readlink())
            annex = "annex/objects" in target
            mend = f"Fetch it: git annex get {file.name}" if annex else "Fetch what it points to, or remove it."
            raise AudioError(file, f"is a link to {target}, which is not there", mend)
        if not file.exists():
            raise AudioError(file, "no such file", "Check the path, or remove it from the table.")
        if file.is_dir():
            raise AudioError(file, "is a folder", f"Name the recordings in it, e.g. {file / '*.wav'}.")
        if not file.is_file():
            raise AudioError(file, "is a device, a pipe or a socket, not a file", "Save the sound to a file first.")
        if file.stat().st_size == 0:
            raise AudioError(
                file, "the file is empty (0 bytes)", "Copy it again from its source, or pass --skip-bad."
            )


@contextlib.contextmanager
def _sound(own: _Opened, part: Stream, kind: type[soundfile.SoundFile]) -> Iterator[soundfile.SoundFile]:
    """What libsndfile makes of one stream of a file."""
    name = os.fspath(own.file) if os.name == "nt" else os.fsencode(own.file)  # names need not be UTF-8
    with _worded(own.file), quiet(own.layout.chatty):
        sound = kind(Splice(own.stream, part.pieces) if part.pieces else name)
    try:
        yield sound
    finally:
        with quiet(own.layout.chatty):
            sound.close()


@contextlib.contextmanager
def _worded(file: Path) -> Iterator[None]:
    """The system's and libsndfile's errors in our own words."""
    try:
        yield
    except AudioError:
        raise
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as problem:
        reason = str(problem).split(": ")[-1].rstrip(".")
        if "does not exist" in reason:  # what libsndfile says of an MP3 that holds no frame
            reason = "no audio in it"
        raise AudioError(file, f"cannot be decoded ({reason})", AGAIN) from problem
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise AudioError(file, f"cannot be read ({reason})", "Check the path and its permissions.") from problem
