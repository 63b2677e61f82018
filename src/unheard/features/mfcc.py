"""Mel-frequency cepstral coefficients (Davis and Mermelstein 1980), with differences over time on request."""

import numpy as np
import scipy.fft
import torch
from pydantic import Field
from torch import Tensor, nn

from unheard.features._mel import LogMelGraph, MelSettings, log_mel
from unheard.records import Features, Hertz, Samples

__all__ = ["KIND", "Settings", "channel_names", "extract", "graph"]

KIND = "frames"


class Settings(MelSettings):
    """MFCC settings: the mel settings and what is kept of the cepstrum."""

    coefficients: int = Field(40, ge=1, le=256)
    """Coefficients kept, the zeroth (overall level) included; at most `channels`."""
    lifter: float = Field(22.0, ge=0)
    """Cepstral lifter L: coefficient n is scaled by 1 + L/2 sin(pi n / L); 0 scales nothing."""
    differences: int = Field(0, ge=0, le=2)
    """How many times to append regression differences over +-2 frames (0: none, 2: first and second)."""


def channel_names(settings: Settings) -> list[str]:
    """What each channel is."""
    kept = min(settings.coefficients, settings.channels)
    return [f"{'d' * order}c{n}" for order in range(settings.differences + 1) for n in range(kept)]


def _differences(frames: np.ndarray) -> np.ndarray:
    """Regression slope over two frames to each side; the edges repeat (Furui 1986)."""
    padded = np.pad(frames, ((2, 2), (0, 0)), mode="edge")
    near, far = padded[3:-1] - padded[1:-3], padded[4:] - padded[:-4]
    return np.asarray((near + 2 * far) / 10)


def _lifter(settings: Settings, kept: int) -> np.ndarray:
    """The factor of each coefficient, shape (kept,)."""
    return np.asarray(1 + settings.lifter / 2 * np.sin(np.pi * np.arange(kept) / settings.lifter))


def extract(samples: Samples, rate: Hertz, settings: Settings) -> Features:
    """Cepstral coefficients, shape (frames, channels): orthonormal DCT-II of the log-mel power.

    Args:
        samples: shape (samples,), mono.
        rate: in hertz.
        settings: framing, filters and what is kept.

    >>> extract(np.zeros(16000, np.float32), 16000, Settings(coefficients=13, differences=1)).shape
    (98, 26)
    """
    cepstrum = scipy.fft.dct(log_mel(samples, rate, settings).numpy(), type=2, norm="ortho", axis=1)
    kept = np.asarray(cepstrum[:, : settings.coefficients])
    if settings.lifter > 0:
        kept = kept * _lifter(settings, kept.shape[1])
    blocks = [kept]
    for _ in range(settings.differences):
        blocks.append(_differences(blocks[-1]))
    return np.concatenate(blocks, axis=1).astype(np.float32)


def graph(settings: Settings, rate: Hertz) -> nn.Module:
    """The same for an exported graph.

    Shape: samples (batch, samples), lengths (batch,) -> (batch, frames, channels), frames of each item (batch,).
    """
    return _Graph(settings, rate)


class _Graph(nn.Module):
    cosines: Tensor

    def __init__(self, settings: Settings, rate: Hertz) -> None:
        super().__init__()
        self.mel, self.differences = LogMelGraph(settings, rate), settings.differences
        transform = scipy.fft.dct(np.eye(settings.channels), type=2, norm="ortho", axis=1)[:, : settings.coefficients]
        if settings.lifter > 0:
            transform = transform * _lifter(settings, transform.shape[1])
        self.register_buffer("cosines", torch.from_numpy(transform.astype(np.float32)), persistent=False)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        mel, frames = self.mel(samples, lengths)
        blocks = [mel @ self.cosines]
        for _ in range(self.differences):
            blocks.append(_traced_differences(blocks[-1], frames))
        return torch.cat(blocks, dim=2), frames


def _traced_differences(frames: Tensor, counts: Tensor) -> Tensor:
    """`_differences` of a padded batch: the edges that repeat are each item's own."""
    place = torch.arange(frames.shape[1], device=frames.device).unsqueeze(0)
    last = (counts - 1).unsqueeze(1)

    def moved(step: int) -> Tensor:
        at = torch.minimum((place + step).clamp(min=0), last)
        return frames.gather(1, at.unsqueeze(2).expand(-1, -1, frames.shape[2]))

    return ((moved(1) - moved(-1)) + 2 * (moved(2) - moved(-2))) / 10
