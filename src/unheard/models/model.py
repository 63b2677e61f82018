"""The model: normalizer, encoder, pooling, embedding, heads that read it, and whatever an objective adds."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unheard.errors import SettingsError
from unheard.models.activations import ACTIVATIONS
from unheard.models.batch_norm import EmbeddingNorm, replace_norms
from unheard.models.domain_norms import SOURCE, with_source
from unheard.models.heads import build_head
from unheard.models.masking import without_padding
from unheard.models.model_settings import ModelSettings
from unheard.models.normalization import Normalizer, PooledNormalizer
from unheard.models.pooling import build_pooling
from unheard.models.utterance_path import UtterancePath
from unheard.records import Batch
from unheard.registry import load
from unheard.seeds import named_seed
from unheard.targets import Target

__all__ = ["EmbeddingNetwork", "Model", "Parts", "Sizes", "build_model"]


@dataclass(frozen=True)
class Sizes:
    """What determines the shapes of a model's parts, and so of those that an objective adds.

    Args:
        channels: of the features.
        classes: name of a head ('emotion', 'speaker', ...) -> how many classes it tells apart.
        settings: of the model; `settings.embedding` is the size of what the heads read.
    """

    channels: int
    classes: Mapping[str, int]
    settings: ModelSettings


Parts = Mapping[str, Callable[[], nn.Module]]
"""Name of a part that an objective adds -> what builds it, with fresh weights each time."""


@functools.cache
def _multiplies_bfloat16(device: str) -> bool:
    """Whether the chip has instructions for it; without them it is emulated, at half the speed of float32."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    chip = torch.cpu.get_capabilities()
    return device == "cpu" and any(chip.get(name) for name in ("avx512_bf16", "amx_bf16"))


class EmbeddingNetwork(nn.Module):
    """Features to embeddings.

    An encoder that has to know more than the frames (the domain, for statistics of batch norm of its own; the turns
    of a dialogue; a row of text) names it in its attribute `reads`: columns, inputs or 'turns'. It is then called
    with a third argument, a `Batch` in which nothing else is known, or None where frames are all there is.

    Args:
        channels: of the features.
        settings: sizes.

    Shape: (batch, frames, channels), lengths (batch,) -> (batch, size).
    """

    def __init__(self, channels: int, settings: ModelSettings) -> None:
        super().__init__()
        own = dict(settings.encoder)
        module = load("encoders", own.pop("name", "tdnn_lstm"))
        self.normalizer = Normalizer(settings.normalization, channels)
        self.varying = channels - settings.constants
        self.encoder = module.Encoder(self.varying, module.Settings(**own))
        norm = settings.batch_norm
        normed = replace_norms(self.encoder, norm)
        self.pool, times = build_pooling(settings.pooling, self.encoder.size)
        size = self.encoder.size * times
        wanted = settings.pooled_normalization == "training"
        self.pooled_normalizer = PooledNormalizer(size, settings.pooled_noise) if wanted else None
        self.beside = None
        if settings.constants:
            self.beside = UtterancePath(settings.constants, settings.utterance_units, settings.utterance_noise)
            size += settings.utterance_units
        self.projection = nn.Linear(size, settings.embedding)
        self.projection_norm = EmbeddingNorm(settings.embedding, norm) if norm.embedding else None
        self.precision, self.noise = settings.precision, settings.noise
        self.activation = ACTIVATIONS[settings.activation]
        self.sourced = tuple(target.name for target in settings.targets) if SOURCE in norm.reads else ()
        asked: tuple[str, ...] = getattr(self.encoder, "reads", ())
        self.reads = tuple(dict.fromkeys([*asked, *norm.reads])) if normed else asked

    @property
    def in_dialogues(self) -> bool:
        """Whether the encoder reads turns, so that a batch must hold whole dialogues."""
        return "turns" in self.reads

    def mixes_on(self, device: str) -> bool:
        """Whether the encoder trains in bfloat16 on this kind of device."""
        return self.precision == "bfloat16" or (self.precision == "auto" and _multiplies_bfloat16(device))

    def pooled(self, features: Tensor, lengths: Tensor, batch: Batch | None = None) -> Tensor:
        """What is pooled of features that the normalizer has seen, less the descriptors of the utterance."""
        device = features.device.type
        mixed = self.training and self.mixes_on(device)
        features = features[:, :, : self.varying]
        if self.training and self.noise:
            noise = without_padding(torch.randn_like(features), lengths)
            features = torch.add(features, noise, alpha=self.noise)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=mixed):
            if self.reads:
                known = None if batch is None else batch.only(self.reads)
                sequence, lengths = self.encoder(features, lengths, known)
            else:
                sequence, lengths = self.encoder(features, lengths)
        found: Tensor = self.pool(sequence.to(features.dtype), lengths)
        return found

    def from_normalized(self, features: Tensor, lengths: Tensor, batch: Batch | None = None) -> Tensor:
        """Embeddings of features that the normalizer has already seen (unit variance, zero padding).

        Args:
            features: shape (batch, frames, channels); may be other frames than the batch's own.
            lengths: shape (batch,).
            batch: what else is known of these items; None: nothing.
        """
        if batch is not None and self.sourced and self.training:
            batch = with_source(batch, self.sourced)
        read = [] if self.beside is None else [self.beside(features[:, 0, self.varying :])]
        pooled = self.pooled(features, lengths, batch)
        if self.pooled_normalizer is not None:
            pooled = self.pooled_normalizer(pooled)
        projected = self.projection(torch.cat([pooled, *read], dim=1))
        if self.projection_norm is not None:
            projected = self.projection_norm(projected, batch)
        return self.activation(projected)

    def forward(self, features: Tensor, lengths: Tensor, batch: Batch | None = None) -> Tensor:
        """Embeddings of a padded batch of raw features (see `from_normalized`)."""
        return self.from_normalized(self.normalizer(features, lengths), lengths, batch)

    def embed(self, batch: Batch) -> Tensor:
        """Embeddings of a batch, with all of it that the encoder asks for."""
        embedding: Tensor = self(batch.features, batch.lengths, batch)
        return embedding


class Model(nn.Module):
    """An embedding network, the heads that read it, and the parts that an objective adds.

    Every part is initialized from a seed of its own name, so that none changes another.

    Args:
        sizes: of all parts. Heads are those of `sizes.classes`, and one for each target of kind 'numbers'.
        parts: name -> what builds a part of the objective (a decoder, a discriminator, a second network).
        seed: of the weights.

    Raises:
        SettingsError: a target has no head, or shares its name with a domain; or a part is called 'network'.
    """

    def __init__(self, sizes: Sizes, parts: Parts | None = None, seed: int = 0) -> None:
        super().__init__()
        self.sizes, self.settings = sizes, sizes.settings
        self.channels, self.classes = sizes.channels, dict(sizes.classes)
        self.targets = sizes.settings.targets
        self._check_names(parts or {})
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(named_seed(seed, "network"))
            self.network = EmbeddingNetwork(self.channels, self.settings)
            self.parts = nn.ModuleDict()
            for name, build in (parts or {}).items():
                torch.manual_seed(named_seed(seed, name))
                self.parts[name] = build()
            self.dropout = nn.Dropout(self.settings.dropout)
            self.heads = nn.ModuleDict()
            for name in self._head_names():
                torch.manual_seed(named_seed(seed, "head", name))
                self.heads[name] = self.fresh_head(name)

    def _head_names(self) -> list[str]:
        return [*self.classes, *(target.name for target in self.targets if target.kind == "numbers")]

    def _check_names(self, parts: Parts) -> None:
        for target in self.targets:
            if target.kind == "classes" and target.name not in self.classes:
                problem = f"nobody says how many classes '{target.name}' has; there are {sorted(self.classes)}"
                raise SettingsError("model", "targets", problem)
            if target.kind == "numbers" and target.name in self.classes:
                problem = f"'{target.name}' is to be predicted as a number, and cannot be a domain as well"
                raise SettingsError("model", "targets", problem)
        if "network" in parts:
            raise SettingsError("objective", "modules", "'network' is the model's own; give the part another name")

    @property
    def domains(self) -> tuple[str, ...]:
        """The heads that are there for the objective and not for the task, in their order."""
        predicted = {target.name for target in self.targets}
        return tuple(name for name in self.heads if name not in predicted)

    def fresh_head(self, name: str) -> nn.Module:
        """A head as one of this name is before training, drawn from torch's generator as it stands."""
        return build_head(self.settings.embedding, self.settings.hidden, self.classes.get(name, 1))

    def networks(self) -> Iterator[EmbeddingNetwork]:
        """The embedding network and those that the objective adds."""
        return (module for module in self.modules() if isinstance(module, EmbeddingNetwork))

    def embed(self, batch: Batch) -> Tensor:
        """Embeddings, shape (batch, size)."""
        return self.network.embed(batch)

    def emotion(self, embedding: Tensor) -> Tensor:
        """Emotion logits of embeddings: (batch, size) -> (batch, classes)."""
        return self.answers(embedding)["emotion"]

    def answers(self, embedding: Tensor) -> dict[str, Tensor]:
        """What each target's head says of embeddings, through one dropout for all.

        Args:
            embedding: shape (batch, size).

        Returns:
            Name -> logits, shape (batch, classes); or values in the target's own unit, shape (batch,).
        """
        read = self.dropout(embedding)
        return {target.name: _in_range(self.heads[target.name](read), target) for target in self.targets}

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """The first target of frames alone: logits, shape (batch, classes), or values, shape (batch,)."""
        return self.answers(self.network(features, lengths))[self.targets[0].name]


def _in_range(output: Tensor, target: Target) -> Tensor:
    """Logits as they are; a number from where the head's zero is the middle of the range, and its one the end."""
    if target.kind == "classes":
        return output
    lowest, highest = target.range
    return (lowest + highest) / 2 + output.squeeze(1) * ((highest - lowest) / 2)


def build_model(
    channels: int, classes: Mapping[str, int], settings: ModelSettings, *, parts: Parts | None = None, seed: int = 0
) -> Model:
    """A model with fresh weights (see `Model` and `Sizes`)."""
    return Model(Sizes(channels, classes, settings), parts, seed)
