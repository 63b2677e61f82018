"""What the families that hear the waveform share: convolutions, projection, positions by convolution, layers.

The building blocks and their weights are transformers' own; the way through them is written here, because theirs
pads the group norm's statistics, drops whole layers at random and masks features with an unseeded generator.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.upstreams.upstream import Card, Upstream, attention_mask, filled, is_traced, nothing_padded, silenced

__all__ = ["PREPARED", "WaveUpstream", "prepared_config", "wave_card"]

PREPARED = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "add_adapter": False, "layerdrop": 0.0}
"""Parts of a pre-training that are not built: masks, adapters, dropped layers."""


def wave_card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """The card of a checkpoint of these families, from `config.json` and `preprocessor_config.json`."""
    rate = int(processor["sampling_rate"])
    stride = math.prod(config["conv_stride"]) / rate
    return Card(rate, stride, int(config["hidden_size"]), int(config["num_hidden_layers"]))


def prepared_config(config: Mapping[str, Any], layers: int) -> dict[str, Any]:
    """The configuration of the part that is kept."""
    return {**config, **PREPARED, "num_hidden_layers": layers}


class WaveUpstream(Upstream):
    """wav2vec 2.0 and its kin.

    Args:
        card: of the whole checkpoint.
        model: transformers' model of `layers` layers.
        normalize: whether the checkpoint hears zero mean and unit variance an utterance (`do_normalize`).

    Group-norm checkpoints (`feat_extract_norm = "group"`) normalize over time, so that in a padded batch an item's
    values would depend on its neighbors' lengths; here that layer sees each item's own frames alone.
    """

    def __init__(self, card: Card, model: Any, *, normalize: bool) -> None:
        super().__init__(card, len(model.encoder.layers))
        self.normalize = normalize
        self.stable = bool(getattr(model.config, "do_stable_layer_norm", False))
        if self.stable and not self.whole:
            model.encoder.layer_norm = nn.Identity()
        self.model = model
        layers = [(one.conv.kernel_size[0], one.conv.stride[0]) for one in model.feature_extractor.conv_layers]
        self._convolutions = layers
        self.shortest = 1
        for width, stride in reversed(layers):
            self.shortest = (self.shortest - 1) * stride + width

    @property
    def blocks(self) -> nn.ModuleList:
        """The transformer layers."""
        blocks: nn.ModuleList = self.model.encoder.layers
        return blocks

    @property
    def ground(self) -> Iterable[nn.Module]:
        """The convolutions on the waveform."""
        return (self.model.feature_extractor,)

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Frames that so many samples give."""
        lengths = lengths.clamp(min=self.shortest)
        for width, stride in self._convolutions:
            lengths = torch.div(lengths - width, stride, rounding_mode="floor") + 1
        return lengths

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """All states of a padded batch."""
        samples = filled(samples, self.shortest)
        lengths = lengths.clamp(min=self.shortest)
        if self.normalize:
            samples = _standardized(samples, lengths)
        frames, lengths = self._convolve(samples.unsqueeze(1), lengths)
        projected = self.model.feature_projection(frames.transpose(1, 2))
        hidden = projected[0] if isinstance(projected, tuple) else projected
        hidden = silenced(hidden, lengths)
        hidden = hidden + self._positions(hidden, lengths)
        if not self.stable:
            hidden = self.model.encoder.layer_norm(hidden)
        hidden = self.model.encoder.dropout(hidden)
        return self.rise(hidden, lengths, 0), lengths

    def rise(self, hidden: Tensor, lengths: Tensor, first: int) -> list[Tensor]:
        """From a state to all above it."""
        states = self._layers(hidden, lengths, first)
        if self.stable and self.whole:
            states[-1] = self.model.encoder.layer_norm(states[-1])
        return states

    def forget_below(self, first: int) -> None:
        """Drop the convolutions, the projection, the positions and the layers below a state."""
        self.model.feature_extractor = self.model.feature_projection = nn.Identity()
        self.model.encoder.pos_conv_embed = nn.Identity()
        if not (self.stable and self.whole):  # it stands below the layers
            self.model.encoder.layer_norm = nn.Identity()
        for number in range(first):
            self._forget(number)

    def _forget(self, number: int) -> None:
        self.blocks[number] = nn.Identity()

    def _convolve(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, 1, samples) -> (batch, channels, frames). No convolution pads, so none reaches over an end."""
        for layer, (width, stride) in zip(self.model.feature_extractor.conv_layers, self._convolutions, strict=True):
            lengths = torch.div(lengths - width, stride, rounding_mode="floor") + 1
            norm = getattr(layer, "layer_norm", None)
            if isinstance(norm, nn.GroupNorm):
                frames = layer.activation(_each(norm, layer.conv(frames), lengths))
            else:
                frames = layer(frames)
        return frames, lengths

    def _positions(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """Position embeddings, by one convolution that pads with zeros as a batch does."""
        del lengths
        positions: Tensor = self.model.encoder.pos_conv_embed(hidden)
        return positions

    def _layers(self, hidden: Tensor, lengths: Tensor, first: int) -> list[Tensor]:
        states, mask = [hidden], attention_mask(hidden, lengths)
        for layer in list(self.blocks)[first:]:
            states.append(self._through(layer, states[-1], attention_mask=mask))
        return states


def _standardized(samples: Tensor, lengths: Tensor) -> Tensor:
    """Zero mean and unit variance of each item's real samples, zero behind them (1e-7 as in transformers)."""
    count = lengths.unsqueeze(1).to(samples.dtype)
    mean = samples.sum(1, keepdim=True) / count
    centered = silenced((samples - mean).unsqueeze(2), lengths).squeeze(2)
    variance = centered.square().sum(1, keepdim=True) / count
    return centered / (variance + 1e-7).sqrt()


def _each(norm: nn.GroupNorm, frames: Tensor, lengths: Tensor) -> Tensor:
    """A norm over time, of each item's own frames alone: (batch, channels, frames), zero behind each end."""
    whole = frames.shape[2]
    if is_traced():
        return _by_formula(norm, frames, lengths)
    if nothing_padded(lengths, whole):
        normalized: Tensor = norm(frames)
        return normalized
    rows = [F.pad(norm(frames[row : row + 1, :, :own]), (0, whole - own)) for row, own in enumerate(lengths.tolist())]
    return torch.cat(rows)


def _by_formula(norm: nn.GroupNorm, frames: Tensor, lengths: Tensor) -> Tensor:
    """The same without a look at any length: a group is a channel in all of these families."""
    count = lengths.view(-1, 1, 1).to(frames.dtype)
    mean = silenced(frames, lengths, axis=2).sum(2, keepdim=True) / count
    centered = silenced(frames - mean, lengths, axis=2)
    variance = centered.square().sum(2, keepdim=True) / count
    scaled = centered / (variance + norm.eps).sqrt() * norm.weight.unsqueeze(1) + norm.bias.unsqueeze(1)
    return silenced(scaled, lengths, axis=2)
