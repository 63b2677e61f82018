"""Maximum mean discrepancy (MMD): the embeddings of all domains are to be one distribution, told by kernels.

    MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y),        k(x, y) = mean_j exp(-||x - y||^2 / (b_j s))

x and y run over the items of two domains (each with itself, too, so that it is never below 0), s is the mean squared
distance of all items of the two, a constant, and b_j are the `kernels`. The mean is taken over every two domains of a
batch; no label is needed.

Reference: gretton2012kernel, equation 5, the biased estimate; long2015learning for several kernels. The scale by the
batch's own distances, the even mean of kernels, more than two domains and the schedule of the weight are ours.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from unheard.models.model import Model
from unheard.objectives._domains import DistanceObjective, DomainSettings, pairs_of_domains
from unheard.records import Batch

__all__ = ["Objective", "Settings"]

_SMALLEST = 1e-8
"""What the scale is kept above: items that are all alike have no distance."""


class Settings(DomainSettings):
    """The kernels, and how much the discrepancy weighs."""

    kernels: tuple[Annotated[float, Field(gt=0, le=1000)], ...] = Field(
        (0.25, 0.5, 1.0, 2.0, 4.0), min_length=1, max_length=32
    )
    """Widths of the radial kernels, as factors on the mean squared distance of the items."""


class Objective(DistanceObjective):
    """The loss of the targets and the discrepancy of the domains."""

    settings: Settings

    def distance(self, model: Model, embedding: Tensor, batch: Batch) -> Tensor:
        """The mean over pairs of domains of their squared discrepancy."""
        del model
        pairs = pairs_of_domains(batch.columns[self.settings.domain])
        found = [self._discrepancy(embedding[one], embedding[other]) for one, other in pairs]
        return torch.stack(found).mean() if found else embedding.sum() * 0.0

    def _discrepancy(self, one: Tensor, other: Tensor) -> Tensor:
        both, count = torch.cat([one, other]), len(one)
        apart = (both.unsqueeze(1) - both.unsqueeze(0)).square().sum(2)
        items = len(both)
        scale = (apart.detach().sum() / (items * (items - 1))).clamp(min=_SMALLEST)
        kernel = torch.stack([torch.exp(-apart / (width * scale)) for width in self.settings.kernels]).mean(0)
        return kernel[:count, :count].mean() + kernel[count:, count:].mean() - 2.0 * kernel[:count, count:].mean()
