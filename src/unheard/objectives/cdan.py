"""Conditional adversary (CDAN): it reads the embedding together with what the emotion head makes of it.

    D( z (x) softmax(f(z)) ),        the outer product, flattened; the softmax is a constant to the gradient

Domains are hidden only as far as the emotion does not tell them: where one domain has more anger than the other, an
adversary that reads z alone makes anger vanish, too. It needs no label of the target.

Reference: long2018conditional, with the whole outer product (its multilinear map); 'entropy' is its CDAN+E. The
weight, its schedule, and that a batch of one domain teaches nothing are ours. Their random projection of large
products is left out: ours are small.
"""

from functools import partial
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from unheard.models.heads import build_head
from unheard.models.model import Model, Parts, Sizes
from unheard.objectives._domains import DomainObjective, DomainSettings, class_target, domains_of
from unheard.objectives.losses import accuracy
from unheard.objectives.reversal import signed_gradient
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(DomainSettings):
    """Weight and form of the conditional adversary."""

    weight: float = Field(-0.3, ge=-100, le=0)
    """Signed, as all adversaries' is: -w has lambda_max = w, 0 only watches."""
    entropy: bool = False
    """Whether items whose emotion is sure count for more: by 1 + exp(-H), H the entropy of the softmax."""


class Objective(DomainObjective):
    """The loss of the targets, and a reversed loss of the domain that is conditioned on the emotion."""

    settings: Settings
    parts: ClassVar[tuple[str, ...]] = ("conditional_adversary",)

    def modules(self, sizes: Sizes) -> Parts:
        """The conditional adversary, which reads the outer product."""
        own = sizes.settings
        classes = sizes.classes[own.targets[0].name] if own.targets[0].kind == "classes" else 1
        domains = sizes.classes[self.settings.domain]
        return {"conditional_adversary": partial(build_head, own.embedding * classes, own.hidden, domains)}

    def term(self, model: Model, embedding: Tensor, batch: Batch, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        """The adversary's loss, which the embedding feels with the signed weight; 0 with one domain alone."""
        with torch.no_grad():
            said = torch.softmax(model.heads[class_target(model, "CDAN")](embedding), dim=1)
        read = signed_gradient(embedding, weight)
        product = (said.unsqueeze(2) * read.unsqueeze(1)).flatten(1)
        logits, labels = model.parts["conditional_adversary"](product), batch.columns[self.settings.domain]
        loss = self._loss(logits, labels, said)
        return loss, {"adversary_loss": loss.detach(), "adversary_accuracy": accuracy(logits, labels)}

    def _loss(self, logits: Tensor, labels: Tensor, said: Tensor) -> Tensor:
        known = labels != UNLABELED
        if len(domains_of(labels)) < 2:
            return logits.sum() * 0.0
        losses = F.cross_entropy(logits[known], labels[known], reduction="none")
        share = torch.ones_like(losses)
        if self.settings.entropy:
            entropy = -torch.special.xlogy(said, said).sum(1)
            share = (1.0 + torch.exp(-entropy))[known]
        return (share * losses).sum() / share.sum()
