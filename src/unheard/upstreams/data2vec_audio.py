"""data2vec (audio): wav2vec 2.0's architecture, trained to predict its own teacher's states of masked frames.

Reference: baevski2022data2vec.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from unheard.upstreams._transformers import built
from unheard.upstreams._waves import WaveUpstream, prepared_config, wave_card
from unheard.upstreams.upstream import Card, Upstream, silenced

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "data2vec-audio"
PREFIXES = ("", "data2vec_audio.")


class _Data2Vec(WaveUpstream):
    """Its positions come from a stack of convolutions, each of which would read the last one's echo."""

    def _positions(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        positions = hidden.transpose(1, 2)
        for layer in self.model.encoder.pos_conv_embed.layers:
            positions = silenced(layer(positions), lengths, axis=2)
        return positions.transpose(1, 2)


def card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """What the checkpoint says of itself."""
    return wave_card(config, processor)


def build(config: Mapping[str, Any], processor: Mapping[str, Any], layers: int) -> Upstream:
    """A fresh member of the family with its first `layers` layers."""
    model = built("Data2VecAudio", prepared_config(config, layers))
    return _Data2Vec(card(config, processor), model, normalize=bool(processor["do_normalize"]))
