"""What describes the utterance as a whole goes past the encoder: one layer beside it, on the way to the embedding."""

import torch
from torch import Tensor, nn

__all__ = ["UtterancePath"]

_FARTHEST = 4.0
"""Standardized descriptors are cut off here: one sigh that counts as ten deviations must not decide."""
_DROPOUT = 0.3


class UtterancePath(nn.Module):
    """One layer with ReLU and dropout on normalized descriptors of the utterance, behind noise.

    The noise is drawn once an utterance. Without it a network learns by heart which of so many descriptors belong
    to which training utterance; noise on frames cannot help, as it averages out.

    Args:
        channels: how many descriptors.
        units: of the layer.
        noise: deviation of the white noise in training.

    Shape: (batch, channels) -> (batch, units).

    Reference: bishop1995training (noise on inputs is Tikhonov regularization).
    """

    def __init__(self, channels: int, units: int, noise: float) -> None:
        super().__init__()
        self.noise = noise
        self.layer = nn.Linear(channels, units)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, descriptors: Tensor) -> Tensor:
        """Read a batch of normalized descriptors."""
        descriptors = descriptors.clamp(-_FARTHEST, _FARTHEST)
        if self.training and self.noise:
            descriptors = descriptors + self.noise * torch.randn_like(descriptors)
        read: Tensor = self.dropout(torch.relu(self.layer(descriptors)))
        return read
