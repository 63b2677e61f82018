"""Training towards numbers, alone or beside the emotion: what is learned, scored, chosen and predicted."""

import math

import numpy as np
import pytest
import torch

from unheard.errors import SettingsError
from unheard.metrics.ccc import score as ccc
from unheard.metrics.uar import score as uar
from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.objectives import cgt, dat, plain
from unheard.targets import EMOTION, Target
from unheard.training import loop
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.selection import Chosen, dev_scores, score_name
from unheard.training.settings import TrainingSettings
from unheard.training.whole import answer_all, predict_all

AROUSAL = Target(name="arousal", kind="numbers", range=(1.0, 5.0))
VALENCE = Target(name="valence", kind="numbers", loss="mse")
SETTINGS = TrainingSettings(
    epochs=25, patience=25, learning_rate=0.02, device="cpu", average=0.5, speakers_per_batch=4,
    utterances_per_speaker=6,
)  # fmt: skip


def made_part(items=60, seed=0):
    """The mean of the frames tells the arousal, their last channel the emotion; a fifth has no arousal."""
    generator = np.random.default_rng(seed)
    arousal = generator.uniform(1.0, 5.0, items).astype(np.float32)
    emotion, speaker = np.arange(items) % 3, np.arange(items) // 3 % 4
    frames = []
    for level, one in zip(arousal, emotion, strict=True):
        own = generator.normal(level - 3.0, 0.5, (int(generator.integers(6, 12)), 4))
        own[:, 3] = generator.normal(2.0 * one, 0.5, len(own))
        frames.append([own.astype(np.float32)])
    known = np.where(np.arange(items) % 5 == 0, np.nan, arousal).astype(np.float32)
    numbers = {"arousal": known, "valence": (known / 5.0).astype(np.float32)}
    return Dataset(tuple(map(str, range(items))), frames, {"emotion": emotion, "speaker": speaker}, numbers=numbers)


def trainer(targets, objective=None, settings=SETTINGS, seed=0, **more):
    model = ModelSettings(
        encoder={"name": "pooled"}, pooling="mean", normalization="none", embedding=8, hidden=8, dropout=0.1,
        targets=targets,
    )  # fmt: skip
    classes = {"emotion": 3, "speaker": 4} if EMOTION in targets else {"speaker": 4}
    objective = objective or plain.Objective(plain.Settings(), {})
    fresh, dev = Model(Sizes(4, classes, model), seed=seed), made_part(seed=9)
    return Trainer(fresh, objective, made_part(), dev, settings, seed=seed, **more)


OBJECTIVES = {
    "plain": lambda: plain.Objective(plain.Settings(), {}),
    "dat": lambda: dat.Objective(dat.Settings(weight=-0.1, inner_steps=2), {}),
    "cgt": lambda: cgt.Objective(cgt.Settings(), {}),
}


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("loss", ["ccc", "mse"])
def test_arousal_is_learned_and_predicted_in_its_own_unit(name, loss):
    target = AROUSAL.model_copy(update={"loss": loss})
    trained = trainer((target,), OBJECTIVES[name]()).run()
    test = made_part(seed=5)
    said = predict_all(trained.model, test)
    assert said.shape == (60,)
    assert ccc(test.numbers["arousal"], said) > 0.75
    assert 1.0 < said.mean() < 5.0
    assert trained.history[-1]["arousal_ccc"] > trained.history[0]["arousal_ccc"]


def test_the_epoch_is_that_of_the_best_ccc_on_dev():
    trained = trainer((AROUSAL,)).run()
    best = max(trained.history, key=lambda epoch: (epoch["dev_arousal_ccc"], -epoch["dev_arousal_loss"]))
    assert trained.best_epoch == best["epoch"]
    dev = made_part(seed=9)
    assert ccc(dev.numbers["arousal"], predict_all(trained.model, dev)) == pytest.approx(best["dev_arousal_ccc"])


def test_several_targets_are_learned_together_and_scored_apart():
    targets = (EMOTION, AROUSAL, VALENCE)
    trained = trainer(targets).run()
    dev = made_part(seed=9)
    said = answer_all(trained.model, dev)
    assert said["emotion"].shape == (60, 3)
    assert np.array_equal(predict_all(trained.model, dev), said["emotion"])
    found = dev_scores(trained.model, dev, torch.device("cpu"))
    assert found["dev_uar"] == uar(dev.columns["emotion"], said["emotion"].argmax(1), classes=3) > 0.8
    assert found["dev_arousal_ccc"] == ccc(dev.numbers["arousal"], said["arousal"]) > 0.6
    assert found["dev_arousal_loss"] == pytest.approx(1 - found["dev_arousal_ccc"])
    known = ~np.isnan(dev.numbers["valence"])
    apart = (dev.numbers["valence"] - said["valence"])[known]
    assert found["dev_valence_loss"] == pytest.approx(float(np.mean(apart**2)))
    names = [score_name(target) for target in targets]
    assert names == ["dev_uar", "dev_arousal_ccc", "dev_valence_ccc"]
    best = max(trained.history, key=lambda epoch: sum(epoch[name] for name in names))
    assert trained.best_epoch == best["epoch"]


def test_the_emotion_alone_is_called_as_ever():
    assert set(dev_scores(trainer((EMOTION,)).model, made_part(), torch.device("cpu"))) == {"dev_uar", "dev_loss"}
    empty = made_part().subset([])
    assert dev_scores(trainer((EMOTION,)).model, empty, torch.device("cpu")) == {}


def test_resuming_gives_the_weights_of_an_uninterrupted_run(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    short = SETTINGS.model_copy(update={"epochs": 4})
    expected = trainer((EMOTION, AROUSAL), settings=short).run()

    class Killed(Exception):  # noqa: N818 (an event, not an error)
        pass

    def kill(numbers):
        if numbers["epoch"] > 2:
            raise Killed

    file = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Killed):
        trainer((EMOTION, AROUSAL), settings=short, checkpoint=file, fingerprint="x", report=kill).run()
    resumed = trainer((EMOTION, AROUSAL), settings=short, checkpoint=file, fingerprint="x").run()
    mine, theirs = resumed.model.state_dict(), expected.model.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
    assert resumed.history == expected.history


def test_what_is_stored_predicts_the_same_numbers(tmp_path):
    trained = trainer((AROUSAL, EMOTION), settings=SETTINGS.model_copy(update={"epochs": 2})).run()
    save_model(trained.model, tmp_path / "model.safetensors", {})
    loaded, header = load_model(tmp_path / "model.safetensors")
    assert loaded.targets == (AROUSAL, EMOTION)
    assert header["model"]["targets"][0]["range"] == [1.0, 5.0]
    test = made_part(seed=5)
    before, after = answer_all(trained.model, test), answer_all(loaded, test)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_an_item_without_a_number_teaches_nothing():
    """Whatever stands in the frames of items that lack it, the training ends in the same weights."""
    trained = []
    for loud in (1.0, 9.0):
        part = made_part()
        lacking = np.isnan(part.numbers["arousal"])
        frames = [[one[0] * (loud if lack else 1.0)] for one, lack in zip(part.frames, lacking, strict=True)]
        own = trainer((AROUSAL,), plain.Objective(plain.Settings(auxiliary={}), {}))
        part = Dataset(part.names, frames, part.columns, numbers=part.numbers)
        own = Trainer(own.model, own.objective, part, made_part(seed=9), SETTINGS, seed=0)
        trained.append(own.run().model.state_dict())
    assert all(torch.equal(trained[0][name], trained[1][name]) for name in trained[0])


NAN = math.nan


@pytest.mark.parametrize(
    ("scores", "score", "loss"),
    [
        ({"dev_uar": 0.5, "dev_loss": 1.0, "dev_arousal_ccc": 0.7, "dev_arousal_loss": 0.3}, 0.6, 1.3),
        ({"dev_uar": 0.5, "dev_loss": 1.0, "dev_arousal_ccc": NAN, "dev_arousal_loss": NAN}, -0.25, math.inf),
        ({}, -1.0, math.inf),
    ],
)
def test_an_epoch_is_chosen_by_the_mean_of_its_targets(scores, score, loss):
    found = Chosen.of((EMOTION, AROUSAL), scores, 3)
    assert (found.score, found.loss, found.epoch) == (pytest.approx(score), pytest.approx(loss), 3)


def test_the_better_score_wins_and_then_the_lower_loss():
    assert Chosen(0.5, 1.0, 4).beats(Chosen(0.4, 0.1, 2))
    assert Chosen(0.5, 0.9, 4).beats(Chosen(0.5, 1.0, 2))
    assert not Chosen(0.5, 1.0, 4).beats(Chosen(0.5, 1.0, 2))
    assert not Chosen(-1.0, math.inf, 1).beats(Chosen())
    assert Chosen.from_plain(Chosen(0.5, 1.0, 4).plain()) == Chosen(0.5, 1.0, 4)


def test_the_losses_of_targets_are_weighed():
    targets = (EMOTION.model_copy(update={"weight": 2.0}), AROUSAL.model_copy(update={"weight": 0.5}))
    scores = {"dev_uar": 0.5, "dev_loss": 1.0, "dev_arousal_ccc": 0.7, "dev_arousal_loss": 0.3}
    assert Chosen.of(targets, scores, 1).loss == pytest.approx(2.15)


@pytest.mark.parametrize("lacking", ["train", "dev"])
@pytest.mark.parametrize("target", [EMOTION, AROUSAL])
def test_a_part_without_any_label_of_a_target_is_refused_before_training(lacking, target):
    whole = made_part()
    empty = Dataset(
        whole.names,
        whole.frames,
        {**whole.columns, "emotion": np.full(60, -1)},
        numbers={"arousal": np.full(60, np.nan, dtype=np.float32)},
    )
    own = trainer((target,))
    parts = (empty, whole) if lacking == "train" else (whole, empty)
    with pytest.raises(SettingsError, match=f"no item of the {lacking} part has '{target.name}'"):
        Trainer(own.model, own.objective, *parts, SETTINGS, seed=0)
    last = SETTINGS.model_copy(update={"selection": "fixed-epoch", "epochs": 1})
    if lacking == "dev":  # nobody chooses by it, and its scores are no numbers
        trained = Trainer(own.model, own.objective, *parts, last, seed=0).run()
        assert math.isnan(trained.history[-1][score_name(target)])


def test_a_target_that_the_part_has_no_column_for_is_refused():
    own = trainer((AROUSAL,))
    part = Dataset(own.train_part.names, own.train_part.frames, own.train_part.columns)
    with pytest.raises(SettingsError, match="no item of the train part has 'arousal'"):
        Trainer(own.model, own.objective, part, part, SETTINGS, seed=0)
