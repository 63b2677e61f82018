"""From frames to one vector an utterance."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from unheard.models.masking import frame_mask

__all__ = ["POOLINGS", "AttentivePooling", "Pooling", "build_pooling", "mean_pooling", "statistics_pooling"]

Pooling = Literal["statistics", "mean", "attentive"]


def _mean(sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The mean over real frames, and what else needs them: 1 where a frame is real, and how many are."""
    weight = frame_mask(lengths, sequence.shape[1]).unsqueeze(2).to(sequence.dtype)
    count = lengths.clamp(min=1).unsqueeze(1).to(sequence.dtype)
    return (sequence * weight).sum(1) / count, weight, count


def mean_pooling(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Mean over real frames, shape (batch, frames, channels) -> (batch, channels)."""
    if sequence.shape[1] == 1:  # statistics, of which every item has one row: masking them would be four more passes
        return sequence[:, 0]
    return _mean(sequence, lengths)[0]


def statistics_pooling(sequence: Tensor, lengths: Tensor) -> Tensor:
    """Mean and standard deviation over real frames, (batch, frames, channels) -> (batch, 2 channels).

    The deviation divides by the number of frames and is floored at 1e-3, where the root's slope would explode.

    Reference: snyder2018xvectors, statistics pooling of the x-vector.
    """
    mean, weight, count = _mean(sequence, lengths)
    variance = ((sequence - mean.unsqueeze(1)).square() * weight).sum(1) / count
    return torch.cat([mean, variance.clamp(min=1e-6).sqrt()], dim=1)


POOLINGS = {"mean": (mean_pooling, 1), "statistics": (statistics_pooling, 2)}
"""Those without parameters: name -> (function, how many times the channels its result has)."""


class AttentivePooling(nn.Module):
    """Mean and standard deviation over real frames, each weighed by what a small network finds in it.

    e_t = v tanh(W h_t + b), a = softmax of e over the real frames, mean = sum a_t h_t,
    deviation = sqrt(sum a_t h_t^2 - mean^2), floored at 1e-3. v starts at zero: all frames count alike, and training
    starts at statistics pooling.

    Args:
        size: channels of the frames.
        hidden: units of the network.

    Shape: (batch, frames, size), lengths (batch,) -> (batch, 2 size).

    Reference: okabe2018attentive, equations 1 to 6.
    """

    def __init__(self, size: int, hidden: int = 64) -> None:
        super().__init__()
        last = nn.Linear(hidden, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.score = nn.Sequential(nn.Linear(size, hidden), nn.Tanh(), last)

    def forward(self, sequence: Tensor, lengths: Tensor) -> Tensor:
        """Pool a padded batch; padding changes nothing."""
        mask = frame_mask(lengths.clamp(min=1), sequence.shape[1]).unsqueeze(2)
        weight = torch.softmax(self.score(sequence).masked_fill(~mask, -torch.inf), dim=1)
        mean = (sequence * weight).sum(1)
        variance = ((sequence - mean.unsqueeze(1)).square() * weight).sum(1)
        return torch.cat([mean, variance.clamp(min=1e-6).sqrt()], dim=1)


def build_pooling(name: Pooling, size: int) -> tuple[Callable[[Tensor, Tensor], Tensor], int]:
    """A pooling by its name, and how many times the channels its result has.

    Args:
        name: see `Pooling`.
        size: channels of the frames.
    """
    return POOLINGS[name] if name in POOLINGS else (AttentivePooling(size), 2)
