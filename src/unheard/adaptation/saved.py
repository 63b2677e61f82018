"""A fitted adaptation on disk: safetensors with a digest, beside the model whose read-out it adapts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from unheard.adaptation.adapted import Adapted
from unheard.adaptation.fitted import Fitted
from unheard.adaptation.source import Readout
from unheard.documents import DamageError, conform
from unheard.errors import AdaptationError, UnknownNameError
from unheard.registry import load
from unheard.tensors import open_tensors, write_tensors

__all__ = ["load_adapted", "save_adapted"]

_KEY = "unheard-adaptation"


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid")

    method: str
    settings: dict[str, Any]
    speakers: list[str]
    arrays: list[str]
    judged: list[str]


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: Annotated[int, Field(ge=1)]
    steps: list[_Step]
    about: dict[str, Any]


def save_adapted(adapted: Adapted, file: Path, about: Mapping[str, Any] | None = None) -> None:
    """Write all that was fitted; the read-out is the model's and is not written.

    Args:
        adapted: to be kept.
        file: where to; its folder is made.
        about: anything else to be said, as JSON, e.g. the digest of the model.
    """
    tensors, steps = {}, []
    for number, step in enumerate(adapted.steps):
        for kind, arrays in (("arrays", step.arrays), ("judged", step.judged)):
            for name, array in arrays.items():
                tensors[f"{number}.{kind}.{name}"] = torch.from_numpy(np.array(array, dtype=np.float64))
        steps.append(
            {
                "method": step.method,
                "settings": dict(step.settings),
                "speakers": list(step.speakers),
                "arrays": sorted(step.arrays),
                "judged": sorted(step.judged),
            }
        )
    header = {"size": adapted.size, "steps": steps, "about": dict(about or {})}
    write_tensors(file, tensors, _KEY, json.dumps(header))


def load_adapted(file: Path, readout: Readout) -> tuple[Adapted, dict[str, Any]]:
    """What was fitted, around a read-out, and what was said about it. Nothing is unpickled.

    Args:
        file: as `save_adapted` left it.
        readout: of the model that was adapted.

    Raises:
        AdaptationError: the file is missing, damaged or not one of ours, or names a method that is not installed.
    """
    try:
        with open_tensors(file, _KEY) as stored:
            header = conform(stored.header(), _Header)
            arrays = {name: tensor.numpy() for name, tensor in stored.tensors().items()}
        steps = tuple(_step(number, step, arrays) for number, step in enumerate(header.steps))
    except (DamageError, UnknownNameError) as problem:
        raise AdaptationError(
            f"{file}: not an adaptation of unheard, or a damaged one ({problem}). Adapt the model again."
        ) from problem
    return Adapted(readout, header.size, steps), header.about


def _step(number: int, described: _Step, arrays: Mapping[str, NDArray[Any]]) -> Fitted:
    """One step, whose arrays are all there and are numbers.

    Raises:
        DamageError: they are not.
    """
    load("adaptations", described.method)
    found: dict[str, dict[str, NDArray[np.float64]]] = {"arrays": {}, "judged": {}}
    for kind, names in (("arrays", described.arrays), ("judged", described.judged)):
        for name in names:
            array = arrays.get(f"{number}.{kind}.{name}")
            if array is None or array.dtype != np.float64 or not np.isfinite(array).all():
                raise DamageError(f"step {number} lacks {ascii(name)[1:-1]}, or it holds what are no numbers")
            found[kind][name] = array
    if described.speakers != sorted(set(described.speakers)):
        raise DamageError(f"the speakers of step {number} are not sorted")
    return Fitted(described.method, described.settings, found["arrays"], tuple(described.speakers), found["judged"])
