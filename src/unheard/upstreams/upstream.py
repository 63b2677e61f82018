"""What every family shares: the card of a checkpoint, and a model that gives all its hidden states.

State 0 is what enters the first transformer layer, state n what leaves the n-th. An upstream that is cut to n layers
holds nothing above state n; a final layer norm, where the family has one, belongs to the last state of the whole.

An item gives the same states alone and in any batch: frames behind its end are silenced before every convolution
that would reach over them, masked in attention, and left out of every statistic.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from unheard.records import Hertz, Seconds

__all__ = [
    "Card",
    "Upstream",
    "attention_mask",
    "filled",
    "is_traced",
    "nothing_padded",
    "real_frames",
    "silenced",
]


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a checkpoint before its weights are read.

    Args:
        rate: sampling rate that it hears, in hertz.
        stride: distance between frames, in seconds.
        size: channels of each state.
        layers: transformer layers of the whole.
    """

    rate: Hertz
    stride: Seconds
    size: int
    layers: int


def real_frames(lengths: Tensor, frames: int) -> Tensor:
    """True where a frame is real, shape (batch, frames)."""
    return torch.arange(frames, device=lengths.device) < lengths.unsqueeze(1)


def is_traced() -> bool:
    """Whether a graph is being drawn of what is computed: then nothing may hang on the values of the example."""
    return bool(torch.onnx.is_in_onnx_export())


def nothing_padded(lengths: Tensor, frames: int) -> bool:
    """Whether every item is as long as the batch; a graph that is traced is told that some are not."""
    return not is_traced() and bool((lengths >= frames).all())


def filled(samples: Tensor, least: int) -> Tensor:
    """Samples, shape (batch, samples), with zeros behind them until there are `least`.

    A graph that is traced appends `least` zeros always, as it cannot ask how many there are.
    """
    missing = least if is_traced() else max(0, least - samples.shape[1])
    return F.pad(samples, (0, missing))


def silenced(sequence: Tensor, lengths: Tensor, axis: int = 1) -> Tensor:
    """The sequence with zeros behind each item's end; the very same tensor where nothing is padded.

    Args:
        sequence: (batch, frames, channels), or (batch, channels, frames) with `axis` 2.
        lengths: shape (batch,).
        axis: of time.
    """
    frames = sequence.shape[axis]
    if nothing_padded(lengths, frames):
        return sequence
    real = real_frames(lengths, frames)
    return sequence.masked_fill(~(real.unsqueeze(2) if axis == 1 else real.unsqueeze(1)), 0.0)


def attention_mask(hidden: Tensor, lengths: Tensor) -> Tensor | None:
    """What is added to attention's logits, (batch, 1, 1, frames): the least number behind each item's end.

    None where nothing is padded, so that an item alone takes the path that the checkpoint was trained on.
    """
    frames = hidden.shape[1]
    if nothing_padded(lengths, frames):
        return None
    padding = ~real_frames(lengths, frames)
    mask = torch.zeros(padding.shape, dtype=hidden.dtype, device=hidden.device)
    return mask.masked_fill(padding, torch.finfo(hidden.dtype).min)[:, None, None, :]


class Upstream(nn.Module, ABC):
    """A pretrained model, whole or cut to its first layers.

    Args:
        card: of the whole checkpoint.
        layers: how many transformer layers are kept.

    Shape: samples (batch, samples), zero behind each item's end, lengths (batch,) in samples -> `layers` + 1 states,
    each (batch, frames, `size`), and lengths in frames.
    """

    def __init__(self, card: Card, layers: int) -> None:
        super().__init__()
        self.card, self.layers = card, layers
        self.rate, self.stride, self.size = card.rate, card.stride, card.size
        self.checkpointing = False
        """Whether training keeps only what enters each layer, and computes the layer again on the way back."""

    @property
    def whole(self) -> bool:
        """Whether nothing was cut off."""
        return self.layers == self.card.layers

    @property
    def pads(self) -> bool:
        """Whether it appends silence to what it hears, so that its states know more than their own frames."""
        return False

    @property
    @abstractmethod
    def blocks(self) -> nn.ModuleList:
        """The transformer layers that are kept, lowest first."""

    @property
    @abstractmethod
    def ground(self) -> Iterable[nn.Module]:
        """The convolutions on the waveform and whatever else fine-tuning leaves as it is."""

    @abstractmethod
    def frames_of(self, lengths: Tensor) -> Tensor:
        """Frames that so many samples give, shape (batch,), at least one."""

    @abstractmethod
    def rise(self, hidden: Tensor, lengths: Tensor, first: int) -> list[Tensor]:
        """From a state to all above it: what forward does once it has state `first`.

        Args:
            hidden: that state, shape (batch, frames, `size`); what lies behind an item's end is not looked at.
            lengths: in frames, shape (batch,).
            first: its number, 0 to `layers` - 1.

        Returns:
            States `first` to `layers`, not yet silenced behind the ends.
        """

    @abstractmethod
    def forget_below(self, first: int) -> None:
        """Drop the weights that `rise` from this state does not need; forward cannot be called any more."""

    @abstractmethod
    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """All states of a padded batch."""

    def _through(self, layer: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """One layer, computed again on the way back where `checkpointing` asks for it."""
        if self.checkpointing and torch.is_grad_enabled():
            return checkpoint(layer, *given, use_reentrant=False, **named)
        return layer(*given, **named)
