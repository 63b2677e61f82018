"""Tensors in a safetensors file that knows when it was damaged: a digest over all of it stands in its metadata.

A file without one is refused. Nothing is unpickled, and nothing is read before its size is known.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from unheard.documents import DIGEST, UNSEALED, DamageError, parse_json
from unheard.files import aside
from unheard.machine import machine_error

__all__ = ["StoredTensors", "open_tensors", "read_tensors", "write_tensors"]

_LONGEST = 1 << 24  # bytes of the description of all tensors


@dataclass(frozen=True)
class StoredTensors:
    """A safetensors file before its tensors are read.

    Args:
        about: what stands in its metadata beside the digest; empty where nothing does.
        shapes: name -> shape.
        digest: over `about` and all tensors.
        stored: the open file.
    """

    about: str
    shapes: Mapping[str, tuple[int, ...]]
    digest: str
    stored: Any

    def header(self, *, finite: bool = True) -> dict[str, Any]:
        """`about` as the table that it is.

        Args:
            finite: whether NaN and Infinity are refused.

        Raises:
            DamageError: it is none.
        """
        header = parse_json(self.about, finite=finite)
        if not isinstance(header, dict):
            raise DamageError("its header is not a table")
        return header

    def tensors(self) -> dict[str, Tensor]:
        """All tensors, held against the digest.

        Raises:
            DamageError: they do not match it.
        """
        try:
            found: dict[str, Tensor] = {name: self.stored.get_tensor(name) for name in self.shapes}
        except (SafetensorError, RuntimeError, ValueError, TypeError) as problem:
            raise DamageError(str(problem)) from problem
        if self.digest != _digest(self.about, found):
            raise DamageError("it does not match its digest, so it was changed or damaged")
        return found


def _digest(about: str, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.blake2b(about.encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name].detach().contiguous()
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def write_tensors(file: Path, tensors: Mapping[str, Tensor], key: str, about: str) -> None:
    """Write tensors, what is to be said of them and a digest of both; aside, then renamed.

    Args:
        file: where to; its folder is made.
        tensors: name -> tensor.
        key: under which `about` stands in the metadata.
        about: any text.
    """
    own = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    metadata = {key: about, DIGEST: _digest(about, own)}
    with aside(file) as beside:
        save_file(own, beside, metadata=metadata)


@contextlib.contextmanager
def open_tensors(file: Path, key: str) -> Iterator[StoredTensors]:
    """A file that `write_tensors` left, described but not read.

    Args:
        file: where it lies.
        key: as it was written with.

    Raises:
        DamageError: it cannot be read, or is no such file; also of what is done inside.
        MachineError: the machine refuses to read it, which says nothing of the file.
    """
    _check_length(file)
    try:
        with safe_open(file, framework="pt") as stored:
            metadata: dict[str, str] = stored.metadata() or {}
            if strange := sorted(set(metadata) - {key, DIGEST}):
                raise DamageError(f"its metadata holds {strange[0]!a}, which is not known")
            if DIGEST not in metadata:
                raise DamageError(UNSEALED)
            shapes = {name: tuple(stored.get_slice(name).get_shape()) for name in stored.keys()}  # noqa: SIM118
            yield StoredTensors(metadata.get(key, ""), shapes, metadata[DIGEST], stored)
    except (SafetensorError, OSError) as problem:
        raise machine_error(problem, file) or DamageError(str(problem)) from problem


def _check_length(file: Path) -> None:
    """The first eight bytes say how long the description is, which would be read whole."""
    try:
        if not file.is_file():
            raise DamageError("there is no such file" if not file.exists() else "it is no file")
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
    except OSError as problem:
        raise machine_error(problem, file) or DamageError(str(problem)) from problem
    if length > _LONGEST:
        raise DamageError(f"its first bytes announce a header of {length} bytes, expected {_LONGEST} at most")


def read_tensors(file: Path, key: str) -> tuple[str, dict[str, Tensor]]:
    """What is said of the tensors, and the tensors (see `open_tensors`).

    Raises:
        DamageError: it cannot be read, or does not match its digest.
    """
    with open_tensors(file, key) as stored:
        return stored.about, stored.tensors()
