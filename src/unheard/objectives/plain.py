"""Plain training (empirical risk minimization): the matched baseline of every comparison."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from unheard.models.model import Model
from unheard.objectives._losses import accuracy, cross_entropy
from unheard.records import Batch

__all__ = ["Objective", "Settings"]


class Settings(BaseModel):
    """Plain training has no weight; a domain head may watch, and teaches the encoder nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    watch: tuple[str, ...] = ("speaker",)
    """Domains whose heads read the detached embedding, for the training curves."""
    smoothing: float = Field(0.0, ge=0, lt=1)
    """Label smoothing of the emotion loss."""

    @property
    def domains(self) -> tuple[str, ...]:
        """Columns that need a head beside 'emotion'."""
        return self.watch


class Objective:
    """theta <- theta - eta dL_emo / dtheta."""

    phases: tuple[str, ...] = ("joint",)

    def __init__(self, settings: Settings, class_weights: Mapping[str, Tensor]) -> None:
        self.settings, self.class_weights = settings, class_weights

    def parameters_of(self, phase: str, model: Model) -> Iterable[nn.Parameter]:
        """All of them, in the one phase."""
        del phase
        return model.parameters()

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """Cross-entropy of the emotion head; watching heads learn from a detached embedding."""
        del phase, progress
        embedding = model.embed(batch.features, batch.lengths)
        logits, truth = model.emotion(embedding), batch.columns["emotion"]
        emotion = cross_entropy(
            logits, truth, weight=self.class_weights.get("emotion"), smoothing=self.settings.smoothing
        )
        logged = {"emotion_loss": emotion.detach(), "emotion_accuracy": accuracy(logits, truth)}
        total = emotion
        for domain in self.settings.watch:
            read = model.heads[domain](embedding.detach())
            loss = cross_entropy(read, batch.columns[domain])
            total = total + loss
            logged[f"{domain}_loss"] = loss.detach()
            logged[f"{domain}_accuracy"] = accuracy(read, batch.columns[domain])
        return {"loss": total, **logged}
