"""One task: train on one fold, predict its test part, measure what is left of the speaker, write it down."""

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from unheard.data.folds.plan import Fold
from unheard.errors import SplitError
from unheard.experiment.fold_data import part_of, withhold
from unheard.experiment.job_files import EMBEDDINGS, finished, save_embeddings, save_weights
from unheard.experiment.job_leakage import Views, emotion_floor, leakage_of, raw_statistics
from unheard.experiment.job_results import write_task
from unheard.experiment.preparation import REFERENCES, Prepared, Task
from unheard.experiment.recipe import objective_of
from unheard.models.model import Model, build_model
from unheard.scores.lda_baseline import closed_form
from unheard.seeds import named_seed
from unheard.training.dataset import Dataset
from unheard.training.loop import Trained, Trainer
from unheard.training.scarcity import keep_labels
from unheard.training.whole import choose_device, embed_all, fit_pooled, predict_all

__all__ = ["class_weights", "fresh_model", "run_task"]

_CHECKPOINTS = ("checkpoint.safetensors", "refit.safetensors")
"""Of the training, and of the one that has dev speakers, too; they stand until the task is done."""


def class_weights(labels: np.ndarray, classes: int) -> torch.Tensor:
    """Inverse frequency in the training part, mean 1 over its items; absent classes weigh 0. Shape (classes,)."""
    counts = np.bincount(labels[labels >= 0], minlength=classes).astype(np.float64)
    present = counts > 0
    weights = np.where(present, counts.sum() / (present.sum() * np.maximum(counts, 1)), 0.0)
    return torch.tensor(weights, dtype=torch.float32)


def _kept_labels(prepared: Prepared, task: Task, train: Dataset) -> Dataset:
    """The training part with as many emotion labels as the recipe leaves it."""
    return keep_labels(train, prepared.recipe.training.labeled, seed=named_seed(task.seed, "labels", task.fold.name))


class _Parts:
    """The four groups of utterances of a fold: train, withheld, dev, test.

    Args:
        prepared: the corpus.
        task: which objective and seed.
        fold: the task's own, or the one in which dev speakers are trained on, too.
    """

    def __init__(self, prepared: Prepared, task: Task, fold: Fold) -> None:
        recipe = prepared.recipe
        self.speakers = sorted({prepared.voices[name] for name in fold.train})
        train, withheld = fold.train, ()
        if recipe.leakage.measure:
            train, withheld = withhold(prepared, fold, task.seed, recipe.leakage.withheld)  # type: ignore[assignment]
        augmented = task.label != REFERENCES
        whole = part_of(prepared, train, self.speakers, augmented=augmented)
        # The floor of a perfect emotion code is of all labels.
        self.train = _kept_labels(prepared, task, whole) if augmented else whole
        self.withheld = part_of(prepared, withheld, self.speakers)
        self.dev = part_of(prepared, fold.dev, self.speakers)
        self.test = part_of(prepared, fold.test, self.speakers)
        unseen = [*fold.dev, *fold.test]
        self.unseen_speakers = np.array([prepared.voices[name] for name in unseen])

    def views(self, embed: Callable[[Dataset], np.ndarray]) -> Views:
        """All groups through one representation; nobody is withheld where no speaker has three utterances."""
        train = embed(self.train)
        return Views(
            train,
            self.train.columns["speaker"],
            embed(self.withheld) if len(self.withheld) else np.zeros((0, train.shape[1]), train.dtype),
            self.withheld.columns["speaker"],
            np.concatenate([embed(part) for part in (self.dev, self.test) if len(part)]),
            self.unseen_speakers,
        )


def run_task(
    prepared: Prepared,
    task: Task,
    report: Callable[[Mapping[str, float]], None] | None = None,
    threads: int = 1,
) -> dict[str, Any]:
    """Run a task, or return what it wrote when it was run before.

    Args:
        prepared: the corpus.
        task: which objective, seed and fold.
        report: called after each epoch with its numbers.
        threads: of torch; one by default, as folds run side by side and results must not depend on their number.
    """
    done = finished(prepared, task)
    if done is not None:
        return done
    torch.set_num_threads(threads)
    begun = time.monotonic()
    result = _references(prepared, task) if task.label == REFERENCES else _train(prepared, task, report)
    result |= {
        "label": task.label,
        "seed": task.seed,
        "fold": task.fold.name,
        "fingerprint": task.fingerprint,
        "total_seconds": time.monotonic() - begun,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    write_task(result, task.result_file)
    for checkpoint in _CHECKPOINTS:
        (task.folder / checkpoint).unlink(missing_ok=True)
    return result


def _last_fold(prepared: Prepared, task: Task) -> Fold:
    """Who the model that predicts is trained on: with `refit` the dev speakers, too.

    A plan keeps train and dev apart from the test alike, so that this fold shares no more with it.
    """
    if not prepared.recipe.training.refit:
        return task.fold
    return replace(task.fold, train=(*task.fold.train, *task.fold.dev), dev=())


def _references(prepared: Prepared, task: Task) -> dict[str, Any]:
    """What no objective has touched: how raw features, an untrained encoder, a perfect emotion code leak the speaker.

    And what a closed form answers from the raw features.
    """
    settings, parts = prepared.recipe.leakage, _Parts(prepared, task, _last_fold(prepared, task))
    raw = parts.views(raw_statistics)
    answers = closed_form(
        raw.train,
        _kept_labels(prepared, task, parts.train).columns["emotion"],
        raw.unseen[-len(parts.test) :],
        classes=len(prepared.classes),
    )
    device = choose_device(prepared.recipe.training.device)
    untrained = fresh_model(prepared, task.seed, parts.train, {}).to(device)
    seed = named_seed(task.seed, "probe", task.fold.name) % 2**31
    return {
        "raw_features": leakage_of(raw, settings, seed=seed),
        "untrained": leakage_of(parts.views(lambda part: embed_all(untrained, part, device)), settings, seed=seed),
        "emotion_code": emotion_floor(parts.train, parts.withheld, settings, seed=seed),
        "predictions": _named(parts.test, answers),
    }


def fresh_model(
    prepared: Prepared, seed: int, train: Dataset, domains: Mapping[str, int], *, companion: bool = False
) -> Model:
    """A model as it is before training: seeded weights, its normalizer fitted on the training part.

    Args:
        prepared: the corpus.
        seed: of the weights.
        train: the training part.
        domains: domain -> classes of its head.
        companion: whether the objective trains a second encoder.
    """
    recipe = prepared.recipe
    model = build_model(
        train.channels,
        {"emotion": len(prepared.classes), **domains},
        recipe.model.model_copy(update={"constants": recipe.constants}),
        companion=companion,
        seed=seed,
    )
    frames = np.concatenate([variants[0] for variants in train.frames])
    mean, deviation = torch.from_numpy(frames.mean(axis=0)), torch.from_numpy(frames.std(axis=0))
    for network in filter(None, (model.network, model.companion)):
        network.normalizer.fit(mean, deviation)
        fit_pooled(network, train, choose_device(recipe.training.device))
    return model


def _classes_of(domain: str, parts: _Parts) -> int:
    """How many classes a domain head tells apart.

    Raises:
        SplitError: the training part does not hold two of them, so that there is nothing to hide.
    """
    if domain not in parts.train.columns:
        known = ", ".join(sorted(set(parts.train.columns) - {"emotion"}))
        raise SplitError(f"no domain is called '{domain}'. Known: {known}.")
    count = len(parts.speakers) if domain == "speaker" else int(parts.train.columns[domain].max()) + 1
    known_values = parts.train.columns[domain]
    if len(np.unique(known_values[known_values >= 0])) < 2:
        raise SplitError(
            f"the training part has no two values of {domain}. Fill that column, or choose another domain."
        )
    return count


def _train(prepared: Prepared, task: Task, report: Callable[[Mapping[str, float]], None] | None) -> dict[str, Any]:
    """Train, score the dev speakers, train once more with them where that is asked for, and predict the test."""
    parts = _Parts(prepared, task, task.fold)
    trained = _fit(prepared, task, parts, _CHECKPOINTS[0], report)
    device = choose_device(prepared.recipe.training.device)
    on_dev = _named(parts.dev, predict_all(trained.model.to(device), parts.dev, device))
    about: dict[str, Any] = {"dev_predictions": on_dev, "history": trained.history, "best_epoch": trained.best_epoch}
    about |= {"epochs": len(trained.history), "seconds": trained.seconds}
    if prepared.recipe.training.refit:
        del parts, trained  # both models and both parts at once would be twice the memory
        parts = _Parts(prepared, task, _last_fold(prepared, task))
        trained = _fit(prepared, task, parts, _CHECKPOINTS[1], report)
        about["epochs"] += len(trained.history)
        about["seconds"] += trained.seconds
    outcome = _outcome(prepared, task, parts, trained.model.to(device))
    save_weights(prepared, task, trained.model)
    return {**outcome, **about}


def _fit(
    prepared: Prepared,
    task: Task,
    parts: _Parts,
    checkpoint: str,
    report: Callable[[Mapping[str, float]], None] | None,
) -> Trained:
    """Train a fresh model by the task's objective."""
    recipe = prepared.recipe
    _, module, settings = objective_of(recipe, task.label)
    domains = {name: _classes_of(name, parts) for name in settings.domains}
    model = fresh_model(prepared, task.seed, parts.train, domains, companion=getattr(settings, "companion", False))
    weights = {}
    if recipe.training.balance:
        classes = class_weights(parts.train.columns["emotion"], len(prepared.classes))
        weights["emotion"] = classes.to(choose_device(recipe.training.device))
    return Trainer(
        model,
        module.Objective(settings, weights),
        parts.train,
        parts.dev,
        recipe.training,
        seed=named_seed(task.seed, "training", task.fold.name),
        checkpoint=task.folder / checkpoint,
        fingerprint=task.fingerprint,
        report=report,
    ).run()


def _outcome(prepared: Prepared, task: Task, parts: _Parts, model: Model) -> dict[str, Any]:
    """What the model says of the test part, and what is left of the speaker in it."""
    device = choose_device(prepared.recipe.training.device)
    views = parts.views(lambda part: embed_all(model, part, device))
    leakage: dict[str, Any] = {}
    if prepared.recipe.leakage.measure:
        seed = named_seed(task.seed, "probe", task.fold.name) % 2**31
        leakage = leakage_of(views, prepared.recipe.leakage, seed=seed)
    save_embeddings(task.folder / EMBEDDINGS, views)
    return {
        "predictions": _named(parts.test, predict_all(model, parts.test, device)),
        "leakage": leakage,
        "groups": {
            "train": list(parts.train.names),
            "withheld": list(parts.withheld.names),
            "unseen": [*parts.dev.names, *parts.test.names],
        },
    }


def _named(part: Dataset, probabilities: np.ndarray) -> list[tuple[str, list[float]]]:
    """Each utterance's name and its rounded probabilities."""
    rows = zip(part.names, probabilities, strict=True)
    return [(name, [round(float(value), 6) for value in row]) for name, row in rows]
