"""What is fuzzed: a kind of file, how it is damaged, and how it is read."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["Subject", "subjects"]

SUBJECTS = Path(__file__).parent / "subjects"


@dataclass(frozen=True)
class Subject:
    """One kind of file.

    Args:
        name: what it is called in the figures.
        group: 'recordings' (10,000 of all of them in `make fuzz`) or 'documents' (1,000).
        originals: writes whole small files into a folder and gives them, always the same ones in the same order.
        mutate: original, folder, generator -> the damaged file, written into the folder, and what was done to it
            in a few words. All randomness comes from the generator.
        attempt: reads the damaged file as a user's call would. It returns where the file gave a value, raises an
            UnheardError where it was refused; anything else that it raises (an AssertionError about the value,
            too) is a fault.
    """

    name: str
    group: str
    originals: Callable[[Path], list[Path]]
    mutate: Callable[[Path, Path, np.random.Generator], tuple[Path, str]]
    attempt: Callable[[Path, str], None]


def subjects() -> dict[str, Subject]:
    """All of them, by name: each file in subjects/ has a list `SUBJECTS`."""
    found = {}
    for file in sorted(SUBJECTS.glob("[a-z]*.py")):
        for subject in importlib.import_module(f"subjects.{file.stem}").SUBJECTS:
            found[subject.name] = subject
    return found
