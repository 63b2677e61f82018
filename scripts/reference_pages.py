"""The tables of docs/reference from the schemas of the documents; prose between them is written by hand.

python scripts/reference_pages.py [--check]

Each page holds a region a document, between `<!-- schema: NAME -->` and `<!-- end of NAME -->`. With --check nothing
is written, and a region that is not up to date is exit code 1.
"""

import inspect
import re
import sys
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from unheard.files import write_atomically
from unheard.schemas.audit import AuditReport
from unheard.schemas.comparison import ComparisonDocument
from unheard.schemas.probes import Probes
from unheard.schemas.protocols import ProtocolComparison
from unheard.schemas.record import Record, Said
from unheard.schemas.result import Result
from unheard.schemas.sweep import Sweep

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
PAGES: dict[str, tuple[type[Record], ...]] = {
    "result.md": (Result, ComparisonDocument),
    "probes.md": (Probes,),
    "sweep.md": (Sweep, ProtocolComparison),
    "audit.md": (AuditReport,),
}
"""Name of a page -> the documents that it describes."""
_WORDS: dict[object, str] = {
    int: "whole number",
    float: "number",
    bool: "true or false",
    str: "text",
    Any: "anything",
}


def words_of(annotation: Any) -> str:
    """What a type is called, records as links to their tables."""
    origin, given = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        said = next((one for one in given[1:] if isinstance(one, Said)), None)
        return words_of(given[0]) if said is None else said.words
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in given)
    if origin is not None:
        return _words_of_several(origin, given)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return _WORDS[annotation]


def _words_of_several(origin: Any, given: tuple[Any, ...]) -> str:
    """What a list, a table or a choice of types is called."""
    known = [words_of(one) for one in given if one is not type(None)]
    if origin in (list, dict):
        return f"list of {known[0]}" if origin is list else f"table of {known[0]} to {known[1]}"
    return " or ".join([*known, *(["null"] if type(None) in given else [])])


def records_in(annotation: Any) -> list[type[Record]]:
    """The records that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return [annotation]
    return [record for one in get_args(annotation) for record in records_in(one)]


def records_below(root: type[Record]) -> list[type[Record]]:
    """A document and all records that it is made of, each once, in the order in which they are met."""
    found = [root]
    for record in found:
        for field in record.model_fields.values():
            found += [one for one in records_in(field.annotation) if one not in found]
    return found


def table_of(record: type[Record]) -> list[str]:
    """The heading of a record, what it is, and a row a field."""
    lines = [f"### {record.__name__}", "", *inspect.cleandoc(record.__doc__ or "").splitlines(), ""]
    lines += ["| key | what it holds | what it means |", "| --- | --- | --- |"]
    annotations = typing.get_type_hints(record, include_extras=True)
    for name, field in record.model_fields.items():
        meaning = " ".join((field.description or "").split())
        lines.append(f"| `{name}` | {words_of(annotations[name])} | {meaning} |")
    return [*lines, ""]


def region_of(root: type[Record], known: list[type[Record]]) -> str:
    """The tables of a document, less those that stand on the page already."""
    lines = [f"<!-- schema: {root.__name__} -->", ""]
    for record in records_below(root):
        if record not in known:
            known.append(record)
            lines += table_of(record)
    return "\n".join([*lines, f"<!-- end of {root.__name__} -->"])


def page_of(name: str) -> str:
    """A page with its regions made anew.

    Raises:
        SystemExit: it lacks a region.
    """
    text = (REFERENCE / name).read_text(encoding="utf-8")
    known: list[type[Record]] = []
    for root in PAGES[name]:
        region = re.compile(rf"<!-- schema: {root.__name__} -->.*<!-- end of {root.__name__} -->", re.DOTALL)
        if region.search(text) is None:
            sys.exit(f"docs/reference/{name}: no region of {root.__name__}")
        made = region_of(root, known)
        text = region.sub(lambda _, made=made: made, text)  # type: ignore[misc]
    return text


def main() -> None:
    """Write the pages, or say which are not up to date."""
    stale = [name for name in PAGES if page_of(name) != (REFERENCE / name).read_text(encoding="utf-8")]
    if "--check" in sys.argv:
        sys.exit(f"run scripts/reference_pages.py: not up to date: {', '.join(stale)}" if stale else 0)
    for name in stale:
        write_atomically(page_of(name), REFERENCE / name)
        print(REFERENCE / name)


if __name__ == "__main__":
    main()
