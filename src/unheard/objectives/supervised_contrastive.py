"""Supervised contrastive training across domains: one emotion's embeddings are to be close, whoever speaks it.

    L = L_targets + w mean_i mean_(p in P(i)) -log( exp(z_i z_p / t) / sum_(a in A(i)) exp(z_i z_a / t) )

z are embeddings of length 1. P(i) are the items of the same emotion and, with `across`, of another domain (speaker or
language); A(i) are those and all of other emotions. So neither is an item of the same emotion and domain pushed away,
nor is it a success that one speaker's clips are alike. Items without an emotion, or of no known domain, take no part;
one with no positive gives no loss.

Reference: khosla2020supervised, equation 2. Positives of other domains alone, their absence from A(i), the embedding
itself in the place of a projection, the weight and its schedule are ours.
"""

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from unheard.models.model import Model
from unheard.objectives._domains import DistanceObjective, DomainSettings, class_target
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(DomainSettings):
    """Which items are drawn together, and how much that weighs."""

    domain: str = "speaker"
    """The column across which they are: 'speaker', 'language' or 'corpus', say."""
    weight: float = Field(0.1, ge=0, le=100)
    """Of the contrastive loss at the end of its schedule; 0 logs it, and teaches the encoder nothing."""
    temperature: float = Field(0.1, gt=0, le=10)
    """t: how much the closest items count for. 0.1 in the paper."""
    across: bool = True
    """Whether only items of other domains are positives; False: all of the same emotion are, as in the paper."""


class Objective(DistanceObjective):
    """The loss of the targets and a contrastive one across domains."""

    settings: Settings

    def distance(self, model: Model, embedding: Tensor, batch: Batch) -> Tensor:
        """The contrastive loss; 0 where no item has a positive."""
        emotion = batch.columns[class_target(model, "supervised contrastive training")]
        domain = batch.columns[self.settings.domain]
        kept = (emotion != UNLABELED) & (domain != UNLABELED)
        emotion, domain, read = emotion[kept], domain[kept], F.normalize(embedding[kept], dim=1)
        same = emotion.unsqueeze(1) == emotion
        positive = same & (domain.unsqueeze(1) != domain) if self.settings.across else _others(same)
        anchors = positive.any(1)
        if not bool(anchors.any()):
            return embedding.sum() * 0.0
        alike = read @ read.T / self.settings.temperature
        among = torch.logsumexp(alike.masked_fill(~(positive | ~same), -torch.inf)[anchors], 1, keepdim=True)
        positive = positive[anchors]
        each = ((among - alike[anchors]) * positive).sum(1) / positive.sum(1)
        return each.mean()


def _others(same: Tensor) -> Tensor:
    """Without each item itself."""
    return same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
