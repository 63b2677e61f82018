"""Which processes are left of what a test started."""

import os
from pathlib import Path

__all__ = ["alive_in_session"]


def alive_in_session(leader: int) -> list[str]:
    """Command lines of the living processes in the session of a process that was started with one of its own."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        try:
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it ended while it was looked at
            continue
    return found
