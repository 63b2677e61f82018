"""Work in other processes that ends with the process that asked for it, and says nothing that its owner does not say.

A pool's workers outlive a process that is killed: they finish what they were given, minutes of training that nobody
waits for, and then sit on their memory.
"""

import contextlib
import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import BrokenProcessPool
from joblib.parallel import LokyBackend, get_active_backend

from unheard.errors import MachineError
from unheard.silence import are_silenced, silence

__all__ = ["side_by_side", "tied"]

Result = TypeVar("Result")
_EVERY = 0.5  # seconds between looks at the parent


def side_by_side(
    function: Callable[..., Result],
    arguments: Iterable[tuple[Any, ...]],
    *,
    jobs: int,
    ordered: bool = True,
    batch: int = 1,
) -> Iterator[Result]:
    """The function of each tuple of arguments, in `jobs` processes; with one job, in this one.

    Args:
        function: importable by its name.
        arguments: of each call.
        jobs: calls at once.
        ordered: whether results come in the order of their arguments, or as they are ready.
        batch: calls that travel to a worker together; for many short ones.

    Yields:
        Results, as they are asked for.

    Raises:
        MachineError: a worker was ended from outside, as a system does that is out of memory.
    """
    if jobs == 1:
        yield from (function(*values) for values in arguments)
        return
    # A pool of another kind (a cluster's), chosen around this call, has workers of its own making.
    ours = isinstance(get_active_backend()[0], LokyBackend)
    begin = {"initializer": _begin, "initargs": (os.getpid(), are_silenced())} if ours else {}
    pool = Parallel(
        n_jobs=jobs,
        return_as="generator" if ordered else "generator_unordered",
        batch_size=batch,
        pre_dispatch=2 * jobs * batch if batch > 1 else jobs,
        **begin,
    )
    call = delayed(tied(function))
    try:
        with _unsaid_leaks():
            results = pool(call(*values) for values in arguments)
        yield from results
    except BrokenProcessPool as problem:  # what joblib says of it is about its own insides
        raise MachineError(
            "a worker process was ended from outside, most likely because the memory ran out",
            "The same command goes on where it stood; give it fewer --jobs (1 needs the least memory).",
        ) from problem


@contextlib.contextmanager
def _unsaid_leaks() -> Iterator[None]:
    """The process that tidies up after a killed pool says what it found: of use to nobody who killed it."""
    before = os.environ.get("PYTHONWARNINGS")
    if are_silenced():
        own = "ignore:resource_tracker:UserWarning"
        os.environ["PYTHONWARNINGS"] = own if before is None else f"{before},{own}"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("PYTHONWARNINGS", None)
        else:
            os.environ["PYTHONWARNINGS"] = before


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


def _begin(owner: int, silent: bool) -> None:
    """What a worker does before anything else; its owner may have been killed while it started."""
    if os.getppid() != owner:
        os._exit(1)
    # Ctrl-C reaches the whole group of processes. The owner ends its workers itself, and says so once.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _watch(owner)
    if silent:
        silence()


@functools.cache
def _watch(owner: int) -> None:
    """Once a process and owner; a worker whose parent is another process (a pool on a cluster) is left alone.

    The kernel could send a signal (PR_SET_PDEATHSIG), but it sends it when the *thread* ends that started the
    worker, and a pool outlives the thread that asked for it first.
    """
    if os.getpid() != owner and os.getppid() == owner:
        threading.Thread(target=_end_with, args=(owner,), name="ends with its parent", daemon=True).start()


def _end_with(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(_EVERY)
    # Not an exception: it would only reach this thread. Files are written aside and renamed, so nothing is torn.
    os._exit(1)
