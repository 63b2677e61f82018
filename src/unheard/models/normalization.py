"""Normalization of the input features and of what is pooled, as a part of the model: no user can forget it.

Which statistics are removed is a modeling choice: per-utterance, per-channel normalization removes the
recording channel and much of the speaker's spectrum, and with it some of the emotion.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from unheard.models.masking import frame_mask, without_padding

__all__ = ["Normalization", "Normalizer", "PooledNormalizer"]

Normalization = Literal["none", "utterance", "utterance channels", "training"]
_FLOOR = 1e-3


class Normalizer(nn.Module):
    """Features to about zero mean and unit deviation.

    - `none`: as they are;
    - `utterance`: one scalar mean and deviation an utterance (the spectral balance stays, the level goes);
    - `utterance channels`: mean and deviation of each channel over the utterance;
    - `training`: mean and deviation of each channel over the training part (`fit` sets them).

    Shape: (batch, frames, channels), lengths (batch,) -> (batch, frames, channels), zero in the padding.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: Normalization, channels: int) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def fit(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the statistics of the training part, each of shape (channels,)."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=_FLOOR))

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Normalize; differentiable, so that gradients reach the features themselves."""
        if self.kind == "none":
            return without_padding(features, lengths)
        if self.kind == "training":
            return without_padding((features - self.mean) / self.deviation, lengths)
        weight = frame_mask(lengths, features.shape[1]).unsqueeze(2).to(features.dtype)
        axes = (1, 2) if self.kind == "utterance" else (1,)
        count = lengths.view(-1, 1, 1).to(features.dtype)
        if self.kind == "utterance":
            count = count * features.shape[2]
        mean = (features * weight).sum(axes, keepdim=True) / count
        variance = ((features - mean).square() * weight).sum(axes, keepdim=True) / count
        return (features - mean) / variance.clamp(min=_FLOOR**2).sqrt() * weight


class PooledNormalizer(nn.Module):
    """Pooled vectors to zero mean and unit deviation over the training part, and noise on them in training.

    Channels of a pretrained upstream stand far from zero and differ by hundredths from utterance to utterance: a
    fresh layer on top of them would first have to learn their scale. The statistics are those of the upstream as it
    came and stay as they are: running ones would be those of other weights than the averaged ones that are kept.

    Args:
        size: of the vectors.
        noise: deviation of the white noise in training.

    Shape: (batch, size) -> (batch, size).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, size: int, noise: float) -> None:
        super().__init__()
        self.noise = noise
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))

    def fit(self, pooled: Tensor) -> None:
        """Set the statistics of the training part from all its vectors, shape (items, size)."""
        self.mean.copy_(pooled.mean(0))
        self.deviation.copy_(pooled.std(0, unbiased=False).clamp(min=_FLOOR))

    def forward(self, pooled: Tensor) -> Tensor:
        """Normalize a batch of pooled vectors."""
        normalized = (pooled - self.mean) / self.deviation
        if self.training and self.noise:
            normalized = normalized + self.noise * torch.randn_like(normalized)
        return normalized
