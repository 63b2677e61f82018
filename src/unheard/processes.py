"""Work in other processes that ends with the process that asked for it.

A pool's workers outlive a process that is killed: they finish what they were given, minutes of training that nobody
waits for, and then sit on their memory.
"""

import functools
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["tied"]

Result = TypeVar("Result")
_EVERY = 1.0  # seconds between looks at the parent


def tied(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function, for a worker of this process: the worker ends, within a second or so, when this process has.

    Called in this process itself it is the function and nothing else.

    Args:
        function: importable by its name, as whatever goes to a worker.
    """
    return functools.partial(_call, os.getpid(), function)


def _call(owner: int, function: Callable[..., Result], *values: Any, **named: Any) -> Result:
    _watch(owner)
    return function(*values, **named)


@functools.cache
def _watch(owner: int) -> None:
    """Once a process and owner; a worker whose parent is another process (a pool on a cluster) is left alone."""
    if os.getpid() != owner and os.getppid() == owner:
        threading.Thread(target=_end_with, args=(owner,), name="ends with its parent", daemon=True).start()


def _end_with(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(_EVERY)
    # Not an exception: it would only reach this thread. Files are written aside and renamed, so nothing is torn.
    os._exit(1)
