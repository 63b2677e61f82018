"""What lies behind an item's length is padding; these functions keep it from having any effect."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.records import Batch

__all__ = ["MaskedBatchNorm", "frame_mask", "reverse_within", "without_padding"]


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """True where a frame is real.

    Args:
        lengths: shape (batch,), int64.
        frames: the padded length.

    Returns:
        Shape (batch, frames), bool.

    >>> frame_mask(torch.tensor([1, 3]), 3).tolist()
    [[True, False, False], [True, True, True]]
    """
    return torch.arange(frames, device=lengths.device) < lengths.unsqueeze(1)


def without_padding(sequence: Tensor, lengths: Tensor) -> Tensor:
    """The same, zero behind each item's length.

    A single frame is real in every item and passes as it is: statistics of an utterance are thousands of channels,
    and a pass over them costs as much as learning from them.

    Args:
        sequence: shape (batch, frames, channels).
        lengths: shape (batch,), at least 1 each.
    """
    if sequence.shape[1] == 1:
        return sequence
    return sequence * frame_mask(lengths, sequence.shape[1]).unsqueeze(2)


def reverse_within(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Each item's real frames in reverse order; padding stays at the end.

    This lets a plain recurrence read backwards without packing, which is several times slower on a CPU.

    Args:
        sequence: shape (batch, frames, channels).
        lengths: shape (batch,).
    """
    # `len(lengths)` would be a number that an exported graph keeps for good; the shape is asked anew for each batch.
    items, frames = lengths.shape[0], sequence.shape[1]
    position = torch.arange(frames, device=lengths.device).expand(items, -1)
    mirrored = lengths.unsqueeze(1) - 1 - position
    source = torch.where(mirrored >= 0, mirrored, position)
    rows = source + frames * torch.arange(items, device=lengths.device).unsqueeze(1)
    return sequence.flatten(0, 1).index_select(0, rows.flatten()).view_as(sequence)


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalization whose statistics see real frames only, so that padding changes nothing.

    Args:
        channels: of the frames.
        rectify: whether a ReLU follows (here, where only the real frames pay for it).

    Shape: (batch, frames, channels) and a mask (batch, frames) -> (batch, frames, channels), zero in the padding.
    """

    def __init__(self, channels: int, *, rectify: bool = False) -> None:
        super().__init__(channels)
        self.rectify = rectify

    def forward(
        self,
        input: Tensor,  # noqa: A002 (torch's name)
        mask: Tensor | None = None,
        batch: Batch | None = None,
    ) -> Tensor:
        """Normalize the real frames; the running statistics move in training mode only.

        What else is known of the items is for layers that tell domains apart (see `unheard.models.domain_norms`). An
        encoder that hands its third argument on to its norms may have them in the place of this one.
        """
        if mask is None:
            return super().forward(input.transpose(1, 2)).transpose(1, 2)
        if not self.training:
            return self._affine(input) * mask.unsqueeze(2)
        # Real frames are gathered and normalized by torch's fused kernel: four times as fast as masked sums.
        real = mask.flatten().nonzero().squeeze(1)
        frames = input.flatten(0, 1)
        items = torch.div(real, mask.shape[1], rounding_mode="floor")
        normalized = self._of_batch(frames.index_select(0, real), items, batch, len(input))
        if self.rectify:
            normalized = F.relu(normalized)
        return torch.zeros_like(frames).index_copy(0, real, normalized).view(input.shape)

    def _of_batch(self, frames: Tensor, items: Tensor, batch: Batch | None, count: int) -> Tensor:
        """Normalize (frames, channels) in training, where `items` says which of the `count` items a frame is of."""
        del items, batch, count
        return self._normalize(frames)

    def _affine(self, sequence: Tensor) -> Tensor:
        """What evaluation does with each frame, real or not: the same scale and shift, to the same bits.

        No frame needs another here, so that none is looked for: an exported graph has no fixed number of real ones.
        """
        normalized = self._normalize(sequence.flatten(0, 1))
        return (F.relu(normalized) if self.rectify else normalized).view(sequence.shape)

    def _normalize(self, frames: Tensor) -> Tensor:
        """Batch norm of (frames, channels). A single frame has no spread; it takes the running statistics."""
        running_mean, running_variance = self._running()
        own = self.training and len(frames) > 1
        rate = self.momentum if self.momentum is not None else 0.1
        if own and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        return F.batch_norm(frames, running_mean, running_variance, self.weight, self.bias, own, rate, self.eps)

    def _running(self) -> tuple[Tensor, Tensor]:
        if self.running_mean is None or self.running_var is None:
            msg = "MaskedBatchNorm always tracks running statistics"
            raise RuntimeError(msg)
        return self.running_mean, self.running_var
