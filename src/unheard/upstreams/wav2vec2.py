"""wav2vec 2.0: a transformer over convolved waveforms, trained to tell masked frames apart.

Reference: baevski2020wav2vec.
"""

from collections.abc import Mapping
from typing import Any

from unheard.upstreams._transformers import built
from unheard.upstreams._waves import WaveUpstream, prepared_config, wave_card
from unheard.upstreams.upstream import Card, Upstream

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "wav2vec2"
PREFIXES = ("", "wav2vec2.")


def card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """What the checkpoint says of itself."""
    return wave_card(config, processor)


def build(config: Mapping[str, Any], processor: Mapping[str, Any], layers: int) -> Upstream:
    """A fresh member of the family with its first `layers` layers."""
    model = built("Wav2Vec2", prepared_config(config, layers))
    return WaveUpstream(card(config, processor), model, normalize=bool(processor["do_normalize"]))
