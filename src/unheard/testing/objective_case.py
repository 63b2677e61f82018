"""An objective with settings, on a model so small that its laws are checked in no time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from unheard.errors import ObjectiveError
from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.objectives.objective import Objective, ObjectiveSettings
from unheard.records import Batch
from unheard.testing.batches import CHANNELS, CLASSES, SMALL_MODEL, made_batch
from unheard.training.optimization import Optimization
from unheard.training.settings import TrainingSettings

__all__ = ["EXTRA", "ObjectiveCase", "near_end", "optimization_of", "progress_of"]

EXTRA = "sentence"
"""A column of every made batch that no objective of these cases names, and so may not read."""
_STEPS = TrainingSettings(learning_rate=0.03, weight_decay=0.0, domain_rate=2.0, device="cpu")


@dataclass(frozen=True)
class ObjectiveCase:
    """An objective with settings, and the tiny model that it is tried on.

    Args:
        module: has `Settings` and `Objective`; or anything else that has.
        options: settings, where they are not the defaults.
        model: of the tiny model. Objectives that need another activation, encoder or targets say so here.
        exact: whether what the encoder feels of a domain's head is exactly the stated weight times the gradient that
            the head descends; False where the method has another form, and only the sign is held; None where the
            domain's labels act on the encoder in another way, too (CGT), and nothing is held.
    """

    module: ModuleType | Any
    options: Mapping[str, Any] = field(default_factory=dict)
    model: ModelSettings = SMALL_MODEL
    exact: bool | None = True

    @cached_property
    def settings(self) -> ObjectiveSettings:
        """The typed settings."""
        settings: ObjectiveSettings = self.module.Settings(**self.options)
        return settings

    def objective(self, **changes: Any) -> Objective:
        """A fresh objective, with some settings changed."""
        objective: Objective = self.module.Objective(self.module.Settings(**{**self.options, **changes}), {})
        return objective

    def fresh_model(self, objective: Objective, *, channels: int = CHANNELS, **changes: Any) -> Model:
        """A fresh model with the parts of an objective, in double precision and in training mode."""
        classes = dict.fromkeys([one.name for one in self.model.targets if one.kind == "classes"], CLASSES)
        classes |= dict.fromkeys(self.settings.domains, CLASSES)
        sizes = Sizes(channels, classes, self.model.model_copy(update=changes))
        return Model(sizes, objective.modules(sizes)).double().train()

    def heard_model(self, objective: Objective) -> Model:
        """As `fresh_model`, in evaluation mode, once batch norm has heard enough to tell items apart."""
        model, batch = self.fresh_model(objective), self.batch()
        with torch.no_grad():
            for _ in range(30):
                model.embed(batch)
        return model.eval()

    def batch(self, *, items: int = 16, seed: int = 0) -> Batch:
        """Noise with every label, in double precision, and a column that is nobody's business."""
        return made_batch([*self.settings.domains, EXTRA], self.model.targets, items=items, seed=seed)

    def broken(self, law: str) -> ObjectiveError:
        """The error for a law that this case breaks."""
        name = getattr(self.module, "__name__", str(self.module)).rpartition(".")[2]
        return ObjectiveError(f"{name} {dict(self.options)}: {law}")


def near_end(case: ObjectiveCase, objective: Objective, model: Model, batch: Batch) -> dict[str, Tensor]:
    """What all phases give for a batch near the end of training: random draws repeat.

    Returns:
        '<phase>.loss' -> what the phase minimizes; and whatever else is logged, under its own name.

    Raises:
        ObjectiveError: a phase gives nothing to minimize.
    """
    found: dict[str, Tensor] = {}
    for phase in objective.phases:
        torch.manual_seed(0)
        losses = objective.losses(phase.name, model, batch, 0.999)
        if "loss" not in losses:
            raise case.broken(f"phase '{phase.name}' gives no 'loss' to minimize")
        found |= {f"{phase.name}.loss": losses["loss"]}
        found |= {name: value for name, value in losses.items() if name != "loss"}
    return found


def optimization_of(model: Model, objective: Objective, batch: Batch) -> Optimization:
    """Optimizers as the loop has them; a phase that draws fresh items is given this batch."""

    def draw(size: int, seed: int) -> Batch:
        del size, seed
        return batch

    return Optimization(model, objective, _STEPS, draw, 0)


def progress_of(objective: Objective) -> float:
    """A progress at which every phase runs and none has come to rest."""
    return max(0.5, *(phase.begins for phase in objective.phases))
