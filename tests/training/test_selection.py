"""Which epoch is kept, what development speakers are for, and what a checkpoint must hold to be used."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from training.test_loop import MODEL, OBJECTIVES, SETTINGS, equal, made_part, trainer, weights
from unheard.models.model import build_model
from unheard.objectives import dat, plain
from unheard.training import loop, selection
from unheard.training.checkpoints import read_checkpoint
from unheard.training.dataset import steps_per_epoch, training_batches
from unheard.training.loop import Trainer


def scripted(monkeypatch, scores):
    """Let the n-th judgment find that many of the development items named rightly, whatever the weights."""
    left = iter(scores)

    def predict(model, data, device="cpu"):
        truth, right = data.columns["emotion"], next(left)
        order = np.argsort(np.arange(len(truth)) % 8, kind="stable")  # alike in every emotion
        named = truth.copy()
        named[order[right:]] = (truth[order[right:]] + 1) % 3
        return {"emotion": np.eye(3)[named] * 0.7 + 0.1}

    monkeypatch.setattr(selection, "answer_all", predict)


@pytest.mark.parametrize(
    ("scores", "patience", "epochs", "best"),
    [
        ([3, 9, 6, 6, 6, 24, 24], 3, 5, 2),
        ([3, 9, 6, 6, 12, 6, 6, 6], 3, 8, 5),
        ([3, 6, 9, 12, 15, 18, 21], 1, 7, 7),
        ([9, 9, 9, 9], 2, 3, 1),
    ],
)
def test_training_stops_when_the_dev_speakers_have_waited_long_enough(scores, patience, epochs, best, monkeypatch):
    scripted(monkeypatch, scores)
    kept = []
    settings = SETTINGS.model_copy(update={"epochs": len(scores), "patience": patience})
    own = trainer(OBJECTIVES["plain"](), settings)
    own.report = lambda _: kept.append({name: value.clone() for name, value in own.average.state_dict().items()})
    trained = own.run()
    assert len(trained.history) == epochs
    assert trained.best_epoch == best
    assert equal(trained.model.state_dict(), kept[best - 1])
    assert not trained.model.training


@pytest.mark.parametrize(("name", "best", "epochs"), [("plain", 1, 3), ("dat", 5, 6)])
def test_an_epoch_that_hardly_met_the_adversary_is_not_chosen(name, best, epochs, monkeypatch):
    """The ramp has nine tenths of its weight at a third of the ten epochs: the bright start is plain training."""
    scripted(monkeypatch, [24, 21, 3, 6, 9, 6, 6, 6, 6, 6])
    made = {"plain": plain.Objective(plain.Settings(), {}), "dat": dat.Objective(dat.Settings(weight=-1.0), {})}[name]
    own = trainer(made, SETTINGS.model_copy(update={"epochs": 10, "patience": 2}))
    trained = own.run()
    assert trained.best_epoch == best
    assert len(trained.history) == epochs + (name == "dat")
    assert trained.history[best - 1].get("weight", -1.0) <= -0.89


def test_a_fixed_epoch_is_the_last_one_and_knows_no_patience(monkeypatch):
    scripted(monkeypatch, [24, 3, 3, 3])
    settings = SETTINGS.model_copy(update={"selection": "fixed-epoch", "patience": 1})
    own = trainer(OBJECTIVES["plain"](), settings)
    last = []
    own.report = lambda _: last.append({name: value.clone() for name, value in own.average.state_dict().items()})
    trained = own.run()
    assert trained.best_epoch == len(trained.history) == 4
    assert equal(trained.model.state_dict(), last[-1])


def test_development_speakers_choose_the_epoch_and_teach_nothing():
    settings = SETTINGS.model_copy(update={"selection": "fixed-epoch"})
    trained = []
    for dev in (made_part(seed=9, unseen=True), made_part(items=6, seed=33, unseen=True)):
        model = build_model(4, {"emotion": 3, "speaker": 4}, MODEL)
        trained.append(Trainer(model, OBJECTIVES["dat"](), made_part(), dev, settings, seed=0).run())
    assert equal(trained[0].model.state_dict(), trained[1].model.state_dict())
    first, second = (
        [{name: value for name, value in epoch.items() if not name.startswith("dev")} for epoch in one.history]
        for one in trained
    )
    assert first == second


@pytest.mark.parametrize("more", [{"inner_steps": 3}, {"form": "confusion"}])
def test_weight_zero_equals_plain_bit_for_bit_however_the_adversary_looks(more):
    settings = SETTINGS.model_copy(update={"domain_rate": 5.0})
    first = trainer(plain.Objective(plain.Settings(auxiliary={}), {}), settings).run()
    second = trainer(dat.Objective(dat.Settings(weight=0.0, **more), {}), settings).run()
    assert equal(weights(first.model), weights(second.model))
    assert first.best_epoch == second.best_epoch


def test_a_warmup_is_plain_bit_for_bit_too():
    first = trainer(plain.Objective(plain.Settings(auxiliary={}), {}))
    second = trainer(dat.Objective(dat.Settings(weight=-5.0, warmup=0.5, inner_steps=2), {}))
    for own in (first, second):
        own.model.train()
        for step, batch in enumerate(training_batches(own.train_part, SETTINGS, seed=0, epoch=1)):
            torch.manual_seed(step)
            own.step(batch, step)
    assert equal(weights(first.model), weights(second.model))


def test_the_number_of_batches_does_not_depend_on_the_epoch():
    part = made_part(items=23)
    counts = {len(list(training_batches(part, SETTINGS, seed=s, epoch=e))) for s in range(3) for e in range(1, 5)}
    assert counts == {steps_per_epoch(part, SETTINGS)}


def test_the_schedule_ends_with_the_last_planned_step():
    seen = []
    objective = dat.Objective(dat.Settings(), {})
    original = objective.losses
    objective.losses = lambda phase, model, batch, progress: (
        seen.append(progress) or original(phase, model, batch, progress)
    )
    trainer(objective, SETTINGS.model_copy(update={"selection": "fixed-epoch"})).run()
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert objective.weight_at(seen[-1]) == -0.3


HEADERS = [
    {},
    {"checkpoint": "{}"},
    {"checkpoint": "[]"},
    {"checkpoint": "not json"},
    {"checkpoint": json.dumps({"fingerprint": "x", "epoch": 1})},
    {"unheard": "{}"},
]


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_a_checkpoint_that_lacks_something_is_ignored(header, tmp_path):
    file = tmp_path / "checkpoint.safetensors"
    save_file({"model.a": torch.zeros(1)}, file, metadata=header)
    assert read_checkpoint(file, "x") is None


def test_a_checkpoint_cut_anywhere_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    file = tmp_path / "checkpoint.safetensors"
    short = SETTINGS.model_copy(update={"epochs": 1})
    trainer(OBJECTIVES["plain"](), short, checkpoint=file, fingerprint="x").run()
    whole = file.read_bytes()
    assert read_checkpoint(file, "x cpu False").epoch == 1
    for length in (*range(0, len(whole), len(whole) // 23), len(whole) - 1):
        file.write_bytes(whole[:length])
        assert read_checkpoint(file, "x cpu False") is None
    assert read_checkpoint(tmp_path / "missing.safetensors", "x cpu False") is None


def test_what_a_killed_writer_left_beside_it_disturbs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    file = tmp_path / "checkpoint.safetensors"
    (tmp_path / ".checkpoint.safetensors.4711").write_bytes(b"half a file")
    trainer(OBJECTIVES["plain"](), checkpoint=file, fingerprint="x").run()
    assert read_checkpoint(file, "x cpu False").epoch == 4
