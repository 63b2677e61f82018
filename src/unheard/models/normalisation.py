"""Normalisation of the input features, as a part of the model, so that no user can forget it.

Which statistics are removed is a modelling choice: per-utterance, per-channel normalisation removes the
recording channel and much of the speaker's spectrum, and with it some of the emotion.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from unheard.models.masking import frame_mask

__all__ = ["Normalisation", "Normaliser"]

Normalisation = Literal["none", "utterance", "utterance channels", "training"]
_FLOOR = 1e-3


class Normaliser(nn.Module):
    """Features to about zero mean and unit deviation.

    - `none`: as they are;
    - `utterance`: one scalar mean and deviation an utterance (the spectral balance stays, the level goes);
    - `utterance channels`: mean and deviation of each channel over the utterance;
    - `training`: mean and deviation of each channel over the training part (`fit` sets them).

    Shape: (batch, frames, channels), lengths (batch,) -> (batch, frames, channels), zero in the padding.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, kind: Normalisation, channels: int) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def fit(self, mean: Tensor, deviation: Tensor) -> None:
        """Set the statistics of the training part, each of shape (channels,)."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp(min=_FLOOR))

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Normalise; differentiable, so that gradients reach the features themselves."""
        weight = frame_mask(lengths, features.shape[1]).unsqueeze(2).to(features.dtype)
        if self.kind == "none":
            return features * weight
        if self.kind == "training":
            return (features - self.mean) / self.deviation * weight
        axes = (1, 2) if self.kind == "utterance" else (1,)
        count = lengths.view(-1, 1, 1).to(features.dtype)
        if self.kind == "utterance":
            count = count * features.shape[2]
        mean = (features * weight).sum(axes, keepdim=True) / count
        variance = ((features - mean).square() * weight).sum(axes, keepdim=True) / count
        return (features - mean) / variance.clamp(min=_FLOOR**2).sqrt() * weight
