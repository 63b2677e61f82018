"""What the machine refuses, in words: a full disk, a missing right, a name that is too long."""

import errno
import os
import re
from pathlib import Path

from unheard.errors import MachineError

__all__ = ["machine_error", "used_up"]

_GO_ON = "The same command goes on where it stood."
_MACHINE = {
    errno.ENOSPC: ("no space is left on the disk of", f"Make room there. {_GO_ON}"),
    errno.EDQUOT: ("the quota is used up on the disk of", f"Make room there. {_GO_ON}"),
    errno.EFBIG: ("the largest size of a file (ulimit -f, or the disk's own) is reached by", f"Raise it. {_GO_ON}"),
    errno.EROFS: ("the disk can only be read:", "Choose another folder."),
    errno.EACCES: ("no permission for", "Choose another path, or ask its owner."),
    errno.EPERM: ("no permission for", "Choose another path, or ask its owner."),
    errno.ENOENT: ("there is no file or folder", "Check the path."),
    errno.ENOTDIR: ("a file stands where a folder is needed:", "Choose another path, or move the file."),
    errno.EEXIST: ("a file stands where a folder is needed:", "Choose another path, or move the file."),
    errno.EISDIR: ("a folder stands where a file is needed:", "Choose another path."),
    errno.ENAMETOOLONG: ("this disk allows no name so long as", "Choose a shorter one."),
    errno.EINVAL: ("this disk does not take the name or the bytes of", "Choose another disk or a simpler name."),
    errno.EILSEQ: ("this disk does not take the name", "Choose a simpler one."),
    errno.ELOOP: ("links that lead in a circle:", "Choose another path."),
    errno.EIO: ("the disk failed at", f"Check the disk. {_GO_ON}"),
    errno.ESTALE: ("the disk over the network failed at", f"Mount it anew. {_GO_ON}"),
    errno.ETIMEDOUT: ("the disk over the network failed at", f"Mount it anew. {_GO_ON}"),
    errno.EMFILE: ("too many files are open at once, at", "Allow more (ulimit -n), or give fewer --jobs."),
    errno.ENFILE: ("too many files are open on this machine, at", "Close other programs, or give fewer --jobs."),
    errno.EAGAIN: ("this machine allows no more processes, at", "Close other programs, or give fewer --jobs."),
    errno.ENOMEM: ("no memory is left at", "Close other programs, or give fewer --jobs."),
}
"""What the system says -> what it means, and the mend."""
_USED_UP = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM])
_SHOWN = 60  # letters of a name that is too long


def machine_error(problem: Exception, file: Path | str | None = None) -> MachineError | None:
    """What a refusal of the system means in words; None where the problem is of another kind.

    Args:
        problem: an OSError, or the error of safetensors, which wraps one.
        file: what was being read or written, where the problem does not know it.
    """
    number = getattr(problem, "errno", None)
    if number is None and (found := re.search(r"\(os error (\d+)\)", str(problem))):
        number = int(found[1])
    if number is None and re.fullmatch(r"\d+ requested and \d+ written", str(problem)):
        number = errno.ENOSPC  # numpy's words, without the system's number; a full disk is by far the commonest
    if number not in _MACHINE:
        return None
    what, mend = _MACHINE[number]
    place = file or getattr(problem, "filename", None) or "a file that the system did not name"
    if isinstance(place, bytes):
        place = os.fsdecode(place)
    text = str(place)
    if number == errno.ENAMETOOLONG and len(text) > _SHOWN:
        text = f"{text[:_SHOWN]}…"
    return MachineError(f"{what} {text}", mend)


def used_up(problem: BaseException | None) -> MachineError | None:
    """What of the machine was used up where a problem arose, however a library hid it; None where nothing was.

    Args:
        problem: any; those that it arose from, or in the handling of, are looked at as well.
    """
    while problem is not None:
        if isinstance(problem, OSError) and problem.errno in _USED_UP:
            return machine_error(problem)
        problem = problem.__cause__ or problem.__context__
    return None
