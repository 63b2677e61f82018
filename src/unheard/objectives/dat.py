"""Domain adversarial training (DAT): the embedding is trained to hide who speaks.

    theta_f <- theta_f - eta (dL_emo / dtheta_f - lambda(p) dL_spk / dtheta_f)

and each head descends its own loss. Any column can be the domain; a positive weight makes the head cooperative.

Reference: tu2019speaker (section 2.1); ganin2016domain for the reversal and its schedule. The default weight is
ours, to be chosen on held-out speakers.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from unheard.models.model import Model
from unheard.objectives._losses import accuracy, cross_entropy, watched_embedding
from unheard.objectives._reversal import signed_gradient
from unheard.objectives._schedules import ramp, settled
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(BaseModel):
    """Weight, schedule and strength of the adversary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = "speaker"
    """The column to hide (or, with a positive weight, to help with)."""
    weight: float = Field(-0.3, ge=-100, le=100)
    """Signed: -w is an adversary with lambda_max = w, 0 a head that watches, +w a cooperative task."""
    warmup: float = Field(0.1, ge=0, lt=1)
    """Fraction of training on the task alone, before the weight grows."""
    form: Literal["reversal", "confusion"] = "reversal"
    """'reversal': the encoder climbs the adversary's loss (unbounded). 'confusion': it descends the cross-entropy
    between the adversary's answer and the even distribution, which has a floor (Tzeng et al. 2015)."""
    inner_steps: int = Field(1, ge=1, le=20)
    """Steps of the adversary a batch; 1 is the simultaneous step of gradient reversal, more give it a lead."""
    smoothing: float = Field(0.0, ge=0, lt=1)
    """Label smoothing of the emotion loss."""

    @property
    def domains(self) -> tuple[str, ...]:
        """Columns that need a head beside 'emotion'."""
        return (self.domain,)


class Objective:
    """Emotion loss and a signed domain loss on one embedding."""

    def __init__(self, settings: Settings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings, self.class_weights = settings, class_weights
        lead = settings.inner_steps if settings.inner_steps > 1 else 0
        self.phases: tuple[str, ...] = ("adversary",) * lead + ("joint",)
        self.settled = settled(warmup=settings.warmup) if settings.weight else 0.0
        """For the loop: the progress before which no epoch may be chosen, as the weight was still small."""
        self._seen: tuple[Model, Batch, Tensor] | None = None

    def parameters_of(self, phase: str, model: Model) -> Iterable[nn.Parameter]:
        """The head alone in the adversary's own steps; it then stands still in the joint one."""
        head = list(model.heads[self.settings.domain].parameters())
        if phase == "adversary":
            return head
        if len(self.phases) == 1:
            return model.parameters()
        own = {id(parameter) for parameter in head}
        return [parameter for parameter in model.parameters() if id(parameter) not in own]

    def weight_at(self, progress: float) -> float:
        """The signed weight after the schedule: 0 during warm-up, the whole weight at the end."""
        return self.settings.weight * ramp(progress, warmup=self.settings.warmup)

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """Emotion cross-entropy plus the domain's, whose gradient reaches the embedding with the signed weight."""
        domain, truth = self.settings.domain, batch.columns["emotion"]
        if phase == "adversary":
            return {"loss": cross_entropy(model.heads[domain](self._watched(model, batch)), batch.columns[domain])}
        embedding = self._embedding(model, batch)
        logits = model.emotion(embedding)
        emotion = cross_entropy(
            logits, truth, weight=self.class_weights.get("emotion"), smoothing=self.settings.smoothing
        )
        weight = self.weight_at(progress)
        read, spoken = self._domain_loss(model, embedding, batch.columns[domain], weight)
        return {
            "loss": emotion + spoken,
            "emotion_loss": emotion.detach(),
            "emotion_accuracy": accuracy(logits, truth),
            f"{domain}_loss": cross_entropy(read.detach(), batch.columns[domain]),
            f"{domain}_accuracy": accuracy(read, batch.columns[domain]),
            "weight": torch.tensor(weight),
        }

    @property
    def shares(self) -> bool:
        """Whether the adversary's own steps see the batch of the joint one, and so its pass through the encoder."""
        return not getattr(self, "fresh", {}).get("adversary", 0)

    def _watched(self, model: Model, batch: Batch) -> Tensor:
        """What the adversary's own steps read of a batch.

        Where the step that follows is on the same batch, this is its very embedding, computed once, as the encoder
        stands still meanwhile: the pass through it is nearly all that a step costs. A batch of the adversary's own
        is looked at and leaves no trace.
        """
        if not self.shares:
            normalized = model.network.normalizer(batch.features, batch.lengths)
            return watched_embedding(model.network, normalized, batch.lengths)
        embedding = self._kept(model, batch)
        if embedding is None:
            embedding = model.embed(batch.features, batch.lengths)
        self._seen = model, batch, embedding
        return embedding.detach()

    def _embedding(self, model: Model, batch: Batch) -> Tensor:
        """The embedding of the joint step: the one that the adversary has read in this step, if it has."""
        embedding, self._seen = self._kept(model, batch), None
        if embedding is None or not embedding.requires_grad:
            return model.embed(batch.features, batch.lengths)
        return embedding

    def _kept(self, model: Model, batch: Batch) -> Tensor | None:
        """The embedding of this very batch by this very model, if it has been computed in this step."""
        seen = self._seen
        return seen[2] if seen is not None and seen[0] is model and seen[1] is batch else None

    def _domain_loss(self, model: Model, embedding: Tensor, labels: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        head = model.heads[self.settings.domain]
        if self.settings.form == "reversal" or weight >= 0:
            read = head(signed_gradient(embedding, weight))
            return read, cross_entropy(read, labels)
        read = head(embedding.detach())
        frozen = {name: value.detach() for name, value in head.named_parameters()}
        answers = F.log_softmax(functional_call(head, frozen, (embedding,)), dim=1)
        known = labels != UNLABELED
        confusion = -answers[known].mean() if bool(known.any()) else answers.sum() * 0.0
        return read, cross_entropy(read, labels) - weight * confusion
