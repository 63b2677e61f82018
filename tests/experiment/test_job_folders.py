"""One job, one folder, one file of weights: whatever folds and objectives are called."""

import dataclasses
import json

import pytest

from unheard.errors import RunError, SettingsError
from unheard.experiment.job import plan_jobs
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.experiment.runner import claim_folder, run_jobs
from unheard.inference.recognizer import Recognizer
from unheard.settings import read_document
from unheard.sweeps.axes import parse_axis
from unheard.sweeps.grid import combination_name, plan_runs

NAMES = ("a b", "a_b", "A_b", "a/b", "a:b")


@pytest.fixture
def clashing(recipe, tones, tmp_path):
    """A recipe whose folds have names that are alike, and an objective that is called as the references' folder."""
    text = (tones / "corpus" / "tones.csv").read_text(encoding="utf-8").splitlines()
    place = text[0].split(",").index("speaker")
    speakers = sorted({line.split(",")[place] for line in text[1:]})
    folds = tmp_path / "folds.csv"
    rows = [f"{speaker},{NAMES[number % len(NAMES)]}" for number, speaker in enumerate(speakers)]
    folds.write_text("speaker,fold\n" + "\n".join(rows) + "\n", encoding="utf-8")
    own = recipe.read_text(encoding="utf-8").replace(
        'name = "speaker_groups"\ngroups = 2', f'name = "from_file"\nfile = "{folds}"'
    )
    own = own.replace(
        "[objectives.dat]\nweight = -0.5",
        '[objectives.references]\nname = "plain"\n\n[objectives.plain-seed7]\nname = "plain"',
    )
    recipe.write_text(own.replace("epochs = 2", "epochs = 1"), encoding="utf-8")
    return recipe, len(set(rows) and {row.split(",")[1] for row in rows})


def test_folds_and_labels_that_are_alike_keep_their_results_and_weights(clashing, tmp_path):
    file, folds = clashing
    ready = prepare(read_recipe(read_document(file)), default_cache())
    jobs = plan_jobs(ready, tmp_path / "out")
    assert folds >= 4
    assert len({str(job.folder).lower() for job in jobs}) == len(jobs) == 4 * folds
    run_jobs(ready, tmp_path / "out")
    kept = [json.loads(job.result_file.read_text(encoding="utf-8")) for job in jobs]
    assert [(one["label"], one["fold"]) for one in kept] == [(job.label, job.fold.name) for job in jobs]
    weights = sorted((tmp_path / "out" / "weights").iterdir())
    assert len(weights) == 3 * folds
    for label in ("plain", "references", "plain-seed7"):
        models = Recognizer.load(tmp_path / "out", label)
        assert {header["objective"] for header in models.engine.headers} == {label}
        assert len(models.engine.headers) == folds


def test_ordinary_names_are_what_they_were(recipe, tmp_path):
    ready = prepare(read_recipe(read_document(recipe)), default_cache())
    folders = [job.folder.relative_to(tmp_path).as_posix() for job in plan_jobs(ready, tmp_path)]
    assert folders == [
        f"jobs/{label}/seed0-foldspeakers-{number}" for number in (1, 2) for label in ("plain", "dat", "references")
    ]


def test_jobs_that_would_share_a_folder_are_refused(recipe, tmp_path):
    ready = prepare(read_recipe(read_document(recipe)), default_cache())
    labels = {"plain": {}, "Plain": {"name": "plain"}}
    twice = dataclasses.replace(ready, recipe=ready.recipe.model_copy(update={"objectives": labels}))
    with pytest.raises(RunError, match=r"Plain, seed 0, fold speakers-1 and plain, .* would write into one folder"):
        plan_jobs(twice, tmp_path)


def test_labels_that_differ_in_case_alone_are_refused(recipe, tmp_path):
    with pytest.raises(SettingsError, match="'dat' and 'Dat' would share a folder"):
        read_recipe(read_document(recipe, ["objectives.Dat.name=dat"]))
    first = read_recipe(read_document(recipe))
    claim_folder(first, tmp_path)
    later = first.model_copy(update={"objectives": {"Plain": {"name": "plain"}}})
    with pytest.raises(RunError, match="'plain' and 'Plain'"):
        claim_folder(later, tmp_path)


def test_points_of_a_sweep_have_names_of_their_own(recipe):
    def read(changes):
        return read_recipe(read_document(recipe, changes))

    runs = plan_runs(read, [parse_axis("training.augmentation.speeds=[0.9],[1.1],[0.9,1.1]")])
    assert len({run.folder for run in runs}) == 3
    runs = plan_runs(read, [parse_axis("audio.trim=30.0,40.0")])
    assert [run.folder for run in runs] == ["points/trim_30.0", "points/trim_40.0"]


def test_a_value_that_no_label_may_carry_is_told_from_others():
    values = ["a b", "a-b", "a/b", "[a,b]", "[a-b]", "a" * 200, "a" * 199]
    names = {combination_name([("model.setting", value)]) for value in values}
    assert len(names) == len(values)
    assert "setting_a-b" in names
    assert all(name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)
