"""The settings of a model: what stands between the features and the heads."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unheard.models.activations import Activation
from unheard.models.batch_norm import BatchNormSettings
from unheard.models.normalization import Normalization
from unheard.models.pooling import Pooling
from unheard.targets import EMOTION, Target

__all__ = ["ModelSettings"]


class ModelSettings(BaseModel):
    """What stands between the features and the heads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: dict[str, Any] = Field(default_factory=lambda: {"name": "tdnn_lstm"})
    """The encoder's registered name and its own settings."""
    normalization: Normalization = "utterance"
    batch_norm: BatchNormSettings = BatchNormSettings()
    """Whose statistics normalize whom in the encoder's batch norms, where a batch holds several domains."""
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
    activation: Activation = "relu"
    """What the embedding has passed last: 'relu' leaves nothing below zero; 'none' lets it take any value, as a code
    that is to look like a normal distribution must."""
    hidden: int = Field(128, ge=1, le=4096)
    """Hidden units of each head."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout in training, between the embedding and the emotion head. Domain heads read the whole embedding, as
    the probes will: an adversary behind dropout finds half of what they find, and the encoder need not hide it."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """What the encoder multiplies in while it trains. bfloat16 is up to twice as fast on chips that have it and
    slower on others, so 'auto' asks the chip. Weights, statistics, heads and losses stay in float32, and so does
    all that is evaluated."""
    targets: tuple[Target, ...] = Field((EMOTION,), min_length=1)
    """What is predicted, each by a head of its own; the first one is what a recognizer answers. A run sets it."""

    @model_validator(mode="after")
    def _noise_has_a_scale(self) -> Self:
        if self.pooled_noise and self.pooled_normalization == "none":
            msg = "pooled_noise is in deviations of what is pooled; set pooled_normalization = 'training'"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _distinct_targets(self) -> Self:
        if len({target.name for target in self.targets}) != len(self.targets):
            msg = "a target stands twice"
            raise ValueError(msg)
        return self
