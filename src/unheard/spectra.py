"""Power spectra by matrix products alone, for graphs that are traced: what a Fourier transform is there made of."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["PowerSpectra"]


class PowerSpectra(nn.Module):
    """Power of each bin of the discrete Fourier transform of windowed frames, by convolution with sines and cosines.

    The table of sines is not stored: it is computed in the graph from one row of numbers, once when the graph is
    loaded. At 16 kHz and 512 points it would be 0.8 MB, four times a small model.

    Args:
        window: shape (window,).
        size: points of the transform, at least `window`; frames are filled up with zeros.
        hop: samples from frame to frame.

    Shape: (batch, samples), at least one window -> (batch, frames, size // 2 + 1),
    frames = 1 + (samples - window) // hop.

    >>> PowerSpectra(torch.ones(4), 8, 2)(torch.ones(1, 6)).shape
    torch.Size([1, 2, 5])
    """

    window: Tensor
    place: Tensor
    bin: Tensor

    def __init__(self, window: Tensor, size: int, hop: int) -> None:
        super().__init__()
        self.size, self.hop = size, hop
        # Of buffers that are not kept with the weights, tracing would make constants, and of those the whole table.
        self.register_buffer("window", window.clone())
        # In double precision: a product of both is an angle of many turns, of which only the last one counts.
        self.register_buffer("place", torch.arange(len(window), dtype=torch.double))
        self.register_buffer("bin", torch.arange(size // 2 + 1, dtype=torch.double))

    def forward(self, samples: Tensor) -> Tensor:
        """Power spectra of a batch."""
        turns = torch.remainder(self.bin.unsqueeze(1) @ self.place.unsqueeze(0), self.size) / self.size
        angles = 2 * math.pi * turns
        waves = torch.cat([angles.cos(), angles.sin()]).to(self.window.dtype) * self.window
        real, imaginary = F.conv1d(samples.unsqueeze(1), waves.unsqueeze(1), stride=self.hop).chunk(2, dim=1)
        return (real.square() + imaginary.square()).transpose(1, 2)
