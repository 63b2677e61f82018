"""Batch norm and the language's adversary in a recipe: each mode trains, is stored, and goes by the same column."""

import pytest

from experiment.test_domains import made, table  # noqa: F401 (a fixture)
from unheard.errors import SettingsError
from unheard.experiment.job import plan_jobs
from unheard.experiment.job_run import run_job
from unheard.models.weights import load_model

ADVERSARIAL = ("objectives.language_adversarial.weight=-0.5",)


def network_of(run):
    (file,) = (run / "weights").glob("*.safetensors")
    return load_model(file)[0].network


@pytest.mark.parametrize("mode", ["separate", "dsbn", "source_only", "none"])
def test_a_recipe_trains_under_each_mode_and_its_weights_are_read_back(mode, recipe, table, tmp_path):  # noqa: F811
    ready = made(recipe, table, *ADVERSARIAL, f"model.batch_norm.mode={mode}")
    job = next(job for job in plan_jobs(ready, tmp_path) if job.label == "language_adversarial")
    (epoch,) = run_job(ready.job_data, job).history
    assert {"language_loss", "language_accuracy", "emotion_loss"} <= set(epoch)
    kinds = {type(one).__name__ for one in network_of(tmp_path).modules()}
    names = {
        "separate": "SeparateBatchNorm",
        "dsbn": "DomainBatchNorm",
        "source_only": "SourceBatchNorm",
        "none": "MaskedLayerNorm",
    }
    assert names[mode] in kinds


def test_the_adversary_and_batch_norm_go_by_one_column(recipe, table):  # noqa: F811
    with pytest.raises(SettingsError, match=r"batch_norm goes by 'language' .*name the same column in both"):
        made(
            recipe,
            table,
            *ADVERSARIAL,
            "objectives.language_adversarial.domain=speaker",
            "model.batch_norm.mode=dsbn",
        )
    made(recipe, table, *ADVERSARIAL, "objectives.language_adversarial.domain=speaker")


def test_adabn_without_an_unlabeled_item_says_what_is_missing(recipe, table, tmp_path):  # noqa: F811
    ready = made(recipe, table, "model.batch_norm.mode=adabn")
    with pytest.raises(SettingsError, match="'adabn' estimates statistics on unlabeled items"):
        run_job(ready.job_data, plan_jobs(ready, tmp_path)[0])
