"""The training of one objective on one fold: a fresh model, its domains' heads, the loop."""

from collections.abc import Callable, Mapping

import numpy as np
import torch

from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import Job
from unheard.experiment.job_data import JobData
from unheard.models.model import Model, Sizes
from unheard.objectives.objective import Objective
from unheard.seeds import named_seed
from unheard.targets import EMOTION
from unheard.training.dataset import Dataset
from unheard.training.loop import Trained, Trainer
from unheard.training.statistics import channel_statistics
from unheard.training.whole import choose_device, fit_pooled

__all__ = ["class_weights", "fit", "fresh_model"]


def class_weights(labels: np.ndarray, classes: int) -> torch.Tensor:
    """Inverse frequency in the training part, mean 1 over its items; absent classes weigh 0. Shape (classes,)."""
    counts = np.bincount(labels[labels >= 0], minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 0.0)
    return torch.tensor(weights, dtype=torch.float32)


def fresh_model(
    data: JobData, seed: int, train: Dataset, domains: Mapping[str, int], objective: Objective | None = None
) -> Model:
    """A model as it is before training: seeded weights, its normalizer fitted on the training part.

    Args:
        data: what jobs read.
        seed: of the weights.
        train: the training part.
        domains: domain -> classes of its head.
        objective: whose own parts the model is to have; None: none.
    """
    recipe = data.recipe
    predicted = {EMOTION.name: len(data.classes)} if EMOTION.name in recipe.targets else {}
    norm = recipe.model.batch_norm.counted(train.columns)
    settings = recipe.model_settings.model_copy(update={"batch_norm": norm})
    sizes = Sizes(train.channels, {**predicted, **domains}, settings)
    model = Model(sizes, {} if objective is None else objective.modules(sizes), seed)
    mean, deviation = map(torch.from_numpy, channel_statistics([variants[0] for variants in train.frames]))
    for network in model.networks():
        network.normalizer.fit(mean, deviation)
        fit_pooled(network, train, choose_device(recipe.training.device))
    return model


def fit(
    data: JobData,
    job: Job,
    parts: FoldParts,
    checkpoint: str,
    report: Callable[[Mapping[str, float]], None] | None,
) -> Trained:
    """Train a fresh model by the job's objective."""
    recipe = data.recipe
    chosen = recipe.objective(job.label)
    domains = {name: parts.vocabulary.count(name) for name in chosen.settings.domains}
    weights = {}
    if recipe.training.balance and EMOTION.name in recipe.targets:
        classes = class_weights(parts.train.columns["emotion"], len(data.classes))
        weights["emotion"] = classes.to(choose_device(recipe.training.device))
    objective = chosen.module.Objective(chosen.settings, weights)
    return Trainer(
        fresh_model(data, job.seed, parts.train, domains, objective),
        objective,
        parts.train,
        parts.dev,
        recipe.training,
        seed=named_seed(job.seed, "training", job.fold.name),
        checkpoint=job.folder / checkpoint,
        fingerprint=job.fingerprint,
        report=report,
    ).run()
