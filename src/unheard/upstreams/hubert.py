"""HuBERT: the architecture of wav2vec 2.0, trained to name clusters of masked frames.

Reference: hsu2021hubert.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from unheard.upstreams._transformers import built
from unheard.upstreams._waves import WaveUpstream, prepared_config, wave_card
from unheard.upstreams.upstream import Card, Upstream, silenced

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "hubert"
PREFIXES = ("", "hubert.")


def card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """What the checkpoint says of itself."""
    return wave_card(config, processor)


class _Hubert(WaveUpstream):
    """HuBERT, whose position convolution may stand behind a batch norm (`conv_pos_batch_norm`)."""

    def _positions(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """The norm shifts the zeros behind an end, which the convolution would then read: they are made zero again.

        Its statistics stay those of the checkpoint, whatever else learns.
        """
        embed = self.model.encoder.pos_conv_embed
        norm = getattr(embed, "batch_norm", None)
        if not isinstance(norm, nn.BatchNorm1d):
            return super()._positions(hidden, lengths)
        rows = F.batch_norm(
            hidden.transpose(1, 2), norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps
        )
        rows = silenced(rows.transpose(1, 2), lengths).transpose(1, 2)
        positions: Tensor = embed.activation(embed.padding(embed.conv(rows)))
        return positions.transpose(1, 2)


def build(config: Mapping[str, Any], processor: Mapping[str, Any], layers: int) -> Upstream:
    """A fresh member of the family with its first `layers` layers."""
    model = built("Hubert", prepared_config(config, layers))
    return _Hubert(card(config, processor), model, normalize=bool(processor["do_normalize"]))
