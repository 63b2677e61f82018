"""WavLM: HuBERT with gated relative positions, trained on mixtures of voices and noise as well.

Reference: chen2022wavlm.
"""

import warnings
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from unheard.upstreams._transformers import built
from unheard.upstreams._waves import WaveUpstream, prepared_config, wave_card
from unheard.upstreams.upstream import Card, Upstream, nothing_padded, real_frames

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "wavlm"
PREFIXES = ("", "wavlm.")


class _WavLM(WaveUpstream):
    """Its layers hand the relative positions on, and take a mask of keys."""

    def _layers(self, hidden: Tensor, lengths: Tensor, first: int) -> list[Tensor]:
        states, positions = [hidden], self._relative(hidden) if first else None
        frames = hidden.shape[1]
        mask = None if nothing_padded(lengths, frames) else real_frames(lengths, frames)
        for layer in list(self.blocks)[first:]:
            state, positions = self._through(_quietly, layer, states[-1], mask, positions)
            states.append(state)
        return states

    def _relative(self, hidden: Tensor) -> Tensor:
        """The relative positions, which the lowest layer would have handed on."""
        batch, frames = hidden.shape[:2]
        lowest: Any = self.blocks[0].attention
        positions: Tensor = lowest.compute_bias(frames, frames)
        return positions.unsqueeze(0).repeat(batch, 1, 1, 1).view(batch * lowest.num_heads, frames, frames)

    def _forget(self, number: int) -> None:
        """The lowest layer keeps what all others read: the embedding of relative positions."""
        if number:
            super()._forget(number)
            return
        lowest: Any = self.blocks[0]
        for name, _ in list(lowest.named_children()):
            if name != "attention":
                setattr(lowest, name, nn.Identity())
        for name, _ in list(lowest.attention.named_children()):
            if name != "rel_attn_embed":
                setattr(lowest.attention, name, nn.Identity())


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
    return _WavLM(card(config, processor), model, normalize=bool(processor["do_normalize"]))
