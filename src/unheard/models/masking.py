"""What lies behind an item's length is padding; these functions keep it from having any effect."""

import torch
from torch import Tensor, nn

__all__ = ["MaskedBatchNorm", "frame_mask", "reverse_within"]


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


def reverse_within(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Each item's real frames in reverse order; padding stays at the end.

    This lets a plain recurrence read backwards without packing, which is several times slower on a CPU.

    Args:
        sequence: shape (batch, frames, channels).
        lengths: shape (batch,).
    """
    position = torch.arange(sequence.shape[1], device=lengths.device).expand(len(lengths), -1)
    mirrored = lengths.unsqueeze(1) - 1 - position
    source = torch.where(mirrored >= 0, mirrored, position)
    return sequence.gather(1, source.unsqueeze(2).expand_as(sequence))


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation whose statistics see real frames only, so that padding changes nothing.

    Shape: (batch, frames, channels) and a mask (batch, frames) -> (batch, frames, channels), zero in the padding.
    """

    def forward(self, input: Tensor, mask: Tensor | None = None) -> Tensor:  # noqa: A002 (torch's name)
        """Normalise the real frames; the running statistics move in training mode only."""
        if mask is None:
            return super().forward(input.transpose(1, 2)).transpose(1, 2)
        weight = mask.unsqueeze(2).to(input.dtype)
        if self.training:
            count = weight.sum()
            mean = (input * weight).sum((0, 1)) / count
            variance = ((input - mean).square() * weight).sum((0, 1)) / count
            self._follow(mean.detach(), variance.detach(), float(count))
        else:
            mean, variance = self._running()
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (input * scale + (self.bias - mean * scale)) * weight

    def _running(self) -> tuple[Tensor, Tensor]:
        if self.running_mean is None or self.running_var is None:
            msg = "MaskedBatchNorm always tracks running statistics"
            raise RuntimeError(msg)
        return self.running_mean, self.running_var

    def _follow(self, mean: Tensor, variance: Tensor, count: float) -> None:
        """Move the running statistics; the variance kept is the unbiased one, as in torch."""
        running_mean, running_variance = self._running()
        rate = self.momentum if self.momentum is not None else 0.1
        running_mean.lerp_(mean, rate)
        running_variance.lerp_(variance * (count / max(count - 1.0, 1.0)), rate)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
