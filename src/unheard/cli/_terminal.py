"""The one door to the terminal: whatever a name holds, nothing that goes through it moves the cursor or is markup.

Every verb prints through `console` (standard error) or `page` (standard output), and nothing else does.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from unheard.errors import MachineError
from unheard.harmless import visible, whole_characters
from unheard.machine import machine_error

__all__ = ["Grid", "ReaderLeftError", "Terminal", "console", "page"]


class ReaderLeftError(Exception):
    """Whoever read our standard output (`head`) has left; nothing is wrong."""


class Grid(Table):
    """A table whose cells are what they say: text is no markup, and a line end in a name is no line.

    Args:
        title: above it.
        columns: their headings.
        options: as of rich's Table.
    """

    def __init__(self, *columns: str, title: str | None = None, **options: Any) -> None:
        super().__init__(*columns, title=None if title is None else Text(visible(title)), **options)

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """A row of plain strings, or of texts that are styled."""
        super().add_row(*(Text(visible(cell)) if isinstance(cell, str) else cell for cell in cells), **options)


class Terminal(Console):
    """A console without markup, highlighting and emoji codes, which shows no sign that is not seen.

    Args:
        stderr: whether it is standard error.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False)

    def say(self, text: object, *, style: str = "", head: str = "", head_style: str = "") -> None:
        """One message on one line, however wide the terminal: what is copied from it is whole.

        Args:
            text: what is said; a line end in it is shown as its escape.
            style: of the text.
            head: a word before it, such as `error: `.
            head_style: of that word.
        """
        with self._told():
            self.print(Text.assemble((head, head_style), (visible(text), style)), soft_wrap=True)

    def lines(self, text: str) -> None:
        """Text of several lines, as it is set."""
        with self._told():
            self.print(Text(visible(text, keep="\n")), soft_wrap=True)

    def show(self, grid: Table) -> None:
        """A table."""
        with self._told():
            self.print(grid)

    def data(self, line: str) -> None:
        """Lines for programs: exact where they go to a file or a program, seen as they are on a terminal.

        Only what the encoding of the output does not have is written as its escape.
        """
        if self.file.isatty():
            line = visible(line, keep="\n")
        with self._told():
            try:
                self.file.write(_printable(line, self.encoding))
                self.file.flush()
            except BrokenPipeError:
                self.on_broken_pipe()

    def document(self, value: Any) -> None:
        """A value as a line of JSON, whose signs that are not seen are escaped as JSON does."""
        text = json.dumps(value, ensure_ascii=not self.encoding.startswith("utf"))
        self.data(re.sub(r"[^\n -~]", _json_escape, text) + "\n")

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich does, save for what no text may hold: a verb that forgets to ask cannot do harm."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                text = _printable(visible(segment.text, keep="\n"), self.encoding)
                yield Segment(text, segment.style)

    def on_broken_pipe(self) -> None:
        """Work goes on where only its messages are not read any more.

        Raises:
            ReaderLeftError: it is the output itself.
        """
        self.quiet = True
        if not self.stderr:
            raise ReaderLeftError

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """A disk that is full behind `> file` is an error of the machine; behind messages it is none."""
        try:
            yield
        except OSError as problem:
            told = machine_error(problem, "standard error" if self.stderr else "standard output")
            if told is None or isinstance(problem, MachineError):
                raise
            self.quiet = True
            if not self.stderr:
                raise told from problem


def _printable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return whole_characters(text).encode(encoding, "backslashreplace").decode(encoding)
    return text


def _json_escape(found: "re.Match[str]") -> str:
    return found[0] if visible(found[0]) == found[0] else json.dumps(found[0])[1:-1]


console = Terminal(stderr=True)
page = Terminal()
