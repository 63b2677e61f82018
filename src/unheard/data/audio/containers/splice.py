"""A file for the decoder that is put together from stretches of another, and never copied."""

import io
from collections.abc import Sequence
from typing import BinaryIO

from unheard.data.audio.containers.layout import Piece

__all__ = ["Splice"]


class Splice(io.RawIOBase):
    """Pieces of a file, and bytes of our own, read as one file.

    Args:
        stream: the file, open for reading; nobody else may read from it in the meantime.
        pieces: bytes, or (first, last) of the file, in order.
    """

    def __init__(self, stream: BinaryIO, pieces: Sequence[Piece]) -> None:
        self._stream, self._pieces, self._position = stream, list(pieces), 0
        self._starts = [0]
        for piece in self._pieces:
            length = len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]
            self._starts.append(self._starts[-1] + length)
        self._current = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position in what is put together."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position in what is put together."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer, but for the end."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._position < self._starts[-1]:
            piece = self._pieces[self._find()]
            inside = self._position - self._starts[self._current]
            if isinstance(piece, bytes):
                found = piece[inside : inside + len(view) - done]
            else:
                self._stream.seek(piece[0] + inside)
                found = self._stream.read(min(len(view) - done, piece[1] - piece[0] - inside))
            if not found:
                break
            view[done : done + len(found)] = found
            done += len(found)
            self._position += len(found)
        return done

    def _find(self) -> int:
        """The piece at the position; reading goes on mostly where it was."""
        if self._position < self._starts[self._current]:
            self._current = 0
        while self._position >= self._starts[self._current + 1]:
            self._current += 1
        return self._current
