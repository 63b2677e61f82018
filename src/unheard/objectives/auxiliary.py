"""Heads that read the embedding for a domain, each with a signed weight: the one mechanism of all objectives.

+w: the head helps (multi-task), -w: it is an adversary (gradient reversal), 0: it only watches.
"""

from collections.abc import Callable, Mapping

from torch import Tensor

from unheard.models.model import Model
from unheard.objectives.losses import accuracy, cross_entropy
from unheard.objectives.reversal import signed_gradient
from unheard.objectives.schedules import ramp, settled
from unheard.records import Batch

__all__ = ["AuxiliaryHeads", "signed_head"]


def signed_head(  # noqa: PLR0913 (what is read, by whom, how)
    model: Model,
    embedding: Tensor,
    batch: Batch,
    domain: str,
    weight: float,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a domain's head, whose gradient reaches the embedding times `weight`, and what to log of it.

    The head itself descends its loss whatever the weight; items without a label of the domain are not read.

    Args:
        model: has the head `domain`.
        embedding: shape (batch, size).
        batch: has the column `domain`.
        domain: which head, and which column.
        weight: signed (see `signed_gradient`).
        loss: (logits, labels) -> what the head descends; reads no item that is UNLABELED.

    Reference: ganin2016domain, equations 13 to 15 with lambda = -weight.
    """
    logits, labels = model.heads[domain](signed_gradient(embedding, weight)), batch.columns[domain]
    found = loss(logits, labels)
    return found, {f"{domain}_loss": found.detach(), f"{domain}_accuracy": accuracy(logits, labels)}


class AuxiliaryHeads:
    """The heads of `ObjectiveSettings.auxiliary`, whose weights grow with training.

    Args:
        weights: domain -> signed weight at the end.
        warmup: fraction of training during which every weight is 0.
    """

    def __init__(self, weights: Mapping[str, float], warmup: float) -> None:
        self.weights, self.warmup = dict(weights), warmup
        self.settled = settled(warmup=warmup) if any(weights.values()) else 0.0
        """The progress at which the weights have nearly grown up; 0 where all heads only watch."""

    def __call__(
        self, model: Model, embedding: Tensor, batch: Batch, progress: float
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """The loss of each head, to be added to what is minimized, and what to log of all.

        Args:
            model: has the heads.
            embedding: shape (batch, size).
            batch: has the columns.
            progress: fraction of the planned steps, in [0, 1].
        """
        losses: list[Tensor] = []
        logged: dict[str, Tensor] = {}
        for domain, weight in self.weights.items():
            loss, seen = signed_head(model, embedding, batch, domain, weight * ramp(progress, warmup=self.warmup))
            losses.append(loss)
            logged |= seen
        return losses, logged
