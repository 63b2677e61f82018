"""Losses of numbers and of several targets, each beside an independent one, and what is never read."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from models.made import CHANNELS, SETTINGS, made_batch
from unheard.metrics.ccc import score as ccc
from unheard.models.model import Model, Sizes
from unheard.objectives import cgt, dat
from unheard.objectives.losses import TargetLosses, ccc_loss, squared_error
from unheard.records import UNLABELED, Batch
from unheard.targets import EMOTION, Target

AROUSAL = Target(name="arousal", kind="numbers")
VALENCE = Target(name="valence", kind="numbers", loss="mse", range=(-1.0, 1.0), weight=0.25)


def numbers(seed=0, items=12, missing=()):
    generator = torch.Generator().manual_seed(seed)
    truth = torch.rand(items, generator=generator, dtype=torch.float64)
    truth[list(missing)] = torch.nan
    return truth, torch.randn(items, generator=generator, dtype=torch.float64)


@given(st.integers(0, 10_000), st.sets(st.integers(0, 11), max_size=9))
def test_the_loss_is_one_less_the_metric(seed, missing):
    truth, prediction = numbers(seed, missing=missing)
    assert float(1 - ccc_loss(prediction, truth)) == pytest.approx(ccc(truth.numpy(), prediction.numpy()), abs=1e-9)


def test_the_mse_is_that_of_the_labeled():
    truth, prediction = numbers(missing=[1, 4])
    known = ~truth.isnan()
    assert float(squared_error(prediction, truth)) == pytest.approx(float(((truth - prediction)[known] ** 2).mean()))


@pytest.mark.parametrize("loss", [ccc_loss, squared_error])
def test_an_unlabeled_item_feels_no_gradient_whatever_is_answered(loss):
    truth, prediction = numbers(missing=[0, 3, 7])
    wild = prediction.clone()
    wild[[0, 3, 7]] = 1e6
    wild.requires_grad_()
    found = loss(wild, truth)
    torch.testing.assert_close(found, loss(prediction, truth))
    found.backward()
    assert (wild.grad[[0, 3, 7]] == 0).all()
    assert wild.grad.isfinite().all()
    assert (wild.grad[[1, 2]] != 0).all()


@pytest.mark.parametrize("loss", [ccc_loss, squared_error])
def test_no_label_at_all_gives_a_zero_with_a_gradient_of_zero(loss):
    prediction = torch.randn(4, requires_grad=True)
    found = loss(prediction, torch.full((4,), torch.nan))
    assert found == 0
    found.backward()
    assert (prediction.grad == 0).all()


@pytest.mark.parametrize("truth", [[0.5], [0.5, 0.5, 0.5]])
def test_items_without_a_spread_give_finite_gradients(truth):
    for said in ([0.2] * len(truth), truth):
        prediction = torch.tensor(said, requires_grad=True)
        found = ccc_loss(prediction, torch.tensor(truth))
        assert found == 1
        found.backward()
        assert prediction.grad.isfinite().all()


def test_ccc_falls_where_the_level_is_wrong_and_not_only_the_order():
    truth = torch.linspace(0, 1, 9)
    assert ccc_loss(truth, truth) < 1e-6
    assert ccc_loss(truth + 0.5, truth) > 0.3
    assert ccc_loss(0.1 * truth, truth) > 0.8
    assert ccc_loss(1 - truth, truth) > 1.9


def made_model(targets, classes=None):
    settings = SETTINGS.model_copy(update={"targets": targets})
    classes = {"emotion": 3, "speaker": 4} if classes is None else classes
    return Model(Sizes(CHANNELS, classes, settings)).double()


def batch_of(targets):
    batch = made_batch()
    known = {one.name: torch.linspace(*one.range, 8) for one in targets if one.kind == "numbers"}
    return Batch(batch.inputs, batch.columns, known).with_features(batch.features.double())


def test_the_sum_weighs_each_target():
    targets = (EMOTION, AROUSAL, VALENCE)
    model, batch = made_model(targets), batch_of(targets)
    embedding = model.embed(batch)
    total, logged = TargetLosses({}, smoothing=0.1)(model, embedding, batch)
    said = {name: head(embedding) for name, head in model.heads.items()}
    arousal, valence = 0.5 + 0.5 * said["arousal"][:, 0], said["valence"][:, 0]
    apart = [
        F.cross_entropy(said["emotion"], batch.columns["emotion"], label_smoothing=0.1),
        1 - ccc(batch.numbers["arousal"].numpy(), arousal.detach().numpy()),
        F.mse_loss(valence, batch.numbers["valence"].double()),
    ]
    torch.testing.assert_close(total, apart[0] + apart[1] + 0.25 * apart[2], atol=1e-7, rtol=1e-6)
    assert set(logged) == {f"{name}_loss" for name in ("emotion", "arousal", "valence")} | {
        "emotion_accuracy", "arousal_ccc", "valence_ccc",
    }  # fmt: skip
    assert float(logged["valence_ccc"]) == pytest.approx(
        ccc(batch.numbers["valence"].numpy(), valence.detach().numpy()), abs=1e-6
    )
    assert not any(value.requires_grad for value in logged.values())


def test_what_has_no_number_is_not_scored():
    targets = (AROUSAL,)
    model, batch = made_model(targets, {"speaker": 4}), batch_of(targets)
    nothing = Batch(batch.inputs, batch.columns, {"arousal": torch.full((8,), torch.nan)})
    total, logged = TargetLosses({})(model, model.embed(nothing), nothing)
    assert total == 0
    assert logged["arousal_ccc"].isnan()


def test_the_labeled_are_those_with_any_target():
    targets = (EMOTION, AROUSAL)
    model, batch = made_model(targets), batch_of(targets)
    losses = TargetLosses({})
    assert losses.labeled(model, batch) == 8
    emotion, arousal = batch.columns["emotion"].clone(), batch.numbers["arousal"].clone()
    emotion[[0, 1, 2]], arousal[[2, 3]] = UNLABELED, torch.nan
    assert losses.labeled(model, Batch(batch.inputs, {"emotion": emotion}, {"arousal": arousal})) == 7


def test_a_head_of_numbers_begins_in_the_middle_of_its_range():
    wide = Target(name="arousal", kind="numbers", range=(1.0, 7.0))
    model = made_model((wide,), {})
    with torch.no_grad():
        for parameter in model.heads["arousal"].parameters():
            parameter.zero_()
    embedding = torch.randn(5, 6, dtype=torch.float64)
    assert model.eval().answers(embedding)["arousal"].tolist() == [4.0] * 5
    with torch.no_grad():
        model.heads["arousal"][-1].bias.fill_(2.0)  # nothing cuts it off at the ends
    assert model.answers(embedding)["arousal"].tolist() == [10.0] * 5


def test_the_first_target_is_what_the_model_answers():
    features, lengths = torch.randn(3, 9, CHANNELS, dtype=torch.float64), torch.tensor([9, 5, 2])
    assert made_model((EMOTION, AROUSAL)).eval()(features, lengths).shape == (3, 3)
    assert made_model((AROUSAL, EMOTION)).eval()(features, lengths).shape == (3,)


def test_all_targets_read_the_embedding_through_one_dropout():
    model = made_model((EMOTION, AROUSAL))
    model.dropout.p = 0.5
    seen = []
    for head in model.heads.values():
        head.register_forward_pre_hook(lambda _head, given: seen.append(given[0]))
    model.train().answers(torch.ones(4, 6, dtype=torch.float64))
    assert torch.equal(*seen)
    assert (seen[0] == 0).any()


def test_cgt_moves_along_the_gradient_of_numbers_too():
    targets = (AROUSAL, EMOTION)
    model, batch = made_model(targets), batch_of(targets)
    found = cgt.Objective(cgt.Settings(epsilon=5.0), {}).losses("joint", model, batch, 0.5)
    assert {"perturbed_arousal_loss", "perturbed_emotion_loss", "perturbed_speaker_loss"} <= set(found)
    assert found["perturbed_speaker_loss"] > found["speaker_loss"]


def test_an_adversary_beside_numbers_changes_the_encoder_and_not_their_loss():
    targets = (AROUSAL,)
    model, batch = made_model(targets, {"speaker": 4}), batch_of(targets)
    felt = []
    for weight in (0.0, -1.0):
        found = dat.Objective(dat.Settings(weight=weight, warmup=0.0), {}).losses("joint", model, batch, 1.0)
        felt.append((found["arousal_loss"], torch.autograd.grad(found["loss"], model.network.projection.weight)[0]))
    assert torch.equal(felt[0][0], felt[1][0])
    assert not torch.equal(felt[0][1], felt[1][1])


def test_the_metric_and_the_loss_agree_on_float32():
    truth, prediction = (one.float() for one in numbers(3))
    assert float(1 - ccc_loss(prediction, truth)) == pytest.approx(ccc(truth.numpy(), prediction.numpy()), abs=1e-5)
    assert np.isfinite(float(ccc_loss(prediction, truth)))
