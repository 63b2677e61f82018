"""Layers of normalization that tell the domains of a batch apart, each called as `MaskedBatchNorm` is.

Which of them stands in a network is `model.batch_norm` (see `unheard.models.batch_norm`).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.errors import SettingsError
from unheard.models.masking import MaskedBatchNorm
from unheard.records import UNLABELED, Batch

__all__ = ["SOURCE", "DomainBatchNorm", "MaskedLayerNorm", "SeparateBatchNorm", "SourceBatchNorm", "with_source"]

SOURCE = "source"
"""A column of 0 and 1 that a network derives for its norms: 1 for an item that has a label of some target."""


def with_source(batch: Batch, targets: Sequence[str]) -> Batch:
    """The batch with the column SOURCE: 1 where an item has a label of some target, whichever it is.

    Args:
        batch: is left as it is.
        targets: names of what is predicted.
    """
    return batch.with_column(SOURCE, batch.labeled(targets).long())


def _domain_of(batch: Batch | None, domain: str, items: int) -> list[int] | None:
    """The domain of each item, in the order of the batch; None where nothing but frames is known.

    Raises:
        SettingsError: the batch has no such column.
    """
    if batch is None:
        return None
    if domain not in batch.columns:
        raise SettingsError("model.batch_norm", "domain", f"no item has a column '{domain}'")
    numbers: list[int] = batch.columns[domain].tolist()
    if len(numbers) != items:
        raise SettingsError("model.batch_norm", "domain", f"{len(numbers)} domains came for {items} items")
    return numbers


class SeparateBatchNorm(MaskedBatchNorm):
    """Each domain of a batch is normalized by its own statistics; scale, shift and running statistics are shared.

    The running statistics move once for each domain of a batch, in the order of their numbers. Items of no known
    domain are one more.

    Args:
        channels: of the frames.
        domain: the column that says which domain an item is of.
        rectify: whether a ReLU follows.
    """

    def __init__(self, channels: int, domain: str, *, rectify: bool = False) -> None:
        super().__init__(channels, rectify=rectify)
        self.domain = domain

    def _of_batch(self, frames: Tensor, items: Tensor, batch: Batch | None, count: int) -> Tensor:
        numbers = _domain_of(batch, self.domain, count)
        if numbers is None:
            return self._normalize(frames)
        domain = torch.tensor(numbers, device=items.device)[items]
        result = torch.zeros_like(frames)
        for number in sorted(set(numbers)):
            own = (domain == number).nonzero().squeeze(1)
            result = result.index_copy(0, own, self._normalize(frames.index_select(0, own)))
        return result


class SourceBatchNorm(MaskedBatchNorm):
    """All items are normalized by the statistics of those that the column SOURCE marks.

    A batch without two frames of the source takes the running statistics, and moves none.
    """

    def _of_batch(self, frames: Tensor, items: Tensor, batch: Batch | None, count: int) -> Tensor:
        del count
        own = frames if batch is None else frames[batch.columns[SOURCE].bool()[items]]
        running_mean, running_variance = self._running()
        if len(own) < 2:
            return F.batch_norm(frames, running_mean, running_variance, self.weight, self.bias, False, 0.0, self.eps)
        mean, variance = own.mean(0), own.var(0, unbiased=False)
        rate = self.momentum if self.momentum is not None else 0.1
        with torch.no_grad():
            running_mean.lerp_(mean, rate)
            running_variance.lerp_(variance * (len(own) / (len(own) - 1)), rate)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        # Written out, for torch's own does not differentiate statistics that it is given.
        return (frames - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias


class MaskedLayerNorm(nn.Module):
    """Layer norm of each frame by itself, zero in the padding: no item knows another.

    Args:
        channels: of the frames.
        rectify: whether a ReLU follows.

    Shape: (batch, frames, channels) and a mask (batch, frames) -> (batch, frames, channels).
    """

    def __init__(self, channels: int, *, rectify: bool = False) -> None:
        super().__init__()
        self.norm, self.rectify = nn.LayerNorm(channels), rectify

    def forward(self, input: Tensor, mask: Tensor, batch: Batch | None = None) -> Tensor:  # noqa: A002 (torch's name)
        """Normalize the frames."""
        del batch
        normalized: Tensor = self.norm(input)
        return (F.relu(normalized) if self.rectify else normalized) * mask.unsqueeze(2)


class DomainBatchNorm(nn.Module):
    """A batch norm of its own for each domain.

    An item of no known domain (a recording that is to be predicted, of which nobody says the language) is normalized
    by the mixture of the domains that have been heard: the mean and the deviation that all of them together have, if
    each is as large as another, and the mean of their scales and shifts. It moves no statistics.

    Args:
        channels: of the frames.
        domain: the column that says which domain an item is of.
        domains: how many there are.
        rectify: whether a ReLU follows.

    Shape: (batch, frames, channels) and a mask (batch, frames) -> (batch, frames, channels), zero in the padding.
    """

    def __init__(self, channels: int, domain: str, domains: int, *, rectify: bool = False) -> None:
        super().__init__()
        self.domain, self.rectify = domain, rectify
        self.norms = nn.ModuleList([MaskedBatchNorm(channels, rectify=rectify) for _ in range(domains)])

    def forward(self, input: Tensor, mask: Tensor, batch: Batch | None = None) -> Tensor:  # noqa: A002 (as torch's)
        """Normalize the real frames, each item by its domain's layer."""
        numbers = _domain_of(batch, self.domain, len(input)) if batch is not None else None
        if numbers is None:
            return self._mixture(input) * mask.unsqueeze(2)
        result = torch.zeros_like(input)
        known = [number if 0 <= number < len(self.norms) else UNLABELED for number in numbers]
        for number in sorted(set(known)):
            rows = torch.tensor([row for row, own in enumerate(known) if own == number], device=input.device)
            own, seen = input.index_select(0, rows), mask.index_select(0, rows)
            found = self._mixture(own) * seen.unsqueeze(2) if number == UNLABELED else self.norms[number](own, seen)
            result = result.index_copy(0, rows, found)
        return result

    def _mixture(self, frames: Tensor) -> Tensor:
        def stacked(name: str) -> Tensor:
            return torch.stack([getattr(norm, name) for norm in self.norms])

        # By arithmetic, and not by choosing layers: an exported graph cannot look into a number.
        heard = (stacked("num_batches_tracked") > 0).to(frames.dtype)
        share = torch.where(heard.sum() > 0, heard, torch.ones_like(heard))
        share = (share / share.sum()).unsqueeze(1)
        means, variances = stacked("running_mean"), stacked("running_var")
        mean = (share * means).sum(0)
        variance = (share * (variances + (means - mean).square())).sum(0)
        weight, bias = (share * stacked("weight")).sum(0), (share * stacked("bias")).sum(0)
        normalized = (frames - mean) * (variance + 1e-5).rsqrt() * weight + bias
        return F.relu(normalized) if self.rectify else normalized
