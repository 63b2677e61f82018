"""From a module of torch to an ONNX graph whose batch and length are free.

Torch has two ways. The newer one (`dynamo=True`) freezes the number of frames that an LSTM was shown; the older one,
which follows the tensors of one example, leaves them free. What it cannot follow is Python: a branch on a tensor's
value, or its `len()`, becomes what it was for the example. Whoever traces therefore compares graph and module at
several sizes (`unheard.inference.export.parity`).
"""

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unheard.errors import MissingExtraError

__all__ = ["OPSET", "Port", "trace"]

OPSET = 17
"""Version of ONNX's operators: the oldest that has all that is used."""


@dataclass(frozen=True)
class Port:
    """An input or output of a graph.

    Args:
        name: of the tensor.
        free: axis -> what its length is called; all others are fixed.
        example: for an input, a tensor that is followed through the module.
    """

    name: str
    free: Mapping[int, str] = field(default_factory=dict)
    example: Tensor | None = None


def trace(module: nn.Module, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> Any:
    """The graph of a module in evaluation mode, an `onnx.ModelProto`.

    Args:
        module: takes the inputs in their order, and gives a tuple of the outputs, in theirs.
        inputs: each with an example. More than one item and more than one frame: a length of 1 is taken for fixed.
        outputs: what comes out.

    Raises:
        MissingExtraError: the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as problem:
        raise MissingExtraError("onnx", "onnx") from problem
    ports = (*inputs, *outputs)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Of what it cannot follow, which parity finds out, and that there is a newer way.
        warnings.simplefilter("ignore")
        file = Path(folder) / "graph.onnx"
        torch.onnx.export(
            module.eval(),
            tuple(port.example for port in inputs),
            file,
            input_names=[port.name for port in inputs],
            output_names=[port.name for port in outputs],
            dynamic_axes={port.name: dict(port.free) for port in ports if port.free},
            opset_version=OPSET,
            dynamo=False,
        )
        return onnx.load(file)
