"""What a NumPy file says of its array, before anything is read by what it says."""

import ast
import struct
from dataclasses import dataclass
from math import prod
from typing import IO

import numpy as np

from unheard.documents import DamageError

__all__ = ["Described", "describe_array"]

_LONGEST = 10_000  # letters of a description: more would be read by Python's parser, which may run out of stack


@dataclass(frozen=True)
class Described:
    """The head of a .npy file.

    Args:
        shape: of the array.
        dtype: of its items; never Python objects.
        fortran: whether the first axis moves fastest.
        start: bytes before the first item.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    start: int

    @property
    def size(self) -> int:
        """Bytes of all items."""
        return prod(self.shape) * self.dtype.itemsize


def describe_array(stream: IO[bytes]) -> Described:
    """What stands at the beginning of a .npy file; the stream is then at the first item.

    Raises:
        DamageError: it is no .npy file, or one of objects, which only unpickling would read.
    """
    try:
        major, _ = np.lib.format.read_magic(stream)
        width = {1: 2, 2: 4, 3: 4}.get(major, 0)
        length = int.from_bytes(_exactly(stream, width), "little")
        if not width or length > _LONGEST:
            raise DamageError(f"a head of version {major} and {length} letters")  # noqa: TRY301
        text = _exactly(stream, length).decode("latin1" if major < 3 else "utf-8")
        head = ast.literal_eval(text.strip())
        shape, fortran = head["shape"], head["fortran_order"]
        dtype = np.lib.format.descr_to_dtype(head["descr"])
    except DamageError:
        raise
    except (ValueError, SyntaxError, RecursionError, MemoryError, KeyError, TypeError, struct.error) as problem:
        raise DamageError(f"no head of a NumPy array ({type(problem).__name__})") from problem
    whole = isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape)
    if not whole or not isinstance(fortran, bool) or len(shape) > 32:
        raise DamageError("a shape that is none")
    if dtype.hasobject:
        raise DamageError("objects, which are never unpickled")
    return Described(shape, dtype, fortran, 6 + 2 + width + length)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise DamageError("it ends inside its head")
    return content
