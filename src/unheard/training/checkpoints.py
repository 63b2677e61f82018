"""A training that is killed at any moment goes on from its last epoch as if nothing had happened.

A checkpoint is one safetensors file: weights, their average, the best weights, every optimizer's state; the
numbers that are not tensors stand as JSON in its header, beside a digest of all of it. No random state is stored:
every draw is a function of (seed, epoch) or (seed, step).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from unheard.documents import DamageError, conform
from unheard.files import set_aside
from unheard.tensors import open_tensors, write_tensors

__all__ = ["Checkpoint", "flatten_optimizer", "read_checkpoint", "restore_optimizer", "write_checkpoint"]

_KEY = "checkpoint"
"""Of the header in the file's metadata."""


@dataclass
class Checkpoint:
    """Everything that the loop needs to go on.

    Args:
        tensors: flat name -> tensor ('model.…', 'average.…', 'best.…', 'optimizer.<phase>.…').
        epoch: epochs done.
        best: score and epoch of the best weights.
        history: one dict of numbers an epoch.
        fingerprint: digest of all that determines the training; another one's checkpoint is not used.
    """

    tensors: dict[str, Tensor]
    epoch: int
    best: dict[str, float]
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0
    fingerprint: str = ""

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one part, their prefix removed."""
        prefix = f"{name}."
        return {key[len(prefix) :]: value for key, value in self.tensors.items() if key.startswith(prefix)}


def flatten_optimizer(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """The state of an optimizer as flat tensors, by the position of the parameter."""
    flat = {}
    for position, values in optimizer.state_dict()["state"].items():
        for key, value in values.items():
            flat[f"{prefix}.{position}.{key}"] = torch.as_tensor(value).detach().clone().cpu()
    return flat


def restore_optimizer(optimizer: torch.optim.Optimizer, flat: Mapping[str, Tensor]) -> None:
    """The inverse of `flatten_optimizer`, prefix removed."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in flat.items():
        position, name = key.split(".", 1)
        state.setdefault(int(position), {})[name] = value
    whole = optimizer.state_dict()
    whole["state"] = state
    optimizer.load_state_dict(whole)


def write_checkpoint(checkpoint: Checkpoint, file: Path) -> None:
    """Write aside, then rename: the last whole checkpoint survives any kill."""
    header: dict[str, Any] = {
        "epoch": checkpoint.epoch,
        "best": checkpoint.best,
        "history": checkpoint.history,
        "seconds": checkpoint.seconds,
        "fingerprint": checkpoint.fingerprint,
    }
    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in checkpoint.tensors.items()}
    write_tensors(file, tensors, _KEY, json.dumps(header))


class _Header(BaseModel):
    """What stands beside the tensors."""

    epoch: int = Field(ge=0)
    best: dict[str, float]
    history: list[dict[str, float]]
    seconds: float
    fingerprint: str


def read_checkpoint(file: Path, fingerprint: str) -> Checkpoint | None:
    """The checkpoint of this very training; None where there is none, or it is another's.

    One that is damaged is set aside and named: the training starts anew, and comes to the same bits.
    """
    if not file.exists():
        return None
    try:
        with open_tensors(file, _KEY) as stored:
            header = conform(stored.header(finite=False), _Header)
            if header.fingerprint != fingerprint:
                return None
            tensors = stored.tensors()
    except DamageError as problem:
        set_aside(file, str(problem), "This training starts anew.")
        return None
    return Checkpoint(tensors, header.epoch, header.best, header.history, header.seconds, header.fingerprint)
