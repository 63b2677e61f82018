"""How far long work is: bars on a terminal, a line a minute where the output goes to a file."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from unheard.cli._terminal import console

__all__ = ["Lines", "bar", "is_watched", "working"]

_EVERY = 60.0  # seconds between lines

Update = Callable[[int, int], None]


def is_watched() -> bool:
    """Whether messages go to a terminal, which can hold a bar."""
    # rich takes FORCE_COLOR for a terminal, and a bar would fill a log.
    return console.is_terminal and not console.is_dumb_terminal and console.file.isatty()


@contextlib.contextmanager
def bar(title: str) -> Iterator[Update]:
    """A bar for counted work, or lines: the value is called with (done, total)."""
    if not is_watched():
        with Lines(title) as lines:
            yield lines.update
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=None)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield update


@contextlib.contextmanager
def working(title: str) -> Iterator[None]:
    """A sign of life for work that cannot be counted."""
    if is_watched():
        with console.status(title):
            yield
    else:
        with Lines(title):
            yield


class Lines:
    """A line when work begins, one a minute, and one at its end, each with how far and how long.

    Args:
        title: of the work.
        note: asked for what else there is to say, before each line.
    """

    def __init__(self, title: str, note: Callable[[], str] | None = None) -> None:
        self.title, self.note = title, note
        self.count = ""
        self.begun = time.monotonic()
        self.stop = threading.Event()

    def __enter__(self) -> Self:
        console.say(f"{self.title}: begun")
        self.thread = threading.Thread(target=self._speak, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        self.stop.set()
        self.thread.join()
        console.say(self._line("done" if kind is None else "ended"))

    def update(self, done: int, total: int) -> None:
        """How far it is."""
        self.count = f"{done}/{total}"

    def _speak(self) -> None:
        while not self.stop.wait(_EVERY):
            console.say(self._line(self.note() if self.note is not None else ""))

    def _line(self, more: str) -> str:
        minutes, seconds = divmod(round(time.monotonic() - self.begun), 60)
        parts = (self.count, f"after {minutes}:{seconds:02d} min", more)
        return f"{self.title}: {', '.join(part for part in parts if part)}"
