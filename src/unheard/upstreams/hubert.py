"""HuBERT: the architecture of wav2vec 2.0, trained to name clusters of masked frames.

Reference: hsu2021hubert.
"""

from collections.abc import Mapping
from typing import Any

from unheard.upstreams._transformers import built
from unheard.upstreams._upstream import Card, Upstream
from unheard.upstreams._waves import WaveUpstream, prepared_config, wave_card

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "hubert"
PREFIXES = ("", "hubert.")


def card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """What the checkpoint says of itself."""
    return wave_card(config, processor)


def build(config: Mapping[str, Any], processor: Mapping[str, Any], layers: int) -> Upstream:
    """A fresh member of the family with its first `layers` layers."""
    model = built("Hubert", prepared_config(config, layers))
    return WaveUpstream(card(config, processor), model, normalise=bool(processor["do_normalize"]))
