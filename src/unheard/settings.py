"""A run's settings: one TOML file, overridden by ``key=value``, checked against typed models.

An unknown key, a wrong type or a value out of range is an error with the file, the line, and the nearest valid
name. There is no inheritance, no interpolation and no dotted class path: names come from the registry.
"""

import json
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from unheard.documents import DamageError, read_bytes
from unheard.errors import SettingsError, nearest

__all__ = ["Document", "read_document", "to_toml", "validate"]

_UNNAMED = {"corpus": None, "split": None, "features": None, "model.encoder": "tdnn_lstm"}
"""Table whose `name` is one of the registry's -> who is meant where there is none; of an objective, its label."""
_OF_ANY = {"corpus": {"emotions", "skip_bad"}, "split": {"sessions"}}
"""Table -> what it says of any member, and so of the one that takes another's place."""

Settings = TypeVar("Settings", bound=BaseModel)

_LARGEST = 1 << 24  # bytes of a file of settings
_WIDEST = 200  # letters of a line in which a key is looked for: what it is looked for by takes long on blanks


@dataclass(frozen=True)
class Document:
    """A parsed TOML file that still knows its lines.

    Args:
        source: what messages call it.
        folder: what relative paths in it are relative to.
        data: the parsed tables, overrides applied.
        text: the file's text, for line numbers.
        overridden: dotted keys that came from ``--set``.
    """

    source: str
    folder: Path
    data: dict[str, Any]
    text: str
    overridden: frozenset[str] = frozenset()

    def is_overridden(self, path: Iterable[object]) -> bool:
        """Whether a key, or a table that it stands in, came from ``--set``."""
        key = ".".join(str(part) for part in path)
        return any(key == own or key.startswith(f"{own}.") for own in self.overridden)

    def blame(self, key: Sequence[str], problem: str) -> SettingsError:
        """The error for one key, with its line (failing that, its table's), or the --set that gave it."""
        if self.is_overridden(key):
            return SettingsError("--set", ".".join(key), problem)
        return SettingsError(self.source, ".".join(key), problem, self.line_of(key) or self.line_of(key[:-1]))

    def line_of(self, path: Iterable[str]) -> int | None:
        """The line on which a key (or, failing that, its table) stands; None for overridden or absent ones."""
        keys = [str(key) for key in path]
        if self.is_overridden(keys):
            return None
        table = ""
        found: int | None = None
        for number, line in enumerate((one[:_WIDEST] for one in self.text.splitlines()), start=1):
            header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
            if header:
                table = re.sub(r"\s*\.\s*", ".", header[1]).replace('"', "")
                if table == ".".join(keys) or (found is None and keys and table == ".".join(keys[:-1])):
                    found = number
                continue
            key = re.match(r"\s*([\w.\-\"]+)\s*=", line)
            if key:
                full = f"{table}.{key[1]}" if table else key[1]
                full = full.replace('"', "")
                if full == ".".join(keys):
                    return number
                # Inline tables: the key of the table is the nearest line there is.
                if ".".join(keys).startswith(f"{full}."):
                    found = number
        return found


def _parse_value(text: str) -> Any:
    """A value of ``--set``: TOML if it parses, else the text itself (so that names need no quotes)."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _assignment(text: str) -> tuple[list[str], Any]:
    """The path and the value of 'key=value'."""
    key, separator, value = text.partition("=")
    key = key.strip()
    if not separator or not key:
        raise SettingsError("--set", text, "expected key=value, e.g. training.epochs=5")
    _refuse_half_characters("--set", key, value)
    return key.split("."), _parse_value(value.strip())


def _override(data: dict[str, Any], path: Sequence[str], value: Any) -> str:
    table: dict[str, Any] = data
    for part in path[:-1]:
        below = table.setdefault(part, {})
        if not isinstance(below, dict):
            raise SettingsError("--set", ".".join(path), f"'{part}' is a value, not a table")
        table = below
    table[path[-1]] = value
    return ".".join(path)


def _drop_replaced(data: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Take out the settings of a split, feature, encoder, objective or corpus that another takes the place of."""
    place = ".".join(path[:-1])
    of_objective = len(path) == 3 and path[0] == "objectives"
    if path[-1] != "name" or not (place in _UNNAMED or of_objective):
        return
    table: Any = data
    for part in path[:-1]:
        table = table.get(part) if isinstance(table, dict) else None
    unnamed = path[1] if of_objective else _UNNAMED[place]
    if isinstance(table, dict) and table.get("name", unnamed) not in (None, value):
        for key in set(table) - _OF_ANY.get(place, set()):
            del table[key]


def _no_number(value: Any, at: tuple[str, ...]) -> tuple[str, ...]:
    """The first key whose value is nan or infinite, which no setting may be; empty where none is."""
    if isinstance(value, Mapping):
        return next(filter(None, (_no_number(own, (*at, key)) for key, own in value.items())), ())
    if isinstance(value, list):
        return next(filter(None, (_no_number(own, at) for own in value)), ())
    return at if isinstance(value, float) and not math.isfinite(value) else ()


def read_document(file: Path | str, overrides: Iterable[str] = ()) -> Document:
    """Parse a TOML file and apply overrides of the form ``table.key=value``.

    One that gives a table another ``name`` (of a split, a feature, ...) takes out what the file says of the old one.

    Raises:
        SettingsError: the file is missing or not TOML (with the line), or an override is malformed.
    """
    file = Path(file)
    try:
        text = read_bytes(file, largest=_LARGEST).decode("utf-8-sig")
    except (DamageError, UnicodeDecodeError) as problem:
        raise SettingsError(str(file), "", f"cannot be read ({problem})") from problem
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # TOMLDecodeError, or a number of thousands of digits
        where = re.search(r"line (\d+)", str(problem))
        raise SettingsError(
            str(file), "", f"not valid TOML: {problem}", int(where[1]) if where else None
        ) from problem
    if wrong := _no_number(data, ()):
        raise Document(str(file), file.parent, data, text).blame(wrong, "nan and inf are no settings")
    assignments = [_assignment(own) for own in overrides]
    for path, value in assignments:  # before any is made, so that what is set beside a new name stays
        _drop_replaced(data, path, value)
    overridden = frozenset(_override(data, path, value) for path, value in assignments)
    return Document(str(file), file.resolve().parent, data, text, overridden)


def _known_keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """The valid names at the place of an unknown key."""
    for key in path:
        field = model.model_fields.get(str(key))
        kind = field.annotation if field is not None else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return []
        model = kind
    return list(model.model_fields)


def validate(
    document: Document, model: type[Settings], data: Mapping[str, Any] | None = None, at: tuple[str, ...] = ()
) -> Settings:
    """Check settings against their model.

    Args:
        document: where they come from, for the message.
        model: what they must be.
        data: the table to check; by default the whole document.
        at: the place of that table in the document.

    Raises:
        SettingsError: the first problem, with its line.
    """
    try:
        return model.model_validate(document.data if data is None else data)
    except ValidationError as problem:
        first = problem.errors()[0]
        path = tuple(first["loc"])
        key = ".".join(str(part) for part in (*at, *path))
        line = document.line_of([str(part) for part in (*at, *path)])
        source = "--set" if document.is_overridden((*at, *path)) else document.source
        if first["type"] == "extra_forbidden":
            known = _known_keys(model, path[:-1])
            near = nearest(str(path[-1]), known)
            hint = f"did you mean '{near}'? " if near else ""
            raise SettingsError(source, key, f"unknown key; {hint}known here: {', '.join(known)}", line) from problem
        message = first["msg"].removeprefix("Value error, ")
        came = "" if first["type"] == "missing" else f" (came: {json.dumps(first['input'], default=str)})"
        raise SettingsError(source, key, f"{message}{came}", line) from problem


def to_toml(data: Mapping[str, Any]) -> str:
    """A nested mapping of plain values as TOML; None is left out.

    >>> print(to_toml({"a": 1, "b": {"c": [1.5, "x"], "d": {"e": True}}}))
    a = 1
    <BLANKLINE>
    [b]
    c = [1.5, "x"]
    <BLANKLINE>
    [b.d]
    e = true
    """
    blocks: list[str] = []

    def emit(table: Mapping[str, Any], path: tuple[str, ...]) -> None:
        plain = {key: value for key, value in table.items() if not isinstance(value, Mapping) and value is not None}
        lines = [f"[{'.'.join(path)}]"] if path and (plain or not table) else []
        lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
        if lines:
            blocks.append("\n".join(lines))
        for key, value in table.items():
            if isinstance(value, Mapping):
                emit(value, (*path, _key(key)))

    emit(data, ())
    return "\n\n".join(blocks)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_\-]+", key) else _quoted(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value if item is not None) + "]"
    if isinstance(value, Mapping):  # inside a list: tables of their own have been emitted before
        inside = (f"{_key(key)} = {_value(item)}" for key, item in value.items() if item is not None)
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, (int, float)):
        return repr(value)
    return _quoted(str(value))


def _refuse_half_characters(source: str, key: str, text: str) -> None:
    """Paths that are not UTF-8 come as half characters, and what is saved as TOML could not be read again."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise SettingsError(source, key, f"'{text}' is not UTF-8. Rename it, or link to it under another name.")


def _quoted(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, save that TOML wants DEL escaped, too."""
    _refuse_half_characters("settings", "", text)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
