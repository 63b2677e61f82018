"""The waveform itself, one sample a frame: what an upstream hears that is trained with the rest."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from unheard.records import Features, Hertz, Samples, Seconds

__all__ = ["KIND", "Settings", "channel_names", "extract", "graph", "hop"]

KIND = "frames"


class Settings(BaseModel):
    """How loud it is handed on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gain: float = Field(1.0, gt=0, le=1000)
    """Factor on every sample."""


def channel_names(settings: Settings) -> list[str]:
    """What the one channel is."""
    del settings
    return ["sample"]


def hop(settings: Settings, rate: Hertz) -> Seconds:
    """Distance between samples, in seconds."""
    del settings
    return 1.0 / rate


def extract(samples: Samples, rate: Hertz, settings: Settings) -> Features:
    """The samples, shape (samples, 1).

    >>> extract(np.zeros(16000, np.float32), 16000, Settings()).shape
    (16000, 1)
    """
    del rate
    return (np.asarray(samples, dtype=np.float32) * np.float32(settings.gain))[:, None]


def graph(settings: Settings, rate: Hertz) -> nn.Module:
    """The same for an exported graph.

    Shape: samples (batch, samples), lengths (batch,) -> (batch, samples, 1), the same lengths.
    """
    del rate
    return _Graph(settings.gain)


class _Graph(nn.Module):
    def __init__(self, gain: float) -> None:
        super().__init__()
        self.gain = gain

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return (samples * self.gain).unsqueeze(2), lengths
