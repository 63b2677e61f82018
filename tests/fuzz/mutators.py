"""Ways to damage a document, a table of text or bytes; all randomness comes from the generator."""

import contextlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from subject import Subject

__all__ = ["damage_bytes", "damage_json", "damage_text", "together", "unsaid"]

_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    0.5,
    -1e308,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\x1b[31m[/]",
    "\ud800",
    "../../etc",
    "9" * 50,
    [],
    {},
    [None],
    [[]],
    {"": None},
    {"mean": "x"},
    [1, 2, 3],
]
_TEXTS = [
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 5000 + "1" + "}" * 5000,
    "9" * 100_000,
    '{"schema": 1e999}',
    "NaN",
    "null",
    "",
    "\ufeff{}",
    "{}",
    "[]",
    '"text"',
    '{"schema": 1, "schema": 1}',
]


@contextlib.contextmanager
def unsaid() -> Iterator[None]:
    """Without what we say ourselves of files that are set aside: the harness listens for what libraries say."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _places(value: Any, path: tuple = ()) -> list[tuple]:
    """The path of every value, its own included; of a long list, of a few."""
    found = [path]
    if isinstance(value, dict):
        for key, own in value.items():
            found += _places(own, (*path, key))
    elif isinstance(value, list):
        for position in range(min(len(value), 3)):
            found += _places(value[position], (*path, position))
    return found


def _under(value: Any, path: tuple) -> Any:
    for key in path:
        value = value[key]
    return value


def damage_json(text: str, generator: np.random.Generator) -> tuple[str, str]:
    """A JSON document with one to three values lost or exchanged, or another text altogether."""
    if generator.random() < 0.1:
        number = int(generator.integers(len(_TEXTS)))
        return _TEXTS[number], f"the text number {number} in its place"
    document, done = json.loads(text), []
    for _ in range(int(generator.integers(1, 4))):
        places = [path for path in _places(document) if path]
        if not places:
            break
        path = places[int(generator.integers(len(places)))]
        holder, key = _under(document, path[:-1]), path[-1]
        way = int(generator.integers(5))
        if way == 0:
            del holder[key]
            done.append(f"{path} taken out")
        elif way == 1 and isinstance(holder[key], list):
            holder[key] = holder[key] * int(generator.integers(0, 200))
            done.append(f"{path} repeated")
        elif way == 2 and isinstance(holder, dict):
            holder[f"{key}s"] = holder.pop(key)
            done.append(f"{path} renamed")
        else:
            value = _VALUES[int(generator.integers(len(_VALUES)))]
            holder[key] = value
            done.append(f"{path} = {value!r}")
    changed = json.dumps(document)
    if generator.random() < 0.05:
        at = changed.find('": ')
        first = changed.find('"')
        changed = changed[:first] + changed[first : at + 3] + "0, " + changed[first:]
        done.append("a key doubled")
    return changed, "; ".join(done)


def damage_bytes(content: bytes, generator: np.random.Generator) -> tuple[bytes, str]:
    """Bytes with flipped bits, cut, with a stretch lost, doubled or put to an extreme."""
    changed = bytearray(content)
    way, size = int(generator.integers(5)), len(content)
    first, last = sorted(int(at) for at in generator.integers(0, size + 1, 2))
    if way == 0:
        count = int(generator.integers(1, 51))
        for at in generator.integers(0, size if generator.random() < 0.5 else min(size, 200), count):
            changed[at] ^= 1 << int(generator.integers(8))
        return bytes(changed), f"{count} bits flipped"
    if way == 1:
        return bytes(changed[:first]), f"cut to {first} bytes"
    if way == 2:
        del changed[first:last]
        return bytes(changed), f"{first}:{last} taken out"
    if way == 3:
        return bytes(changed[:last] + changed[first:last] + changed[last:]), f"{first}:{last} doubled"
    at = int(generator.integers(0, max(1, min(size, 100) - 8)))
    changed[at : at + 8] = generator.choice([b"\0" * 8, b"\xff" * 8, b"\x01" + b"\0" * 7, b"\0\0\0\x7f" * 2])
    return bytes(changed), f"8 bytes at {at} put to an extreme"


def damage_text(text: str, generator: np.random.Generator) -> tuple[bytes, str]:
    """Lines of text with cells, lines or their encoding damaged."""
    lines = text.split("\n")
    way, at = int(generator.integers(7)), int(generator.integers(len(lines)))
    if way == 0:
        return damage_bytes(text.encode(), generator)
    if way == 1:
        del lines[at]
        return "\n".join(lines).encode(), f"line {at} taken out"
    if way == 2:
        lines[at] = lines[at] * 2
        return "\n".join(lines).encode(), f"line {at} doubled"
    if way == 3:
        coding = ["utf-16", "utf-8-sig", "utf-32", "cp037"][int(generator.integers(4))]
        return text.encode(coding), f"written as {coding}"
    value = ["", "nan", "1e999", '"', "=1+1", "\0", "\x1b[2J", "-1", "x" * 200_000, "[", "'''", "9" * 5000, "é,;\t"]
    cells = lines[at].replace("=", ",").split(",")
    place, chosen = int(generator.integers(len(cells))), value[int(generator.integers(len(value)))]
    lines[at] = lines[at].replace(cells[place], chosen, 1) if cells[place] else f"{lines[at]}{chosen}"
    return "\n".join(lines).encode(errors="surrogatepass"), f"line {at}: {chosen[:20]!r} for {cells[place][:20]!r}"


def together(name: str, kinds: list[Subject]) -> Subject:
    """Several kinds of file as one subject: a process takes long to start."""
    known: dict[str, Subject] = {}

    def originals(folder: Path) -> list[Path]:
        found = []
        for kind in kinds:
            (folder / kind.name).mkdir(exist_ok=True)
            for file in kind.originals(folder / kind.name):
                known[file.name] = kind
                found.append(file)
        return found

    def mutate(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
        return known[original.name].mutate(original, folder, generator)

    def attempt(file: Path, done: str) -> None:
        known[file.name.removeprefix("damaged-")].attempt(file, done)

    return Subject(name, "documents", originals, mutate, attempt)
