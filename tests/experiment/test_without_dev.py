"""Two speakers: one is trained on, the other tested, nobody chooses, and every output says so."""

import csv

import pytest

from unheard.errors import SettingsError, SplitError
from unheard.experiment.job_result import trainings_of
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.experiment.runner import claim_folder, run_jobs
from unheard.results.result import build_result
from unheard.settings import read_document
from unheard.sweeps.axes import search_axes
from unheard.testing.tones import write_tones

TWO = [
    "split.name=leave_one_speaker_out",
    "split.dev_speakers=0",
    "training.epochs=1",
    "objectives.plain.auxiliary={}",
]
LAST = "training.selection=fixed-epoch"


@pytest.fixture
def two(recipe, tmp_path):
    """The recipe's path and the changes that make it one of two speakers, without an adversary."""
    table = write_tones(tmp_path / "two", speakers=2, each=4)
    text = recipe.read_text(encoding="utf-8").replace("groups = 2\n", "").partition("[objectives.dat]")[0]
    recipe.write_text(text, encoding="utf-8")
    return recipe, [f"corpus.folder={table}", *TWO]


def ready(two, *changes):
    recipe, own = two
    return prepare(read_recipe(read_document(recipe, [*own, *changes])), default_cache())


def test_leave_one_out_of_two_trains_tests_and_says_that_nobody_chose(two, tmp_path):
    prepared = ready(two, LAST)
    (plan,) = prepared.plans.values()
    assert [(fold.dev, len(fold.train), len(fold.test)) for fold in plan.folds] == [
        ((), len(plan.folds[0].test), len(plan.folds[0].train)),
        ((), len(plan.folds[0].train), len(plan.folds[0].test)),
    ]
    claim_folder(prepared.recipe, tmp_path / "run")
    found = run_jobs(prepared, tmp_path / "run")
    result, _ = build_result(prepared, found, tmp_path / "run")
    assert [len(one.dev_predictions) for one in trainings_of(found, "plain")] == [0, 0]
    assert {fold.dev for fold in result.split.folds} == {0}
    plain, known = result.objectives["plain"], {one.kind: one.text for one in result.cautions}
    assert plain.uar.mean is not None
    assert "No dev part (split.dev_speakers = 0)" in known["no-dev-part"]
    alone = "In 2 of 2 folds there is one training speaker, and nobody to tell apart"
    assert known["leakage-not-measured"].startswith(alone)
    assert plain.leakage.best.mean is None
    assert plain.calibration.after is None


def test_an_epoch_that_dev_speakers_choose_needs_them_and_says_so_before_any_recording_is_read(two, tmp_path):
    for file in (tmp_path / "two").rglob("*.wav"):
        file.write_bytes(b"no recording")
    with pytest.raises(SettingsError) as caught:
        ready(two)
    assert str(caught.value) == (
        "recipe: training.selection: 'source-dev' chooses the epoch on dev speakers, and fold 'speaker-"
        f"{speakers(tmp_path)[0]}' has no dev part (split.dev_speakers = 0): set 'fixed-epoch', or dev_speakers = 1"
    )


def speakers(tmp_path):
    with next((tmp_path / "two").glob("*.csv")).open(encoding="utf-8", newline="") as stream:
        return sorted({row["speaker"] for row in csv.DictReader(stream)})


def test_two_speakers_and_one_wanted_for_dev_is_an_error_that_says_how_many_there_are(two):
    with pytest.raises(SplitError, match=r"1 dev speakers asked for, but the test leaves 1 speakers"):
        ready(two, LAST, "split.dev_speakers=1")


def test_a_second_training_needs_dev_speakers(two):
    with pytest.raises(SettingsError, match=r"training.refit: dev speakers are to be trained on, too, and fold"):
        ready(two, LAST, "training.refit=true")


def test_an_adversary_on_the_speaker_needs_two_in_training(two):
    with pytest.raises(SplitError, match=r"the training part has no two values of speaker"):
        ready(two, LAST, "objectives.dat.weight=-0.5")


def test_a_head_that_only_watches_is_left_out_by_a_setting_that_the_error_names(two):
    recipe, own = two
    changes = [*own[:-1], LAST]
    with pytest.raises(SplitError, match=r"Its head only watches: leave it out of objectives\.plain\.auxiliary \("):
        prepare(read_recipe(read_document(recipe, changes)), default_cache())


def test_a_search_needs_dev_speakers(two):
    recipe, own = two
    with pytest.raises(SettingsError, match=r"--search: raises the UAR on dev speakers, and split.dev_speakers = 0"):
        search_axes(read_recipe(read_document(recipe, [*own, LAST])), [])


def test_more_speakers_may_go_without_dev_too(recipe, tmp_path):
    table = write_tones(tmp_path / "six", speakers=6, each=2)
    changes = [f"corpus.folder={table}", "split.dev_speakers=0", "training.epochs=1", LAST]
    prepared = prepare(read_recipe(read_document(recipe, changes)), default_cache())
    (plan,) = prepared.plans.values()
    assert {len(fold.train) + len(fold.test) for fold in plan.folds} == {len(prepared.utterances)}
