"""From a checkpoint to an upstream in memory: its weights by their names, cut to the layers that are kept.

Every weight that the kept part needs must stand in the checkpoint, and is read by its name; a missing one is an
error, where other loaders draw it at random and go on.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from unheard.errors import SettingsError
from unheard.registry import load
from unheard.upstreams.checkpoints import Checkpoint, UpstreamSettings, find_checkpoint, read_card
from unheard.upstreams.upstream import Upstream

__all__ = ["build_upstream", "load_upstream"]


def build_upstream(
    settings: UpstreamSettings, config: Mapping[str, Any], processor: Mapping[str, Any], layers: int | None = None
) -> Upstream:
    """An upstream with random weights, in evaluation mode.

    Args:
        settings: its family and how it pads.
        config: as in `config.json`.
        processor: as in `preprocessor_config.json`.
        layers: how many transformer layers to keep, 0 to all; None keeps all.

    Raises:
        SettingsError: it has not so many layers, or the configuration describes no model.
        MissingExtraError: transformers is not installed.
    """
    card = read_card(settings.family, config, processor, settings.source)
    kept = card.layers if layers is None else layers
    if not 0 <= kept <= card.layers:
        raise SettingsError("upstream", "layers", f"{kept} asked for, {settings.source or 'it'} has {card.layers}")
    module: ModuleType = load("upstreams", settings.family)
    upstream: Upstream = module.build(config, processor, kept)
    if settings.family == "whisper":
        upstream.padded = settings.padded  # type: ignore[assignment]
    return upstream.eval()


def load_upstream(settings: UpstreamSettings, layers: int | None = None) -> Upstream:
    """A pretrained upstream cut to its first layers, float32, in evaluation mode. The rest is not even read.

    Args:
        settings: which.
        layers: how many transformer layers to keep, 0 to all; None keeps all.

    Raises:
        SettingsError: there is no such checkpoint, it has not so many layers, or it lacks a weight.
        MissingExtraError: transformers is not installed.
    """
    found = find_checkpoint(settings)
    upstream = build_upstream(settings, found.config, found.processor, layers)
    model: torch.nn.Module = upstream.model  # type: ignore[assignment]
    wanted = model.state_dict()
    state = _read(found, load("upstreams", settings.family).PREFIXES, list(wanted))
    wrong = [name for name, value in state.items() if value.shape != wanted[name].shape]
    if wrong:
        raise SettingsError(
            str(found.folder), wrong[0], f"has the shape {tuple(state[wrong[0]].shape)}, which config.json denies"
        )
    model.load_state_dict(state)
    return upstream


def _read(found: Checkpoint, prefixes: tuple[str, ...], wanted: list[str]) -> dict[str, torch.Tensor]:
    """The wanted tensors of a checkpoint, float32."""
    state: dict[str, torch.Tensor] = {}
    for file in found.files:
        try:
            with safe_open(file, framework="pt") as stored:
                present = {_modern(key): key for key in stored.keys()}  # noqa: SIM118 (not a dict)
                for name in wanted:
                    key = next((present[prefix + name] for prefix in prefixes if prefix + name in present), None)
                    if key is not None:
                        state[name] = stored.get_tensor(key).float()
        except (OSError, SafetensorError) as problem:
            raise SettingsError(str(file), "", f"cannot be read ({problem}): copy it again") from problem
    missing = [name for name in wanted if name not in state]
    if missing:
        raise SettingsError(
            str(found.folder), missing[0], f"is missing, with {len(missing) - 1} more of {len(wanted)} weights"
        )
    return state


def _modern(key: str) -> str:
    """The name that torch gives a weight-normalized convolution's parts since 2.0."""
    return key.replace(".weight_g", ".parametrizations.weight.original0").replace(
        ".weight_v", ".parametrizations.weight.original1"
    )
