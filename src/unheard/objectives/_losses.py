"""Losses that never read an unlabelled item, and the members that objectives share."""

from collections.abc import Iterable
from typing import Protocol

from torch import Tensor, nn
from torch.nn import functional as F

from unheard.models.model import Model
from unheard.records import UNLABELLED, Batch

__all__ = ["Objective", "accuracy", "cross_entropy"]


class Objective(Protocol):
    """A method of invariance. The loop owns data, optimisers and the clock; this owns the losses."""

    phases: tuple[str, ...]
    """What happens with each batch, in order; each distinct phase has an optimiser of its own."""

    def parameters_of(self, phase: str, model: Model) -> Iterable[nn.Parameter]:
        """The parameters that step in a phase."""
        ...

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """What to minimise under 'loss', and whatever else is worth logging, detached.

        Args:
            phase: one of `phases`.
            model: in training mode.
            batch: features and labels; UNLABELLED where a label is missing.
            progress: fraction of the planned steps, in [0, 1].
        """
        ...


def cross_entropy(logits: Tensor, labels: Tensor, *, weight: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy over the labelled items; 0 (with a gradient of 0) if there is none.

    With class weights the mean is weighted, as in torch.

    Args:
        logits: shape (batch, classes), no softmax applied.
        labels: shape (batch,), UNLABELLED where missing.
        weight: shape (classes,).
        smoothing: label smoothing, in [0, 1).
    """
    if not bool((labels != UNLABELLED).any()):
        return logits.sum() * 0.0
    return F.cross_entropy(logits, labels, weight=weight, ignore_index=UNLABELLED, label_smoothing=smoothing)


def accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of labelled items named rightly, nan if there is none."""
    known = labels != UNLABELLED
    return (logits.detach().argmax(1) == labels)[known].float().mean()
