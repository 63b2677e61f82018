"""Correlation alignment (CORAL): the covariance of the embedding is to be the same in every domain.

    L = L_targets + w / (4 d^2) ||C_1 - C_2||_F^2        for the domains 1 and 2, d the size of the embedding

The domains are every two of a batch (the mean is taken over pairs); neither needs a label. 'conditional' compares
class by class: an item with a label counts in its class, one without in each class by the probability that the
emotion head gives it, as a constant.

Reference: sun2016deep, equations 1 to 3. More than two domains, the conditional form, the alignment of means and the
schedule of the weight are ours.
"""

import torch
from torch import Tensor

from unheard.models.model import Model
from unheard.objectives._domains import DistanceObjective, DomainSettings, class_target, pairs_of_domains
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]

_ENOUGH = 1.5
"""Items that a class must come to in a domain: a covariance of one is none."""


class Settings(DomainSettings):
    """What is aligned, and how much that weighs."""

    conditional: bool = False
    """Whether covariances are compared class by class. Needs a first target that has classes."""
    means: bool = False
    """Whether the means are drawn together, too: adds ||m_1 - m_2||^2 / (4 d)."""


class Objective(DistanceObjective):
    """The loss of the targets and the distance of the domains' covariances."""

    settings: Settings

    def distance(self, model: Model, embedding: Tensor, batch: Batch) -> Tensor:
        """The mean over pairs of domains, and over classes if conditional, of the distance of their moments."""
        shares = self._shares(model, embedding, batch)
        found = [
            self._apart(embedding, share, one, other)
            for one, other in pairs_of_domains(batch.columns[self.settings.domain], least=2)
            for share in shares.unbind(1)
            if min(float(share[one].sum()), float(share[other].sum())) >= _ENOUGH
        ]
        return torch.stack(found).mean() if found else embedding.sum() * 0.0

    def _shares(self, model: Model, embedding: Tensor, batch: Batch) -> Tensor:
        """How much each item counts in each comparison, shape (batch, comparisons)."""
        if not self.settings.conditional:
            return embedding.new_ones(len(embedding), 1)
        name = class_target(model, "CORAL by class")
        with torch.no_grad():
            said = torch.softmax(model.heads[name](embedding), dim=1)
        labels = batch.columns[name]
        known = labels != UNLABELED
        said[known] = torch.nn.functional.one_hot(labels[known], said.shape[1]).to(said.dtype)
        return said

    def _apart(self, embedding: Tensor, share: Tensor, one: Tensor, other: Tensor) -> Tensor:
        size = embedding.shape[1]
        mean, covariance = _moments(embedding[one], share[one])
        mean_of_other, covariance_of_other = _moments(embedding[other], share[other])
        apart = (covariance - covariance_of_other).square().sum() / (4 * size**2)
        if self.settings.means:
            apart = apart + (mean - mean_of_other).square().sum() / (4 * size)
        return apart


def _moments(items: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean and covariance; with weights of 1 the latter divides by n - 1, as the paper's does."""
    total = share.sum()
    mean = (share.unsqueeze(1) * items).sum(0) / total
    centered = items - mean
    spread = (share.unsqueeze(1) * centered).T @ centered
    return mean, spread / (total - share.square().sum() / total).clamp(min=1e-3)
