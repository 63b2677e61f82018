"""The model: normalizer, encoder, pooling, embedding, and heads that read the embedding."""

import functools
from collections.abc import Mapping
from typing import Any, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from unheard.models.heads import build_head
from unheard.models.masking import without_padding
from unheard.models.normalization import Normalization, Normalizer, PooledNormalizer
from unheard.models.pooling import Pooling, build_pooling
from unheard.models.utterance_path import UtterancePath
from unheard.registry import load
from unheard.seeds import named_seed

__all__ = ["EmbeddingNetwork", "Model", "ModelSettings", "build_model"]


class ModelSettings(BaseModel):
    """What stands between the features and the heads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: dict[str, Any] = Field(default_factory=lambda: {"name": "tdnn_lstm"})
    """The encoder's registered name and its own settings."""
    normalization: Normalization = "utterance"
    noise: float = Field(0.0, ge=0, le=10)
    """Deviation of the white noise on normalized features, drawn anew each time an encoder reads them in training."""
    constants: int = Field(0, ge=0)
    """How many of the last channels are the same in all frames (functionals, say) and go past the encoder. A run sets
    it from its features."""
    utterance_units: int = Field(64, ge=1, le=4096)
    """Units of the layer that reads those channels."""
    utterance_noise: float = Field(1.0, ge=0, le=10)
    """Deviation of the white noise on those channels, normalized, in training."""
    pooling: Pooling = "statistics"
    pooled_normalization: Literal["none", "training"] = "none"
    """'training' brings what was pooled to zero mean and unit deviation over the training part, by the encoder as it
    is before training (see `PooledNormalizer`): for a pretrained upstream that learns, as its frames come too late
    for `normalization`."""
    pooled_noise: float = Field(0.0, ge=0, le=10)
    """With pooled_normalization = 'training': deviation of the white noise on it in training."""
    embedding: int = Field(128, ge=1, le=4096)
    """Size of the embedding."""
    hidden: int = Field(128, ge=1, le=4096)
    """Hidden units of each head."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout in training, between the embedding and the emotion head. Domain heads read the whole embedding, as
    the probes will: an adversary behind dropout finds half of what they find, and the encoder need not hide it."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """What the encoder multiplies in while it trains. bfloat16 is up to twice as fast on chips that have it and
    slower on others, so 'auto' asks the chip. Weights, statistics, heads and losses stay in float32, and so does
    all that is evaluated."""

    @model_validator(mode="after")
    def _noise_has_a_scale(self) -> Self:
        if self.pooled_noise and self.pooled_normalization == "none":
            msg = "pooled_noise is in deviations of what is pooled; set pooled_normalization = 'training'"
            raise ValueError(msg)
        return self


@functools.cache
def _multiplies_bfloat16(device: str) -> bool:
    """Whether the chip has instructions for it; without them it is emulated, at half the speed of float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    chip = torch.cpu.get_capabilities()
    return device == "cpu" and any(chip.get(name) for name in ("avx512_bf16", "amx_bf16"))


class EmbeddingNetwork(nn.Module):
    """Features to embeddings.

    Args:
        channels: of the features.
        settings: sizes.

    Shape: (batch, frames, channels), lengths (batch,) -> (batch, size).
    """

    def __init__(self, channels: int, settings: ModelSettings) -> None:
        super().__init__()
        own = dict(settings.encoder)
        module = load("encoders", own.pop("name", "tdnn_lstm"))
        self.normalizer = Normalizer(settings.normalization, channels)
        self.varying = channels - settings.constants
        self.encoder = module.Encoder(self.varying, module.Settings(**own))
        self.pool, times = build_pooling(settings.pooling, self.encoder.size)
        size = self.encoder.size * times
        wanted = settings.pooled_normalization == "training"
        self.pooled_normalizer = PooledNormalizer(size, settings.pooled_noise) if wanted else None
        self.beside = None
        if settings.constants:
            self.beside = UtterancePath(settings.constants, settings.utterance_units, settings.utterance_noise)
            size += settings.utterance_units
        self.projection = nn.Linear(size, settings.embedding)
        self.precision, self.noise = settings.precision, settings.noise

    def mixes_on(self, device: str) -> bool:
        """Whether the encoder trains in bfloat16 on this kind of device."""
        return self.precision == "bfloat16" or (self.precision == "auto" and _multiplies_bfloat16(device))

    def pooled(self, features: Tensor, lengths: Tensor) -> Tensor:
        """What is pooled of features that the normalizer has seen, less the descriptors of the utterance."""
        device = features.device.type
        mixed = self.training and self.mixes_on(device)
        features = features[:, :, : self.varying]
        if self.training and self.noise:
            noise = without_padding(torch.randn_like(features), lengths)
            features = torch.add(features, noise, alpha=self.noise)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=mixed):
            sequence, lengths = self.encoder(features, lengths)
        found: Tensor = self.pool(sequence.to(features.dtype), lengths)
        return found

    def from_normalized(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings of features that the normalizer has already seen (unit variance, zero padding)."""
        read = [] if self.beside is None else [self.beside(features[:, 0, self.varying :])]
        pooled = self.pooled(features, lengths)
        if self.pooled_normalizer is not None:
            pooled = self.pooled_normalizer(pooled)
        embedding: Tensor = torch.relu(self.projection(torch.cat([pooled, *read], dim=1)))
        return embedding

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings of a padded batch of raw features."""
        return self.from_normalized(self.normalizer(features, lengths), lengths)


class Model(nn.Module):
    """An embedding network and its heads; `companion` is a second network that some objectives train beside it.

    Args:
        channels: of the features.
        classes: head name ('emotion', 'speaker', ...) -> number of classes.
        settings: sizes.
        companion: whether to build a second embedding network (CGT with two encoders).
        seed: every part is initialized from a seed of its own, so that heads do not change each other.
    """

    def __init__(
        self,
        channels: int,
        classes: Mapping[str, int],
        settings: ModelSettings,
        *,
        companion: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.channels, self.classes, self.settings = channels, dict(classes), settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(named_seed(seed, "network"))
            self.network = EmbeddingNetwork(channels, settings)
            self.companion = None
            if companion:
                torch.manual_seed(named_seed(seed, "companion"))
                self.companion = EmbeddingNetwork(channels, settings)
            self.dropout = nn.Dropout(settings.dropout)
            self.heads = nn.ModuleDict()
            for name, count in classes.items():
                torch.manual_seed(named_seed(seed, "head", name))
                self.heads[name] = build_head(settings.embedding, settings.hidden, count)

    def embed(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings, shape (batch, size)."""
        embedding: Tensor = self.network(features, lengths)
        return embedding

    def emotion(self, embedding: Tensor) -> Tensor:
        """Emotion logits of embeddings: (batch, size) -> (batch, classes)."""
        logits: Tensor = self.heads["emotion"](self.dropout(embedding))
        return logits

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Emotion logits, shape (batch, classes)."""
        return self.emotion(self.embed(features, lengths))


def build_model(
    channels: int, classes: Mapping[str, int], settings: ModelSettings, *, companion: bool = False, seed: int = 0
) -> Model:
    """A model with fresh weights (see `Model`)."""
    return Model(channels, classes, settings, companion=companion, seed=seed)
