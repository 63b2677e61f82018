"""Files that are there whole or not at all, whatever is killed while they are written, and names for them."""

import contextlib
import hashlib
import json
import logging
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from unheard.documents import sealed
from unheard.errors import MachineError, UnheardError
from unheard.leftovers import place_beside
from unheard.machine import machine_error

__all__ = [
    "REFERENCES",
    "aside",
    "file_name",
    "file_names",
    "objective_file_name",
    "one_to_a_file_system",
    "refuse_unwritable",
    "refuse_unwritable_file",
    "set_aside",
    "write_atomically",
    "write_document",
]

_LOG = logging.getLogger(__name__)

REFERENCES = "references"
"""The folder of a run's jobs that belong to no objective."""

_LONGEST = 100  # bytes; two names, their ending and what `aside` adds stay below the 255 of a file system
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)
"""What Windows takes for a device, whatever the ending."""


def one_to_a_file_system(name: str) -> str:
    """What two names have in common that some file system takes for one: it is blind to case and to composition.

    >>> one_to_a_file_system("Anna") == one_to_a_file_system("anna")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def file_name(name: str, *, reserved: Iterable[str] = ()) -> str:
    """A name of anything as the name of a file: two different names never become one.

    Letters, digits, '-', '_' and '.' stand for themselves; everything else is written as its bytes (UTF-8), '%' and
    two hexadecimal digits each, and so is the first letter of a name that is reserved, the dots of a name that is
    nothing else, and a dot at the end. A name of more than 100 bytes ends in a digest of the whole.

    Args:
        name: any text.
        reserved: file names that are taken, beside those that Windows takes for devices.

    Returns:
        1 to 100 bytes (UTF-8) that every file system can hold. Names that differ in case only stay so: see
        `file_names`.

    >>> file_name("speaker-03"), file_name("a/b"), file_name("a b"), file_name("..")
    ('speaker-03', 'a%2Fb', 'a%20b', '%2E%2E')
    """
    whole = unicodedata.is_normalized("NFC", name)
    text = "".join(
        sign if sign in "-_." or (sign.isalnum() and (whole or sign.isascii())) else _bytes(sign) for sign in name
    )
    if not name.strip("."):
        text = "".join(map(_bytes, name)) or "%"
    elif text.endswith("."):
        text = text[:-1] + _bytes(".")
    taken = {one_to_a_file_system(one) for one in reserved}
    if one_to_a_file_system(text) in taken or one_to_a_file_system(text).partition(".")[0] in _DEVICES:
        text = _bytes(text[0]) + text[1:]
    return text if len(text.encode()) <= _LONGEST else _with_digest(text, name)


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Name -> name of its file, for names that stand beside each other: no two are one, whatever the file system.

    As `file_name`, save that names which some file systems take for one (they differ in case) end in a digest, all
    but one that is written small.

    >>> file_names(["anna", "ben"])
    {'anna': 'anna', 'ben': 'ben'}
    """
    plain = {name: file_name(name) for name in names}
    alike = Counter(map(one_to_a_file_system, plain.values()))
    return {
        name: text
        if alike[one_to_a_file_system(text)] == 1 or one_to_a_file_system(text) == text
        else _with_digest(text, name)
        for name, text in plain.items()
    }


def objective_file_name(label: str) -> str:
    """The label of an objective as the name of its folder of jobs, and as the beginning of its weights' names.

    Those are `LABEL-seed0-foldNAME.safetensors`, so that the first '-seed' in them must be behind the label.

    >>> objective_file_name("dat"), objective_file_name("references"), objective_file_name("a-seed1")
    ('dat', '%72eferences', 'a%2Dseed1')
    """
    text = file_name(label, reserved=[REFERENCES])
    return re.sub("-(?=seed)", _bytes("-"), text, flags=re.IGNORECASE)


def _bytes(sign: str) -> str:
    # What is no text of its own (half of a pair, as names that are not UTF-8 are read) has bytes, too.
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogatepass"))


def _with_digest(text: str, name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    kept = text.encode()[: _LONGEST - len(digest) - 1].decode(errors="ignore")
    return f"{kept}~{digest}"


@contextlib.contextmanager
def aside(file: Path) -> Iterator[Path]:
    """A path beside the file to write to; it takes the file's place at the end, and is removed if that fails.

    Args:
        file: what is to be written; its folder is made if it is missing.

    Raises:
        MachineError: the disk is full, the folder may not be written to, or the like.
    """
    beside = place_beside(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        beside.replace(file)
    except (OSError, SafetensorError) as problem:
        told = None if isinstance(problem, UnheardError) else machine_error(problem, file)
        if told is None:
            raise
        raise told from problem
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def refuse_unwritable(folder: Path) -> None:
    """Find out before the work, and not after it, that nothing can be written into a folder; leaves no trace.

    Args:
        folder: it, or what it will be made in.

    Raises:
        MachineError: with what to do.
    """
    place = folder
    try:
        while not place.exists() and not place.is_symlink():
            place = place.parent
        beside = place_beside(place / "writable")
        try:
            beside.write_bytes(bytes(4096))
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
    except FileNotFoundError as problem:  # of a file system that is none, such as /proc
        raise MachineError(f"nothing can be written to {folder}", "Choose another folder.") from problem
    except OSError as problem:
        told = machine_error(problem, folder if os.path.isdir(place) else place)  # noqa: PTH112 (it raises nothing)
        if told is None:
            raise
        raise told from problem


def refuse_unwritable_file(file: Path) -> None:
    """As `refuse_unwritable`, for a file that is to be written, or written anew.

    Raises:
        MachineError: with what to do.
    """
    if file.is_dir():
        raise MachineError(f"a folder stands where a file is needed: {file}", "Choose another path.")
    refuse_unwritable(file.parent)


def write_atomically(text: str, file: Path) -> None:
    r"""Write text (UTF-8) aside, then rename.

    Half a character, as a path has it that is not UTF-8, is written as its escape (``\udcf6``), which JSON reads.

    Raises:
        MachineError: see `aside`.
    """
    with aside(file) as beside:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_document(document: Mapping[str, Any], file: Path) -> None:
    """Write a document as JSON for people and programs alike, aside, then rename; a digest is its last key.

    Args:
        document: plain values; nan and infinite are none of them.
        file: where to.

    Raises:
        MachineError: see `aside`.
    """
    write_atomically(json.dumps(sealed(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n", file)


def set_aside(file: Path, problem: str, consequence: str) -> None:
    """Rename a damaged file to NAME.damaged, and say so (a warning of this module's log, on standard error).

    Args:
        file: what is damaged; it may be gone, where two writers find it at once.
        problem: what is wrong with it.
        consequence: what happens now, as a sentence.
    """
    kept = file.with_name(f"{file.name}.damaged")
    with contextlib.suppress(FileNotFoundError):
        file.replace(kept)
        _LOG.warning("%s: damaged (%s), and kept as %s. %s", file, problem, kept.name, consequence)
