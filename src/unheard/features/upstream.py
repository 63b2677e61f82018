"""Hidden states of a frozen pretrained upstream, as a feature: every encoder and objective reads them from the cache.

Several states stand side by side, the first state's channels first; the encoder `pooled` can weigh them.
"""

import functools
from typing import Literal

import numpy as np
import torch
from pydantic import Field, NonNegativeInt, ValidationInfo, field_validator
from torch import Tensor, nn

from unheard.errors import SettingsError
from unheard.members import Member, Recipe
from unheard.records import Features, Hertz, Samples, Seconds
from unheard.settings import Document
from unheard.upstreams.checkpoints import Checkpoint, UpstreamSettings, find_checkpoint
from unheard.upstreams.loading import load_upstream
from unheard.upstreams.suitability import check_checkpoint, heard_before
from unheard.upstreams.upstream import Upstream, real_frames

__all__ = [
    "KIND",
    "PLACES",
    "Settings",
    "channel_names",
    "check",
    "extract",
    "graph",
    "hop",
    "identity",
    "notes",
    "single",
    "stacked",
]

KIND = "frames"
PLACES = ("source",)

_HALF = float(np.finfo(np.float16).max)
_VERSION = 1  # to be raised whenever the same weights give other numbers


class Settings(UpstreamSettings):
    """Which states of which upstream, and what of them is kept."""

    states: tuple[NonNegativeInt, ...] = Field(min_length=1)
    """0 is what enters the first layer, n what leaves the n-th; layers above the highest one are neither read nor
    computed. Whisper with padded = 'auto' hears silence up to 30 s where that one is in its upper half, and all its
    states are then those with silence."""
    keep: Literal["frames", "statistics"] = "frames"
    """'statistics' keeps the mean and the deviation over time of each channel of each state: one row an utterance,
    a few kilobytes."""
    parts: int = Field(1, ge=1, le=16)
    """With 'statistics': 1 keeps those of the whole utterance, n those of each of its n equal stretches, too, so that
    what comes first and what comes last can be told apart."""
    storage: Literal["float32", "float16"] = "float32"
    """'float16' rounds to half precision, which halves the cache on disk."""

    @field_validator("states")
    @classmethod
    def _distinct(cls, states: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(states)) != len(states):
            msg = "a state stands twice"
            raise ValueError(msg)
        return states

    @field_validator("parts")
    @classmethod
    def _of_statistics(cls, parts: int, info: ValidationInfo) -> int:
        if parts > 1 and info.data.get("keep") == "frames":
            msg = "frames are not cut: set keep = 'statistics', or leave parts out"
            raise ValueError(msg)
        return parts


@functools.lru_cache(maxsize=8)
def _found(settings: Settings) -> Checkpoint:
    return find_checkpoint(settings)


@functools.lru_cache(maxsize=2)
def _loaded(settings: Settings, digest: str) -> Upstream:
    del digest  # it only tells the cache that the weights are others
    return load_upstream(settings, max(settings.states))


def identity(settings: Settings) -> dict[str, object]:
    """What determines the numbers: the weights and the settings, not where the weights lie."""
    own = settings.model_dump(mode="json", exclude={"source", "revision", "download"})
    if settings.parts == 1:  # the whole is its only part, and stands there anyhow
        del own["parts"]
    return {**own, "weights": _found(settings).digest, "version": _VERSION}


def check(recipe: Recipe, member: Member, document: Document) -> None:
    """Deny what the checkpoint's description can deny, before any audio is read."""
    check_checkpoint(recipe, member, document, layers="states", highest=max(member.settings.states))


def notes(settings: Settings, corpus: str) -> list[str]:
    """That the upstream has heard the corpus, or that nobody knows."""
    return heard_before(settings, corpus)


def single(settings: Settings) -> bool:
    """Whether there is one frame an utterance."""
    return settings.keep == "statistics"


def stacked(settings: Settings) -> int:
    """How many states stand side by side in a frame, each as wide as the others."""
    return len(settings.states)


def hop(settings: Settings, rate: Hertz) -> Seconds:
    """Distance between frames, in seconds."""
    del rate
    return _found(settings).card(settings.family).stride


def channel_names(settings: Settings) -> list[str]:
    """What each channel is: 'state3_17'; of statistics 'state3_mean17', and of their parts 'state3_part1_mean17'."""
    size = _found(settings).card(settings.family).size
    kinds = [""]
    if settings.keep == "statistics":
        stretches = ["", *(f"part{number}_" for number in range(1, settings.parts + 1) if settings.parts > 1)]
        kinds = [f"{stretch}{kind}" for stretch in stretches for kind in ("mean", "deviation")]
    return [f"state{state}_{kind}{number}" for state in settings.states for kind in kinds for number in range(size)]


def extract(samples: Samples, rate: Hertz, settings: Settings) -> Features:
    """States of one utterance, shape (frames, states x size), or (1, states x 2 size) of statistics.

    Statistics of several parts are as many channels more for each part.

    Args:
        samples: shape (samples,), mono, at the upstream's own rate.
        rate: in hertz.
        settings: which upstream and which states.

    Raises:
        SettingsError: the upstream hears another rate, or has fewer layers.
    """
    upstream = _loaded(settings, _found(settings).digest)
    if rate != upstream.rate:
        raise SettingsError(
            "recipe", "audio.rate", f"{settings.source} hears {upstream.rate} Hz; set audio.rate = {upstream.rate}"
        )
    wave = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)).unsqueeze(0)
    with torch.inference_mode():
        states, _ = upstream(wave, torch.tensor([wave.shape[1]]))
    chosen = [states[number][0].numpy() for number in settings.states]
    if settings.keep == "statistics":
        chosen = [_statistics(state, settings.parts) for state in chosen]
    features: Features = np.concatenate(chosen, axis=1)
    if settings.storage == "float16":
        features = features.clip(-_HALF, _HALF).astype(np.float16).astype(np.float32)
    return features


def _statistics(state: Features, parts: int) -> Features:
    """Mean and deviation of the whole and of its parts, shape (1, channels); a frame on a border belongs to both."""
    stretches = [state]
    if parts > 1:
        count = len(state)
        stretches += [state[part * count // parts : -(-(part + 1) * count // parts)] for part in range(parts)]
    row: Features = np.concatenate([part for own in stretches for part in (own.mean(0), own.std(0))])[None, :]
    return row


def graph(settings: Settings, rate: Hertz) -> nn.Module:
    """The same for an exported graph, which holds the upstream up to the highest state.

    Shape: samples (batch, samples), lengths (batch,) -> (batch, frames, channels), frames of each item (batch,).
    """
    del rate
    return _Graph(settings)


class _Graph(nn.Module):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.upstream, self.settings = load_upstream(settings, max(settings.states)), settings

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        states, frames = self.upstream(samples, lengths)
        chosen = [states[number] for number in self.settings.states]
        if self.settings.keep == "statistics":
            chosen = [_traced_statistics(state, frames, self.settings.parts) for state in chosen]
            frames = torch.ones_like(frames)
        features = torch.cat(chosen, dim=2)
        if self.settings.storage == "float16":
            features = features.clamp(-_HALF, _HALF).half().float()
        return features, frames


def _traced_statistics(state: Tensor, frames: Tensor, parts: int) -> Tensor:
    """`_statistics` of a padded batch, (batch, frames, size) -> (batch, 1, channels)."""
    stretches = [(torch.zeros_like(frames), frames)]
    for part in range(parts if parts > 1 else 0):
        first = torch.div(part * frames, parts, rounding_mode="floor")
        stretches.append((first, torch.div((part + 1) * frames + parts - 1, parts, rounding_mode="floor")))
    found = []
    for first, end in stretches:
        inside = real_frames(end, state.shape[1]) & ~real_frames(first, state.shape[1])
        weight = inside.unsqueeze(2).to(state.dtype)
        count = (end - first).view(-1, 1, 1).to(state.dtype)
        mean = (state * weight).sum(1, keepdim=True) / count
        variance = ((state - mean).square() * weight).sum(1, keepdim=True) / count
        found += [mean, variance.sqrt()]
    return torch.cat(found, dim=2)
