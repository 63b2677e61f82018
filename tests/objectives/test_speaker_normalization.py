"""The adversary in turn: its steps by hand, its own rate, its renewal, and that at weight 0 it is plain training."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from models.made import double, made_batch, made_model
from unheard.models.heads import build_head
from unheard.objectives import dat, plain, speaker_normalization
from unheard.objectives.schedules import ramp
from unheard.seeds import named_seed
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings

SETTINGS = TrainingSettings(epochs=21, learning_rate=0.01, domain_rate=3.0, weight_decay=0.1, device="cpu", clip=1e6)
PEAK = 2  # of 20 steps: where the rise ends and the rate is the peak


def objective(**settings):
    """The adversary on the batch itself at a falling rate, unless a test asks for more."""
    settings = {"inner_steps": 1, "adversary_batch": 0, "adversary_steady": False, **settings}
    return speaker_normalization.Objective(speaker_normalization.Settings(**settings), {})


def trainer(model, made, batch, seed=0, **options):
    part = Dataset(
        ("a",), [[batch.features[0].numpy()]], {name: value[:1].numpy() for name, value in batch.columns.items()}
    )
    found = Trainer(model, made, part, part, SETTINGS, seed=seed, **options)
    found.model.train()
    return found


class AdamW:
    """One optimizer by hand: Loshchilov and Hutter 2019, algorithm 2."""

    def __init__(self):
        self.first, self.second, self.count = {}, {}, 0

    def step(self, named, gradients, rate):
        self.count += 1
        for name, parameter in named.items():
            g = gradients[name]
            self.first[name] = 0.9 * self.first.get(name, 0.0) + 0.1 * g
            self.second[name] = 0.999 * self.second.get(name, 0.0) + 0.001 * g * g
            away = self.first[name] / (1 - 0.9**self.count)
            away = away / ((self.second[name] / (1 - 0.999**self.count)).sqrt() + 1e-8)
            parameter.data = parameter.data * (1 - rate * SETTINGS.weight_decay) - rate * away


@pytest.mark.parametrize("inner", [1, 3, 5])
def test_a_step_is_the_one_written_out_by_hand(inner):
    batch = double(made_batch())
    model = made_model().double()
    hand = copy.deepcopy(model)
    trainer(model, objective(weight=-0.7, inner_steps=inner, adversary_rate=7.0, warmup=0.0), batch).step(batch, PEAK)
    head = {name: p for name, p in hand.named_parameters() if name.startswith("heads.speaker")}
    rest = {name: p for name, p in hand.named_parameters() if not name.startswith("heads.speaker")}
    adversary = AdamW()
    for _ in range(inner):
        z = hand.network(batch.features, batch.lengths).detach()
        loss = F.cross_entropy(hand.heads["speaker"](z), batch.columns["speaker"])
        felt = dict(zip(head, torch.autograd.grad(loss, list(head.values())), strict=True))
        adversary.step(head, felt, 0.01 * 7.0)
    z = hand.network(batch.features, batch.lengths)
    emotion = F.cross_entropy(hand.heads["emotion"](z), batch.columns["emotion"])
    speaker = F.cross_entropy(hand.heads["speaker"](z), batch.columns["speaker"])
    total = emotion - 0.7 * ramp(PEAK / 20) * speaker
    AdamW().step(rest, dict(zip(rest, torch.autograd.grad(total, list(rest.values())), strict=True)), 0.01)
    for name, value in hand.named_parameters():
        torch.testing.assert_close(model.state_dict()[name], value.data, atol=1e-9, rtol=1e-7, msg=name)


def test_the_phases_share_no_parameter_and_leave_none_out():
    model, made = made_model(), objective(inner_steps=3)
    assert [(phase.name, phase.times) for phase in made.phases] == [("adversary", 3), ("joint", 1)]
    mine, rest = ({id(p) for p in phase.moving(model).values()} for phase in made.phases)
    assert mine == {id(p) for p in model.heads["speaker"].parameters()}
    assert not mine & rest
    assert mine | rest == {id(p) for p in model.parameters()}


def test_the_encoder_climbs_exactly_weight_times_what_the_adversary_descends():
    model, batch = made_model(), made_batch()
    names = [name for name, _ in model.named_parameters() if name.startswith("network")]
    parameters = [dict(model.named_parameters())[name] for name in names]

    def felt(weight):
        loss = objective(weight=weight, warmup=0.0).losses("joint", model, batch, 1.0)["loss"]
        return torch.autograd.grad(loss, parameters)

    speaker = F.cross_entropy(model.heads["speaker"](model.embed(batch)), batch.columns["speaker"])
    down = torch.autograd.grad(speaker, parameters)
    for with_it, without, own in zip(felt(-2.0), felt(0.0), down, strict=True):
        torch.testing.assert_close(with_it, without - 2.0 * own, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {"inner_steps": 3},
        {"renew": 2},
        {"form": "confusion", "adversary_rate": 50.0},
        {"inner_steps": 2, "adversary_batch": 3, "adversary_steady": True},
    ],
)
def test_weight_zero_is_plain_training_bit_for_bit(settings):
    batch, mine, other = made_batch(), made_model(), made_model()
    one = trainer(mine, objective(weight=0.0, **settings), batch)
    two = trainer(other, plain.Objective(plain.Settings(auxiliary={}), {}), batch)
    for step in range(5):
        torch.manual_seed(step)
        one.step(batch, step)
        torch.manual_seed(step)
        two.step(batch, step)
    for (name, value), expected in zip(mine.named_parameters(), other.parameters(), strict=True):
        assert name.startswith("heads.speaker") or torch.equal(value, expected), name


def _crowd(items=24):
    """A training part of items that can be told apart by their first feature, of two speakers."""
    generator = np.random.default_rng(0)
    channels = made_batch().features.shape[2]
    frames = [[generator.normal(size=(6, channels)).astype(np.float32)] for _ in range(items)]
    columns = {"speaker": np.arange(items) % 2, "emotion": np.arange(items) % 3}
    return Dataset(tuple(map(str, range(items))), frames, columns)


def _watched(steps, *, seed=0):
    """(phase, first features of its items) of each phase of some steps."""
    made, part, batch = objective(inner_steps=2, adversary_batch=8), _crowd(), made_batch()
    losses, seen = made.losses, []

    def spy(phase, model, shown, progress):
        seen.append((phase, shown.features[:, 0, 0].tolist()))
        return losses(phase, model, shown, progress)

    made.losses = spy
    training = Trainer(made_model(), made, part, part, SETTINGS, seed=seed)
    for step in steps:
        training.step(batch, step)
    return seen, batch.features[:, 0, 0].tolist()


def test_the_adversarys_own_steps_see_fresh_items_and_the_encoder_the_batch():
    seen, batch = _watched([3])
    assert [phase for phase, _ in seen] == ["adversary", "adversary", "joint"]
    known = {frames[0][0, 0] for frames in _crowd().frames}
    for _, items in seen[:2]:
        assert len(set(items)) == 8
        assert set(np.float32(items)) <= known
    assert seen[0] != seen[1]
    assert seen[2][1] == batch


def test_which_items_they_are_is_told_by_seed_and_step_alone():
    whole, _ = _watched([0, 1, 2])
    resumed, _ = _watched([2])
    assert whole[6:] == resumed
    assert _watched([2], seed=1)[0] != resumed


def test_a_steady_adversary_keeps_its_peak_while_the_encoder_comes_to_rest():
    for steady, expected in ((True, 0.01 * 7.0), (False, 0.0)):
        batch, model = made_batch(), made_model()
        made = objective(inner_steps=1, adversary_rate=7.0, adversary_steady=steady)
        training = trainer(model, made, batch)
        training.step(batch, 20)
        own = {id(p) for p in model.heads["speaker"].parameters()}
        for phase, is_own in (("adversary", True), ("joint", False)):
            for group in training.optimization.optimizers[phase].param_groups:
                assert {id(p) in own for p in group["params"]} == {is_own}
                assert group["lr"] == pytest.approx(expected if is_own else 0.0, abs=1e-12)


def test_the_adversary_learns_at_its_own_rate_and_dats_at_the_trainings():
    model, batch = made_model(), made_batch()
    factors = {
        group["factor"]
        for optimizer in trainer(model, objective(adversary_rate=11.0), batch).optimization.optimizers.values()
        for group in optimizer.param_groups
    }
    assert factors == {1.0, 11.0}
    dats = (
        trainer(made_model(), dat.Objective(dat.Settings(), {}), batch).optimization.optimizers["joint"].param_groups
    )
    assert {group["factor"] for group in dats} == {1.0, 3.0}


def test_the_adversary_is_replaced_every_n_steps_and_forgets():
    model, batch = made_model(), made_batch()
    made = objective(renew=3)
    found = trainer(model, made, batch, seed=5)
    assert [phase.renewal for phase in made.phases] == [3, 0]
    renewed = []
    found.optimization._renew = lambda phase, number: renewed.append((phase.name, number))
    for step in range(10):
        found.step(batch, step)
    assert renewed == [("adversary", 3), ("adversary", 6), ("adversary", 9)]
    model = made_model()
    found = trainer(model, made, batch, seed=5)
    for step in range(3):
        found.step(batch, step)
    torch.manual_seed(1)
    before, rest = torch.get_rng_state(), copy.deepcopy(model.network.state_dict())
    found.optimization._renew(made.phases[0], 3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(named_seed(5, "renewed", "speaker", 3))
    fresh = build_head(6, 5, 4)
    assert all(
        torch.equal(a, b) for a, b in zip(fresh.parameters(), model.heads["speaker"].parameters(), strict=True)
    )
    assert not [
        p for p in model.heads["speaker"].parameters() if p in found.optimization.optimizers["adversary"].state
    ]
    assert [p for p in model.network.parameters() if p in found.optimization.optimizers["joint"].state]
    assert all(torch.equal(value, model.network.state_dict()[name]) for name, value in rest.items())


def test_a_training_that_is_resumed_renews_as_the_one_that_was_not(tmp_path):
    batch = made_batch()
    frames = [[batch.features[i, : batch.lengths[i]].numpy()] for i in range(8)]
    part = Dataset(tuple("abcdefgh"), frames, {name: value.numpy() for name, value in batch.columns.items()})
    settings = SETTINGS.model_copy(update={"speakers_per_batch": 2, "utterances_per_speaker": 2, "patience": 99})
    made = objective(renew=3)

    def run(epochs, file):
        own = Trainer(made_model(), made, part, part, settings, seed=0, checkpoint=file)
        while len(own.history) < epochs:
            own.history.append({"epoch": float(len(own.history) + 1), **own._epoch(len(own.history) + 1)})
        return own

    whole = run(4, None)
    half = run(2, tmp_path / "checkpoint")
    half._save(tmp_path / "checkpoint")
    rest = Trainer(made_model(), made, part, part, settings, seed=0, checkpoint=tmp_path / "checkpoint")
    rest._resume()
    for epoch in (3, 4):
        rest.model.train()
        rest._epoch(epoch)
    for mine, other in zip(rest.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(mine, other)


def test_the_adversary_lives():
    """On embeddings that shout their speaker, its own steps teach it to name more than nine in ten."""
    model, batch = made_model(), made_batch(items=64)
    speakers = batch.columns["speaker"]
    shouting = F.one_hot(speakers, 6).float() + 0.1 * torch.randn(64, 6, generator=torch.Generator().manual_seed(0))
    model.network.forward = lambda *_: shouting
    model.network.from_normalized = lambda *_: shouting
    found = trainer(model, objective(inner_steps=5, weight=0.0), batch)
    for step in range(15):
        found.step(batch, step)
    named = model.heads["speaker"](shouting).argmax(1)
    assert float((named == speakers).float().mean()) > 0.9
    assert np.isfinite([float(p.detach().sum()) for p in model.parameters()]).all()
