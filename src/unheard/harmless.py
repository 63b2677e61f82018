"""Names that others chose, made harmless for where they are shown: a terminal, a page, a spreadsheet.

A name of a file, a speaker or a label may hold anything: signs that move a terminal's cursor or turn the direction
of writing, line ends that counterfeit a line of ours, formulas that a spreadsheet computes.
"""

import re
from collections.abc import Iterable

__all__ = ["csv_line", "read_cell", "visible", "whole_characters"]

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, marks of direction, what has no shape, what is no whole character; not the joiners that scripts need."""
_FORMULA = re.compile("'*\\s*[=+\\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
"""What spreadsheets take for a formula at the start of a cell, and such text that is guarded already."""


def visible(text: object, *, keep: str = "") -> str:
    r"""Text without a sign that is not seen: each stands as its escape.

    A byte of a path that is not UTF-8 is written as that byte.

    >>> visible("a\x1b[2Jb\n\u202ec")
    'a\\x1b[2Jb\\n\\u202ec'

    Args:
        text: anything.
        keep: signs that stay, such as line ends of our own text.
    """
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), str(text))


def whole_characters(text: str) -> str:
    r"""Text without half characters, which no file holds: of paths that are not UTF-8, their bytes as escapes.

    >>> whole_characters("K\udcf6ln")
    'K\\xf6ln'
    """
    return re.sub("[\ud800-\udfff]", lambda found: _escape(found[0]), text)


def _escape(sign: str) -> str:
    if "\udc80" <= sign <= "\udcff":
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape", "surrogatepass").decode()


def csv_line(cells: Iterable[object]) -> str:
    r"""A line of CSV whose cells no spreadsheet takes for formulas.

    Text that begins like a formula gets an apostrophe in front, as one would type it into a spreadsheet; numbers do
    not (a speaker may be called -1), and `read_cell` takes it off again. Cells with any of the usual delimiters are
    in quotes, so that they stay one cell for a reader of another delimiter.

    >>> csv_line(["=1+1", "-1", "a;=b", 0.5])
    '\'=1+1,-1,"a;=b",0.5\n'

    Args:
        cells: text or numbers.
    """
    return ",".join(_quoted(_guarded(str(cell))) for cell in cells) + "\n"


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _is_number(cell) else cell


def read_cell(cell: str) -> str:
    """A cell as it was before `csv_line` guarded it.

    >>> read_cell("'=1+1"), read_cell("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell, re.ASCII) is not None


def _quoted(cell: str) -> str:
    if not re.search('[,;\t|"\r\n]', cell) and cell == cell.strip():
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'
