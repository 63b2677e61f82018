"""The records that pass between a container's account and the decoder."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from unheard.errors import AudioError

__all__ = ["AGAIN", "CONVERT", "Layout", "Piece", "Source", "Stream"]

AGAIN = "Copy it again from its source, or pass --skip-bad."
CONVERT = "Convert it (ffmpeg -i IN OUT.wav), or pass --skip-bad."

Piece = bytes | tuple[int, int]
"""Bytes, or the first and the last but one of a range of the file."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of sound as the decoder is to see it.

    Args:
        pieces: what its bytes are, in order; nothing is the whole file.
        samples: how many samples (of each channel) the container announces; None where it does not say.
    """

    pieces: tuple[Piece, ...] = ()
    samples: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The streams of a file; one after the other they are the recording.

    Args:
        streams: at least one.
        chatty: whether the decoder writes to standard error by itself.
        seeking: where a seek gives the same samples as reading up to there, the stream to seek in.
    """

    streams: tuple[Stream, ...]
    chatty: bool = False
    seeking: Stream | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An open file, and the errors that name it.

    Args:
        file: its path.
        stream: open for reading.
        size: in bytes.
    """

    file: Path
    stream: BinaryIO
    size: int

    def at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset` on."""
        self.stream.seek(offset)
        return self.stream.read(min(count, max(0, self.size - offset)))

    def cut(self, problem: str) -> AudioError:
        """The error of a recording that ends early."""
        return AudioError(self.file, f"truncated: {problem}", AGAIN)

    def damaged(self, problem: str, mend: str = AGAIN) -> AudioError:
        """The error of a recording in which something is out of place."""
        return AudioError(self.file, problem, mend)
