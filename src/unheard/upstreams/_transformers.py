"""The one door to transformers: nothing of it is imported before a model is asked for."""

import importlib
from collections.abc import Mapping
from typing import Any

import torch

from unheard.errors import MissingExtraError, SettingsError

__all__ = ["built", "mel_filter_bank"]

_MODULES = {
    "Wav2Vec2": ("wav2vec2", "wav2vec2", "Model"),
    "Hubert": ("hubert", "hubert", "Model"),
    "WavLM": ("wavlm", "wavlm", "Model"),
    "Data2VecAudio": ("data2vec", "data2vec_audio", "Model"),
    "Whisper": ("whisper", "whisper", "Encoder"),
}
# What a config.json may say to have other code run than the model's own: modules beside the weights, kernels of the
# hub, another arithmetic.
_OF_CODE = frozenset(
    {"auto_map", "custom_pipelines", "trust_remote_code", "use_kernels", "quantization_config"}
    | {
        f"{mark}{part}_implementation{inside}"
        for mark in ("", "_")
        for part in ("attn", "experts")
        for inside in ("", "_internal")
    }
)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"transformers.{name}")
    except ImportError as problem:
        raise MissingExtraError("transformers", "ssl") from problem


def built(family: str, config: Mapping[str, Any]) -> Any:
    """A model of transformers with fresh weights; torch's random numbers stay where they were.

    Raises:
        MissingExtraError: transformers is not installed.
        SettingsError: the configuration does not describe a model.
    """
    folder, file, kind = _MODULES[family]
    configuration = _module(f"models.{folder}.configuration_{file}")
    modeling = _module(f"models.{folder}.modeling_{file}")
    try:
        plain = {key: value for key, value in config.items() if key not in _OF_CODE}
        described = getattr(configuration, f"{family}Config").from_dict({**plain, "dtype": "float32"})
        described._attn_implementation = "eager" if family == "WavLM" else "sdpa"  # noqa: SLF001 (no public way)
        with torch.random.fork_rng(devices=[]):
            return getattr(modeling, f"{family}{kind}")(described)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as problem:
        raise SettingsError("config.json", "", f"does not describe a {family} model ({problem})") from problem


def mel_filter_bank(bins: int, channels: int, rate: int) -> torch.Tensor:
    """The filters that Whisper was trained on, shape (bins, channels): Slaney's scale and norm, 0 to 8000 Hz."""
    bank = _module("audio_utils").mel_filter_bank(
        num_frequency_bins=bins,
        num_mel_filters=channels,
        min_frequency=0.0,
        max_frequency=8000.0,
        sampling_rate=rate,
        norm="slaney",
        mel_scale="slaney",
    )
    return torch.from_numpy(bank).float()
