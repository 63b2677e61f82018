"""A model's file: safetensors with a header that says how to build it, and all that predicting needs to know.

A file may come from anywhere. What its header describes is held against the tensors that stand in it before anything
is built, so that it cannot ask for more memory than it has itself; and it cannot ask for the network, or for a folder
of weights outside.

A file may go anywhere, too. It holds what predicts and nothing else: no head that told speakers apart, no part of the
training's objective, no path of the machine that it was written on.
"""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from unheard.documents import DamageError, conform
from unheard.errors import RunError, UnheardError
from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.tensors import StoredTensors, open_tensors, write_tensors
from unheard.upstreams.checkpoints import portable

__all__ = ["load_model", "save_model"]

_KEY = "unheard"
"""Of the header in the file's metadata."""
_MEND = (
    "Take it out, with the folder of its objective, seed and fold under jobs/ (result.json numbers the folds), and "
    "give the same `unheard run` again."
)
_SPARE = 4
"""How many times a parameter may be made anew while its layer is built (norms of weights, additions of low rank)."""


def save_model(model: Model, file: Path, about: Mapping[str, Any]) -> None:
    """Write what predicts as safetensors, with the architecture and `about` (JSON) in its header, and a digest.

    Heads of domains and parts of the objective are left out, and of an upstream's folder only its name stands in the
    header. Written aside and renamed: a reader never sees half a file.
    """
    header = {
        "channels": model.channels,
        "classes": {name: count for name, count in model.classes.items() if name not in model.domains},
        "model": model.settings.model_dump(mode="json"),
        **about,
    }
    # A pretrained encoder is described as it is, so that reading it back needs no checkpoint of its own.
    header["model"]["encoder"] |= getattr(model.network.encoder, "described", {})
    header["model"]["encoder"] = portable(header["model"]["encoder"])
    if isinstance(header.get("features"), Mapping):
        header["features"] = portable(header["features"])
    write_tensors(file, _predicting(model), _KEY, json.dumps(header))


def _predicting(model: Model) -> dict[str, Tensor]:
    """The tensors without those that only training needs."""
    training = ("parts.", *(f"heads.{name}." for name in model.domains))
    return {name: value for name, value in model.state_dict().items() if not name.startswith(training)}


class _Header(BaseModel):
    """What a model is built from; there is more, for whoever predicts."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    channels: int = Field(ge=1, le=1 << 20)
    classes: dict[str, Annotated[int, Field(ge=1, le=1 << 20)]] = Field(min_length=1)
    model: dict[str, Any]


def load_model(file: Path) -> tuple[Model, dict[str, Any]]:
    """The model of a file and all that its header says. Nothing is unpickled, and no other file is read.

    Raises:
        RunError: the file is missing, damaged, or not one of ours; its weights are not what its header says, or
            are no numbers.
    """
    try:
        with open_tensors(file, _KEY) as stored:
            header = stored.header()
            described = conform(header, _Header)
            _check_shapes(described, stored)
            state = stored.tensors()
        _check_finite(state)
        model = _built(described)
        model.load_state_dict(state)
    except DamageError as problem:
        raise RunError(f"{file}: not a model of unheard, or a damaged one ({problem}). {_MEND}") from problem
    except (RuntimeError, ValueError) as problem:
        raise RunError(f"{file}: its header and its weights do not fit ({problem}). {_MEND}") from problem
    return model.eval(), header


def _built(header: _Header) -> Model:
    """The model that a header describes, with weights of no meaning.

    Raises:
        DamageError: it describes none.
    """
    given = header.model.get("encoder", {})
    if not isinstance(given, dict):
        raise DamageError("its header describes no model: the encoder is no table")
    encoder = portable(given)
    if "source" in encoder and not encoder.get("described"):
        raise DamageError("its header names an upstream and does not describe it, and no other file is read")
    settings = {**header.model, "encoder": encoder}
    try:
        return Model(Sizes(header.channels, header.classes, ModelSettings(**settings)))
    except (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RuntimeError) as problem:
        raise DamageError(f"its header describes no model: {problem!r}") from problem
    except (TypeError, ValueError, UnheardError) as problem:
        raise DamageError(f"its header describes no model: {problem}") from problem


def _check_shapes(header: _Header, stored: StoredTensors) -> None:
    """Hold what would be built against what stands in the file, without memory for the one or the other.

    Raises:
        DamageError: they do not fit.
    """
    with torch.device("meta"), _at_most(_SPARE * len(stored.shapes)):
        expected = {name: tuple(value.shape) for name, value in _built(header).state_dict().items()}
    for name in sorted(expected.keys() | stored.shapes.keys()):
        there, here = stored.shapes.get(name), expected.get(name)
        if there != here:
            raise DamageError(f"{ascii(name)[1:-1]} has the shape {there}, and its header describes {here}")


@contextlib.contextmanager
def _at_most(parameters: int) -> Iterator[None]:
    """Stop a model that would have more parameters than its file has tensors: each takes memory, even without any."""
    counted, own = 0, threading.get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        del module, name
        nonlocal counted
        counted += parameter is not None and threading.get_ident() == own
        if counted > parameters:
            _refuse(parameters // _SPARE)

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _refuse(tensors: int) -> NoReturn:
    raise DamageError(f"its header describes more layers than its {tensors} tensors are of")


def _check_finite(state: Mapping[str, Tensor]) -> None:
    wrong = [name for name, value in state.items() if not bool(torch.isfinite(value).all())]
    if wrong:
        raise DamageError(f"{ascii(wrong[0])[1:-1]} and {len(wrong) - 1} more tensors hold nan or infinite numbers")
