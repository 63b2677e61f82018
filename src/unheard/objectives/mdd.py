"""Margin disparity discrepancy (MDD): a second classifier agrees with the first on the source, and not on the target.

    D = gamma CE(f'(z), f(z)) over the source  -  mean log(1 - softmax(f'(z))[f(z)]) over the target

f is the emotion head and f(z) the class that it names; f' is a part of the objective, of the same shape, that
descends D, and the encoder climbs it: where f' cannot disagree on the target without disagreeing on the source, the
two are alike as far as the task goes. The source is whatever has an emotion, the target whatever has none and is of a
known domain. Where a batch has no target, f' learns to agree, and the encoder feels nothing.

Reference: zhang2019bridging, the algorithm with margin loss replaced by combined cross-entropies. The weight and its
schedule are ours.
"""

from functools import partial
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from unheard.models.heads import build_head
from unheard.models.model import Model, Parts, Sizes
from unheard.objectives._domains import DomainObjective, DomainSettings, class_target
from unheard.objectives.reversal import signed_gradient
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(DomainSettings):
    """Weight and margin of the second classifier."""

    weight: float = Field(-0.1, ge=-100, le=0)
    """Signed, as all adversaries' is: -w has lambda_max = w, 0 only watches."""
    margin: float = Field(4.0, gt=1, le=100)
    """gamma, the exponential of the paper's margin: how much an agreement on the source counts beside a disagreement
    on the target."""


class Objective(DomainObjective):
    """The loss of the targets, and the reversed disparity of two classifiers."""

    settings: Settings
    parts: ClassVar[tuple[str, ...]] = ("second_classifier",)

    def modules(self, sizes: Sizes) -> Parts:
        """The second classifier."""
        own = sizes.settings
        classes = sizes.classes[own.targets[0].name] if own.targets[0].kind == "classes" else 1
        return {"second_classifier": partial(build_head, own.embedding, own.hidden, classes)}

    def term(self, model: Model, embedding: Tensor, batch: Batch, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        """The disparity, which the second classifier descends and the embedding feels with the signed weight."""
        name = class_target(model, "MDD")
        source = batch.columns[name] != UNLABELED
        target = ~source & (batch.columns[self.settings.domain] != UNLABELED)
        both = bool(source.any()) and bool(target.any())
        with torch.no_grad():
            named = model.heads[name](embedding).argmax(1)
        answers = model.parts["second_classifier"](signed_gradient(embedding, weight if both else 0.0))
        loss = answers.sum() * 0.0
        if bool(source.any()):
            loss = loss + self.settings.margin * F.cross_entropy(answers[source], named[source])
        if both:
            loss = loss + _disagreement(answers[target], named[target])
        return loss, {"disparity": loss.detach()}


def _disagreement(answers: Tensor, named: Tensor) -> Tensor:
    """-log(1 - p[named]), from logits: log of the sum of all less log of the sum of the others, which cannot be 0."""
    others = answers.masked_fill(F.one_hot(named, answers.shape[1]).bool(), -torch.inf)
    return (torch.logsumexp(answers, 1) - torch.logsumexp(others, 1)).mean()
