"""Whisper's encoder: log-mel, two convolutions, a transformer, trained to write down and translate what is said.

It was trained on 30 s of log-mel, silence appended. Up to the middle of its layers, states of the utterance alone are
as good and several times cheaper; above, they are not, and the silence is appended again. More than 30 s are read in
equal pieces.

Reference: radford2023robust.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.spectra import PowerSpectra
from unheard.upstreams._transformers import built, mel_filter_bank
from unheard.upstreams.upstream import Card, Upstream, attention_mask, filled, is_traced, real_frames, silenced

__all__ = ["MODEL_TYPE", "PREFIXES", "build", "card"]

MODEL_TYPE = "whisper"
PREFIXES = ("", "encoder.", "model.encoder.")

_THINNING = 2  # the second convolution's stride
_WIDEST = 4096  # samples of a window; all that were published have 400


def card(config: Mapping[str, Any], processor: Mapping[str, Any]) -> Card:
    """What the checkpoint says of itself."""
    rate, hop, width = (int(processor[key]) for key in ("sampling_rate", "hop_length", "n_fft"))
    if not 1 <= hop <= width <= _WIDEST:
        msg = f"windows of {width} samples every {hop}, expected 1 to {_WIDEST} samples and no gaps"
        raise ValueError(msg)
    stride = _THINNING * hop / rate
    return Card(rate, stride, int(config["d_model"]), int(config["encoder_layers"]))


def build(config: Mapping[str, Any], processor: Mapping[str, Any], layers: int) -> Upstream:
    """A fresh member of the family with its first `layers` layers."""
    model = built("Whisper", {**config, "encoder_layers": layers, "encoder_layerdrop": 0.0})
    return _Whisper(card(config, processor), model, processor)


class _Whisper(Upstream):
    """The encoder, with its log-mel in front.

    Args:
        card: of the whole checkpoint.
        model: transformers' encoder of `layers` layers.
        processor: `preprocessor_config.json`.
    """

    filters: Tensor
    window: Tensor

    def __init__(self, card: Card, model: Any, processor: Mapping[str, Any]) -> None:
        super().__init__(card, len(model.layers))
        if not self.whole:
            model.layer_norm = nn.Identity()
        self.model = model
        self.hop, self.width = int(processor["hop_length"]), int(processor["n_fft"])
        self.longest = model.max_source_positions * _THINNING * self.hop
        """Samples that it can hear at once."""
        self.padded: Literal["auto", "never", "always"] = "auto"
        filters = mel_filter_bank(1 + self.width // 2, model.num_mel_bins, card.rate)
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("window", torch.hann_window(self.width), persistent=False)

    @property
    def blocks(self) -> nn.ModuleList:
        """The transformer layers."""
        blocks: nn.ModuleList = self.model.layers
        return blocks

    @property
    def ground(self) -> Iterable[nn.Module]:
        """The convolutions and the positions."""
        return (self.model.conv1, self.model.conv2, self.model.embed_positions)

    @property
    def pads(self) -> bool:
        """Whether silence is appended up to 30 s."""
        return self.padded == "always" or (self.padded == "auto" and 2 * self.layers > self.card.layers)

    def frames_of(self, lengths: Tensor) -> Tensor:
        """Frames that so many samples give."""
        mel = torch.div(lengths.clamp(min=self.width), self.hop, rounding_mode="floor")
        return torch.div(mel + 1, _THINNING, rounding_mode="floor")

    def log_mel(self, samples: Tensor) -> Tensor:
        """The log-mel of one item, (samples,) -> (channels, samples // hop), as its preprocessor defines it."""
        with torch.autocast(samples.device.type, enabled=False):
            spectrum = torch.stft(samples.float(), self.width, self.hop, window=self.window, return_complex=True)
            power = spectrum[:, :-1].abs().square()
            decades = torch.clamp(self.filters.T @ power, min=1e-10).log10()
        loudest = decades.max()
        return (torch.maximum(decades, loudest - 8.0) + 4.0) / 4.0

    def _log_mels(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """The log-mel of each item of a batch, (batch, samples) -> (batch, frames, channels), zero behind its end."""
        if is_traced():
            return self._traced_log_mels(samples, lengths)
        mels = [self.log_mel(item[:length]).T for item, length in zip(samples, lengths.tolist(), strict=True)]
        return nn.utils.rnn.pad_sequence(mels, batch_first=True)

    def _traced_log_mels(self, samples: Tensor, lengths: Tensor) -> Tensor:
        """The same by operations that a graph has, for all items at once."""
        half, last = self.width // 2, lengths.unsqueeze(1) - 1
        # Each item goes on as its own mirror image at both of its ends.
        place = (torch.arange(samples.shape[1] + 2 * half, device=samples.device) - half).abs().unsqueeze(0)
        place = (last - (last - place).abs()).clamp(min=0)
        # Made here, as it is no part of the weights.
        power = PowerSpectra(self.window, self.width, self.hop)(samples.gather(1, place))[:, :-1]
        decades = torch.clamp(power @ self.filters, min=1e-10).log10()
        counts = torch.div(lengths, self.hop, rounding_mode="floor")
        real = real_frames(counts, decades.shape[1]).unsqueeze(2)
        loudest = decades.masked_fill(~real, -torch.inf).amax((1, 2), keepdim=True)
        return silenced((torch.maximum(decades, loudest - 8.0) + 4.0) / 4.0, counts)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """All states of a padded batch; a traced graph hears 30 s at most."""
        if is_traced():
            return self._encode(samples[:, : self.longest], lengths)
        pieces = torch.div(lengths + self.longest - 1, self.longest, rounding_mode="floor").clamp(min=1)
        if int(pieces.max()) == 1:
            return self._encode(samples, lengths)
        # Whole frames a piece, so that pieces join without a seam in time.
        unit = _THINNING * self.hop
        step = torch.div(lengths + pieces * unit - 1, pieces * unit, rounding_mode="floor") * unit
        rows = []
        for row in range(len(lengths)):
            cut = torch.split(samples[row, : int(lengths[row])], int(step[row]))
            each = [self._encode(one.unsqueeze(0), torch.tensor([len(one)], device=samples.device)) for one in cut]
            rows.append([torch.cat(parts, dim=1)[0] for parts in zip(*(states for states, _ in each), strict=True)])
        joined = [nn.utils.rnn.pad_sequence(list(states), batch_first=True) for states in zip(*rows, strict=True)]
        counts = torch.tensor([len(states[0]) for states in rows], device=samples.device)
        return joined, counts

    def _encode(self, samples: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """States of items of at most 30 s."""
        samples = filled(samples, self.width)
        own = lengths.clamp(min=self.width)
        counts = self.frames_of(lengths)
        if self.pads:
            samples = F.pad(samples, (0, self.longest - samples.shape[1]))
            own = torch.full_like(lengths, self.longest)
        mel, own = self._log_mels(samples, own), torch.div(own, self.hop, rounding_mode="floor")
        frames = silenced(F.gelu(self.model.conv1(mel.transpose(1, 2))), own, axis=2)
        hidden = F.gelu(self.model.conv2(frames)).transpose(1, 2)
        own = torch.div(own + 1, _THINNING, rounding_mode="floor")
        hidden = hidden + self.model.embed_positions.weight[: hidden.shape[1]]
        hidden = F.dropout(hidden, p=self.model.dropout, training=self.training)
        longest = counts.max() if is_traced() else int(counts.max())
        return [silenced(state[:, :longest], counts) for state in self.rise(hidden, own, 0)], counts

    def rise(self, hidden: Tensor, lengths: Tensor, first: int) -> list[Tensor]:
        """From a state to all above it."""
        states, mask = [hidden], attention_mask(hidden, lengths)
        for layer in list(self.blocks)[first:]:
            states.append(self._through(layer, states[-1], mask))
        if self.whole:
            states[-1] = self.model.layer_norm(states[-1])
        return states

    def forget_below(self, first: int) -> None:
        """Drop the convolutions, the positions and the layers below a state."""
        self.model.conv1 = self.model.conv2 = self.model.embed_positions = nn.Identity()
        for number in range(first):
            self.blocks[number] = nn.Identity()
