"""Batch norm where a batch holds several domains: whose statistics normalize whom.

Every `MaskedBatchNorm` of an encoder, and one on the embedding where it is asked for, becomes the layer of the mode
that is set. A mode that has to know the domain of an item, or whether it is of the source, reads it from the batch.

Reference: cai2020unsupervised compares ways to share batch norm between source and target; which ones, and by what
names, could not be read. The modes here are ours: ioffe2015batch ('mixed'), chang2019domain ('dsbn'),
li2017revisiting ('adabn'), ba2016layer ('none').
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from unheard.errors import SettingsError
from unheard.models.domain_norms import SOURCE, DomainBatchNorm, MaskedLayerNorm, SeparateBatchNorm, SourceBatchNorm
from unheard.models.masking import MaskedBatchNorm
from unheard.records import UNLABELED, Batch

__all__ = ["BatchNormSettings", "EmbeddingNorm", "build_norm", "reestimate", "replace_norms"]


class BatchNormSettings(BaseModel):
    """Whose statistics normalize whom.

    The *source* is whatever has a label of some target, the *target* domain's items are those that have none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["mixed", "separate", "dsbn", "source_only", "adabn", "none"] = "mixed"
    """'mixed': one batch of all domains has one mean and one deviation. 'separate': each domain of a batch has its
    own (as if each went through the network in a pass of its own), with one scale and shift for all; the running
    statistics are of all. 'dsbn': statistics, scale and shift a domain. 'source_only': statistics of the source's
    items, for all. 'adabn': the same in training, and estimated anew on the target's items when training is over.
    'none': layer norm in the place of batch norm."""
    domain: str = "language"
    """With 'separate' and 'dsbn': the column that says which domain an item is of."""
    domains: int = Field(0, ge=0, le=4096)
    """With 'dsbn': how many domains there are. A run sets it from its training part."""
    embedding: bool = False
    """Whether the embedding is normalized by such a layer, too, before its activation: an encoder without batch norm
    (`pooled`, `upstream`) has none otherwise."""

    @property
    def reads(self) -> tuple[str, ...]:
        """What of a batch the layers have to know."""
        if self.mode in {"separate", "dsbn"}:
            return (self.domain,)
        return (SOURCE,) if self.mode in {"source_only", "adabn"} else ()

    def counted(self, columns: Mapping[str, np.ndarray]) -> "BatchNormSettings":
        """The same with the number of domains that a training part has, where that matters.

        Args:
            columns: column -> class numbers of the part's items, shape (items,).

        Raises:
            SettingsError: the part has no such column, or no item of a known domain.
        """
        if self.mode != "dsbn":
            return self
        numbers = columns.get(self.domain, np.empty(0, dtype=np.int64))
        if not (numbers != UNLABELED).any():
            raise SettingsError("model.batch_norm", "domain", f"no training item has a '{self.domain}'")
        return self.model_copy(update={"domains": int(numbers.max()) + 1})


class EmbeddingNorm(nn.Module):
    """The layer of a mode on embeddings, each of which is one frame to it.

    Args:
        size: of the embeddings.
        settings: of the mode.

    Shape: (batch, size) and a batch, or None where frames are all that is known -> (batch, size).
    """

    def __init__(self, size: int, settings: BatchNormSettings) -> None:
        super().__init__()
        self.reads = settings.reads
        self.norm = build_norm(size, settings)

    def forward(self, embedding: Tensor, batch: Batch | None) -> Tensor:
        """Normalize a batch of embeddings."""
        real = torch.ones_like(embedding[:, :1], dtype=torch.bool)
        known = None if batch is None else batch.only(self.reads)
        normalized: Tensor = self.norm(embedding.unsqueeze(1), real, known).squeeze(1)
        return normalized


def build_norm(channels: int, settings: BatchNormSettings, *, rectify: bool = False) -> nn.Module:
    """The layer of a mode, called with frames, a mask and a batch (or None) in which what it `reads` is known.

    Raises:
        SettingsError: nobody says how many domains there are.
    """
    if settings.mode == "dsbn":
        if not settings.domains:
            problem = f"nobody says how many values '{settings.domain}' has (a run counts those of its training part)"
            raise SettingsError("model.batch_norm", "domains", problem)
        return DomainBatchNorm(channels, settings.domain, settings.domains, rectify=rectify)
    if settings.mode == "separate":
        return SeparateBatchNorm(channels, settings.domain, rectify=rectify)
    if settings.mode == "none":
        return MaskedLayerNorm(channels, rectify=rectify)
    kind = MaskedBatchNorm if settings.mode == "mixed" else SourceBatchNorm
    return kind(channels, rectify=rectify)


def replace_norms(module: nn.Module, settings: BatchNormSettings) -> bool:
    """Put a mode's layers in the place of every `MaskedBatchNorm` inside a fresh module; draws nothing at random.

    Returns:
        Whether any was replaced.
    """
    if settings.mode == "mixed":
        return False
    found = False
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is MaskedBatchNorm:
                found = True
                setattr(parent, name, build_norm(child.num_features, settings, rectify=child.rectify))
    return found


def reestimate(network: nn.Module, run: Callable[[], Iterable[object]]) -> None:
    """Set the statistics of every batch norm to those of some items: AdaBN.

    Layer by layer from below, each from what the layers under it hand on once theirs are set: exact however the items
    are batched, and the same again if it is done twice.

    Args:
        network: in evaluation mode.
        run: called for each layer; puts all items through the network, batch after batch.

    Reference: li2017revisiting, algorithm 1.
    """
    for norm in [one for one in network.modules() if isinstance(one, MaskedBatchNorm)]:
        sums: list[Tensor] = []

        def collect(_norm: nn.Module, given: tuple[Tensor, ...], sums: list[Tensor] = sums) -> None:
            frames = given[0][given[1]].double()
            ones = frames.new_full((1, frames.shape[1]), len(frames))
            own = torch.cat([ones, frames.sum(0, keepdim=True), frames.square().sum(0, keepdim=True)])
            sums[:] = [sums[0] + own] if sums else [own]

        handle = norm.register_forward_pre_hook(collect)
        try:
            with torch.no_grad():
                for _ in run():
                    pass
        finally:
            handle.remove()
        if sums and float(sums[0][0, 0]) > 1:
            _set(norm, *sums[0])


def _set(norm: MaskedBatchNorm, count: Tensor, total: Tensor, squares: Tensor) -> None:
    mean = total / count
    variance = (squares / count - mean.square()).clamp(min=0.0) * count / (count - 1)
    if norm.running_mean is not None and norm.running_var is not None:
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
