"""What an embedding passes on its way out of the network."""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["ACTIVATIONS", "Activation"]

Activation = Literal["relu", "leaky_relu", "tanh", "none"]
ACTIVATIONS: Mapping[Activation, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky_relu": nn.functional.leaky_relu,
    "tanh": torch.tanh,
    "none": lambda embedding: embedding,
}
"""Name -> what the projection passes on its way out."""
