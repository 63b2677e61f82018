"""WavLM: HuBERT with gated relative positions, trained on mixtures of voices and noise as well.

Reference: chen2022wavlm.
"""

import warnings
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from unheard.upstreams._transformers import built
from unheard.upstreams._upstream import Card, Upstream, real_frames
from unheard.upstreams._waves import WaveUpstream, prepared_config, wave_card

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "wavlm"
PREFIXES = ("", "wavlm.")


class _WavLM(WaveUpstream):
    """Its layers hand the relative positions on, and take a mask of keys."""

    def _layers(self, hidden: Tensor, lengths: Tensor) -> list[Tensor]:
        states, positions = [hidden], None
        padded = bool((lengths < hidden.shape[1]).any())
        mask = real_frames(lengths, hidden.shape[1]) if padded else None
        for layer in self.blocks:
            state, positions = self._through(_quietly, layer, states[-1], mask, positions)
            states.append(state)
        return states


def _quietly(
    layer: nn.Module, hidden: Tensor, mask: Tensor | None, positions: Tensor | None
) -> tuple[Tensor, Tensor]:
    with warnings.catch_warnings():
        # torch would rather have both masks of one type; transformers gives it a Boolean and a float one.
        warnings.filterwarnings("ignore", message="Support for mismatched key_padding_mask")
        state, positions = layer(hidden, attention_mask=mask, position_bias=positions)
    return state, positions


def card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """What the checkpoint says of itself."""
    return wave_card(config, processor)


def build(config: Mapping[str, Any], processor: Mapping[str, Any], layers: int) -> Upstream:
    """A fresh member of the family with its first `layers` layers."""
    model = built("WavLM", prepared_config(config, layers))
    return _WavLM(card(config, processor), model, normalise=bool(processor["do_normalize"]))
