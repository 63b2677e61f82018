"""Low-rank adaptation (LoRA): a frozen weight W is read as W + (alpha / rank) B A, and only A and B learn.

It acts on the weight where it is read, not on a layer's call, because some attention (WavLM's) reads its
projections' weights and never calls them: there, a wrapped layer would be passed by and nothing would be learnt.

Reference: hu2022lora, equation 3. B starts at zero, so that training starts at the pretrained model.
"""

import math
from collections.abc import Collection, Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from unheard.errors import SettingsError

__all__ = ["LowRank", "add_low_rank", "merge_low_rank"]


class LowRank(nn.Module):
    """The sum of a weight and a product of rank `rank`.

    Shape: (out, in) -> (out, in).
    """

    def __init__(self, weight: Tensor, rank: int, alpha: float) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.empty(rank, columns, dtype=weight.dtype, device=weight.device))
        self.up = nn.Parameter(torch.zeros(rows, rank, dtype=weight.dtype, device=weight.device))
        self.scale = alpha / rank
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        """The adapted weight."""
        return weight + self.scale * (self.up @ self.down)


def _adapted(module: nn.Module) -> Iterator[nn.Linear]:
    for part in module.modules():
        if isinstance(part, nn.Linear) and parametrize.is_parametrized(part, "weight"):
            yield part


def add_low_rank(module: nn.Module, names: Collection[str], *, rank: int, alpha: float) -> None:
    """Adapt every linear layer of a module whose name ends in one of `names`; their own weights stop learning.

    Args:
        module: changed in place.
        names: last parts of names, e.g. 'q_proj'.
        rank: of the product, at least 1.
        alpha: scale times rank.

    Raises:
        SettingsError: a name is that of no linear layer, so that it would adapt nothing unsaid.
    """
    linear = {name: part for name, part in module.named_modules() if isinstance(part, nn.Linear)}
    known = {name.rsplit(".", 1)[-1] for name in linear}
    for name in names:
        if name not in known:
            there = f"its layers have {', '.join(sorted(known))}" if known else "no layer is kept"
            raise SettingsError("model.encoder", "adapt", f"'{name}' is no linear layer of this upstream: {there}")
    for name, part in linear.items():
        if name.rsplit(".", 1)[-1] in names:
            part.weight.requires_grad_(False)
            parametrize.register_parametrization(part, "weight", LowRank(part.weight, rank, alpha))


def merge_low_rank(module: nn.Module) -> None:
    """Write each product into its weight, in place: the same function, without the cost of two matrices."""
    for part in list(_adapted(module)):
        parametrize.remove_parametrizations(part, "weight", leave_parametrized=True)
