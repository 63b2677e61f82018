"""The second training, on development speakers too: who has met whom, and that it is the training that it says."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from unheard.errors import SettingsError
from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import plan_jobs
from unheard.experiment.job_run import _last_fold, run_job
from unheard.experiment.job_training import fresh_model
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.settings import read_document
from unheard.training.loop import Trainer

FIXED = "training.selection='fixed-epoch'"
REFIT = (FIXED, "training.refit=true")


def prepared(recipe, sets):
    return prepare(read_recipe(read_document(recipe, list(sets))), default_cache())


def first_job(ready, out, label="dat"):
    return next(job for job in plan_jobs(ready, out) if job.label == label)


@pytest.fixture
def both(recipe, tmp_path):
    """The same job without and with the second training: (prepared, job, result) each."""
    made = []
    for name, sets in (("once", (FIXED,)), ("twice", REFIT)):
        ready = prepared(recipe, sets)
        job = first_job(ready, tmp_path / name)
        made.append((ready, job, run_job(ready.job_data, job)))
    return made


def test_who_is_trained_on_tested_and_left_unseen(both):
    (_, job, once), (ready, _, twice) = both
    speaker = {name: item.speaker for name, item in ready.utterances.items()}

    def speakers(names):
        return {speaker[name] for name in names}

    assert speakers(twice.groups.train) == speakers(job.fold.train) | speakers(job.fold.dev)
    assert set(twice.groups.train) | set(twice.groups.withheld) == {*job.fold.train, *job.fold.dev}
    assert twice.groups.unseen == list(job.fold.test)
    assert not speakers(twice.groups.train) & speakers(job.fold.test)
    assert speakers(once.groups.unseen) == speakers(job.fold.dev) | speakers(job.fold.test)


def test_dev_scores_are_those_of_the_training_without_dev_speakers(both):
    (_, _, once), (_, job, twice) = both
    for key in ("dev_predictions", "history", "best_epoch"):
        assert getattr(once, key) == getattr(twice, key)
    assert twice.epochs == 2 * once.epochs
    assert once.predictions != twice.predictions
    assert twice.predictions.names == list(job.fold.test)


def test_the_weights_predictions_and_embeddings_are_those_of_a_training_on_a_fold_without_dev(both):
    """The second training by another way: a fold whose dev speakers were never set apart."""
    ready, job, twice = both[1]
    fold = dataclasses.replace(job.fold, train=(*job.fold.train, *job.fold.dev), dev=())
    settings = ready.recipe.training.model_copy(update={"refit": False})
    plain = dataclasses.replace(ready, recipe=ready.recipe.model_copy(update={"training": settings}))
    other = dataclasses.replace(job, fold=fold, folder=job.folder.parents[3] / "by" / "jobs" / "dat" / "x")
    result = run_job(plain.job_data, other)
    for key in ("predictions", "groups", "leakage"):
        assert getattr(result, key) == getattr(twice, key)
    mine, theirs = (load_file(one.folder / "embeddings.safetensors") for one in (job, other))
    assert mine.keys() == theirs.keys()
    assert all(np.array_equal(mine[key], theirs[key]) for key in mine)


def test_references_hear_the_same_people_as_the_model_that_is_probed(recipe, tmp_path):
    ready = prepared(recipe, REFIT)
    job = first_job(ready, tmp_path / "run", "(references)")
    parts = FoldParts(ready.job_data, job, _last_fold(ready.job_data, job))
    assert set(parts.train.names) | set(parts.withheld.names) == {*job.fold.train, *job.fold.dev}
    shown = run_job(ready.job_data, job).raw_features
    assert shown.speakers == parts.vocabulary.count("speaker")
    assert shown.withheld == len(parts.withheld)


def test_checkpoints_go_when_the_job_is_done(both):
    _, job, _ = both[1]
    assert not list(job.folder.glob("*checkpoint*"))
    assert not (job.folder / "refit.safetensors").exists()


CHILD = """
import os, signal, sys
from pathlib import Path
import torch
from experiment.test_refit import REFIT, first_job, prepared
from unheard.experiment.job_run import run_job
from unheard.training import loop

torch.set_num_threads(1)
loop._CHECKPOINT_EVERY = 0.0
ready = prepared(Path(sys.argv[1]), REFIT)
seen = []

def until(numbers):
    seen.append(numbers["epoch"])
    if len(seen) == 4:  # before this epoch is kept, so that one of the second training is
        os.kill(os.getpid(), signal.SIGKILL)

run_job(ready.job_data, first_job(ready, Path(sys.argv[2])), until)
"""


def test_a_kill_within_the_second_training_costs_no_more_than_its_last_epoch(both, recipe, tmp_path):
    out = tmp_path / "killed"
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(recipe), str(out)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    ready, _, twice = both[1]
    job = first_job(ready, out)
    assert (job.folder / "refit.safetensors").exists()
    epochs = []
    resumed = run_job(ready.job_data, job, lambda numbers: epochs.append((numbers["epoch"], "dev_uar" in numbers)))
    assert epochs == [(2.0, False)]
    for key in ("predictions", "dev_predictions", "history", "leakage", "epochs"):
        assert getattr(resumed, key) == getattr(twice, key)


def test_an_epoch_cannot_be_chosen_on_speakers_who_are_trained_on(recipe):
    with pytest.raises(SettingsError, match=r"training.*refit.*fixed-epoch"):
        read_recipe(read_document(recipe, ["training.refit=true"]))


def test_no_epoch_is_chosen_without_dev_speakers(recipe, tmp_path):
    ready = prepared(recipe, ())
    job = first_job(ready, tmp_path / "run", "plain")
    parts = FoldParts(ready.job_data, job, dataclasses.replace(job.fold, dev=()))
    model = fresh_model(ready.job_data, 0, parts.train, {})
    with pytest.raises(SettingsError, match="no development speaker could choose the epoch"):
        Trainer(model, None, parts.train, parts.dev, ready.recipe.training, seed=0)
