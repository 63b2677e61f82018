"""One job: train on one fold, predict its test part, measure what is left of the speaker, write it down."""

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from unheard.data.folds.plan import Fold
from unheard.experiment.fold_data import FoldParts, kept_labels
from unheard.experiment.job import REFERENCES, Job
from unheard.experiment.job_data import JobData
from unheard.experiment.job_files import EMBEDDINGS, finished, save_embeddings, save_weights
from unheard.experiment.job_leakage import emotion_floor, leakage_of, raw_statistics
from unheard.experiment.job_result import (
    LeakageFigures,
    Predictions,
    ReferencesResult,
    TrainingResult,
    write_job_result,
)
from unheard.experiment.job_training import fit, fresh_model
from unheard.models.model import Model
from unheard.scores.lda_baseline import lda_probabilities
from unheard.seeds import named_seed
from unheard.training.whole import choose_device, embed_all, predict_all

__all__ = ["run_job"]

_CHECKPOINTS = ("checkpoint.safetensors", "refit.safetensors")
"""Of the training, and of the one that has dev speakers, too; they stand until the job is done."""


def run_job(
    data: JobData,
    job: Job,
    report: Callable[[Mapping[str, float]], None] | None = None,
    threads: int = 1,
) -> TrainingResult | ReferencesResult:
    """Run a job, or return what it wrote when it was run before.

    Args:
        data: what jobs read.
        job: which objective, seed and fold.
        report: called after each epoch with its numbers.
        threads: of torch; one by default, as folds run side by side and results must not depend on their number.
    """
    done = finished(data, job)
    if done is not None:
        return done
    torch.set_num_threads(threads)
    begun = time.monotonic()
    result = _references(data, job) if job.label == REFERENCES else _train(data, job, report)
    cost = {
        "total_seconds": time.monotonic() - begun,
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    result = result.model_copy(update=cost)
    write_job_result(result, job.result_file)
    for checkpoint in _CHECKPOINTS:
        (job.folder / checkpoint).unlink(missing_ok=True)
    return result


def _last_fold(data: JobData, job: Job) -> Fold:
    """Who the model that predicts is trained on: with `refit` the dev speakers, too.

    A plan keeps train and dev apart from the test alike, so that this fold shares no more with it.
    """
    if not data.recipe.training.refit:
        return job.fold
    return replace(job.fold, train=(*job.fold.train, *job.fold.dev), dev=())


def _references(data: JobData, job: Job) -> ReferencesResult:
    """What no objective has touched: how raw features, an untrained encoder, a perfect emotion code leak the speaker.

    And what a closed form answers from the raw features.
    """
    settings, parts = data.recipe.leakage, FoldParts(data, job, _last_fold(data, job))
    raw = parts.views(raw_statistics)
    answers = lda_probabilities(
        raw.train,
        kept_labels(data, job, parts.train).columns["emotion"],
        raw.unseen[-len(parts.test) :],
        classes=len(data.classes),
    )
    device = choose_device(data.recipe.training.device)
    untrained = fresh_model(data, job.seed, parts.train, {}).to(device)
    seed = named_seed(job.seed, "probe", job.fold.name) % 2**31
    return ReferencesResult(
        **_identity(job),
        raw_features=leakage_of(raw, settings, seed=seed),
        untrained=leakage_of(parts.views(lambda part: embed_all(untrained, part, device)), settings, seed=seed),
        emotion_code=emotion_floor(parts.train, parts.withheld, settings, seed=seed),
        predictions=Predictions.of(parts.test.names, answers),
    )


def _train(data: JobData, job: Job, report: Callable[[Mapping[str, float]], None] | None) -> TrainingResult:
    """Train, score the dev speakers, train once more with them where that is asked for, and predict the test."""
    parts = FoldParts(data, job, job.fold)
    trained = fit(data, job, parts, _CHECKPOINTS[0], report)
    device = choose_device(data.recipe.training.device)
    on_dev = Predictions.of(parts.dev.names, predict_all(trained.model.to(device), parts.dev, device))
    history, best_epoch, epochs, seconds = trained.history, trained.best_epoch, len(trained.history), trained.seconds
    if data.recipe.training.refit:
        del parts, trained  # both models and both parts at once would be twice the memory
        parts = FoldParts(data, job, _last_fold(data, job))
        trained = fit(data, job, parts, _CHECKPOINTS[1], report)
        epochs += len(trained.history)
        seconds += trained.seconds
    model = trained.model.to(device)
    leakage = _measure(data, job, parts, model)
    save_weights(data, job, model)
    return TrainingResult(
        **_identity(job),
        predictions=Predictions.of(parts.test.names, predict_all(model, parts.test, device)),
        dev_predictions=on_dev,
        history=history,
        best_epoch=best_epoch,
        epochs=epochs,
        seconds=seconds,
        leakage=leakage,
        groups=parts.groups,
    )


def _measure(data: JobData, job: Job, parts: FoldParts, model: Model) -> LeakageFigures | None:
    """What is left of the speaker in the embeddings, which are kept for probes to come."""
    device = choose_device(data.recipe.training.device)
    views = parts.views(lambda part: embed_all(model, part, device))
    save_embeddings(job.folder / EMBEDDINGS, views)
    if not data.recipe.leakage.measure:
        return None
    return leakage_of(views, data.recipe.leakage, seed=named_seed(job.seed, "probe", job.fold.name) % 2**31)


def _identity(job: Job) -> dict[str, Any]:
    """Whose result it is; what it cost is known at the end."""
    return {
        "label": job.label,
        "seed": job.seed,
        "fold": job.fold.name,
        "fingerprint": job.fingerprint,
        "total_seconds": 0.0,
        "peak_memory_bytes": 0,
    }
