"""What a job leaves beside its result: embeddings for probes, weights for `unheard predict`."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from unheard.documents import DamageError
from unheard.experiment.job import REFERENCES, Job
from unheard.experiment.job_data import JobData
from unheard.experiment.job_leakage import Views
from unheard.experiment.job_result import JobResult, ReferencesResult, TrainingResult
from unheard.files import set_aside
from unheard.leakage.probe_splits import PARTS
from unheard.models.model import Model
from unheard.models.weights import save_model
from unheard.tensors import read_tensors, write_tensors
from unheard.upstreams.checkpoints import without_grant

__all__ = ["EMBEDDINGS", "finished", "read_embeddings", "save_embeddings", "save_weights"]

EMBEDDINGS = "embeddings.safetensors"
"""Of a job's groups, in its folder."""

_KEY = "embeddings"
"""Of what could be said of them in the file's metadata."""


def save_embeddings(file: Path, views: Views) -> None:
    """The embeddings of each group, in the order of the names in the job's result: what probes read later."""
    groups = {"train": views.train, "withheld": views.withheld, "unseen": views.unseen}
    tensors = {key: torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)) for key, value in groups.items()}
    write_tensors(file, tensors, _KEY, "")


def read_embeddings(file: Path) -> dict[str, NDArray[np.float32]]:
    """The embeddings of each group, as `save_embeddings` left them.

    Raises:
        DamageError: the file is missing, does not match its digest, or holds others.
    """
    _, tensors = read_tensors(file, _KEY)
    strange = [name for name, value in tensors.items() if value.ndim != 2 or value.dtype != torch.float32]
    missing = [part for part in PARTS if part not in tensors]
    if missing or strange:
        raise DamageError(f"no embeddings of {missing[0]}" if missing else f"{strange[0]!a} is no table of numbers")
    return {part: tensors[part].numpy() for part in PARTS}


def save_weights(data: JobData, job: Job, model: Model) -> None:
    """The model, with all that predicting needs to know in its header; the temperature is one of all jobs.

    Weights travel, and a fold may be called after the speaker whom it tests: it goes by its number, as result.json
    lists them. Who was tested stands there, and in splits/.
    """
    recipe = data.recipe
    about = {
        "emotions": list(data.classes),
        "adaptation": recipe.adaptation,
        "features": without_grant(recipe.features),
        "feature_identity": recipe.feature_recipe().identity,
        "audio": recipe.audio.model_dump(mode="json"),
        "objective": job.label,
        "seed": job.seed,
        "fold": job.number,
        "corpus": recipe.corpus.name,
        "fingerprint": job.fingerprint,
    }
    run = job.folder.parents[2]
    name = f"{job.folder.parent.name}-seed{job.seed}-fold{job.number}.safetensors"
    save_model(model, run / "weights" / name, about)


def finished(data: JobData, job: Job) -> TrainingResult | ReferencesResult | None:
    """What a job wrote, None unless it is done, and all that it left is whole.

    What is damaged is set aside and named, so that the job runs again and comes to the same bits.
    """
    result = job.result()
    if result is None:
        return None
    problem = _at_odds(data, job, result)
    if problem is not None:
        set_aside(job.result_file, problem, "This job runs again.")
        return None
    if isinstance(result, ReferencesResult):
        return result
    file = job.folder / EMBEDDINGS
    try:
        sizes = {part: len(own) for part, own in read_embeddings(file).items()}
    except DamageError as damage:
        set_aside(file, str(damage), "Its job runs again.")
        return None
    known = {part: len(getattr(result.groups, part)) for part in PARTS}
    if sizes != known:
        set_aside(file, f"{sizes} embeddings for {known} utterances", "Its job runs again.")
        return None
    return result


def _at_odds(data: JobData, job: Job, result: JobResult) -> str | None:
    """How a result is not of its job; None where it is."""
    if (job.label == REFERENCES) is not isinstance(result, ReferencesResult):
        return "it is of another kind of job"
    if set(result.predictions.names) != set(job.fold.test):
        return "it predicts others than its fold tests"
    told = [result.predictions]
    named: list[str] = []
    if isinstance(result, TrainingResult):
        told.append(result.dev_predictions)
        named = [*result.dev_predictions.names, *(name for _, own in result.groups for name in own)]
    if any(name not in data.utterances for name in named):
        return "it names utterances that its corpus has not"
    if any(len(row) != len(data.classes) for own in told for row in own.probabilities):
        return "it has probabilities of other emotions"
    return None
