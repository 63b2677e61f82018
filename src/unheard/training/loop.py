"""The one loop for all objectives: epochs, the average of the weights, the choice of an epoch, checkpoints."""

import copy
import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from unheard.errors import SettingsError
from unheard.models.model import Model
from unheard.objectives.objective import Objective
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
from unheard.training.optimization import Optimization
from unheard.training.selection import Chosen, dev_scores
from unheard.training.settings import TrainingSettings
from unheard.training.whole import check_batch_norms, choose_device, fit_batch_norms

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
        SettingsError: the epoch is to be chosen on development speakers, and there are none; or no item is labeled.
        ObjectiveError: the objective and the model do not fit (see `Optimization`).
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
        self._check_labels(model, {"train": train} | ({"dev": dev} if settings.selection == "source-dev" else {}))
        self.device = choose_device(settings.device)
        check_batch_norms(model, train)
        self.model, self.objective = model.to(self.device), objective
        self.train_part, self.dev_part, self.settings = train, dev, settings
        self.seed, self.checkpoint, self.report = seed, checkpoint, report
        # What 'auto' means here is a part of it: another chip's checkpoint would go on in another arithmetic.
        self.fingerprint = f"{fingerprint} {self.device.type} {model.network.mixes_on(self.device.type)}"
        self.steps = steps_per_epoch(train, settings, dialogues=model.network.in_dialogues)
        self.optimization = Optimization(self.model, objective, settings, self._draw, seed)
        self.average = copy.deepcopy(self.model).eval()
        self.best = Chosen()
        self.best_state = {key: value.clone() for key, value in self.average.state_dict().items()}
        self.history: list[dict[str, float]] = []
        self.seconds = 0.0

    @staticmethod
    def _check_labels(model: Model, parts: Mapping[str, Dataset]) -> None:
        for name, part in parts.items():
            for target in model.targets:
                if not part.labeled(target).any():
                    problem = f"no item of the {name} part has '{target.name}': fill that column, or predict another"
                    raise SettingsError("recipe", "targets", problem)

    def _draw(self, size: int, seed: int) -> Batch:
        """Items of the training part, without regard to epochs."""
        whole = self.model.network.in_dialogues
        return random_batch(self.train_part, self.settings, size, seed=seed, dialogues=whole).to(self.device)

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
        fit_batch_norms(self.average, self.train_part, self.device)
        return Trained(self.average.cpu().eval(), self.history, self.best.epoch, self.seconds)

    def _done(self) -> bool:
        epoch = len(self.history)
        since = max(self.best.epoch, self._first - 1)
        waited = epoch - since >= self.settings.patience and epoch > 0
        return epoch >= self.settings.epochs or (self.settings.selection == "source-dev" and waited)

    @property
    def _first(self) -> int:
        """The first epoch that may be chosen: an earlier one hardly met what the objective is for."""
        settled = max(phase.settled for phase in self.objective.phases)
        return max(1, math.ceil(settled * self.settings.epochs))

    def _epoch(self, epoch: int) -> dict[str, float]:
        self.model.train()
        sums: defaultdict[str, list[float]] = defaultdict(list)
        whole = self.model.network.in_dialogues
        batches = training_batches(self.train_part, self.settings, seed=self.seed, epoch=epoch, dialogues=whole)
        for number, batch in enumerate(batches):
            step = (epoch - 1) * self.steps + number
            torch.manual_seed(named_seed(self.seed, "step", step))
            for name, value in self.step(batch.to(self.device), step).items():
                sums[name].append(float(value))
        return {name: float(np.nanmean(values)) for name, values in sums.items() if np.isfinite(values).any()}

    def step(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """One batch through every phase; the dict is what the objective logged."""
        total = max(1, self.settings.epochs * self.steps - 1)
        logged = self.optimization.step(batch, step, step / total)
        self._follow()
        return logged

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
        scores = dev_scores(self.average, self.dev_part, self.device)
        found = Chosen.of(self.model.targets, scores, epoch)
        if self.settings.selection == "fixed-epoch" or (epoch >= self._first and found.beats(self.best)):
            self.best = found
            self.best_state = {key: kept.clone() for key, kept in self.average.state_dict().items()}
        return scores

    def _save(self, file: Path) -> None:
        tensors = {f"model.{key}": value for key, value in self.model.state_dict().items()}
        tensors |= {f"average.{key}": value for key, value in self.average.state_dict().items()}
        tensors |= {f"best.{key}": value for key, value in self.best_state.items()}
        for phase, optimizer in self.optimization.optimizers.items():
            tensors |= flatten_optimizer(optimizer, f"optimizer.{phase}")
        state = Checkpoint(
            tensors, len(self.history), self.best.plain(), self.history, self.seconds, self.fingerprint
        )
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
        for phase, optimizer in self.optimization.optimizers.items():
            restore_optimizer(optimizer, state.part(f"optimizer.{phase}"))
        self.history, self.best, self.seconds = state.history, Chosen.from_plain(state.best), state.seconds
