"""Files that are being written, and what is left of them where their writer was killed.

A file is written beside its place, under a name that says who writes it, and renamed at the end.
"""

import contextlib
import hashlib
import itertools
import os
import platform
import re
import time
from collections.abc import Iterable
from pathlib import Path

__all__ = ["place_beside", "sweep"]

_HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""This machine, for a folder may be on a disk that several share."""
_NUMBERS = itertools.count()
_LEFTOVER = re.compile(r"\.[0-9a-f]{16}\.(?P<pid>\d+)-(?P<host>[0-9a-f]{8})-\d+\.part")
_OLD, _OLD_ELSEWHERE = 3600.0, 24 * 3600.0  # seconds without a byte written


def place_beside(file: Path) -> Path:
    """Where a file is written before it takes its place: in the same folder, told from all other writers'.

    Of the same length whatever the file is called: a name that fits its disk must not fail for its neighbor.
    """
    stem = hashlib.sha256(os.fsencode(file.name)).hexdigest()[:16]
    return file.with_name(f".{stem}.{os.getpid()}-{_HOST}-{next(_NUMBERS)}.part")


def sweep(folders: Iterable[Path]) -> None:
    """Remove what writers that are no more have left in folders of ours, not below them.

    Only names that `aside` gives, whose writer is dead and that nobody has written to for an hour (a day, where the
    writer was on another machine and cannot be asked). A folder that cannot be read is left alone.

    Args:
        folders: of a run or a cache; a user's folder is none of them.
    """
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                found = _LEFTOVER.fullmatch(entry.name)
                with contextlib.suppress(OSError):
                    if found is not None and entry.is_file(follow_symlinks=False) and _is_dead(entry, found):
                        Path(entry).unlink(missing_ok=True)


def _is_dead(entry: "os.DirEntry[str]", found: "re.Match[str]") -> bool:
    age = time.time() - entry.stat(follow_symlinks=False).st_mtime
    if found["host"] != _HOST:
        return age > _OLD_ELSEWHERE
    return age > _OLD and not _lives(int(found["pid"]))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
