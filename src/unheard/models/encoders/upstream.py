"""A pretrained upstream that is trained with the rest: all its layers, the top ones, or low-rank additions to them.

The convolutions on the waveform stay as they are. It hears the feature `waveform`, unnormalized; or, with `above`,
the frames of one of the upstream's own states, so that what lies below is computed once and not in every epoch.

Reference: gat2022speaker, where wav2vec 2.0 and HuBERT are fine-tuned; hu2022lora for 'lora'.
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from unheard.errors import SettingsError
from unheard.features import upstream as states
from unheard.features import waveform
from unheard.members import Member, Recipe
from unheard.models.lora import add_low_rank
from unheard.settings import Document
from unheard.upstreams.checkpoints import UpstreamSettings, find_checkpoint
from unheard.upstreams.loading import build_upstream, load_upstream
from unheard.upstreams.suitability import check_checkpoint, heard_before
from unheard.upstreams.upstream import Upstream, is_traced, silenced

__all__ = ["PLACES", "SCALED", "Encoder", "Settings", "check", "identity", "notes"]

PLACES = ("source",)
SCALED = True
"""What it pools has the scale before training that it has later, for it is pretrained."""

_VERSION = 1  # to be raised whenever the same weights give other numbers
_AT_ONCE = 60.0  # seconds of speech, padding included, that evaluation encodes at once: attention grows as its square


class Settings(UpstreamSettings):
    """Which upstream, how much of it, and what of that learns."""

    layers: int | None = Field(None, ge=0)
    """Transformer layers that are kept, the lowest ones; None keeps all."""
    above: int | None = Field(None, ge=0)
    """The state that the features hold (`features.name = "upstream"`, frames of that one state): only the layers
    above it are there, and learn. None hears the waveform."""
    states: Literal["last", "weighted"] = "last"
    """What is handed on: the last state, or the sum of all that are computed here with learned weights."""
    train: Literal["all", "top", "lora"] = "all"
    """'all' layers, the `top` ones, or low-rank additions to all of them."""
    top: int = Field(1, ge=1)
    """With train = 'top': how many of the kept layers learn, from above."""
    rank: int = Field(8, ge=1, le=1024)
    """With train = 'lora': rank of each addition."""
    alpha: float = Field(16.0, gt=0)
    """With train = 'lora': scale of each addition, times its rank."""
    adapt: tuple[str, ...] = Field(("q_proj", "v_proj"), min_length=1)
    """With train = 'lora': the linear layers that are added to."""
    dropout: float | None = Field(None, ge=0, lt=1)
    """Dropout everywhere in the upstream while it trains; None leaves the checkpoint's own."""
    checkpointing: bool = False
    """Whether to keep only what enters each layer and compute it again on the way back: a third slower, smaller."""
    groups: int = Field(1, ge=1, le=64)
    """In how many groups of like length a training batch is encoded: less padding, less memory, the same result."""
    described: dict[str, Any] | None = None
    """Set in the file of a trained model: the upstream's `config` and `processor`, so that no checkpoint is read."""


def check(recipe: Recipe, member: Member, document: Document) -> None:
    """Hold that it hears the samples, or its own state, as they are, and that its checkpoint is there."""
    own: Settings = member.settings
    what, heard = "the waveform", waveform.__name__
    if own.above is not None:
        what, heard = "the state of `above`", states.__name__
    for key, value, expected in (
        (("features", "name"), recipe.feature.name, heard.rpartition(".")[2]),
        (("model", "normalization"), recipe.model.normalization, "none"),
        (("model", "noise"), recipe.model.noise, 0.0),
        (("adaptation",), recipe.adaptation, "none"),
    ):
        if value != expected:
            problem = f"an upstream that is trained hears {what} as it is: set '{expected}' (came: '{value}')"
            raise document.blame(key, problem)
    if own.above is not None:
        _check_above(recipe.feature.settings, member, document)
    check_checkpoint(recipe, member, document, layers="layers", highest=own.layers)


def _check_above(features: states.Settings, member: Member, document: Document) -> None:
    """The features hold frames of the very state, of the very upstream, above which the layers begin."""
    own: Settings = member.settings
    if features.states != (own.above,):
        raise document.blame(("features", "states"), f"model.encoder.above is {own.above}: name that state alone")
    if features.keep != "frames":
        raise document.blame(("features", "keep"), "an upstream's layers hear frames: set 'frames'")
    for key in ("family", "source", "revision"):
        theirs, mine = getattr(features, key), getattr(own, key)
        if theirs != mine:
            problem = f"the features are of '{theirs}': name the same one (came: '{mine}')"
            raise document.blame((*member.at, key), problem)


def notes(settings: Settings, corpus: str) -> list[str]:
    """That the upstream has heard the corpus, or that nobody knows."""
    return heard_before(settings, corpus)


def identity(settings: Settings) -> dict[str, object]:
    """What determines the encoder before training: the weights and the settings, not where the weights lie."""
    own = settings.model_dump(mode="json", exclude={"source", "revision", "download", "described"})
    return {**own, "weights": find_checkpoint(settings).digest, "version": _VERSION}


class Encoder(nn.Module):
    """The waveform, or one of its states, to the upstream's frames.

    Shape: (batch, samples, 1), lengths (batch,) -> (batch, frames, `size`), lengths in frames; with `above`, (batch,
    frames, `size`) -> the same.

    Raises:
        SettingsError: the features are not what it hears, or there is no such checkpoint.
        MissingExtraError: transformers is not installed.
    """

    def __init__(self, channels: int, settings: Settings) -> None:
        super().__init__()
        self.upstream, self.described = _upstream_of(settings)
        self.settings, self.size = settings, self.upstream.size
        _check_heard(channels, self.upstream, settings)
        if settings.above is not None:
            self.upstream.forget_below(settings.above)
        computed = self.upstream.layers + 1 - (settings.above or 0)
        self.weights = nn.Parameter(torch.zeros(computed)) if settings.states == "weighted" else None
        self.upstream.checkpointing = settings.checkpointing
        if settings.dropout is not None:
            _set_dropout(self.upstream, settings.dropout)
        _choose_learners(self.upstream, settings)

    def forward(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a padded batch; padding changes nothing."""
        if is_traced():
            return self._states(sequence, lengths)
        order = lengths.argsort(stable=True)
        pieces = [self._states(sequence[rows], lengths[rows]) for rows in self._groups(order, lengths)]
        longest = max(piece.shape[1] for piece, _ in pieces)
        encoded = torch.cat([F.pad(piece, (0, 0, 0, longest - piece.shape[1])) for piece, _ in pieces])
        back = order.argsort()
        return encoded[back], torch.cat([own for _, own in pieces])[back]

    def _groups(self, order: Tensor, lengths: Tensor) -> Iterator[Tensor]:
        """Positions in rising length: so many groups in training, as many as fit into memory in evaluation."""
        if self.training or torch.is_grad_enabled():
            yield from order.chunk(self.settings.groups)
            return
        each = 1.0 / self.upstream.rate if self.settings.above is None else self.upstream.stride
        most = round(_AT_ONCE / each)
        rows: list[Tensor] = []
        for row in order:
            if rows and (len(rows) + 1) * int(lengths[row]) > most:
                yield torch.stack(rows)
                rows = []
            rows.append(row)
        yield torch.stack(rows)

    def _states(self, sequence: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        longest = sequence.shape[1] if is_traced() else int(lengths.max())
        if self.settings.above is None:
            states, frames = self.upstream(sequence[:, :longest, 0], lengths)
        else:
            risen, frames = self.upstream.rise(sequence[:, :longest], lengths, self.settings.above), lengths
            states = [silenced(state, frames) for state in risen]
        if self.weights is None:
            return states[-1], frames
        shares = torch.softmax(self.weights, 0)
        return torch.stack([share * state for share, state in zip(shares, states, strict=True)]).sum(0), frames


def _upstream_of(settings: Settings) -> tuple[Upstream, dict[str, Any]]:
    """The upstream, and what must be stored with its weights to build it again."""
    if settings.described is not None:
        given = settings.described
        upstream = build_upstream(settings, given["config"], given["processor"], settings.layers)
        return upstream, {"described": given}
    found = find_checkpoint(settings)
    described = {"config": dict(found.config), "processor": dict(found.processor)}
    return load_upstream(settings, settings.layers), {"described": described}


def _check_heard(channels: int, upstream: Upstream, settings: Settings) -> None:
    """The features are the waveform, or frames of the state above which it begins."""
    if settings.above is None:
        if channels != 1:
            problem = "an upstream hears the waveform: set features.name = 'waveform', or `above`"
            raise SettingsError("model.encoder", "name", problem)
        return
    if channels != upstream.size:
        problem = f"it hears frames of one state, {upstream.size} channels, not {channels}"
        raise SettingsError("model.encoder", "above", problem)
    if upstream.pads:
        problem = "with silence up to 30 s a state holds more than its own frames: set padded = 'never'"
        raise SettingsError("model.encoder", "padded", problem)


def _choose_learners(upstream: Upstream, settings: Settings) -> None:
    """Say which parameters learn; the convolutions never do."""
    own = list(upstream.blocks)[settings.above or 0 :]
    kept = len(own)
    if kept == 0:
        raise SettingsError("model.encoder", "layers", "no layer is kept, so nothing would learn")
    if settings.train == "top" and settings.top > kept:
        raise SettingsError("model.encoder", "top", f"{settings.top} asked for, {kept} layers are kept")
    upstream.requires_grad_(requires_grad=settings.train == "all")
    # WavLM keeps the embedding of relative positions in its lowest layer, which stays where others begin above it.
    for module in (*upstream.ground, *list(upstream.blocks)[: settings.above or 0]):
        module.requires_grad_(requires_grad=False)
    if settings.train == "top":
        for block in own[kept - settings.top :]:
            block.requires_grad_(requires_grad=True)
    if settings.train == "lora":
        add_low_rank(nn.ModuleList(own), settings.adapt, rank=settings.rank, alpha=settings.alpha)


def _set_dropout(upstream: Upstream, probability: float) -> None:
    for module in upstream.modules():
        if isinstance(module, nn.Dropout):
            module.p = probability
        for name in ("dropout", "activation_dropout"):
            if isinstance(getattr(module, name, None), int | float):
                setattr(module, name, probability)
