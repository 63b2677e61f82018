"""Log-mel spectrogram: the default input of the encoders."""

from torch import nn

from unheard.features._mel import LogMelGraph, MelSettings, log_mel
from unheard.records import Features, Hertz, Samples

__all__ = ["KIND", "Settings", "channel_names", "extract", "graph"]

KIND = "frames"


class Settings(MelSettings):
    """Log-mel settings; the defaults are 80 bands, 25 ms windows every 10 ms."""


def channel_names(settings: Settings) -> list[str]:
    """What each channel is."""
    return [f"mel{band}" for band in range(settings.channels)]


def extract(samples: Samples, rate: Hertz, settings: Settings) -> Features:
    """Log-mel power, shape (frames, channels).

    Args:
        samples: shape (samples,), mono.
        rate: in hertz.
        settings: framing and filters.

    >>> import numpy as np
    >>> extract(np.zeros(16000, np.float32), 16000, Settings()).shape
    (98, 80)
    """
    features: Features = log_mel(samples, rate, settings).numpy()
    return features


def graph(settings: Settings, rate: Hertz) -> nn.Module:
    """The same for an exported graph (see `LogMelGraph`)."""
    return LogMelGraph(settings, rate)
