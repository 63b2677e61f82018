"""What is done to a waveform before features, in an exported graph: `unheard.data.audio.loading.condition`."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.data.audio.loading import AudioSettings
from unheard.models.masking import frame_mask

__all__ = ["Conditioning"]

_LEVEL = 10 ** (-26 / 20)
_QUIETEST = 1e-7


class Conditioning(nn.Module):
    """Trims silence at both ends and sets the level of each item, as the settings say.

    Args:
        settings: what to do.

    Shape: samples (batch, samples), lengths (batch,) -> the same, zero behind each item's new end.
    """

    def __init__(self, settings: AudioSettings) -> None:
        super().__init__()
        self.settings = settings
        self.frame, self.margin = max(1, round(0.025 * settings.rate)), round(0.05 * settings.rate)

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Condition a padded batch."""
        samples = samples * frame_mask(lengths, samples.shape[1])
        if self.settings.trim > 0:
            samples, lengths = self._trimmed(samples, lengths)
        if self.settings.level == "rms":
            power = samples.double().square().sum(1, keepdim=True) / lengths.unsqueeze(1)
            samples = samples * (_LEVEL / power.sqrt().clamp(min=_QUIETEST)).to(samples.dtype)
        return samples, lengths

    def _trimmed(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        counts = torch.div(lengths, self.frame, rounding_mode="floor")
        frames = F.pad(samples, (0, self.frame)).double()
        total = frames.shape[1] // self.frame
        power = frames[:, : total * self.frame].reshape(frames.shape[0], -1, self.frame).square().mean(2)
        place = torch.arange(power.shape[1], device=samples.device)
        real = place < counts.unsqueeze(1)
        loudest = (power * real).amax(1, keepdim=True)
        loud = real & (power >= loudest * 10 ** (-self.settings.trim / 10))
        first = place.masked_fill(~loud, 1 << 40).amin(1)
        last = place.masked_fill(~loud, -1).amax(1)
        start = (first * self.frame - self.margin).clamp(min=0)
        end = torch.minimum(lengths, (last + 1) * self.frame + self.margin)
        whole = counts < 2
        start, end = start.masked_fill(whole, 0), torch.where(whole, lengths, end)
        samples_at = torch.arange(samples.shape[1], device=samples.device) + start.unsqueeze(1)
        moved = samples.gather(1, samples_at.clamp(max=samples.shape[1] - 1))
        return moved * frame_mask(end - start, samples.shape[1]), end - start
