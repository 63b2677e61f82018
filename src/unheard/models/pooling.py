"""From frames to one vector an utterance."""

import torch
from torch import Tensor

from unheard.models.masking import frame_mask

__all__ = ["POOLINGS", "mean_pooling", "statistics_pooling"]


def _moments(sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    weight = frame_mask(lengths, sequence.shape[1]).unsqueeze(2).to(sequence.dtype)
    count = lengths.clamp(min=1).unsqueeze(1).to(sequence.dtype)
    mean = (sequence * weight).sum(1) / count
    variance = ((sequence - mean.unsqueeze(1)).square() * weight).sum(1) / count
    return mean, variance


def mean_pooling(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Mean over real frames, shape (batch, frames, channels) -> (batch, channels)."""
    return _moments(sequence, lengths)[0]


def statistics_pooling(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Mean and standard deviation over real frames, (batch, frames, channels) -> (batch, 2 channels).

    The deviation divides by the number of frames and is floored at 1e-3, where the root's slope would explode.

    Reference: snyder2018xvectors, statistics pooling of the x-vector.
    """
    mean, variance = _moments(sequence, lengths)
    return torch.cat([mean, variance.clamp(min=1e-6).sqrt()], dim=1)


POOLINGS = {"mean": (mean_pooling, 1), "statistics": (statistics_pooling, 2)}
"""Name -> (function, how many times the channels its result has)."""
