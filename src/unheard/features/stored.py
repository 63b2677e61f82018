"""One entry of the feature cache: written whole, found whole, and read as a whole or as much of it as is asked for.

Features need not fit into memory: `open_entry` gives an array that lies on disk and is mapped into memory where it is
read, a few hundred frames at a time.
"""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from unheard.arrays import Described, describe_array
from unheard.documents import DamageError
from unheard.errors import RunError
from unheard.files import aside
from unheard.records import Features

__all__ = ["Frames", "OnDisk", "StoredFeatures", "entry_file", "open_entry", "read_entry", "write_entry"]

_DIGEST = 16  # bytes of the digest behind the numbers
_AT_ONCE = 1 << 20  # bytes that are hashed at a time


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """Features of one recording on disk, shape (frames, channels), that act as an array does.

    A slice of frames is read and no more, and becomes an array of its own; `np.asarray` reads all of it. Nothing
    stays mapped in between, as a process may map no more than some ten thousand files.

    Args:
        file: where the numbers stand.
        head: what the file says of them.
    """

    file: Path
    head: Described

    def __len__(self) -> int:
        return self.head.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and channels."""
        return self.head.shape[0], self.head.shape[1]

    def __getitem__(self, rows: slice) -> Features:
        """The frames of a slice.

        Raises:
            RunError: the entry was removed or cut since it was opened.
        """
        head = self.head
        try:
            mapped: Any = np.memmap(
                self.file, head.dtype, "r", head.start, head.shape, order="F" if head.fortran else "C"
            )
        except (OSError, ValueError) as problem:
            raise RunError(
                f"{self.file}: the feature cache lost this entry while it was in use ({problem}). Run the same "
                "command again: it will be computed anew."
            ) from problem
        frames: Features = np.array(mapped[rows], np.float32)
        return frames

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """All frames."""
        del copy  # what is read is always a copy
        return self[:].astype(dtype or np.float32, copy=False)


class OnDisk(Protocol):
    """What lies on disk and acts as an array of shape (frames, channels) does."""

    def __len__(self) -> int: ...

    @property
    def shape(self) -> tuple[int, int]:
        """Frames and channels."""
        ...

    def __getitem__(self, rows: slice, /) -> Features: ...

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray: ...


Frames = Features | OnDisk
"""Features in memory, or on disk; `np.asarray` gives the former of either."""


def entry_file(cache: Path, key: str) -> Path:
    """Where an entry lies."""
    return cache / key[:2] / f"{key}.npy"


def _is_of_features(head: Described) -> bool:
    return len(head.shape) == 2 and head.dtype in (np.float32, np.float16) and head.size > 0


def read_entry(cache: Path, key: str) -> Features | None:
    """An entry in memory, shape (frames, channels), or None where there is none that is whole."""
    try:
        content = entry_file(cache, key).read_bytes()
        head = describe_array(io.BytesIO(content))
    except (OSError, DamageError):
        return None
    end = head.start + head.size
    if not _is_of_features(head) or content[end:] != _digest(content[:end]):
        return None
    frames = np.frombuffer(content, head.dtype, offset=head.start, count=head.shape[0] * head.shape[1])
    features: Features = np.array(frames.reshape(head.shape, order="F" if head.fortran else "C"), np.float32)
    return features


def open_entry(cache: Path, key: str) -> StoredFeatures | None:
    """An entry on disk, or None where there is none that is whole; it is read once to find that out."""
    file = entry_file(cache, key)
    try:
        with file.open("rb") as stream:
            head = describe_array(stream)
            stream.seek(0)
            found, left = hashlib.blake2b(digest_size=_DIGEST), head.start + head.size
            while left and (piece := stream.read(min(left, _AT_ONCE))):
                found.update(piece)
                left -= len(piece)
            behind = stream.read(_DIGEST + 1)
    except (OSError, DamageError):
        return None
    return StoredFeatures(file, head) if _is_of_features(head) and behind == found.digest() else None


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST).digest()


def write_entry(cache: Path, key: str, features: Features) -> None:
    """Write features as an entry, aside and renamed; numbers that half precision holds exactly take half the room.

    Args:
        cache: folder of the cache.
        key: of the entry.
        features: shape (frames, channels), finite.
    """
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    stream = io.BytesIO()
    np.save(stream, half if np.array_equal(half, features) else features, allow_pickle=False)
    content = stream.getvalue()
    with aside(entry_file(cache, key)) as beside:
        beside.write_bytes(content + _digest(content))  # what reads .npy reads no further than its numbers
