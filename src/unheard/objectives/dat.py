"""Domain adversarial training (DAT): the embedding is trained to hide who speaks.

    theta_f <- theta_f - eta (dL_emo / dtheta_f - lambda(p) dL_spk / dtheta_f)

and each head descends its own loss. Any column can be the domain; a positive weight makes the head cooperative.

Reference: tu2019speaker (section 2.1); ganin2016domain for the reversal and its schedule. The default weight is
ours, to be chosen on held-out speakers.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

from unheard.models.model import Model, Parts, Sizes
from unheard.objectives.auxiliary import AuxiliaryHeads, signed_head
from unheard.objectives.losses import TargetLosses, accuracy, cross_entropy, watched_embedding
from unheard.objectives.objective import ObjectiveSettings, Phase
from unheard.objectives.schedules import ramp, settled
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(ObjectiveSettings):
    """Weight, schedule and strength of the adversary."""

    neutral: ClassVar[Mapping[str, Any]] = {"weight": 0.0}
    """An adversary without weight watches."""

    domain: str = "speaker"
    """The column to hide (or, with a positive weight, to help with)."""
    weight: float = Field(-0.3, ge=-100, le=100)
    """Signed: -w is an adversary with lambda_max = w, 0 a head that watches, +w a cooperative task."""
    form: Literal["reversal", "confusion"] = "reversal"
    """'reversal': the encoder climbs the adversary's loss (unbounded). 'confusion': it descends the cross-entropy
    between the adversary's answer and the even distribution, which has a floor (Tzeng et al. 2015)."""
    inner_steps: int = Field(1, ge=1, le=20)
    """Steps of the adversary a batch; 1 is the simultaneous step of gradient reversal, more give it a lead."""

    @model_validator(mode="after")
    def _domain_once(self) -> Self:
        if self.domain in self.auxiliary:
            raise ValueError(f"'{self.domain}' is the domain, and has its weight already: take it out of auxiliary")
        return self

    @property
    def weights(self) -> Mapping[str, float]:
        """Domain -> the signed weight that its head ends with."""
        return {self.domain: self.weight, **self.auxiliary}


class Objective:
    """The loss of the targets and a signed domain loss on one embedding."""

    def __init__(self, settings: Settings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings = settings
        self._targets = TargetLosses(class_weights, settings.smoothing)
        self._auxiliary = AuxiliaryHeads(settings.auxiliary, settings.warmup)
        self._seen: tuple[Model, Batch, Tensor] | None = None
        # No epoch may be chosen while the weight is still small.
        grown = settled(warmup=settings.warmup) if any(settings.weights.values()) else 0.0
        head = (f"heads.{settings.domain}",)
        adversary = self.adversary(head)
        self.phases: tuple[Phase, ...] = (
            (Phase("joint", settled=grown),)
            if adversary is None
            else (adversary, Phase("joint", rests=head, settled=grown))
        )

    def adversary(self, head: tuple[str]) -> Phase | None:
        """The adversary's own steps before the joint one, in which it stands still; None: it moves with the rest.

        Args:
            head: the module that it is.
        """
        steps = self.settings.inner_steps
        return Phase("adversary", steps=head, times=steps) if steps > 1 else None

    def modules(self, sizes: Sizes) -> Parts:
        """None of its own: the adversary is the domain's head."""
        del sizes
        return {}

    def head_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """What the domain's head descends: cross-entropy over the items whose domain is known."""
        return cross_entropy(logits, labels)

    def weight_at(self, progress: float) -> float:
        """The signed weight after the schedule: 0 during warm-up, the whole weight at the end."""
        return self.settings.weight * ramp(progress, warmup=self.settings.warmup)

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """The targets' loss plus the domain's, whose gradient reaches the embedding with the signed weight."""
        domain = self.settings.domain
        if phase == "adversary":
            answers = model.heads[domain](self._watched(model, batch))
            return {"loss": self.head_loss(answers, batch.columns[domain])}
        embedding = self._embedding(model, batch)
        total, logged = self._targets(model, embedding, batch)
        weight = self.weight_at(progress)
        spoken, seen = self._domain_loss(model, embedding, batch, weight)
        others, more = self._auxiliary(model, embedding, batch, progress)
        logged |= {**seen, "weight": torch.tensor(weight), **more}
        return {"loss": sum(others, start=total + spoken), **logged}

    @property
    def shares(self) -> bool:
        """Whether the adversary's own steps see the batch of the joint one, and so its pass through the encoder."""
        return all(phase.fresh == 0 for phase in self.phases)

    def _watched(self, model: Model, batch: Batch) -> Tensor:
        """What the adversary's own steps read of a batch.

        Where the step that follows is on the same batch, this is its very embedding, computed once, as the encoder
        stands still meanwhile: the pass through it is nearly all that a step costs. A batch of the adversary's own
        is looked at and leaves no trace.
        """
        if not self.shares:
            normalized = model.network.normalizer(batch.features, batch.lengths)
            return watched_embedding(model.network, normalized, batch)
        embedding = self._kept(model, batch)
        if embedding is None:
            embedding = model.embed(batch)
        self._seen = model, batch, embedding
        return embedding.detach()

    def _embedding(self, model: Model, batch: Batch) -> Tensor:
        """The embedding of the joint step: the one that the adversary has read in this step, if it has."""
        embedding, self._seen = self._kept(model, batch), None
        if embedding is None or not embedding.requires_grad:
            return model.embed(batch)
        return embedding

    def _kept(self, model: Model, batch: Batch) -> Tensor | None:
        """The embedding of this very batch by this very model, if it has been computed in this step."""
        seen = self._seen
        return seen[2] if seen is not None and seen[0] is model and seen[1] is batch else None

    def _domain_loss(
        self, model: Model, embedding: Tensor, batch: Batch, weight: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        domain = self.settings.domain
        if self.settings.form == "reversal" or weight >= 0:
            return signed_head(model, embedding, batch, domain, weight, loss=self.head_loss)
        head, labels = model.heads[domain], batch.columns[domain]
        read = head(embedding.detach())
        loss = self.head_loss(read, labels)
        frozen = {name: value.detach() for name, value in head.named_parameters()}
        answers = F.log_softmax(functional_call(head, frozen, (embedding,)), dim=1)
        known = labels != UNLABELED
        confusion = -answers[known].mean() if bool(known.any()) else answers.sum() * 0.0
        logged = {f"{domain}_loss": loss.detach(), f"{domain}_accuracy": accuracy(read, labels)}
        return loss - weight * confusion, logged
