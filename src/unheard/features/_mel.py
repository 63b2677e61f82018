"""The short-time spectrum on the mel scale, which log-mel and MFCC share."""

import functools

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.records import Hertz, Samples, Seconds
from unheard.spectra import PowerSpectra

__all__ = ["LogMelGraph", "MelSettings", "log_mel", "mel_filters"]


class MelSettings(BaseModel):
    """Framing and filters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: int = Field(80, ge=1, le=256)
    """Mel bands."""
    window: Seconds = Field(0.025, gt=0, le=0.5)
    """Length of the Hann window, in seconds."""
    hop: Seconds = Field(0.010, gt=0, le=0.5)
    """Distance between frames, in seconds."""
    low: float = Field(20.0, ge=0)
    """Lower edge of the lowest band, in hertz."""
    high: float = Field(8000.0, gt=0)
    """Upper edge of the highest band, in hertz; at most half the sampling rate."""
    floor: float = Field(1e-6, gt=0)
    """Power below which the logarithm is not taken (about -60 dB of a full-scale sine's band)."""

    @model_validator(mode="after")
    def _edges(self) -> "MelSettings":
        if self.high <= self.low:
            msg = f"high ({self.high:g} Hz) must lie above low ({self.low:g} Hz)"
            raise ValueError(msg)
        return self


_BLOCK = 1 << 14  # frames whose spectra are in memory at once


@functools.lru_cache(maxsize=8)
def mel_filters(channels: int, size: int, rate: Hertz, low: float, high: float) -> torch.Tensor:
    """Triangular filters, equally wide on the mel scale m = 1127 ln(1 + f / 700).

    Args:
        channels: number of bands.
        size: length of the Fourier transform.
        rate: sampling rate, in hertz.
        low: lower edge of the lowest band, in hertz.
        high: upper edge of the highest band, in hertz; cut to half the rate.

    Returns:
        Shape (size // 2 + 1, channels). The triangles are linear in mel (O'Shaughnessy 1987), each with peak 1.
    """

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))

    edges = np.linspace(mel(low), mel(min(high, rate / 2)), channels + 2)
    bins = mel(np.arange(size // 2 + 1) * rate / size)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.clip(np.minimum(rising, falling), 0.0, None)
    return torch.from_numpy(filters.astype(np.float32))


def _framing(settings: MelSettings, rate: Hertz) -> tuple[int, int, int]:
    """Samples of a window, from window to window, and points of its transform."""
    window = round(settings.window * rate)
    return window, max(1, round(settings.hop * rate)), 1 << (window - 1).bit_length()


def log_mel(samples: Samples, rate: Hertz, settings: MelSettings) -> torch.Tensor:
    """Natural logarithm of the mel power spectrum.

    Args:
        samples: shape (samples,). Shorter than one window: padded with zeros to one.
        rate: in hertz.
        settings: framing and filters.

    Returns:
        Shape (frames, channels), float32, frames = 1 + (samples - window) // hop.
    """
    window, hop, size = _framing(settings, rate)
    wave = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))
    if len(wave) < window:
        wave = F.pad(wave, (0, window - len(wave)))
    filters = mel_filters(settings.channels, size, rate, settings.low, settings.high)
    shape = torch.hann_window(window, periodic=False)
    # Spectra take some forty times the room of the samples: those of an hour are never held together.
    blocks = []
    for frames in torch.split(wave.unfold(0, window, hop), _BLOCK):
        power = torch.fft.rfft(frames * shape, size).abs().square()
        blocks.append(torch.clamp(power @ filters, min=settings.floor).log())
    return torch.cat(blocks) if len(blocks) > 1 else blocks[0]


class LogMelGraph(nn.Module):
    """`log_mel` of a padded batch, by operations that an exported graph has.

    Args:
        settings: framing and filters.
        rate: in hertz.

    Shape: samples (batch, samples), zero behind each item's end, lengths (batch,) -> (batch, frames, channels), and
    frames of each item (batch,). What lies behind an item's last frame has no meaning.
    """

    filters: Tensor

    def __init__(self, settings: MelSettings, rate: Hertz) -> None:
        super().__init__()
        self.window, self.hop, size = _framing(settings, rate)
        self.floor = settings.floor
        self.spectra = PowerSpectra(torch.hann_window(self.window, periodic=False), size, self.hop)
        filters = mel_filters(settings.channels, size, rate, settings.low, settings.high)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel power of each item, and its frames."""
        # Always one window more: a graph cannot ask whether there is one.
        power = self.spectra(F.pad(samples, (0, self.window)))
        frames = torch.div(lengths - self.window, self.hop, rounding_mode="floor") + 1
        return torch.clamp(power @ self.filters, min=self.floor).log(), frames.clamp(min=1)
