"""How long, how fast and on what the loop trains."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

__all__ = ["AugmentationSettings", "TrainingSettings"]


class AugmentationSettings(BaseModel):
    """Changes to the training part only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    speeds: tuple[float, ...] = ()
    """Speed perturbation: copies resampled by these factors (Ko et al. 2015); 1.0 is always there."""
    semitones: tuple[float, ...] = ()
    """Pitch perturbation: copies shifted by these, at the same length."""
    probability: float = Field(0.5, ge=0, le=1)
    """How often a training item is one of its perturbed copies."""
    frequency_masks: int = Field(0, ge=0, le=10)
    """Bands of channels silenced an item (SpecAugment, Park et al. 2019)."""
    frequency_width: float = Field(0.15, ge=0, le=1)
    """Widest band, as a fraction of the channels."""
    time_masks: int = Field(0, ge=0, le=10)
    """Stretches of time silenced an item."""
    time_width: float = Field(0.15, ge=0, le=1)
    """Longest stretch, as a fraction of the item's frames."""
    warp: float = Field(0.0, ge=0, lt=0.5)
    """Largest stretch of the channel axis, up or down, as a fraction (VTLP, Jaitly and Hinton 2013)."""
    tempo: float = Field(0.0, ge=0, lt=0.5)
    """Largest stretch of the time axis, up or down, as a fraction."""


class TrainingSettings(BaseModel):
    """The loop's settings; the same for every objective that is compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(50, ge=1, le=10_000)
    patience: int = Field(15, ge=1)
    """Epochs without a better score on the development speakers before training stops."""
    selection: Literal["source-dev", "fixed-epoch"] = "source-dev"
    """'source-dev' keeps the epoch with the best UAR on development speakers, of those in which an adversary had nine
    tenths of its weight; 'fixed-epoch' the last one."""
    refit: bool = False
    """Whether a second model, of the same seed, then learns from training and development speakers together. It
    predicts and is probed; development scores and the temperature are the first one's. For 'fixed-epoch' alone, as
    nothing could choose an epoch of the second."""
    speakers_per_batch: int = Field(8, ge=1)
    utterances_per_speaker: int = Field(4, ge=1)
    learning_rate: float = Field(2e-3, gt=0, lt=1)
    """Peak of the schedule: linear rise over the first tenth, cosine to zero."""
    domain_rate: float = Field(1.0, gt=0, le=100)
    """How much faster domain heads learn than the rest: a slow adversary looks like invariance."""
    upstream_rate: float = Field(0.01, gt=0, le=1)
    """How fast a pretrained upstream that is fine-tuned learns, as a fraction of `learning_rate`."""
    weight_decay: float = Field(1e-2, ge=0)
    average: float = Field(0.98, ge=0, lt=1)
    """Decay a step of the moving average of the weights, which is evaluated and kept; 0 keeps the raw ones."""
    clip: float = Field(5.0, gt=0)
    """Largest norm of the gradient of the network with the emotion head, and of each domain head."""
    balance: bool = True
    """Whether the emotion loss weighs classes by their inverse frequency in the training part."""
    speaker_balance: float = Field(0.0, ge=0, le=1)
    """How far speakers with few utterances are made up for: each utterance of one who has n of them comes
    round((most / n) ** speaker_balance) times an epoch; 0 takes every utterance once."""
    labeled: float = Field(1.0, gt=0, le=1)
    """Share of the training part that keeps its emotion label; the rest is heard without one (low resource)."""
    max_seconds: float = Field(6.0, gt=0)
    """Longer training items are cut at random to this length; dev and test are always whole."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """'auto' takes the GPU where there is one."""
    augmentation: AugmentationSettings = AugmentationSettings()

    @field_validator("refit")
    @classmethod
    def _needs_no_dev(cls, refit: bool, info: ValidationInfo) -> bool:
        if refit and info.data.get("selection") != "fixed-epoch":
            raise ValueError("the second training has no development speakers: set selection = 'fixed-epoch'")
        return refit
