"""What a task leaves beside its result: embeddings for probes, weights for `unheard predict`."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from unheard.evaluation.leakage import Views
from unheard.evaluation.protocol import Prepared, Task
from unheard.files import aside
from unheard.models.model import Model, save_model

__all__ = ["save_embeddings", "save_weights"]


def save_embeddings(file: Path, views: Views) -> None:
    """The embeddings of each group, in the order of the names in the task's result: what probes read later."""
    groups = {"train": views.train, "withheld": views.withheld, "unseen": views.unseen}
    with aside(file) as beside:
        save_file({key: np.ascontiguousarray(value, dtype=np.float32) for key, value in groups.items()}, beside)


def save_weights(prepared: Prepared, task: Task, model: Model) -> None:
    """The model, with all that predicting needs to know in its header; the temperature is one of all tasks."""
    recipe = prepared.recipe
    about = {
        "emotions": prepared.classes,
        "adaptation": recipe.adaptation,
        "features": recipe.features,
        "feature_identity": recipe.feature_recipe().identity,
        "audio": recipe.audio.model_dump(mode="json"),
        "objective": task.label,
        "seed": task.seed,
        "fold": task.fold.name,
        "corpus": recipe.corpus.name,
        "test_speakers": sorted({str(prepared.utterances[name].speaker) for name in task.fold.test}),
    }
    run = task.folder.parents[2]
    save_model(model, run / "weights" / f"{task.folder.parent.name}-{task.folder.name}.safetensors", about)
