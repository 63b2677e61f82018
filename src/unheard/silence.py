"""Warnings of libraries, for programs whose reader cannot do anything about them.

What would make an answer wrong is an error here, never a warning.
"""

import contextlib
import warnings
from collections.abc import Iterator

__all__ = ["are_silenced", "silence", "without_warnings"]


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Inside, warnings are not shown, neither by this process nor by its workers.

    The filters stay as they are: libraries add to them when they are imported.
    """
    with warnings.catch_warnings():
        silence()
        yield


def silence() -> None:
    """From now on, as inside `without_warnings`: for a worker, which has no afterwards."""
    warnings.showwarning = _unsaid


def are_silenced() -> bool:
    """Whether warnings are not shown here."""
    return warnings.showwarning is _unsaid


def _unsaid(*warning: object, **named: object) -> None:
    del warning, named
