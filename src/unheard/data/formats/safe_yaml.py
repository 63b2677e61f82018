"""YAML of strangers: plain values alone, and no more of them than the file is long.

A YAML file can ask for objects to be built, name itself inside itself, and by aliases of aliases stand for more
values than fit into memory. Its events are counted first, as if every alias were written out; only what stays small
is built, by a loader that knows text, numbers, booleans, dates, lists and tables.
"""

import functools
import importlib
from pathlib import Path
from typing import Any

from unheard.errors import CorpusError, MissingExtraError

__all__ = ["read_yaml"]

_MOST_BYTES = 4 * 2**20
_MOST_VALUES = 1_000_000
_DEEPEST = 50
_LONGEST_NUMBER = 100
"""Digits; longer ones take a time that grows with their square."""
_MEND = "Take it from its owner, or mend it by hand."


def read_yaml(file: Path, corpus: str) -> dict[str, Any]:
    """The table that a YAML file holds.

    Args:
        file: at most 4 MiB of UTF-8.
        corpus: whose file it is, for the error.

    Raises:
        MissingExtraError: PyYAML is not installed.
        CorpusError: the file cannot be read, is no YAML, asks for an object to be built, is longer or deeper than a
            header is, or stands for a million values or more; names the line.
    """
    yaml = _yaml()
    text = _text(file, corpus)
    try:
        _count(yaml, text)
        found = yaml.load(text, Loader=_loader())
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"'{file}'" if mark is None else f"'{file}', line {mark.line + 1}"
        said = " ".join(str(getattr(problem, "problem", None) or problem).split())
        raise CorpusError(corpus, f"{where}: not plain YAML ({said[:200]})", _MEND) from problem
    except (ValueError, OverflowError) as problem:  # a date or a number that is none
        raise CorpusError(corpus, f"'{file}': not plain YAML ({str(problem)[:200]})", _MEND) from problem
    if not isinstance(found, dict):
        raise CorpusError(corpus, f"'{file}': holds no table", _MEND)
    return found


def _yaml() -> Any:
    try:
        return importlib.import_module("yaml")
    except ImportError as error:
        raise MissingExtraError("pyyaml", "audformat") from error


def _text(file: Path, corpus: str) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except OSError as problem:
        raise CorpusError(corpus, f"'{file}' cannot be read ({problem.strerror})", _MEND) from problem
    if len(raw) > _MOST_BYTES:
        mend = "Keep long lists of labels, such as speakers, in a table of their own (a misc table)."
        raise CorpusError(corpus, f"'{file}' is longer than {_MOST_BYTES // 2**20} MiB", mend)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise CorpusError(corpus, f"'{file}' is not UTF-8", _MEND) from problem


def _count(yaml: Any, text: str) -> None:
    """Refuse what would grow as it is built: by aliases, by merges, or by its depth."""
    sizes: dict[str, int] = {}
    # Values in each list or table that is open, aliases written out, and the name that an alias may call it by.
    open_ones: list[tuple[int, str | None]] = [(0, None)]

    def add(size: int) -> None:
        own, name = open_ones[-1]
        open_ones[-1] = (own + size, name)

    for event in yaml.parse(text, Loader=_loader()):
        problem = None
        if isinstance(event, yaml.ScalarEvent):
            sizes |= {event.anchor: 1} if event.anchor else {}
            add(1)
            problem = "merges another table ('<<')" if event.value == "<<" and event.implicit[0] else None
        elif isinstance(event, yaml.AliasEvent):
            problem = None if event.anchor in sizes else f"'*{event.anchor}' stands inside itself, or for nothing"
            add(sizes.get(event.anchor, 0))
        elif isinstance(event, yaml.CollectionStartEvent):
            sizes.pop(event.anchor, None)
            open_ones.append((1, event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            size, name = open_ones.pop()
            sizes |= {name: size} if name else {}
            add(size)
        if len(open_ones) > _DEEPEST:
            problem = f"more than {_DEEPEST} lists in each other"
        elif open_ones[-1][0] > _MOST_VALUES:
            problem = f"more than {_MOST_VALUES:,} values, aliases written out"
        if problem is not None:
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


@functools.cache
def _loader() -> Any:
    """PyYAML's safe loader, in C where there is one, for numbers of a sane length."""
    yaml = _yaml()
    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader: Any = type("PlainLoader", (safe,), {})

    def number(kind: str) -> Any:
        build = getattr(safe, f"construct_yaml_{kind}")

        def construct(loading: Any, node: Any) -> Any:
            if len(node.value) > _LONGEST_NUMBER:
                problem = f"a number of {len(node.value)} digits"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
            return build(loading, node)

        return construct

    for kind in ("int", "float"):
        loader.add_constructor(f"tag:yaml.org,2002:{kind}", number(kind))
    return loader
