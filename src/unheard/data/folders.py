"""The recordings under a folder."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

from unheard.errors import MachineError
from unheard.machine import machine_error

__all__ = ["recordings_under"]


def recordings_under(folder: Path, endings: Collection[str]) -> list[Path]:
    """All recordings under a folder, at any depth, sorted by their path.

    Links are followed, and none in a circle. Hidden files and folders, and the shadow files that macOS leaves in
    archives, are no recordings.

    Args:
        folder: where to look.
        endings: of recordings, in small letters with a dot; in a file's name they may be in any case.

    Raises:
        MachineError: a folder may not be read; what is in it would be missing in silence.
    """
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        about = os.stat(place)  # noqa: PTH116 (of os.walk's own text)
        if (about.st_dev, about.st_ino) in seen:
            folders.clear()
            continue
        seen.add((about.st_dev, about.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        paths = (Path(place, file) for file in files if not file.startswith("."))
        found += [path for path in paths if path.suffix.lower() in endings]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _refuse(problem: OSError) -> NoReturn:
    told = machine_error(problem)
    if told is None:
        raise problem
    raise MachineError(told.problem, "Let it be read, or name the recordings.") from problem
