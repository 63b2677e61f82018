"""Features that stay on disk give the bits of those in memory, whatever is done with them."""

import numpy as np
import pytest

from unheard.experiment import fold_data
from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import plan_jobs
from unheard.experiment.job_run import run_job
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.settings import read_document

AUGMENTED = [
    "training.augmentation.speeds=[0.9]",
    "training.augmentation.frequency_masks=1",
    "training.augmentation.warp=0.1",
    "training.augmentation.tempo=0.1",
    "training.max_seconds=0.3",
]


def outcome(recipe, out, label, *changes):
    ready = prepare(read_recipe(read_document(recipe, ["training.epochs=1", *changes])), default_cache())
    job = next(job for job in plan_jobs(ready, out) if job.label == label)
    parts = FoldParts(ready.job_data, job, job.fold)
    result = run_job(ready.job_data, job)
    leakage = result.raw_features if label == "(references)" else result.leakage
    return parts, result.predictions, leakage


@pytest.mark.parametrize(
    ("label", "changes"),
    [
        ("dat", []),
        ("dat", AUGMENTED),
        ("plain", ["adaptation=speaker"]),
        ("plain", ["model.normalization=training"]),
        ("(references)", []),
        ("plain", ["features={name='functionals'}", "model.encoder={name='pooled'}", "model.normalization=training"]),
    ],
    ids=["frames", "augmented", "adaptive", "normalized", "references", "one row"],
)
def test_a_job_gives_the_same_bits(recipe, tmp_path, monkeypatch, label, changes):
    here, *expected = outcome(recipe, tmp_path / "memory", label, *changes)
    monkeypatch.setattr(fold_data, "IN_MEMORY", -1)
    there, *found = outcome(recipe, tmp_path / "disk", label, *changes)
    assert all(isinstance(one[0], np.ndarray) for one in here.train.frames)
    assert not any(isinstance(one[0], np.ndarray) for part in (there.train, there.test) for one in part.frames)
    assert found == expected
