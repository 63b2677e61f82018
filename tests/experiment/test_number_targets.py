"""A recipe that predicts numbers: alone through the training of a job, beside the emotion through a whole run."""

import csv
import json

import numpy as np
import pytest
import torch

from unheard.cli.main import main
from unheard.errors import CorpusError, SettingsError
from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import plan_jobs
from unheard.experiment.job_training import fit, fresh_model
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.experiment.runner import claim_folder
from unheard.experiment.saved_settings import read_settings, write_settings
from unheard.inference.recognizer import Recognizer
from unheard.metrics.ccc import score as ccc
from unheard.settings import read_document
from unheard.targets import EMOTION
from unheard.training.whole import predict_all

AROUSAL = {"anger": 0.9, "neutral": 0.45, "sadness": 0.1}
ALONE = ["targets={arousal={kind='numbers'}}"]
BESIDE = ["targets={emotion={}, arousal={kind='numbers'}}"]


@pytest.fixture
def table(tones, tmp_path):
    """The tones with an arousal for all but every seventh, and no emotion for every fifth."""
    with (tones / "corpus" / "tones.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    generator = np.random.default_rng(0)
    for number, row in enumerate(rows):
        row["file"] = str(tones / "corpus" / row["file"])
        level = AROUSAL[row["emotion"]] + generator.normal(0, 0.03)
        row["arousal"] = "" if number % 7 == 0 else f"{np.clip(level, 0, 1):.3f}"
        row["emotion"] = "" if number % 5 == 0 else row["emotion"]
        row["dialogue"], row["turn"] = (row["speaker"], str(number % 9)) if number % 4 else ("", "")
    return write(tmp_path / "tones.csv", rows)


def write(file, rows):
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return file


def read(recipe, table, *changes):
    fast = ["leakage.measure=false", f"corpus.folder={table}", "model.normalization=training"]
    return read_recipe(read_document(recipe, [*fast, *changes]))


def test_arousal_alone_is_trained_on_what_has_one(recipe, table, tmp_path):
    longer = ["training.epochs=60", "training.patience=60", "training.learning_rate=0.02", "training.average=0.9"]
    ready = prepare(read(recipe, table, *ALONE, *longer), default_cache())
    assert all(item.arousal is not None for item in ready.utterances.values())
    assert any(item.emotion is None for item in ready.utterances.values())
    job = next(job for job in plan_jobs(ready, tmp_path) if job.label == "dat")
    parts = FoldParts(ready.job_data, job, job.fold)
    trained = fit(ready.job_data, job, parts, "checkpoint.safetensors", None)
    assert "emotion" not in trained.model.heads
    assert {"arousal_loss", "arousal_ccc", "dev_arousal_ccc", "speaker_accuracy"} <= set(trained.history[-1])
    assert ccc(parts.train.numbers["arousal"], predict_all(trained.model, parts.train)) > 0.8
    assert ccc(parts.test.numbers["arousal"], predict_all(trained.model, parts.test)) > 0  # of two speakers' tones
    expected = [ready.utterances[name].arousal for name in parts.test.names]
    np.testing.assert_allclose(parts.test.numbers["arousal"], expected, rtol=1e-6)


def test_what_lacks_a_number_stays_where_the_emotion_is_predicted_too(recipe, table, tmp_path):
    ready = prepare(read(recipe, table, *BESIDE), default_cache())
    assert all(item.emotion is not None for item in ready.utterances.values())
    assert any(item.arousal is None for item in ready.utterances.values())
    job = plan_jobs(ready, tmp_path)[0]
    train = FoldParts(ready.job_data, job, job.fold).train
    for name, value in zip(train.names, train.numbers["arousal"], strict=True):
        known = ready.utterances[name].arousal
        assert np.isnan(value) if known is None else value == pytest.approx(known)
    assert np.isnan(train.numbers["arousal"]).any()


def test_dialogues_and_turns_reach_the_parts(recipe, table, tmp_path):
    ready = prepare(read(recipe, table, *ALONE, "split.sessions=ignore"), default_cache())
    job = plan_jobs(ready, tmp_path)[0]
    test = FoldParts(ready.job_data, job, job.fold).test
    for number, name in zip(test.dialogues, test.names, strict=True):
        own = ready.utterances[name].dialogue
        together = [other for other, one in zip(test.names, test.dialogues, strict=True) if one == number]
        assert together == ([name] if own is None else [o for o in test.names if ready.utterances[o].dialogue == own])
    assert test.turns.tolist() == [ready.utterances[name].turn or 0 for name in test.names]


def test_dialogues_whose_order_nobody_knows_are_none(recipe, table, tmp_path):
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [{**row, "turn": ""} for row in csv.DictReader(stream)]
    ready = prepare(read(recipe, write(table, rows), *ALONE, "split.sessions=ignore"), default_cache())
    job = plan_jobs(ready, tmp_path)[0]
    assert FoldParts(ready.job_data, job, job.fold).test.dialogues is None


def test_a_run_of_the_emotion_with_a_number_beside_it_says_how_both_did_on_dev(recipe, table, tmp_path):
    out = tmp_path / "run"
    own = [
        f"--set={change}"
        for change in (f"corpus.folder={table}", "leakage.measure=false", "training.epochs=2", *BESIDE)
    ]
    with pytest.raises(SystemExit) as left:
        main(["run", str(recipe), "--out", str(out), "--jobs", "1", *own])
    assert left.value.code == 0
    result = json.loads((out / "result.json").read_text())
    assert 0 <= result["objectives"]["dat"]["uar"]["mean"] <= 1
    (job, *_) = sorted(out.glob("jobs/dat/*/job.json"))
    history = json.loads(job.read_text())["history"]
    assert all({"dev_uar", "dev_arousal_ccc", "arousal_loss"} <= set(epoch) for epoch in history)
    recognizer = Recognizer.load(out, "dat")
    said = recognizer(np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32), rate=16_000).probabilities
    assert set(said) == set(AROUSAL)
    assert sum(said.values()) == pytest.approx(1.0)


def test_a_run_of_numbers_alone_is_refused_before_anything_is_read(recipe, table, tmp_path):
    with pytest.raises(SettingsError, match=r"keep \[targets.emotion\] beside them"):
        claim_folder(read(recipe, table, *ALONE), tmp_path / "run")
    assert not (tmp_path / "run" / "settings.toml").exists()


def test_the_emotion_alone_is_what_it_was(recipe, table):
    bare, named = read(recipe, table), read(recipe, table, "targets={emotion={}}")
    assert bare.targets == named.targets == {"emotion": EMOTION}
    assert bare.fingerprint() == named.fingerprint() != read(recipe, table, *BESIDE).fingerprint()
    assert bare.model_settings.targets == (EMOTION,)


def test_another_number_makes_other_data(recipe, table):
    first = prepare(read(recipe, table, *BESIDE), default_cache()).digest
    assert prepare(read(recipe, table), default_cache()).digest != first
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[1]["arousal"] = "0.333"
    assert prepare(read(recipe, write(table, rows), *BESIDE), default_cache()).digest != first


def test_settings_that_are_stored_come_back(recipe, table, tmp_path):
    asked = read(
        recipe, table, "targets={arousal={kind='numbers', loss='mse', range=[0.0, 1.0]}, emotion={weight=2.0}}"
    )
    write_settings(asked, tmp_path)
    assert read_settings(tmp_path).targets == asked.targets
    assert [target.name for target in asked.model_settings.targets] == ["emotion", "arousal"]


REFUSED = [
    ("targets={}", "at least 1 item"),
    ("targets={age={kind='numbers'}}", "'age' cannot be predicted; known: emotion, arousal, valence, dominance"),
    ("targets={arousal={}}", "arousal is of kind 'numbers'"),
    ("targets={emotion={kind='numbers'}}", "emotion is of kind 'classes'"),
    ("targets={emotion={classes=['a', 'b']}}", "see corpus.emotions"),
    ("targets={arousal={name='valence', kind='numbers'}}", "'arousal' cannot be predicted"),
    ("targets.arousal=3", "targets.arousal"),
    ("targets=3", "targets"),
    ("model.targets=[{name='arousal', kind='numbers'}]", "is what the table [targets] says: leave it out"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[own[0] for own in REFUSED])
def test_what_cannot_be_predicted_is_refused(change, message, recipe, table):
    with pytest.raises(SettingsError) as caught:
        read(recipe, table, change)
    assert message in str(caught.value)


def test_a_corpus_without_that_number_is_refused(recipe, table):
    asked = read(recipe, table, "targets={valence={kind='numbers'}}")
    with pytest.raises(CorpusError, match=r"no utterance has valence\. Fill the column valence\."):
        prepare(asked, default_cache())


def test_a_fresh_model_answers_what_the_recipe_asks(recipe, table, tmp_path):
    ready = prepare(read(recipe, table, *BESIDE), default_cache())
    job = plan_jobs(ready, tmp_path)[0]
    parts = FoldParts(ready.job_data, job, job.fold)
    model = fresh_model(ready.job_data, 0, parts.train, {})
    answers = model.answers(torch.zeros(2, model.settings.embedding))
    assert {name: tuple(own.shape) for name, own in answers.items()} == {"emotion": (2, 3), "arousal": (2,)}
