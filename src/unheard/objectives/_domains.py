"""What the methods share that act on an embedding by its domain: settings, schedule, logging, groups of items.

A head for the domain stands beside each of them and watches, so that the training curves of all are of one kind.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from unheard.errors import ObjectiveError
from unheard.models.model import Model, Parts, Sizes
from unheard.objectives.auxiliary import AuxiliaryHeads, signed_head
from unheard.objectives.losses import TargetLosses
from unheard.objectives.objective import ObjectiveSettings, Phase
from unheard.objectives.schedules import ramp, settled
from unheard.records import UNLABELED, Batch

__all__ = [
    "DistanceObjective",
    "DomainObjective",
    "DomainSettings",
    "class_target",
    "domains_of",
    "pairs_of_domains",
]


class DomainSettings(ObjectiveSettings):
    """A domain, and how much its term weighs."""

    neutral: ClassVar[Mapping[str, Any]] = {"weight": 0.0}
    """A term without weight is logged, and teaches nothing."""

    domain: str = "language"
    """The column whose values are the domains: 'language', 'corpus' or 'speaker', say."""
    weight: float = Field(1.0, ge=0, le=100)
    """Of the term at the end of its schedule; 0 logs it, and teaches the encoder nothing."""

    @model_validator(mode="after")
    def _domain_once(self) -> Self:
        if self.domain in self.auxiliary:
            raise ValueError(f"'{self.domain}' is the domain, and its head watches already: take it out of auxiliary")
        return self

    @property
    def weights(self) -> Mapping[str, float]:
        """Domain -> the signed weight of its head: that of the method's own domain watches."""
        return {self.domain: 0.0, **self.auxiliary}


class DomainObjective:
    """The loss of the targets and a term of the embedding and its domains, of which each method has its own."""

    def __init__(self, settings: DomainSettings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings = settings
        self._targets = TargetLosses(class_weights, settings.smoothing)
        self._auxiliary = AuxiliaryHeads(settings.auxiliary, settings.warmup)
        acts = settings.weight != 0 or any(settings.auxiliary.values())
        grown = settled(warmup=settings.warmup) if acts else 0.0
        self.phases: tuple[Phase, ...] = (Phase("joint", settled=grown, domain_parts=self.parts),)

    parts: ClassVar[tuple[str, ...]] = ()
    """Names of `modules`."""

    def modules(self, sizes: Sizes) -> Parts:
        """None of its own."""
        del sizes
        return {}

    def term(self, model: Model, embedding: Tensor, batch: Batch, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        """What is added to the loss of the targets, and what to log of it.

        Args:
            model: with the parts of `modules`.
            embedding: shape (batch, size).
            batch: labels and domains.
            weight: after the schedule. The embedding feels that much of the term, and nothing at 0.
        """
        raise NotImplementedError

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """The targets' loss, the method's term with the weight that it has come to, and heads that watch."""
        del phase
        embedding = model.embed(batch)
        total, logged = self._targets(model, embedding, batch)
        weight = self.settings.weight * ramp(progress, warmup=self.settings.warmup)
        own, said = self.term(model, embedding, batch, weight)
        watched, seen = signed_head(model, embedding, batch, self.settings.domain, 0.0)
        others, more = self._auxiliary(model, embedding, batch, progress)
        logged |= {**said, "weight": torch.tensor(weight), **seen, **more}
        return {"loss": sum(others, start=total + own + watched), **logged}


class DistanceObjective(DomainObjective):
    """A term that is a distance between domains, or within them, and has no adversary."""

    def distance(self, model: Model, embedding: Tensor, batch: Batch) -> Tensor:
        """What is minimized, a scalar that is differentiable by the embedding; 0 where there is nothing to compare.

        Args:
            model: for what its heads say of the embedding; no gradient goes through them.
            embedding: shape (batch, size).
            batch: labels and domains.
        """
        raise NotImplementedError

    def term(self, model: Model, embedding: Tensor, batch: Batch, weight: float) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted distance."""
        found = self.distance(model, embedding if weight else embedding.detach(), batch)
        return weight * found, {"distance": found.detach()}


def domains_of(labels: Tensor) -> list[int]:
    """The domains of a batch, in the order of their numbers.

    >>> domains_of(torch.tensor([1, 0, -1, 1]))
    [0, 1]

    Args:
        labels: shape (batch,), UNLABELED where the domain is not known.
    """
    return sorted(set(labels.tolist()) - {UNLABELED})


def pairs_of_domains(labels: Tensor, *, least: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
    """The positions of the items of every two domains of a batch that have enough of them, in the order of numbers.

    >>> [(one.tolist(), two.tolist()) for one, two in pairs_of_domains(torch.tensor([1, 0, -1, 1]))]
    [([1], [0, 3])]

    Args:
        labels: shape (batch,), UNLABELED where the domain is not known.
        least: items that a domain must have.
    """
    groups = [(labels == number).nonzero().squeeze(1) for number in domains_of(labels)]
    return itertools.combinations([group for group in groups if len(group) >= least], 2)


def class_target(model: Model, method: str) -> str:
    """The name of the first target, whose classes a method goes by.

    Raises:
        ObjectiveError: it has no classes.
    """
    target = model.targets[0]
    if target.kind != "classes":
        raise ObjectiveError(f"{method} goes by classes, and the target '{target.name}' is a number")
    return target.name
