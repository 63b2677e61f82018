"""Losses that never read an unlabeled item, and the members that objectives share."""

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from unheard.models.model import EmbeddingNetwork, Model
from unheard.records import UNLABELED, Batch

__all__ = ["Objective", "accuracy", "cross_entropy", "watched_embedding"]


class Objective(Protocol):
    """A method of invariance. The loop owns data, optimizers and the clock; this owns the losses."""

    phases: tuple[str, ...]
    """What happens with each batch, in order; each distinct phase has an optimizer of its own."""

    def parameters_of(self, phase: str, model: Model) -> Iterable[nn.Parameter]:
        """The parameters that step in a phase."""
        ...

    def losses(self, phase: str, model: Model, batch: Batch, progress: float) -> dict[str, Tensor]:
        """What to minimize under 'loss', and whatever else is worth logging, detached.

        The phases of one step come in their order and between two steps of the optimizers, so that a phase may go on
        from what an earlier one has computed of the same batch.

        Args:
            phase: one of `phases`.
            model: in training mode.
            batch: features and labels; UNLABELED where a label is missing.
            progress: fraction of the planned steps, in [0, 1].
        """
        ...


def cross_entropy(logits: Tensor, labels: Tensor, *, weight: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy over the labeled items; 0 (with a gradient of 0) if there is none.

    With class weights the mean is weighted, as in torch.

    Args:
        logits: shape (batch, classes), no softmax applied.
        labels: shape (batch,), UNLABELED where missing.
        weight: shape (classes,).
        smoothing: label smoothing, in [0, 1).
    """
    if not bool((labels != UNLABELED).any()):
        return logits.sum() * 0.0
    return F.cross_entropy(logits, labels, weight=weight, ignore_index=UNLABELED, label_smoothing=smoothing)


def accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of labeled items named rightly, nan if there is none."""
    known = labels != UNLABELED
    return (logits.detach().argmax(1) == labels)[known].float().mean()


class _Reader(nn.Module):
    """A network whose call begins behind the normalizer."""

    def __init__(self, network: EmbeddingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, normalized: Tensor, lengths: Tensor) -> Tensor:
        return self.network.from_normalized(normalized, lengths)


def watched_embedding(network: EmbeddingNetwork, normalized: Tensor, lengths: Tensor) -> Tensor:
    """The embedding as training would see it, shape (batch, size), detached, leaving no trace of having looked.

    No running statistic moves, and the generator that dropout draws from stands where it stood: who looks more
    often must not change what the encoder becomes.

    Args:
        network: in training mode.
        normalized: features that the normalizer has seen, shape (batch, frames, channels).
        lengths: shape (batch,).
    """
    reader = _Reader(network)
    buffers = {name: buffer.clone() for name, buffer in reader.named_buffers()}
    devices = [normalized.device] if normalized.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        embedding: Tensor = functional_call(reader, buffers, (normalized, lengths))
    return embedding
