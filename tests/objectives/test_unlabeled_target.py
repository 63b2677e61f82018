"""A labeled source and an unlabeled target in one training: language as the domain, in one batch or in two passes."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import BaseModel, ConfigDict
from torch import nn
from torch.nn import functional as F

from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.objectives import dat, plain
from unheard.records import UNLABELED
from unheard.registry import load
from unheard.testing.objectives import LAWS, ObjectiveCase
from unheard.training.dataset import Dataset, training_batches
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings
from unheard.training.whole import predict_all

CHANNELS, SOURCE, TARGET = 4, 0, 1
MODEL = ModelSettings(
    encoder={"name": "pooled"}, pooling="mean", normalization="none", embedding=8, hidden=8, dropout=0.0
)
SETTINGS = TrainingSettings(
    epochs=30, learning_rate=0.02, domain_rate=3.0, selection="fixed-epoch", device="cpu", average=0.5,
    speakers_per_batch=4, utterances_per_speaker=6,
)  # fmt: skip


def made_part(items=96, seed=0, *, blank=True):
    """Two languages of two speakers each; the target's emotions are blanked, and lie a step aside of the source's."""
    generator = np.random.default_rng(seed)
    speaker = np.arange(items) % 4
    language, emotion = speaker // 2, np.arange(items) // 4 % 2
    frames = []
    for one, tongue in zip(emotion, language, strict=True):
        center = np.array([2.0 * one, -2.0 * one, 1.5 * tongue, 0.0]) + 0.5 * tongue
        frames.append([generator.normal(center, 0.5, (1, CHANNELS)).astype(np.float32)])
    heard = np.where((language == TARGET) & blank, UNLABELED, emotion)
    columns = {"emotion": heard, "speaker": speaker, "language": language}
    return Dataset(tuple(map(str, range(items))), frames, columns)


def made_model(objective=None, settings=MODEL):
    sizes = Sizes(CHANNELS, {"emotion": 2, "speaker": 4, "language": 2}, settings)
    return Model(sizes, objective.modules(sizes) if objective else {})


def train(objective, part, settings=SETTINGS):
    return Trainer(made_model(), objective, part, made_part(seed=7), settings, seed=0).run()


DANN = {"domain": "language", "weight": -0.3, "auxiliary": {"speaker": 0.0}}


def test_the_target_learns_by_its_language_alone_and_is_recognized():
    trained = train(dat.Objective(dat.Settings(**DANN), {}), made_part())
    test = made_part(seed=3, blank=False)
    right = predict_all(trained.model, test).argmax(1) == test.columns["emotion"]
    assert right[test.columns["language"] == TARGET].mean() > 0.8
    assert {"language_accuracy", "speaker_accuracy", "emotion_loss"} <= set(trained.history[-1])


def test_no_emotion_of_the_target_is_ever_read():
    """Whatever the target's emotions are, once they are blanked the training ends in the same weights."""
    parts = [made_part(), made_part()]
    hidden = made_part(blank=False).columns["emotion"]
    assert (parts[0].columns["emotion"] != hidden).any()
    trained = [train(dat.Objective(dat.Settings(**DANN), {}), part).model.state_dict() for part in parts]
    assert all(torch.equal(trained[0][name], trained[1][name]) for name in trained[0])
    own = train(dat.Objective(dat.Settings(**DANN), {}), made_part(blank=False)).model.state_dict()
    assert any(not torch.equal(trained[0][name], own[name]) for name in own)


def test_the_targets_items_reach_the_encoder_through_the_language_alone():
    objective, model = dat.Objective(dat.Settings(**DANN), {}), made_model()
    batch = next(training_batches(made_part(), SETTINGS, seed=0, epoch=1))
    target = batch.columns["language"] == TARGET
    assert 0 < target.sum() < len(batch)  # both pools stand in one batch
    features = batch.features.clone().requires_grad_()
    losses = objective.losses("joint", model, batch.with_features(features), 1.0)
    (felt,) = torch.autograd.grad(losses["loss"], features, retain_graph=True)
    assert (felt[target] != 0).any()
    quiet = batch.with_column("language", torch.full_like(batch.columns["language"], UNLABELED))
    silent = objective.losses("joint", model, quiet.with_features(features), 1.0)["loss"]
    (felt,) = torch.autograd.grad(silent, features)
    assert (felt[target] == 0).all()
    assert (felt[~target] != 0).any()
    # The emotion loss is that of the source's items.
    mine = F.cross_entropy(model(features, batch.lengths)[~target], batch.columns["emotion"][~target])
    torch.testing.assert_close(losses["emotion_loss"], mine.detach())


class TwoPasses(plain.Objective):
    """Source and target through the encoder one after the other: batch norm never mixes their statistics."""

    def losses(self, phase, model, batch, progress):
        target = batch.columns["language"] == TARGET
        source = batch.select(~target)
        embedding = model.embed(source)
        total, logged = self._targets(model, embedding, source)
        if bool(target.any()):
            both = batch.select(torch.cat([(~target).nonzero().squeeze(1), target.nonzero().squeeze(1)]))
            embedding = torch.cat([embedding, model.embed(batch.select(target))])
            others, seen = self._auxiliary(model, embedding, both, progress)
            total, logged = sum(others, start=total), logged | seen
        return {"loss": total, **logged}


def norms(model):
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm1d)]


@pytest.mark.parametrize("passes", [1, 2])
def test_one_mixed_batch_or_two_passes_as_the_objective_asks(passes):
    settings = plain.Settings(auxiliary={"language": -0.3})
    objective = (plain.Objective if passes == 1 else TwoPasses)(settings, {})
    encoder = {"name": "tdnn_lstm", "channels": 4, "recurrent": 2, "dropout": 0.0}
    model = made_model(settings=MODEL.model_copy(update={"encoder": encoder})).train()
    seen = []
    for norm in norms(model)[:1]:
        norm.register_forward_hook(lambda _norm, given, _result: seen.append(len(given[0])))
    batch = next(training_batches(made_part(), SETTINGS, seed=0, epoch=1))
    objective.losses("joint", model, batch, 1.0)["loss"].backward()
    target = int((batch.columns["language"] == TARGET).sum())
    assert seen == ([len(batch)] if passes == 1 else [len(batch) - target, target])


@pytest.mark.parametrize("law", ["what is logged", "all that should move moves", "the adversary lives"])
def test_two_passes_keep_the_laws(law):
    module = types.SimpleNamespace(Settings=plain.Settings, Objective=TwoPasses, __name__="planted.two_passes")
    LAWS[law](ObjectiveCase(module, {"auxiliary": {"language": -0.3}}))


class DomainNorm(nn.Module):
    """Statistics of its own for each language; an item of no known language takes those of the source."""

    def __init__(self, channels, _settings):
        super().__init__()
        self.reads = ("language",)
        self.size = channels
        self.norms = nn.ModuleList([nn.BatchNorm1d(channels) for _ in range(2)])

    def forward(self, sequence, lengths, batch):
        language = torch.zeros_like(lengths) if batch is None else batch.columns["language"].clamp(min=0)
        rows = torch.zeros_like(sequence[:, 0])
        for number, norm in enumerate(self.norms):
            own = language == number
            if bool(own.any()):
                rows[own] = norm(sequence[own, 0])
        return rows.unsqueeze(1), lengths


class DomainNormSettings(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@pytest.fixture
def per_domain(monkeypatch):
    module = types.ModuleType("domain_norm")
    module.Encoder, module.Settings = DomainNorm, DomainNormSettings
    monkeypatch.setitem(sys.modules, "domain_norm", module)
    monkeypatch.setattr("unheard.models.model.load", lambda kind, name: module)
    return MODEL.model_copy(update={"encoder": {"name": "domain_norm"}})


def test_an_encoder_may_know_the_domain(per_domain):
    objective = dat.Objective(dat.Settings(**DANN), {})
    model, part = made_model(settings=per_domain), made_part()
    trained = Trainer(model, objective, part, made_part(seed=7), SETTINGS, seed=0).run().model
    frames = np.concatenate([variants[0] for variants in part.frames])
    for number, norm in enumerate(trained.network.encoder.norms):
        own = torch.from_numpy(frames[part.columns["language"] == number])
        torch.testing.assert_close(norm.running_mean, own.mean(0), atol=0.35, rtol=0.0)
    test = made_part(seed=3, blank=False)
    right = predict_all(trained, test).argmax(1) == test.columns["emotion"]
    assert right[test.columns["language"] == TARGET].mean() > 0.8
    # Each item is normalized by the statistics of its own language, whatever stands beside it; frames alone, by the
    # source's.
    batch = test.batch(np.arange(8), [one[0] for one in test.frames[:8]])
    together = trained.eval().embed(batch)
    alone = torch.cat([trained.embed(batch.select(torch.tensor([row]))) for row in range(8)])
    torch.testing.assert_close(together, alone)
    source = batch.columns["language"] == SOURCE
    bare = trained.network(batch.features, batch.lengths)
    torch.testing.assert_close(bare[source], together[source])
    assert not torch.allclose(bare[~source], together[~source])


def test_perturbed_features_are_read_with_the_domain_of_their_batch(per_domain):
    """An objective that reads other frames than the batch's own (CGT) hands the batch on with them."""
    model = made_model(settings=per_domain).eval()
    batch = next(training_batches(made_part(), SETTINGS, seed=0, epoch=1))
    with torch.no_grad():
        model.network.encoder.norms[TARGET].running_mean += 3.0
    given = model.network.from_normalized(batch.features, batch.lengths, batch)
    torch.testing.assert_close(given, model.embed(batch))
    target = batch.columns["language"] == TARGET
    assert not torch.allclose(model.network.from_normalized(batch.features, batch.lengths)[target], given[target])


METHODS = ("language_adversarial", "coral", "mmd", "cdan", "mdd", "supervised_contrastive")


@pytest.mark.parametrize("name", METHODS)
def test_methods_that_act_by_domains_train_the_same_whatever_hidden_emotions_the_target_has(name):
    """The whole loop, its sampler included: two targets that differ in nothing but what is not told of them."""
    module, parts = load("objectives", name), []
    for shift in (0, 1):
        part = made_part(blank=False)
        language, emotion = part.columns["language"], part.columns["emotion"]
        poisoned = np.where(language == TARGET, (emotion + shift) % 2, emotion)
        heard = np.where(language == TARGET, UNLABELED, poisoned)
        parts.append(replace(part, columns={**part.columns, "emotion": heard}))
    short = SETTINGS.model_copy(update={"epochs": 3})
    states = []
    for part in parts:
        objective = module.Objective(module.Settings(domain="language"), {})
        model = made_model(objective)
        states.append(Trainer(model, objective, part, made_part(seed=7), short, seed=0).run().model.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
