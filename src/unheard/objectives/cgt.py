"""Cross-gradient training (CGT): augmentation along the direction in which the speaker changes.

    g_s = clip(dL_spk / dx, +-c),  x_s = x + eps g_s  keeps its emotion and trains the emotion side,
    g_e = clip(dL_emo / dx, +-c),  x_e = x + eps g_e  keeps its speaker and trains the speaker side,
    L_E = (1 - a) CE(x) + a CE(x_s),   L_S = (1 - a) CE(x) + a CE(x_e).

The perturbations are constants to the loss. This is not removal: the embedding may still name the speaker, and
the reports say so.

Reference: tu2019speaker (section 2.2); shankar2018generalizing (CrossGrad, algorithm 1). eps and c are ours, in
units of features with unit variance.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from unheard.models.masking import frame_mask
from unheard.models.model import EmbeddingNetwork, Model, Parts, Sizes
from unheard.objectives.auxiliary import AuxiliaryHeads
from unheard.objectives.losses import TargetLosses, accuracy, cross_entropy, watched_embedding
from unheard.objectives.objective import ObjectiveSettings, Phase
from unheard.objectives.reversal import signed_gradient
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "Settings"]


class Settings(ObjectiveSettings):
    """Size of the perturbation and where it acts."""

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

    @model_validator(mode="after")
    def _one_space(self) -> Self:
        """A direction in one encoder's embedding means nothing in the other's."""
        if self.where == "embedding" and self.encoders == "two":
            msg = "where = 'embedding' needs encoders = 'shared'; with two encoders, perturb the 'input'"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _domain_once(self) -> Self:
        if self.domain in self.auxiliary:
            raise ValueError(f"'{self.domain}' is the domain, and has its weight already: take it out of auxiliary")
        return self

    @property
    def weights(self) -> Mapping[str, float]:
        """Domain -> the signed weight that its head has in the emotion's encoder."""
        return {self.domain: self.weight if self.encoders == "shared" else 0.0, **self.auxiliary}


class Objective:
    """Losses of the targets and of the speaker, each on the clean batch and on one moved by the other's gradient."""

    def __init__(self, settings: Settings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings = settings
        self._targets = TargetLosses(class_weights, settings.smoothing)
        self._auxiliary = AuxiliaryHeads(settings.auxiliary, settings.warmup)
        self.phases = (Phase("joint", settled=self._auxiliary.settled),)

    def modules(self, sizes: Sizes) -> Parts:
        """With two encoders: the speaker side's own."""
        if self.settings.encoders == "shared":
            return {}
        return {"companion": partial(EmbeddingNetwork, sizes.channels, sizes.settings)}

    def _companion(self, model: Model) -> EmbeddingNetwork | None:
        """The speaker side's own encoder, where it has one."""
        if self.settings.encoders == "shared":
            return None
        companion: EmbeddingNetwork = model.parts["companion"]  # type: ignore[assignment]
        return companion

    def _move(self, point: Tensor, gradient: Tensor, lengths: Tensor) -> Tensor:
        """The point one step along the clipped gradient, which is a constant to the loss."""
        bound = self.settings.clip
        step = self.settings.epsilon * gradient.clamp(-bound, bound).detach()
        if self.settings.where == "embedding":
            return point + step
        # A convolution reads across an item's end, so padding has a gradient too; it must stay silent.
        return point.detach() + step * frame_mask(lengths, step.shape[1]).unsqueeze(2)

    def _read(self, model: Model, point: Tensor, batch: Batch, *, speaker: bool) -> Tensor:
        """Embedding of a point: through an encoder, or the point itself where embeddings are perturbed."""
        if self.settings.where == "embedding":
            return point
        companion = self._companion(model)
        network = model.network if companion is None or not speaker else companion
        # Where the speaker side has no say in the encoder, its pass needs no graph: a fifth of the step saved.
        heard = not speaker or companion is not None or self.settings.weight != 0
        with torch.set_grad_enabled(heard):
            return network.from_normalized(point, batch.lengths, batch)

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """L_E + L_S; the clean pass gives both perturbations and both clean losses."""
        del phase
        domain, mix = self.settings.domain, self.settings.mix
        speakers = batch.columns[domain]
        clean, point = self._clean(model, batch)
        # The loss for the perturbation reads the embedding itself (a head with weight 0 still has to show the way),
        # the loss for training reads it through the signed weight.
        emotion, logged = self._targets(model, clean[0], batch)
        speaker_logits = model.heads[domain](clean[1])
        spoken = cross_entropy(speaker_logits, speakers)
        toward_speaker = _direction(spoken, int((speakers != UNLABELED).sum()), point)
        toward_emotion = _direction(emotion, self._targets.labeled(model, batch), point)
        nearby = self._move(point, toward_speaker, batch.lengths)
        moved = self._read(model, nearby, batch, speaker=False)
        moved_emotion, seen = self._targets(model, moved, batch)
        guided = self._read(model, self._move(point, toward_emotion, batch.lengths), batch, speaker=True)
        speaker = self._speaker_loss(model, clean[1], speakers)
        guided_speaker = self._speaker_loss(model, guided, speakers)
        total = (1 - mix) * (emotion + speaker) + mix * (moved_emotion + guided_speaker)
        others, more = self._auxiliary(model, clean[0], batch, progress)
        return {
            "loss": sum(others, start=total),
            **logged,
            **{f"perturbed_{name}": value for name, value in seen.items() if name.endswith("_loss")},
            f"{domain}_loss": speaker.detach(),
            f"perturbed_{domain}_loss": self._rise(model, nearby, moved, batch),
            f"{domain}_accuracy": accuracy(speaker_logits, speakers),
            **more,
        }

    def _rise(self, model: Model, nearby: Tensor, moved: Tensor, batch: Batch) -> Tensor:
        """The speaker side's loss on x_s; a good epsilon raises it by 10 to 50 % (logged, never descended).

        `moved` is the emotion side's embedding of `nearby`; a speaker side with an encoder of its own reads its own.
        """
        companion = self._companion(model)
        if companion is not None:
            moved = watched_embedding(companion, nearby, batch)
        with torch.no_grad():
            return cross_entropy(model.heads[self.settings.domain](moved), batch.columns[self.settings.domain])

    def _speaker_loss(self, model: Model, embedding: Tensor, labels: Tensor) -> Tensor:
        weight = self.settings.weight if self.settings.encoders == "shared" else 1.0
        head = model.heads[self.settings.domain]
        return cross_entropy(head(signed_gradient(embedding, weight)), labels)

    def _clean(self, model: Model, batch: Batch) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """(emotion embedding, speaker embedding) of the clean batch, and the point that is to move."""
        companion, lengths = self._companion(model), batch.lengths
        features = model.network.normalizer(batch.features, lengths).detach()
        if self.settings.where == "input":
            point = features.requires_grad_()
            mine = model.network.from_normalized(point, lengths, batch)
            theirs = mine if companion is None else companion.from_normalized(point, lengths, batch)
            return (mine, theirs), point
        mine = model.network.from_normalized(features, lengths, batch)
        return (mine, mine), mine


def _direction(loss: Tensor, labeled: int, point: Tensor) -> Tensor:
    """The gradient of the loss summed over the labeled items, whose mean is given."""
    (gradient,) = torch.autograd.grad(loss * float(labeled), point, retain_graph=True)
    return gradient
