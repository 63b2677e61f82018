"""What every registered objective keeps: its card, its three members, unlabeled items, and that it learns."""

import copy

import pytest
import torch
from pydantic import BaseModel, ValidationError

from models.made import CHANNELS, EMOTIONS, SETTINGS, SPEAKERS, double, made_batch, unlabeled
from unheard import registry
from unheard.models.model import Model, Sizes
from unheard.records import UNLABELED

NAMES = registry.names("objectives")
OPTIONS = {
    "plain": [{"auxiliary": {}}, {"auxiliary": {"gender": 0.2, "speaker": -0.3}}],
    "dat": [
        {"weight": 0.5, "auxiliary": {"gender": -0.1}},
        {"form": "confusion"},
        {"inner_steps": 3},
        {"weight": 0.0},
    ],
    "speaker_normalization": [{"inner_steps": 3, "form": "confusion", "weight": -0.3}, {"weight": 0.0, "renew": 2}],
    "cgt": [{"where": "embedding"}, {"encoders": "two", "auxiliary": {"gender": 0.0}}, {"weight": -0.5}],
}
"""Settings worth a run beside the defaults; an objective that is not named here runs with its defaults alone."""
CASES = [(name, options) for name in NAMES for options in [{}, *OPTIONS.get(name, [])]]


@pytest.fixture(params=NAMES)
def module(request):
    return registry.load("objectives", request.param)


@pytest.fixture(params=CASES, ids=str)
def settings(request):
    name, options = request.param
    return registry.load("objectives", name), registry.load("objectives", name).Settings(**options)


@pytest.fixture
def objective(settings):
    module, own = settings
    return module.Objective(own, {})


@pytest.fixture
def model(settings, objective):
    _, own = settings
    return made_model(objective, own).double()


@pytest.fixture
def batch(settings):
    """Sixteen items with labels for every domain."""
    return labeled_batch(settings[1])


def made_model(objective, own):
    """A tiny model with the heads and parts that an objective asks for."""
    sizes = Sizes(CHANNELS, {"emotion": EMOTIONS, **dict.fromkeys(own.domains, SPEAKERS)}, SETTINGS)
    return Model(sizes, objective.modules(sizes)).train()


def labeled_batch(own):
    made = double(made_batch(items=16))
    for name in own.domains:
        made = made.with_column(name, torch.arange(16) % 4)
    return made


def gradients(model, loss):
    return torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)


def test_the_known_three_are_there():
    assert {"plain", "dat", "cgt"} <= set(NAMES)


def test_card(module):
    assert module.__doc__
    assert "Reference:" in module.__doc__ or module.__name__.endswith(".plain")
    assert module.Settings.__doc__
    assert module.Objective.__doc__
    assert {"Objective", "Settings"} <= set(module.__all__)


def test_settings_have_defaults_are_frozen_and_refuse_what_they_do_not_know(module):
    assert issubclass(module.Settings, BaseModel)
    settings = module.Settings()
    assert isinstance(settings.domains, tuple)
    with pytest.raises(ValidationError):
        module.Settings(nonsense=1)
    with pytest.raises(ValidationError):
        setattr(settings, next(iter(module.Settings.model_fields)), 1)
    assert module.Settings(**settings.model_dump(mode="json")) == settings


def test_every_phase_moves_some_parameters_of_the_model_and_all_of_them_move_together(objective, model):
    everything = {name for name, _ in model.named_parameters()}
    moved = set()
    assert isinstance(objective.phases, tuple)
    assert objective.phases
    for phase in objective.phases:
        own = phase.moving(model)
        assert own
        moved |= set(own)
    assert moved == everything


@pytest.mark.parametrize("progress", [0.0, 0.5, 1.0])
def test_losses_are_finite_numbers_and_one_is_to_be_minimized(objective, model, batch, progress):
    for phase in objective.phases:
        losses = objective.losses(phase.name, model, batch, progress)
        assert losses["loss"].requires_grad
        assert not any(value.requires_grad for name, value in losses.items() if name != "loss")
        assert all(value.ndim == 0 and bool(torch.isfinite(value)) for value in losses.values())
    assert "emotion_loss" in losses


def test_losses_change_neither_the_weights_nor_the_batch(objective, model, batch):
    before = [parameter.detach().clone() for parameter in model.parameters()]
    kept = copy.deepcopy((batch.features, batch.lengths, dict(batch.columns)))
    for phase in objective.phases:
        objective.losses(phase.name, model, batch, 0.5)["loss"].backward()
    assert all(torch.equal(one, two) for one, two in zip(before, model.parameters(), strict=True))
    assert torch.equal(kept[0], batch.features)
    assert all(torch.equal(column, batch.columns[name]) for name, column in kept[2].items())


@pytest.mark.parametrize("progress", [0.05, 1.0])
def test_an_item_without_any_label_is_as_if_it_were_not_there(objective, model, batch, progress):
    """In evaluation mode, where items do not meet in batch norm: the same losses, the same gradients."""
    model.eval()
    rows, partly = torch.tensor([0, 3, 4, 11]), batch
    for column in batch.columns:
        partly = unlabeled(partly, column, rows)
    kept = torch.tensor([row for row in range(16) if row not in rows.tolist()])
    less = batch.select(kept)
    partly.features[rows] = partly.features[rows] * 7 + 1  # and whatever stands there is never read
    for phase in objective.phases:
        mine, theirs = (objective.losses(phase.name, model, given, progress) for given in (partly, less))
        for name in mine:
            torch.testing.assert_close(mine[name], theirs[name], atol=1e-9, rtol=1e-7, msg=name)
        for one, two in zip(gradients(model, mine["loss"]), gradients(model, theirs["loss"]), strict=True):
            assert (one is None) == (two is None)
            if one is not None:
                torch.testing.assert_close(one, two, atol=1e-9, rtol=1e-7)


def test_no_label_at_all_gives_finite_gradients(objective, model, batch):
    for column in (*batch.columns, None):
        nothing = batch
        for name in batch.columns if column is None else [column]:
            nothing = unlabeled(nothing, name, slice(None))
            assert (nothing.columns[name] == UNLABELED).all()
        for phase in objective.phases:
            losses = objective.losses(phase.name, model, nothing, 1.0)
            felt = gradients(model, losses["loss"])
            assert all(bool(torch.isfinite(value).all()) for value in felt if value is not None)


def test_padding_and_order_change_no_loss(objective, model, batch):
    order = torch.randperm(16, generator=torch.Generator().manual_seed(1))
    longer = torch.cat([batch.features, torch.zeros(16, 9, 4).double()], 1)
    others = [
        batch.with_features(longer),
        batch.select(order),
    ]
    for phase in objective.phases:
        expected = objective.losses(phase.name, model, batch, 0.7)
        for other in others:
            for name, value in objective.losses(phase.name, model, other, 0.7).items():
                torch.testing.assert_close(value, expected[name], atol=1e-8, rtol=1e-6, msg=name)


def test_class_weights_reach_the_emotion_loss(settings, model, batch):
    module, own = settings
    heavy = {"emotion": torch.tensor([1.0, 5.0, 0.2]).double()}
    mine = module.Objective(own, heavy).losses("joint", model, batch, 0.5)["emotion_loss"]
    logits = model(batch.features, batch.lengths)
    expected = torch.nn.functional.cross_entropy(logits, batch.columns["emotion"], weight=heavy["emotion"])
    torch.testing.assert_close(mine, expected.detach())


def test_the_emotion_is_learned(settings):
    module, own = settings
    objective = module.Objective(own, {})
    model, batch = made_model(objective, own).double(), labeled_batch(own)
    optimizers = {phase.name: torch.optim.AdamW(phase.moving(model).values(), 0.02) for phase in objective.phases}
    seen = []
    for step in range(25):
        for phase in objective.phases:
            for _ in range(phase.times):
                model.zero_grad()
                losses = objective.losses(phase.name, model, batch, step / 24)
                losses["loss"].backward()
                optimizers[phase.name].step()
        seen.append(float(losses["emotion_loss"]))
    assert min(seen[-5:]) < 0.7 * seen[0]
