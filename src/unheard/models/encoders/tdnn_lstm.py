"""TDNN-LSTM: time-delay layers thin the time axis, a recurrence reads what is left.

Reference: tu2019speaker. The paper's layer sizes could not be read; those here are ours, chosen on
development speakers (see docs/adr/0003-tdnn-lstm.md).
"""

import torch
from pydantic import BaseModel, ConfigDict, Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.models.masking import MaskedBatchNorm, frame_mask, reverse_within
from unheard.records import Batch

__all__ = ["Encoder", "Settings"]


class Settings(BaseModel):
    """Sizes of the TDNN-LSTM."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: int = Field(128, ge=1, le=2048)
    """Channels of the time-delay layers."""
    strides: tuple[PositiveInt, PositiveInt] = (2, 2)
    """Thinning in time by the first two layers; the recurrence sees one frame in their product."""
    recurrent: int = Field(64, ge=1, le=1024)
    """Cells of the LSTM, each direction."""
    bidirectional: bool = True
    """Whether the LSTM also reads backwards."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Dropout between the time-delay layers and the recurrence."""


class _Layer(nn.Module):
    """One time-delay layer: convolution over time, masked batch norm, ReLU."""

    def __init__(self, channels: tuple[int, int], width: int, *, dilation: int = 1, stride: int = 1) -> None:
        super().__init__()
        padding = dilation * (width - 1) // 2
        self.convolution = nn.Conv1d(*channels, width, stride=stride, dilation=dilation, padding=padding, bias=False)
        self.normalization = MaskedBatchNorm(channels[1], rectify=True)

    def _convolve(self, sequence: Tensor) -> Tensor:
        """The convolution over time, on an image one pixel high: that reads channels-last frames without copying."""
        layer = self.convolution
        (stride,), (dilation,), padding = layer.stride, layer.dilation, int(layer.padding[0])
        image = sequence.unsqueeze(1).permute(0, 3, 1, 2)
        kernel = layer.weight.unsqueeze(2)
        image = F.conv2d(image, kernel, stride=(1, stride), padding=(0, padding), dilation=(1, dilation))
        return image.permute(0, 2, 3, 1).squeeze(1)

    def forward(self, sequence: Tensor, lengths: Tensor, batch: Batch | None = None) -> tuple[Tensor, Tensor]:
        # Padding is zero on entry (the normalizer and the masked norm see to it), so the convolution meets at
        # an item's end what it meets at the end of an unpadded one.
        # Statistics are summed over thousands of frames: in float32, whatever the products were computed in.
        sequence = self._convolve(sequence).to(self.convolution.weight.dtype)
        stride = self.convolution.stride[0]
        lengths = torch.div(lengths + stride - 1, stride, rounding_mode="floor")
        return self.normalization(sequence, frame_mask(lengths, sequence.shape[1]), batch), lengths


class Encoder(nn.Module):
    """Frames to fewer frames.

    Shape: (batch, frames, channels), lengths (batch,) -> (batch, frames / 4, `size`), lengths / 4, rounded up.
    """

    def __init__(self, channels: int, settings: Settings) -> None:
        super().__init__()
        width, (first, second) = settings.channels, settings.strides
        self.layers = nn.ModuleList(
            [
                _Layer((channels, width), 5, stride=first),
                _Layer((width, width), 3, dilation=2 if second == 1 else 1, stride=second),
                _Layer((width, width), 3, dilation=3),
                _Layer((width, width), 1),
            ]
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.forwards = nn.LSTM(width, settings.recurrent, batch_first=True)
        self.backwards = nn.LSTM(width, settings.recurrent, batch_first=True) if settings.bidirectional else None
        self.size = settings.recurrent * (2 if settings.bidirectional else 1)

    def forward(self, sequence: Tensor, lengths: Tensor, batch: Batch | None = None) -> tuple[Tensor, Tensor]:
        """Encode a padded batch; padding changes nothing.

        Args:
            sequence: shape (batch, frames, channels).
            lengths: shape (batch,).
            batch: what the norms have to know of the items (see `unheard.models.batch_norm`).
        """
        for layer in self.layers:
            sequence, lengths = layer(sequence, lengths, batch)
        sequence = self.dropout(sequence)
        # A forward recurrence never sees the padding behind an item before the item's own frames.
        encoded, _ = self.forwards(sequence)
        if self.backwards is not None:
            mirrored, _ = self.backwards(reverse_within(sequence, lengths))
            encoded = torch.cat([encoded, reverse_within(mirrored, lengths)], dim=2)
        return encoded, lengths
