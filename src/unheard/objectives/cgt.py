"""Cross-gradient training (CGT): augmentation along the direction in which the speaker changes.

    g_s = clip(dL_spk / dx, +-c),  x_s = x + eps g_s  keeps its emotion and trains the emotion side,
    g_e = clip(dL_emo / dx, +-c),  x_e = x + eps g_e  keeps its speaker and trains the speaker side,
    L_E = (1 - a) CE(x) + a CE(x_s),   L_S = (1 - a) CE(x) + a CE(x_e).

The perturbations are constants to the loss. This is not removal: the embedding may still name the speaker, and
the reports say so.

Reference: tu2019speaker (section 2.2); shankar2018generalizing (CrossGrad, algorithm 1). eps and c are ours, in
units of features with unit variance.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from unheard.models.masking import frame_mask
from unheard.models.model import EmbeddingNetwork, Model
from unheard.objectives._losses import accuracy, cross_entropy, watched_embedding
from unheard.objectives._reversal import signed_gradient
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(BaseModel):
    """Size of the perturbation and where it acts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = "speaker"
    """The column along whose gradient the input moves."""
    epsilon: float = Field(1.0, ge=0, le=1e4)
    """Step along the clipped gradient, which is that of the summed loss: it does not shrink with the batch."""
    clip: float = Field(0.1, gt=0)
    """Each component of the gradient is clipped to plus or minus this."""
    mix: float = Field(0.5, ge=0, le=1)
    """a: the share of the perturbed loss."""
    where: Literal["input", "embedding"] = "input"
    """What is perturbed: the normalized features, or the embedding (cheaper by far)."""
    encoders: Literal["shared", "two"] = "shared"
    """'two' gives the speaker side an encoder of its own, as CrossGrad does."""
    weight: float = Field(0.0, ge=-100, le=100)
    """With a shared encoder: the signed weight of the speaker loss in it; 0 leaves the encoder to the emotion."""
    smoothing: float = Field(0.0, ge=0, lt=1)
    """Label smoothing of the emotion loss."""

    @model_validator(mode="after")
    def _one_space(self) -> Self:
        """A direction in one encoder's embedding means nothing in the other's."""
        if self.where == "embedding" and self.encoders == "two":
            msg = "where = 'embedding' needs encoders = 'shared'; with two encoders, perturb the 'input'"
            raise ValueError(msg)
        return self

    @property
    def domains(self) -> tuple[str, ...]:
        """Columns that need a head beside 'emotion'."""
        return (self.domain,)

    @property
    def companion(self) -> bool:
        """Whether the model needs a second embedding network."""
        return self.encoders == "two"


class Objective:
    """Emotion and speaker losses, each on the clean batch and on one moved by the other's gradient."""

    phases: tuple[str, ...] = ("joint",)

    def __init__(self, settings: Settings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings, self.class_weights = settings, class_weights

    def parameters_of(self, phase: str, model: Model) -> Iterable[nn.Parameter]:
        """All of them, in the one phase."""
        del phase
        return model.parameters()

    def _emotion_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        return cross_entropy(
            logits, labels, weight=self.class_weights.get("emotion"), smoothing=self.settings.smoothing
        )

    def _move(self, point: Tensor, gradient: Tensor, lengths: Tensor) -> Tensor:
        """The point one step along the clipped gradient, which is a constant to the loss."""
        bound = self.settings.clip
        step = self.settings.epsilon * gradient.clamp(-bound, bound).detach()
        if self.settings.where == "embedding":
            return point + step
        # A convolution reads across an item's end, so padding has a gradient too; it must stay silent.
        return point.detach() + step * frame_mask(lengths, step.shape[1]).unsqueeze(2)

    def _read(self, model: Model, point: Tensor, lengths: Tensor, *, speaker: bool) -> Tensor:
        """Embedding of a point: through an encoder, or the point itself where embeddings are perturbed."""
        if self.settings.where == "embedding":
            return point
        network: EmbeddingNetwork = model.network
        if speaker and model.companion is not None:
            network = model.companion
        # Where the speaker side has no say in the encoder, its pass needs no graph: a fifth of the step saved.
        heard = not speaker or model.companion is not None or self.settings.weight != 0
        with torch.set_grad_enabled(heard):
            return network.from_normalized(point, lengths)

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """L_E + L_S; the clean pass gives both perturbations and both clean losses."""
        del phase, progress
        domain, mix = self.settings.domain, self.settings.mix
        emotions, speakers = batch.columns["emotion"], batch.columns[domain]
        clean, point = self._clean(model, batch)
        emotion_logits = model.emotion(clean[0])
        # The loss for the perturbation reads the embedding itself (a head with weight 0 still has to show the way),
        # the loss for training reads it through the signed weight.
        emotion = self._emotion_loss(emotion_logits, emotions)
        speaker_logits = model.heads[domain](clean[1])
        toward_speaker = self._direction(cross_entropy(speaker_logits, speakers), speakers, point)
        toward_emotion = self._direction(emotion, emotions, point)
        nearby = self._move(point, toward_speaker, batch.lengths)
        moved = self._read(model, nearby, batch.lengths, speaker=False)
        moved_emotion = self._emotion_loss(model.emotion(moved), emotions)
        guided = self._read(model, self._move(point, toward_emotion, batch.lengths), batch.lengths, speaker=True)
        speaker = self._speaker_loss(model, clean[1], speakers)
        guided_speaker = self._speaker_loss(model, guided, speakers)
        total = (1 - mix) * (emotion + speaker) + mix * (moved_emotion + guided_speaker)
        return {
            "loss": total,
            "emotion_loss": emotion.detach(),
            "emotion_accuracy": accuracy(emotion_logits, emotions),
            "perturbed_emotion_loss": moved_emotion.detach(),
            f"{domain}_loss": speaker.detach(),
            f"perturbed_{domain}_loss": self._rise(model, nearby, moved, batch),
            f"{domain}_accuracy": accuracy(speaker_logits, speakers),
        }

    def _direction(self, loss: Tensor, labels: Tensor, point: Tensor) -> Tensor:
        """The gradient of the loss summed over the labeled items, whose mean is given."""
        (gradient,) = torch.autograd.grad(loss * float((labels != UNLABELED).sum()), point, retain_graph=True)
        return gradient

    def _rise(self, model: Model, nearby: Tensor, moved: Tensor, batch: Batch) -> Tensor:
        """The speaker side's loss on x_s; a good epsilon raises it by 10 to 50 % (logged, never descended).

        `moved` is the emotion side's embedding of `nearby`; a speaker side with an encoder of its own reads its own.
        """
        if model.companion is not None:
            moved = watched_embedding(model.companion, nearby, batch.lengths)
        with torch.no_grad():
            return cross_entropy(model.heads[self.settings.domain](moved), batch.columns[self.settings.domain])

    def _speaker_loss(self, model: Model, embedding: Tensor, labels: Tensor) -> Tensor:
        weight = 1.0 if model.companion is not None else self.settings.weight
        head = model.heads[self.settings.domain]
        return cross_entropy(head(signed_gradient(embedding, weight)), labels)

    def _clean(self, model: Model, batch: Batch) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """(emotion embedding, speaker embedding) of the clean batch, and the point that is to move."""
        features = model.network.normalizer(batch.features, batch.lengths).detach()
        if self.settings.where == "input":
            point = features.requires_grad_()
            mine = model.network.from_normalized(point, batch.lengths)
            theirs = mine if model.companion is None else model.companion.from_normalized(point, batch.lengths)
            return (mine, theirs), point
        mine = model.network.from_normalized(features, batch.lengths)
        return (mine, mine), mine
