"""JSON documents that may have been damaged, or made to harm: read with limits, and held against their digest.

A document is refused if it is no UTF-8, names a key twice, nests deeper or holds more than any of ours does, or
has no digest or one that it does not match. Who reads it says which file it is, and what to do.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from unheard.machine import machine_error

__all__ = [
    "DIGEST",
    "UNSEALED",
    "DamageError",
    "conform",
    "opened",
    "parse_json",
    "read_bytes",
    "read_json",
    "sealed",
]

DIGEST = "digest"
"""The last key of a document that knows when it was changed."""
UNSEALED = "it has no digest, so nobody can tell whether it is whole"
"""The problem of a file whose digest is not there."""
_LARGEST = 1 << 28  # bytes
_MOST = 5_000_000  # values: each takes up to 100 bytes of memory
_DEEPEST = 64

Shape = TypeVar("Shape", bound=BaseModel)


class DamageError(ValueError):
    """What is wrong with a file; who reads it adds its name and the mend."""


def read_bytes(file: Path, *, largest: int = _LARGEST) -> bytes:
    """A whole file, which is one, and no larger than that.

    Raises:
        DamageError: it is missing, no file (a pipe would be waited for), or too large.
        MachineError: the machine refuses to read it, which says nothing of the file.
    """
    try:
        if not file.is_file():
            raise DamageError("there is no such file" if not file.exists() else "it is no file")
        size = file.stat().st_size
        if size > largest:
            raise DamageError(f"it has {size} bytes, expected {largest} at most")
        return file.read_bytes()
    except OSError as problem:
        raise machine_error(problem, file) or DamageError(str(problem)) from problem


def read_json(file: Path, *, finite: bool = True, most: int = _MOST) -> Any:
    """The value in a JSON file.

    Args:
        file: where it lies.
        finite: whether NaN and Infinity, which JSON does not know, are refused.
        most: values that it may hold.

    Raises:
        DamageError: it cannot be read, or is not such a document.
    """
    try:
        text = read_bytes(file).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise DamageError(f"it is not UTF-8: {problem}") from problem
    return parse_json(text, finite=finite, most=most)


def parse_json(text: str, *, finite: bool = True, most: int = _MOST) -> Any:
    """The value of a JSON text (see `read_json`).

    >>> parse_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}

    Raises:
        DamageError: it is none.
    """
    if sum(map(text.count, ",[{")) > most:
        raise DamageError(f"it holds more than {most} values")
    # A number like 1e999 becomes infinite unnoticed; it is looked for only where an exponent is so long.
    overflows = finite and re.search(r"[eE]\+?\d{3}", text) is not None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_constant=_refuse if finite else None,
            parse_float=_finite if overflows else None,
        )
    except RecursionError as problem:
        raise DamageError(f"it nests deeper than {_DEEPEST} levels") from problem
    except ValueError as problem:  # JSONDecodeError is one, and so is a number of thousands of digits
        raise DamageError(str(problem)) from problem
    _check_depth(value)
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DamageError(f"the key {twice!a} stands twice in one table")
    return found


def _refuse(constant: str) -> NoReturn:
    raise DamageError(f"{constant} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise DamageError(f"{text[:20]} is beyond every number")
    return value


def _check_depth(value: Any) -> None:
    """Functions that call themselves for each level must not run out of stack."""
    level, depth = [value], 0
    while level := [own for own in level if isinstance(own, (dict, list))]:
        depth += 1
        if depth > _DEEPEST:
            raise DamageError(f"it nests deeper than {_DEEPEST} levels")
        level = [below for own in level for below in (own.values() if isinstance(own, dict) else own)]


def _digest(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a digest of all that is in it as its last key; layout and order do not matter.

    >>> opened(sealed({"a": 1}))
    {'a': 1}
    """
    own = {key: value for key, value in document.items() if key != DIGEST}
    return {**own, DIGEST: _digest(json.loads(json.dumps(own)))}  # as it will be read: keys are text


def opened(document: Any) -> dict[str, Any]:
    """The document without its digest.

    Raises:
        DamageError: it is no table, has no digest, or does not match it.
    """
    if not isinstance(document, dict):
        raise DamageError("it is not a table")
    if DIGEST not in document:
        raise DamageError(UNSEALED)
    own = {key: value for key, value in document.items() if key != DIGEST}
    if document[DIGEST] != _digest(own):
        raise DamageError("it does not match its digest, so it was changed or damaged")
    return own


def conform(document: Any, shape: type[Shape], *, strict: bool | None = True) -> Shape:
    """The document as a typed value.

    Args:
        document: as it was read.
        shape: what it must be.
        strict: whether '1' is no number; settings, whose lists become tuples, are not. None: as the shape says.

    Raises:
        DamageError: it has not that shape; names the key.
    """
    try:
        return shape.model_validate(document, strict=strict)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        plain = isinstance(first["input"], str | int | float | None)
        came = f" (came: {ascii(first['input'])[:60]})" if plain and first["type"] != "missing" else ""
        said = first["msg"].removeprefix("Value error, ")
        raise DamageError(f"{ascii(where)[1:-1] or 'it'}: {said}{came}") from problem
