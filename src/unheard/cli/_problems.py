"""What went wrong, in words, and whose it is: the user's and the machine's end with 2, our own with 3."""

import re

from unheard.errors import UnheardError
from unheard.machine import machine_error, used_up

__all__ = ["told"]

_NO_MEMORY = re.compile(r"can't allocate memory|out of memory|cannot allocate memory|std::bad_alloc", re.IGNORECASE)
"""Words of torch, BLAS and the system, which have no class of error in common."""


def told(problem: Exception) -> str | None:
    """The message for whoever typed the command; None for a fault of this program.

    Args:
        problem: whatever ended the verb.
    """
    if isinstance(problem, UnheardError):
        return str(problem)
    if isinstance(problem, MemoryError) or (isinstance(problem, RuntimeError) and _NO_MEMORY.search(str(problem))):
        return "the memory does not suffice. Close other programs, or give fewer --jobs (1 needs the least)."
    if isinstance(problem, RuntimeError) and "can't start new thread" in str(problem):
        return "this machine allows no more threads. Close other programs, or give fewer --jobs."
    if isinstance(problem, UnicodeEncodeError) and re.search("[\ud800-\udfff]", str(problem.object)):
        return f"'{problem.object}' is not UTF-8. Rename it, or link to it under another name."
    if isinstance(problem, OSError) and (meant := machine_error(problem)) is not None:
        return str(meant)
    hidden = used_up(problem)
    return None if hidden is None else str(hidden)
