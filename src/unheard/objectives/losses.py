"""Losses that never read an item without a label, and the sum of them that the targets of a model make."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from unheard.models.model import EmbeddingNetwork, Model
from unheard.records import UNLABELED, Batch
from unheard.targets import Target

__all__ = ["TargetLosses", "accuracy", "ccc_loss", "cross_entropy", "squared_error", "watched_embedding"]

_SMALLEST = 1e-8
"""What the denominator of CCC is kept above: items that are all alike have neither a spread nor a distance."""


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


def ccc_loss(prediction: Tensor, truth: Tensor) -> Tensor:
    """1 - CCC over the labeled items; 0 (with a gradient of 0) if there is none.

        CCC = 2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))^2),    dividing by N (see `unheard.metrics.ccc`)

    It is a figure of the batch, not a mean over items: in a batch of one labeled item it is 1, whatever is answered.

    >>> bool(ccc_loss(torch.tensor([0.2, 0.4, 0.6]), torch.tensor([0.2, 0.4, 0.6])) < 1e-6)
    True

    Args:
        prediction: shape (batch,).
        truth: shape (batch,), in the same unit, nan where missing.

    Reference: lin1989concordance, the estimate of the concordance correlation coefficient.
    """
    known = ~truth.isnan()
    if not bool(known.any()):
        return prediction.sum() * 0.0
    prediction, truth = prediction[known], truth[known].to(prediction.dtype)
    apart = prediction.mean() - truth.mean()
    covariance = ((prediction - prediction.mean()) * (truth - truth.mean())).mean()
    spread = prediction.var(unbiased=False) + truth.var(unbiased=False) + apart.square()
    return 1.0 - 2.0 * covariance / spread.clamp(min=_SMALLEST)


def squared_error(prediction: Tensor, truth: Tensor) -> Tensor:
    """Mean squared error over the labeled items; 0 (with a gradient of 0) if there is none.

    Args:
        prediction: shape (batch,).
        truth: shape (batch,), in the same unit, nan where missing.
    """
    known = ~truth.isnan()
    if not bool(known.any()):
        return prediction.sum() * 0.0
    return F.mse_loss(prediction[known], truth[known].to(prediction.dtype))


class TargetLosses:
    """The weighted sum of the losses of a model's targets: what every objective minimizes, whatever else it does.

    Args:
        class_weights: target -> weight of each class in its cross-entropy, shape (classes,); none: all weigh alike.
        smoothing: label smoothing of the cross-entropy.
    """

    def __init__(self, class_weights: Mapping[str, Tensor], smoothing: float = 0.0) -> None:
        self.class_weights, self.smoothing = class_weights, smoothing

    def __call__(self, model: Model, embedding: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum, and what to log: '<target>_loss', and '<target>_accuracy' or '<target>_ccc'.

        Args:
            model: answers all its targets.
            embedding: shape (batch, size).
            batch: has a column for each target, in `columns` or in `numbers`.
        """
        answers, losses = model.answers(embedding), []
        logged: dict[str, Tensor] = {}
        for target in model.targets:
            loss, seen = self._of(target, answers[target.name], batch)
            losses.append(target.weight * loss)
            logged |= {f"{target.name}_loss": loss.detach(), **seen}
        return sum(losses[1:], start=losses[0]), logged

    def _of(self, target: Target, answer: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        if target.kind == "classes":
            labels = batch.columns[target.name]
            weight = self.class_weights.get(target.name)
            loss = cross_entropy(answer, labels, weight=weight, smoothing=self.smoothing)
            return loss, {f"{target.name}_accuracy": accuracy(answer, labels)}
        truth = batch.numbers[target.name]
        concordance = ccc_loss(answer, truth)
        loss = concordance if target.loss == "ccc" else squared_error(answer, truth)
        known = (~truth.isnan()).any()
        return loss, {f"{target.name}_ccc": torch.where(known, 1.0 - concordance.detach(), torch.nan)}

    def labeled(self, model: Model, batch: Batch) -> int:
        """How many items of a batch have a label of any target."""
        return int(batch.labeled([target.name for target in model.targets]).sum())


class _Reader(nn.Module):
    """A network whose call begins behind the normalizer."""

    def __init__(self, network: EmbeddingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, normalized: Tensor, batch: Batch) -> Tensor:
        return self.network.from_normalized(normalized, batch.lengths, batch)


def watched_embedding(network: EmbeddingNetwork, normalized: Tensor, batch: Batch) -> Tensor:
    """The embedding as training would see it, shape (batch, size), detached, leaving no trace of having looked.

    No running statistic moves, and the generator that dropout draws from stands where it stood: who looks more
    often must not change what the encoder becomes.

    Args:
        network: in training mode.
        normalized: features that the normalizer has seen, shape (batch, frames, channels).
        batch: whose lengths they have, and what else is known of the items.
    """
    reader = _Reader(network)
    buffers = {name: buffer.clone() for name, buffer in reader.named_buffers()}
    devices = [normalized.device] if normalized.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        embedding: Tensor = functional_call(reader, buffers, (normalized, batch))
    return embedding
