"""Files that are there whole or not at all, whatever is killed while they are written."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["aside", "write_atomically", "write_document"]


@contextlib.contextmanager
def aside(file: Path) -> Iterator[Path]:
    """A path beside the file to write to; it takes the file's place at the end, and is removed if that fails.

    Args:
        file: what is to be written; its folder is made if it is missing.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def write_atomically(text: str, file: Path) -> None:
    """Write text (UTF-8) aside, then rename."""
    with aside(file) as beside:
        beside.write_text(text, encoding="utf-8")


def write_document(document: Mapping[str, Any], file: Path) -> None:
    """Write a document as JSON for people and programs alike, aside, then rename.

    Args:
        document: plain values; nan and infinite are none of them.
        file: where to.
    """
    write_atomically(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", file)
