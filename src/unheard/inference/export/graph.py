"""A recognizer of torch as one module from waveforms to answers, which can be traced."""

import copy

import torch
from torch import Tensor, nn

from unheard.errors import RunError
from unheard.inference.export.conditioning import Conditioning
from unheard.inference.networks import Networks
from unheard.models.lora import merge_low_rank
from unheard.registry import load, names
from unheard.upstreams.upstream import Upstream

__all__ = ["RecognizerGraph"]


class RecognizerGraph(nn.Module):
    """Conditioning, features, models and temperature in one.

    Args:
        networks: what is exported; it is not changed.

    Shape: waveforms (batch, samples), zero behind each item's end, lengths (batch,) -> probabilities
    (batch, classes), embeddings (batch, size), and for each number that the models predict (batch,).

    Raises:
        RunError: the features cannot be computed in a graph, or need other recordings of the same speaker.
    """

    def __init__(self, networks: Networks) -> None:
        super().__init__()
        hearing, header = networks.hearing, networks.headers[0]
        if networks.adaptive:
            raise RunError(
                "these models heard features normalized over all recordings of a speaker, and a graph hears each "
                'recording alone. Export models that were trained with adaptation = "none".'
            )
        name = str(header["features"]["name"])
        if not hasattr(hearing.feature, "graph"):
            able = [own for own in names("features") if hasattr(load("features", own), "graph")]
            raise RunError(
                f"the feature '{name}' cannot be computed in a graph: it follows a pitch, sorts or counts. Features "
                f"that can be exported: {', '.join(able)}."
            )
        self.conditioning = Conditioning(hearing.audio)
        self.front = hearing.feature.graph(hearing.settings, hearing.audio.rate)
        self.models = nn.ModuleList(copy.deepcopy(model) for model in networks.models)
        for model in self.models:
            merge_low_rank(model)
        self.temperature = networks.temperature
        self.numbers = [target.name for target in networks.models[0].targets if target.kind == "numbers"]
        self.eval()

    @property
    def longest(self) -> int | None:
        """Samples that it can hear at once; None for any number."""
        bounds = [getattr(part, "longest", None) for part in self.modules() if isinstance(part, Upstream)]
        return min((bound for bound in bounds if bound is not None), default=None)

    def forward(self, waveforms: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        """Answers to a padded batch."""
        features, frames = self.front(*self.conditioning(waveforms, lengths))
        embeddings = [model.network(features, frames) for model in self.models]  # type: ignore[operator]
        answers = [model.answers(own) for model, own in zip(self.models, embeddings, strict=True)]  # type: ignore[operator]
        logits = torch.stack([own["emotion"] for own in answers])
        probabilities = torch.softmax(logits / self.temperature, 2).mean(0)
        numbers = [torch.stack([own[name] for own in answers]).mean(0) for name in self.numbers]
        return (probabilities, torch.cat(embeddings, 1), *numbers)
