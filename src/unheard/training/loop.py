"""The one loop for all objectives, with the only optimizers in the house."""

import copy
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from unheard.errors import SettingsError
from unheard.metrics.uar import score as uar
from unheard.models.heads import build_head
from unheard.models.lora import LowRank
from unheard.models.model import Model
from unheard.objectives._losses import Objective
from unheard.records import Batch
from unheard.seeds import named_seed
from unheard.training.checkpoints import (
    Checkpoint,
    flatten_optimizer,
    read_checkpoint,
    restore_optimizer,
    write_checkpoint,
)
from unheard.training.dataset import (
    Dataset,
    random_batch,
    steps_per_epoch,
    training_batches,
)
from unheard.training.settings import TrainingSettings
from unheard.training.whole import choose_device, predict_all

__all__ = ["Trained", "Trainer"]

_CHECKPOINT_EVERY = 5.0  # seconds; a kill costs no more than this and one epoch


@dataclass(frozen=True)
class Trained:
    """What came of a training: the model (best weights, evaluation mode), its history and its cost."""

    model: Model
    history: list[dict[str, float]]
    best_epoch: int
    seconds: float


class Trainer:
    """Trains one model by one objective on one part, choosing the epoch on development speakers.

    Args:
        model: fresh weights; changed in place.
        objective: see `unheard.objectives`.
        train: the training part.
        dev: the development part (other speakers); nobody where the last epoch is kept and no score is wanted.
        settings: see `TrainingSettings`.
        seed: of order, augmentation and dropout.
        checkpoint: where the state is kept between epochs; None keeps none.
        fingerprint: digest of all that determines this training.
        report: called after each epoch with its numbers.

    Raises:
        SettingsError: the epoch is to be chosen on development speakers, and there are none.
    """

    def __init__(  # noqa: PLR0913 (everything that one training depends on)
        self,
        model: Model,
        objective: Objective,
        train: Dataset,
        dev: Dataset,
        settings: TrainingSettings,
        *,
        seed: int,
        checkpoint: Path | None = None,
        fingerprint: str = "",
        report: Callable[[Mapping[str, float]], None] | None = None,
    ) -> None:
        if settings.selection == "source-dev" and not len(dev):
            problem = "no development speaker could choose the epoch: set 'fixed-epoch', or dev_speakers of the split"
            raise SettingsError("recipe", "training.selection", problem)
        self.device = choose_device(settings.device)
        self.model, self.objective = model.to(self.device), objective
        self.train_part, self.dev_part, self.settings = train, dev, settings
        self.seed, self.checkpoint, self.report = seed, checkpoint, report
        # What 'auto' means here is a part of it: another chip's checkpoint would go on in another arithmetic.
        self.fingerprint = f"{fingerprint} {self.device.type} {model.network.mixes_on(self.device.type)}"
        self.steps = steps_per_epoch(train, settings)
        self.sides = self._sides()
        self.optimizers = {
            phase: torch.optim.AdamW(
                self._groups(objective.parameters_of(phase, model)),
                lr=settings.learning_rate,
                weight_decay=settings.weight_decay,
                fused=True,  # one pass over the weights instead of a dozen
            )
            for phase in dict.fromkeys(objective.phases)
        }
        self.average = copy.deepcopy(self.model).eval()
        self.best = {"uar": -1.0, "loss": math.inf, "epoch": 0.0}
        self.best_state = {key: value.clone() for key, value in self.average.state_dict().items()}
        self.history: list[dict[str, float]] = []
        self.seconds = 0.0

    def _sides(self) -> tuple[list[nn.Parameter], list[list[nn.Parameter]]]:
        """The parameters of the network with its emotion head, and those of each domain head."""
        heads = self.model.heads
        sides = [list(heads[name].parameters()) for name in heads if name != "emotion"]
        domain = {id(parameter) for side in sides for parameter in side}
        return [parameter for parameter in self.model.parameters() if id(parameter) not in domain], sides

    def _groups(self, parameters: Iterable[nn.Parameter]) -> list[dict[str, Any]]:
        """Domain heads step at a rate of their own, so that an adversary can keep up, and so does an upstream."""
        wanted, (own, sides) = list(parameters), self.sides
        fast = {id(parameter) for side in sides for parameter in side}
        slow = {id(parameter) for parameter in _pretrained(self.model)}
        mine = {id(parameter) for parameter in own} - slow
        groups = [
            {"params": [one for one in wanted if id(one) in mine], "factor": 1.0},
            {"params": [one for one in wanted if id(one) in fast], "factor": self._domain_rate},
            {"params": [one for one in wanted if id(one) in slow], "factor": self.settings.upstream_rate},
        ]
        return [group for group in groups if group["params"]]

    @property
    def _domain_rate(self) -> float:
        """The objective's own word, else the settings'."""
        own = getattr(self.objective, "domain_rate", None)
        return self.settings.domain_rate if own is None else float(own)

    def _renew(self, step: int) -> None:
        """Give the domain heads that the objective names fresh weights, and their optimizers a fresh memory."""
        for name in getattr(self.objective, "renewed", lambda _: ())(step):
            head = self.model.heads[name]
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(named_seed(self.seed, "renewed", name, step))
                fresh = build_head(
                    self.model.settings.embedding, self.model.settings.hidden, self.model.classes[name]
                )
            head.load_state_dict(fresh.state_dict())
            for optimizer in self.optimizers.values():
                for parameter in head.parameters():
                    optimizer.state.pop(parameter, None)

    def run(self) -> Trained:
        """Train to the end, from the last checkpoint if there is one."""
        self._resume()
        saved = time.monotonic()
        while not self._done():
            epoch, begun = len(self.history) + 1, time.monotonic()
            numbers = self._epoch(epoch)
            numbers |= self._judge(epoch)
            self.history.append({"epoch": float(epoch), **numbers})
            self.seconds += time.monotonic() - begun
            if self.report is not None:
                self.report(self.history[-1])
            if self.checkpoint is not None and time.monotonic() - saved > _CHECKPOINT_EVERY:
                self._save(self.checkpoint)
                saved = time.monotonic()
        self.average.load_state_dict(self.best_state)
        return Trained(self.average.cpu().eval(), self.history, int(self.best["epoch"]), self.seconds)

    def _done(self) -> bool:
        epoch = len(self.history)
        since = max(self.best["epoch"], self._first - 1.0)
        waited = epoch - since >= self.settings.patience and epoch > 0
        return epoch >= self.settings.epochs or (self.settings.selection == "source-dev" and waited)

    @property
    def _first(self) -> int:
        """The first epoch that may be chosen: an earlier one hardly met what the objective is for."""
        return max(1, math.ceil(getattr(self.objective, "settled", 0.0) * self.settings.epochs))

    def _epoch(self, epoch: int) -> dict[str, float]:
        self.model.train()
        sums: defaultdict[str, list[float]] = defaultdict(list)
        batches = training_batches(self.train_part, self.settings, seed=self.seed, epoch=epoch)
        for number, batch in enumerate(batches):
            step = (epoch - 1) * self.steps + number
            torch.manual_seed(named_seed(self.seed, "step", step))
            for name, value in self.step(batch.to(self.device), step).items():
                sums[name].append(float(value))
        return {name: float(np.nanmean(values)) for name, values in sums.items() if np.isfinite(values).any()}

    def step(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """One batch through every phase; the dict is what the objective logged."""
        total = max(1, self.settings.epochs * self.steps - 1)
        logged: dict[str, Tensor] = {}
        self._renew(step)
        steady = getattr(self.objective, "steady", ())
        for place, phase in enumerate(self.objective.phases):
            optimizer = self.optimizers[phase]
            rate = _rate(step / total, falls=phase not in steady)
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate * rate * group["factor"]
            self.model.zero_grad(set_to_none=True)
            losses = self.objective.losses(phase, self.model, self._seen(phase, batch, step, place), step / total)
            losses["loss"].backward()  # type: ignore[no-untyped-call]
            self._clip()
            optimizer.step()
            logged |= {name: value.detach() for name, value in losses.items()}
        self._follow()
        return logged

    def _seen(self, phase: str, batch: Batch, step: int, place: int) -> Batch:
        """The step's batch, or fresh items where the objective wants them; a function of seed, step and place."""
        size = getattr(self.objective, "fresh", {}).get(phase, 0)
        if not size:
            return batch
        seed = named_seed(self.seed, "fresh", step, place)
        return random_batch(self.train_part, self.settings, size, seed=seed).to(self.device)

    def _clip(self) -> None:
        """Clip the emotion side and each domain head apart: one must not slow the other down."""
        own, sides = self.sides
        for parameters in [own, *sides]:
            nn.utils.clip_grad_norm_(parameters, self.settings.clip)

    def _follow(self) -> None:
        """Move the average towards the weights; buffers (batch norm's statistics) are copied."""
        # The average of the first steps would remember the random start for too long.
        done = min(self.settings.average, len(self.history) / (len(self.history) + 1.0))
        with torch.no_grad():
            mine: list[Tensor] = list(self.average.parameters())
            theirs: list[Tensor] = list(self.model.parameters())
            torch._foreach_lerp_(mine, theirs, 1.0 - done)  # what torch's own averaging calls
            for kept, fresh in zip(self.average.buffers(), self.model.buffers(), strict=True):
                kept.copy_(fresh)

    def _judge(self, epoch: int) -> dict[str, float]:
        """Score the averaged weights on development speakers and keep the best that the objective has settled in."""
        scores = self._dev_scores()
        value, loss = scores.get("dev_uar", -1.0), scores.get("dev_loss", math.inf)
        better = epoch >= self._first and (value, -loss) > (self.best["uar"], -self.best["loss"])
        if better or self.settings.selection == "fixed-epoch":
            self.best = {"uar": value, "loss": loss, "epoch": float(epoch)}
            self.best_state = {key: kept.clone() for key, kept in self.average.state_dict().items()}
        return scores

    def _dev_scores(self) -> dict[str, float]:
        if not len(self.dev_part):
            return {}
        truth = self.dev_part.columns["emotion"]
        probabilities = predict_all(self.average, self.dev_part, self.device)
        known = truth >= 0
        likelihood = probabilities[np.flatnonzero(known), truth[known]]
        loss = float(-np.log(np.clip(likelihood, 1e-12, None)).mean())
        value = uar(truth, probabilities.argmax(1), classes=probabilities.shape[1])
        return {"dev_uar": value, "dev_loss": loss}

    def _save(self, file: Path) -> None:
        tensors = {f"model.{key}": value for key, value in self.model.state_dict().items()}
        tensors |= {f"average.{key}": value for key, value in self.average.state_dict().items()}
        tensors |= {f"best.{key}": value for key, value in self.best_state.items()}
        for phase, optimizer in self.optimizers.items():
            tensors |= flatten_optimizer(optimizer, f"optimizer.{phase}")
        state = Checkpoint(tensors, len(self.history), self.best, self.history, self.seconds, self.fingerprint)
        write_checkpoint(state, file)

    def _resume(self) -> None:
        if self.checkpoint is None:
            return
        state = read_checkpoint(self.checkpoint, self.fingerprint)
        if state is None:
            return
        self.model.load_state_dict(state.part("model"))
        self.average.load_state_dict(state.part("average"))
        self.best_state = {key: value.to(self.device) for key, value in state.part("best").items()}
        for phase, optimizer in self.optimizers.items():
            restore_optimizer(optimizer, state.part(f"optimizer.{phase}"))
        self.history, self.best, self.seconds = state.history, state.best, state.seconds


def _pretrained(model: Model) -> Iterable[nn.Parameter]:
    """The parameters of pretrained upstreams, where an encoder holds one; what was added to them is fresh."""
    for network in (model.network, model.companion):
        upstream = getattr(getattr(network, "encoder", None), "upstream", None)
        if isinstance(upstream, nn.Module):
            parts = upstream.modules()
            fresh = {id(one) for part in parts if isinstance(part, LowRank) for one in part.parameters()}
            yield from (one for one in upstream.parameters() if id(one) not in fresh)


def _rate(progress: float, *, falls: bool = True) -> float:
    """The learning rate as a fraction of its peak: linear rise over a tenth, then cosine to zero, or level."""
    if progress < 0.1:
        return 0.1 + 0.9 * progress / 0.1
    if not falls:
        return 1.0
    return 0.5 * (1.0 + math.cos(math.pi * (progress - 0.1) / 0.9))
