"""Plain training (empirical risk minimization): the matched baseline of every comparison."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from torch import Tensor

from unheard.models.model import Model, Parts, Sizes
from unheard.objectives.auxiliary import AuxiliaryHeads
from unheard.objectives.losses import TargetLosses
from unheard.objectives.objective import ObjectiveSettings, Phase
from unheard.records import Batch

__all__ = ["Objective", "Settings"]


class Settings(ObjectiveSettings):
    """Plain training has no weight of its own; a head for the speaker watches, and teaches the encoder nothing."""

    neutral: ClassVar[Mapping[str, Any]] = {}
    """It is what others are compared with."""

    auxiliary: dict[str, float] = Field(default_factory=lambda: {"speaker": 0.0})
    """Heads beside those of the targets: domain -> signed weight; at 0, for the training curves, they read a detached
    embedding. With another weight this is multi-task (+) or adversarial (-) training by its simplest form."""


class Objective:
    """theta <- theta - eta dL / dtheta, where L is the loss of the targets."""

    def __init__(self, settings: Settings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings = settings
        self._targets = TargetLosses(class_weights, settings.smoothing)
        self._auxiliary = AuxiliaryHeads(settings.auxiliary, settings.warmup)
        self.phases = (Phase("joint", settled=self._auxiliary.settled),)

    def modules(self, sizes: Sizes) -> Parts:
        """None of its own."""
        del sizes
        return {}

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """The loss of the targets, and of the auxiliary heads with their signed weights."""
        del phase
        embedding = model.embed(batch)
        total, logged = self._targets(model, embedding, batch)
        others, seen = self._auxiliary(model, embedding, batch, progress)
        return {"loss": sum(others, start=total), **logged, **seen}
