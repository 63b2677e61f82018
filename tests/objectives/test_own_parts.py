"""An objective with a decoder and a discriminator: a small adversarial autoencoder through the whole loop."""

import copy
from functools import partial
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch
from pydantic import Field
from torch import nn
from torch.nn import functional as F

from unheard.errors import ObjectiveError, SettingsError
from unheard.models.masking import frame_mask
from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.objectives.auxiliary import AuxiliaryHeads
from unheard.objectives.losses import TargetLosses
from unheard.objectives.objective import ObjectiveSettings, Phase
from unheard.seeds import named_seed
from unheard.testing.objectives import LAWS, ObjectiveCase
from unheard.training import loop
from unheard.training.checkpoints import read_checkpoint
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings

CHANNELS = 4
MODEL = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4, "dropout": 0.0},
    embedding=6,
    hidden=5,
    dropout=0.0,
    activation="none",  # a code that is to look normal has values below zero
)
SETTINGS = TrainingSettings(
    epochs=4, learning_rate=0.01, weight_decay=0.1, clip=1e6, average=0.5, selection="fixed-epoch", device="cpu",
    speakers_per_batch=2, utterances_per_speaker=3,
)  # fmt: skip


class Settings(ObjectiveSettings):
    """Weights of the parts."""

    auxiliary: dict[str, float] = Field(default_factory=lambda: {"speaker": 0.2, "gender": 0.1})
    fooling: float = 0.1
    begins: float = 0.0


class Objective:
    """Reconstruct, discriminate, fool, classify; after Makhzani et al. 2015, as small as can be."""

    def __init__(self, settings, class_weights):
        self.settings = settings
        self.targets = TargetLosses(class_weights, settings.smoothing)
        self.auxiliary = AuxiliaryHeads(settings.auxiliary, settings.warmup)
        self.phases = (
            Phase("reconstruct", steps=("network", "parts.decoder")),
            Phase("discriminate", steps=("parts.discriminator",), rate=0.5, begins=settings.begins),
            Phase("fool", steps=("network",), begins=settings.begins),
            Phase("classify", steps=("network", "heads")),
        )

    def modules(self, sizes):
        size = sizes.settings.embedding
        return {
            "decoder": partial(nn.Linear, size, sizes.channels),
            "discriminator": lambda: nn.Sequential(nn.Linear(size, 8), nn.ReLU(), nn.Linear(8, 1)),
        }

    def losses(self, phase, model, batch, progress):
        return getattr(self, f"_{phase}")(model, batch, progress)

    def _reconstruct(self, model, batch, progress):
        mask = frame_mask(batch.lengths, batch.features.shape[1]).unsqueeze(2)
        rebuilt = model.parts["decoder"](model.embed(batch)).unsqueeze(1)
        loss = (((rebuilt - batch.features) * mask).square().sum((1, 2)) / batch.lengths).mean()
        return {"loss": loss, "reconstruction_loss": loss.detach()}

    def _discriminate(self, model, batch, progress):
        code = model.embed(batch).detach()
        said = model.parts["discriminator"](torch.cat([torch.randn_like(code), code])).squeeze(1)
        truth = torch.cat([torch.ones(len(code)), torch.zeros(len(code))]).to(said)
        loss = F.binary_cross_entropy_with_logits(said, truth)
        return {"loss": loss, "discriminator_accuracy": ((said > 0) == (truth > 0.5)).float().mean()}

    def _fool(self, model, batch, progress):
        said = model.parts["discriminator"](model.embed(batch)).squeeze(1)
        loss = self.settings.fooling * F.binary_cross_entropy_with_logits(said, torch.ones_like(said))
        return {"loss": loss, "fooling_loss": loss.detach()}

    def _classify(self, model, batch, progress):
        embedding = model.embed(batch)
        total, logged = self.targets(model, embedding, batch)
        others, seen = self.auxiliary(model, embedding, batch, progress)
        return {"loss": sum(others, start=total), **logged, **seen}


MODULE = SimpleNamespace(Settings=Settings, Objective=Objective, __name__="planted.autoencoder")


def objective(**settings):
    return Objective(Settings(**settings), {})


def made_model(own, seed=0, settings=MODEL, channels=CHANNELS):
    sizes = Sizes(channels, {"emotion": 3, "speaker": 4, "gender": 2}, settings)
    return Model(sizes, own.modules(sizes), seed)


def made_part(items=24, seed=0):
    """Some of the items have no emotion: the autoencoder and the other heads learn from them all the same."""
    generator = np.random.default_rng(seed)
    emotion, speaker = np.arange(items) % 3, np.arange(items) // 3 % 4
    shapes = [(int(generator.integers(5, 15)), CHANNELS) for _ in range(items)]
    frames = [
        [generator.normal(one, 1, shape).astype(np.float32)] for one, shape in zip(emotion, shapes, strict=True)
    ]
    columns = {"emotion": np.where(np.arange(items) % 4 == 0, -1, emotion), "speaker": speaker, "gender": speaker % 2}
    return Dataset(tuple(map(str, range(items))), frames, columns, 0.02)


def trainer(own=None, settings=SETTINGS, seed=0, **more):
    own = own or objective()
    return Trainer(made_model(own, seed), own, made_part(), made_part(seed=9), settings, seed=seed, **more)


def equal(mine, theirs):
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_that_all_objectives_keep(law):
    LAWS[law](ObjectiveCase(MODULE, model=MODEL))
    LAWS[law](ObjectiveCase(MODULE, {"auxiliary": {"speaker": -0.5}, "begins": 0.6}, model=MODEL))


def test_every_part_is_seeded_by_its_own_name():
    own, sizes = objective(), Sizes(CHANNELS, {"emotion": 3}, MODEL)
    all_parts = own.modules(sizes)
    both = Model(sizes, all_parts, 7)
    for name in all_parts:
        alone = Model(sizes, {name: all_parts[name]}, 7)
        assert equal(alone.parts[name].state_dict(), both.parts[name].state_dict())
        torch.manual_seed(named_seed(7, name))
        assert equal(all_parts[name]().state_dict(), both.parts[name].state_dict())
    bare = Model(sizes, {}, 7)
    assert equal(bare.network.state_dict(), both.network.state_dict())
    assert equal(bare.heads.state_dict(), both.heads.state_dict())


def test_all_parts_learn():
    own = objective(begins=0.2)
    short = SETTINGS.model_copy(update={"epochs": 40})
    trained = trainer(own, short).run()
    first, last = trained.history[0], trained.history[-1]
    assert last["reconstruction_loss"] < 0.8 * first["reconstruction_loss"]
    assert last["emotion_accuracy"] > first["emotion_accuracy"] + 0.15
    assert 0.3 < np.mean([epoch["discriminator_accuracy"] for epoch in trained.history[-10:]]) < 0.95
    started = made_model(own)
    moved = [
        n for n, p in trained.model.named_parameters() if not torch.equal(p, dict(started.named_parameters())[n])
    ]
    assert {name.split(".")[1] for name in moved if name.startswith("parts")} == {"decoder", "discriminator"}


def test_a_phase_that_has_not_begun_steps_nothing():
    own = objective(begins=0.5)
    training = trainer(own)
    before = copy.deepcopy(training.model.parts["discriminator"].state_dict())
    batch = training.train_part.batch(np.arange(6), [one[0] for one in training.train_part.frames[:6]])
    assert "fooling_loss" not in training.optimization.step(batch, 0, 0.49)
    assert equal(before, training.model.parts["discriminator"].state_dict())
    assert "fooling_loss" in training.optimization.step(batch, 1, 0.5)
    assert not equal(before, training.model.parts["discriminator"].state_dict())


def adamw(parameters, gradients, rate):
    """The first step of AdamW by hand: decay, then a step along the sign of the gradient."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            parameter.data = parameter.data * (1 - rate * SETTINGS.weight_decay)
            parameter.data -= rate * gradient / (gradient.abs() + 1e-8)


def test_a_step_is_the_one_written_out_by_hand():
    own = objective(warmup=0.0)
    training = trainer(own)
    training.model.double().train()
    training = Trainer(training.model, own, training.train_part, training.dev_part, SETTINGS, seed=0)
    part = training.train_part
    batch = part.batch(np.arange(6), [one[0] for one in part.frames[:6]])
    batch = batch.with_features(batch.features.double())
    hand = copy.deepcopy(training.model)
    torch.manual_seed(4)
    training.optimization.step(batch, 0, 0.1)  # where the rate is at its peak

    torch.manual_seed(4)
    rate, network = SETTINGS.learning_rate, list(hand.network.parameters())
    decoder, discriminator = hand.parts["decoder"], hand.parts["discriminator"]
    moments = {}

    def take(loss, parameters, rate, kind):
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            assert (id(parameter), kind) not in moments  # each phase has an optimizer of its own: all first steps
            moments[id(parameter), kind] = gradient
        adamw(parameters, gradients, rate)

    mask = frame_mask(batch.lengths, batch.features.shape[1]).unsqueeze(2)
    apart = (decoder(hand.embed(batch)).unsqueeze(1) - batch.features) * mask
    rebuilt = (apart.square().sum((1, 2)) / batch.lengths).mean()
    take(rebuilt, [*network, *decoder.parameters()], rate, "reconstruct")
    code = hand.embed(batch).detach()
    prior = torch.randn_like(code)
    real, made = discriminator(prior).sigmoid(), discriminator(code).sigmoid()
    judged = -(real.log().mean() + (1 - made).log().mean()) / 2
    take(judged, list(discriminator.parameters()), 0.5 * rate, "discriminate")
    fooled = -0.1 * discriminator(hand.embed(batch)).sigmoid().log().mean()
    take(fooled, network, rate, "fool")
    z = hand.embed(batch)
    known = batch.columns["emotion"] != -1
    weight = np.tanh(5 * 0.1) / np.tanh(5)
    losses = {
        "emotion": F.cross_entropy(hand.heads["emotion"](z)[known], batch.columns["emotion"][known]),
        "speaker": F.cross_entropy(hand.heads["speaker"](z), batch.columns["speaker"]),
        "gender": F.cross_entropy(hand.heads["gender"](z), batch.columns["gender"]),
    }
    felt = losses["emotion"] + weight * (0.2 * losses["speaker"] + 0.1 * losses["gender"])
    of_network = torch.autograd.grad(felt, network, retain_graph=True)
    of_heads = {
        name: torch.autograd.grad(loss, list(hand.heads[name].parameters()), retain_graph=True)
        for name, loss in losses.items()
    }
    adamw(network, of_network, rate)
    for name, gradients in of_heads.items():
        adamw(list(hand.heads[name].parameters()), gradients, rate)
    for name, value in hand.named_parameters():
        torch.testing.assert_close(training.model.state_dict()[name], value.data, atol=1e-6, rtol=1e-5, msg=name)


@pytest.mark.parametrize("after", [1, 3])
def test_a_training_that_is_resumed_ends_in_the_weights_of_one_that_was_not(after, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    expected, file = trainer().run(), tmp_path / "checkpoint.safetensors"

    class Killed(Exception):  # noqa: N818 (an event, not an error)
        pass

    def kill(numbers):
        if numbers["epoch"] > after:
            raise Killed

    with pytest.raises(Killed):
        trainer(checkpoint=file, fingerprint="x", report=kill).run()
    assert any(name.startswith("model.parts.decoder") for name in read_checkpoint(file, "x cpu False").tensors)
    resumed = trainer(checkpoint=file, fingerprint="x").run()
    assert equal(expected.model.state_dict(), resumed.model.state_dict())
    assert expected.history == resumed.history


def test_parts_are_averaged_with_the_rest_and_left_out_of_what_predicts(tmp_path):
    training = trainer()
    training.run()
    raw, average = training.model.parts.state_dict(), training.average.parts.state_dict()
    assert raw.keys() == average.keys()
    assert not equal(raw, average)
    file = tmp_path / "model.safetensors"
    save_model(training.average, file, {})
    assert b"parts.discriminator" not in file.read_bytes()
    loaded, _ = load_model(file)
    assert not list(loaded.parts)
    features, lengths = torch.randn(3, 9, CHANNELS), torch.tensor([9, 4, 6])
    assert torch.equal(loaded(features, lengths), training.average(features, lengths))


def test_parts_go_where_the_model_goes():
    model = made_model(objective()).to("meta")
    assert {parameter.device.type for parameter in model.parts.parameters()} == {"meta"}


def test_a_part_that_steps_alone_is_clipped_alone():
    """Of two runs that differ in how steep the reconstruction is, the discriminator's step is the same."""
    moved = []
    for steep in (1.0, 1e3):
        own = objective()
        original = own._reconstruct
        own._reconstruct = lambda *given, steep=steep, original=original: {"loss": steep * original(*given)["loss"]}
        own.phases = own.phases[1:2] + own.phases[:1] + own.phases[2:]
        training = trainer(own, SETTINGS.model_copy(update={"clip": 1e-3}))
        part = training.train_part
        batch = part.batch(np.arange(6), [one[0] for one in part.frames[:6]])
        torch.manual_seed(0)
        training.optimization.step(batch, 0, 0.3)
        moved.append(copy.deepcopy(training.model.parts["discriminator"].state_dict()))
    assert equal(*moved)


def test_a_part_can_be_renewed():
    class Renewing(Objective):
        def __init__(self, settings, class_weights):
            super().__init__(settings, class_weights)
            first, second, *rest = self.phases
            self.phases = (first, Phase("discriminate", steps=second.steps, renewal=3), *rest)

    own = Renewing(Settings(), {})
    training = trainer(own, seed=5)
    part = training.train_part
    batch = part.batch(np.arange(6), [one[0] for one in part.frames[:6]])
    for number in range(3):
        training.optimization.step(batch, number, 0.3)
    training.optimization._renew(own.phases[1], 3)
    torch.manual_seed(named_seed(5, "renewed", "parts.discriminator", 3))
    fresh = own.modules(training.model.sizes)["discriminator"]()
    assert equal(fresh.state_dict(), training.model.parts["discriminator"].state_dict())
    parameters = list(training.model.parts["discriminator"].parameters())
    assert not any(
        one in optimizer.state for optimizer in training.optimization.optimizers.values() for one in parameters
    )


def test_a_model_without_the_parts_is_refused():
    own, sizes = objective(), Sizes(CHANNELS, {"emotion": 3, "speaker": 4, "gender": 2}, MODEL)
    for parts, has in (({}, "none"), ({"decoder": own.modules(sizes)["decoder"]}, "decoder")):
        with pytest.raises(ObjectiveError, match=f"has the parts {has}, and the objective asks for decoder, discrim"):
            Trainer(Model(sizes, parts), own, made_part(), made_part(), SETTINGS, seed=0)


def test_no_part_takes_the_place_of_the_network():
    with pytest.raises(SettingsError, match="give the part another name"):
        Model(Sizes(CHANNELS, {"emotion": 3}, MODEL), {"network": nn.Identity})


class Broken(Objective):
    """Phases that a test sets."""

    given: ClassVar[tuple[Phase, ...]] = ()

    def __init__(self, settings, class_weights):
        super().__init__(settings, class_weights)
        self.phases = self.given


BROKEN = [
    ((), "expected at least one"),
    ((Phase("a"), Phase("a")), "no name twice"),
    ((Phase("a", times=0),), "times must be at least 1"),
    ((Phase("a", steps=("parts.decodr",)), Phase("b")), "no module 'parts.decodr'. Did you mean 'parts.decoder'?"),
    ((Phase("a", steps=("",)), Phase("b")), "no module ''"),
    ((Phase("a", rests=("heads.age",)),), "no module 'heads.age'"),
    ((Phase("a", steps=("heads",), rests=("heads",)), Phase("b")), "nothing in heads can move"),
    ((Phase("a", steps=("network", "heads")),), "parts.decoder.weight (and 5 more) can learn and moves in no phase"),
    ((Phase("a", renewal=2),), "'network' cannot be renewed"),
    ((Phase("a", steps=("heads",), renewal=2), Phase("b")), "'heads' cannot be renewed"),
]  # fmt: skip


@pytest.mark.parametrize(("phases", "message"), BROKEN, ids=[own[1] for own in BROKEN])
def test_phases_that_cannot_be_are_refused_before_anything_is_trained(phases, message):
    own = type("Own", (Broken,), {"given": phases})(Settings(), {})
    with pytest.raises(ObjectiveError) as caught:
        Trainer(made_model(own), own, made_part(), made_part(), SETTINGS, seed=0)
    assert message in str(caught.value)


def test_a_frozen_parameter_needs_no_phase_and_stays():
    own = type("Own", (Broken,), {"given": (Phase("classify"),)})(Settings(), {})
    model = made_model(own)
    model.parts.requires_grad_(requires_grad=False)
    frozen = copy.deepcopy(model.parts.state_dict())
    Trainer(model, own, made_part(), made_part(), SETTINGS, seed=0).run()
    assert equal(frozen, model.parts.state_dict())


def test_rates_of_a_phase():
    phases = (
        Phase("a", steps=("parts.decoder",), rate=0.25),
        Phase("b", steps=("heads.speaker", "network"), rate=3.0),
        Phase("c", steps=("heads.gender", "heads.emotion", "parts.discriminator")),
    )
    own = type("Own", (Broken,), {"given": phases})(Settings(), {})
    settings = SETTINGS.model_copy(update={"domain_rate": 7.0})
    training = Trainer(made_model(own), own, made_part(), made_part(), settings, seed=0)
    factors = {
        name: sorted(group["factor"] for group in optimizer.param_groups)
        for name, optimizer in training.optimization.optimizers.items()
    }
    assert factors == {"a": [0.25], "b": [3.0, 3.0], "c": [1.0, 7.0]}
