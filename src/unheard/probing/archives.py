"""Archives of arrays (.npz): how large all of it would be is known, and judged, before anything is unpacked."""

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unheard.arrays import Described, describe_array
from unheard.documents import DamageError
from unheard.machine import machine_error

__all__ = ["read_archive"]

_MOST = 64  # arrays; a table of embeddings has a dozen
_ROOM = 1 << 28  # bytes that any archive may unpack to
_DENSEST = 10  # beyond those, how many times its own size it may unpack to: measured numbers hardly shrink
_WIDEST = 1 << 12  # letters of a name
_OF_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What the library raises at a damaged archive, or one that needs a password or a method of its own."""


def read_archive(file: Path) -> dict[str, NDArray[np.generic]]:
    """All arrays of a .npz file, by their names.

    Raises:
        DamageError: it is no archive of arrays, is damaged, holds objects, or would unpack to far more than it is.
        MachineError: the machine refuses to read it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive)
            heads = {name: _head(archive, member) for name, member in members.items()}
            _check_room(heads, file.stat().st_size)
            return {name: _array(archive, member) for name, member in members.items()}
    except DamageError:
        raise
    except _OF_ZIP as problem:
        if isinstance(problem, zipfile.BadZipFile) and _is_one_array(file):
            raise DamageError("one array without a name, expected an archive of arrays") from problem
        raise DamageError(str(problem) or type(problem).__name__) from problem
    except OSError as problem:  # bz2 has no error of its own
        raise machine_error(problem, file) or DamageError(str(problem)) from problem


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    listed = archive.infolist()
    if len(listed) > _MOST:
        raise DamageError(f"{len(listed)} arrays, expected {_MOST} at most")
    found: dict[str, zipfile.ZipInfo] = {}
    for member in listed:
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            raise DamageError(f"it holds {name!a}, which is no array")
        if name in found:
            raise DamageError(f"the array {name!a} stands twice")
        found[name] = member
    return found


def _head(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Described:
    """What an array's head says, if the archive has announced as much."""
    with archive.open(member) as stream:
        try:
            head = describe_array(stream)
        except DamageError as problem:
            raise DamageError(f"{member.filename!a}: {problem}") from problem
    if head.start + head.size != member.file_size:
        said = f"announces {head.size} bytes of numbers, and {member.file_size - head.start} are there"
        raise DamageError(f"{member.filename!a} {said}")
    if head.dtype.kind in "US" and head.dtype.itemsize > 4 * _WIDEST:
        raise DamageError(f"{member.filename!a} holds texts of {head.dtype.itemsize} bytes each")
    return head


def _check_room(heads: dict[str, Described], size: int) -> None:
    room = sum(head.size for head in heads.values())
    if room > max(_ROOM, _DENSEST * size):
        raise DamageError(
            f"{size} bytes that would unpack to {room}: no measured embeddings shrink so far; save them with np.savez"
        )


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[np.generic]:
    with archive.open(member) as stream:
        array: NDArray[np.generic] = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):  # to the end, where the checksum is held against what was read
            raise DamageError(f"{member.filename!a} has more than its array")
    return array


def _is_one_array(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(6) == b"\x93NUMPY"
