"""A C library that writes to standard error, kept from the user's screen.

libmpg123 writes warnings and errors there, and libsndfile neither tells it not to nor lets us. It writes through C's
own `stderr`, which is pointed elsewhere for as long as it decodes. The file descriptor stays as it is, so that what
Python writes (and any other process) is not touched.
"""

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Iterator

__all__ = ["quiet"]

_lock = threading.Lock()
_users = 0


@functools.cache
def _nowhere(process: int) -> "tuple[ctypes.c_void_p, int | None, int] | None":
    """C's variable, what it holds, and a stream to nowhere; None for other libraries than glibc.

    There it has another name, or may not be written to.
    """
    del process  # a forked child has its own
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return None
    variable = ctypes.c_void_p.in_dll(library, "stderr")
    library.fopen.restype = ctypes.c_void_p
    stream = library.fopen(os.devnull.encode(), b"w")
    return (variable, variable.value, stream) if stream else None


@contextlib.contextmanager
def quiet(wanted: bool = True) -> Iterator[None]:
    """Nothing that C code writes to standard error is seen.

    Args:
        wanted: False changes nothing.
    """
    global _users  # noqa: PLW0603 (one variable of the C library, so one count)
    own = _nowhere(os.getpid()) if wanted else None
    if own is None:
        yield
        return
    variable, before, stream = own
    with _lock:
        _users += 1
        variable.value = stream
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                variable.value = before
