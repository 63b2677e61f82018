"""What every registered objective keeps: its card, its three members, the public laws, and that it learns."""

import copy

import pytest
import torch
from pydantic import BaseModel, ValidationError

from unheard import registry
from unheard.objectives.objective import ObjectiveSettings
from unheard.records import UNLABELED
from unheard.testing.batches import without_labels
from unheard.testing.objectives import LAWS, ObjectiveCase

NAMES = registry.names("objectives")
OPTIONS = {
    "plain": [{"auxiliary": {}}, {"auxiliary": {"gender": 0.2, "speaker": -0.3}}],
    "dat": [
        {"weight": 0.5, "auxiliary": {"gender": -0.1}},
        {"form": "confusion", "weight": -1.0},
        {"inner_steps": 3},
        {"weight": 0.0},
    ],
    "speaker_normalization": [
        {"inner_steps": 3, "form": "confusion", "weight": -0.3},
        {"weight": 0.0, "renew": 2, "auxiliary": {"language": 0.3}},
        {"adversary_batch": 0},
    ],
    "language_adversarial": [
        {"form": "confusion", "weight": -1.0},
        {"inner_steps": 2, "balance": False, "domain": "corpus", "auxiliary": {"speaker": 0.0}},
        {"weight": 0.4},
    ],
    "coral": [{"conditional": True, "means": True, "domain": "speaker"}],
    "mmd": [{"kernels": (1.0,), "auxiliary": {"gender": -0.2}}],
    "cdan": [{"entropy": True}],
    "mdd": [{"margin": 2.0, "weight": -1.0}],
    "supervised_contrastive": [{"across": False, "temperature": 1.0}, {"domain": "language"}],
    "cgt": [
        {"where": "embedding"},
        {"encoders": "two", "auxiliary": {"gender": 0.0}},
        {"weight": -0.5},
        {"weight": -0.5, "mix": 0.0},
    ],
}
"""Settings worth a run beside the defaults; an objective that is not named here runs with its defaults alone."""
CASES = [(name, options) for name in NAMES for options in [{}, *OPTIONS.get(name, [])]]


@pytest.fixture(params=NAMES)
def module(request):
    return registry.load("objectives", request.param)


@pytest.fixture(params=CASES, ids=str)
def case(request):
    name, options = request.param
    exact = options.get("form") != "confusion"
    if name == "cgt" and options.get("mix") != 0.0:
        exact = None  # the perturbation follows the speaker's labels, too
    return ObjectiveCase(registry.load("objectives", name), options, exact=exact)


@pytest.fixture
def objective(case):
    return case.objective()


@pytest.fixture
def model(case, objective):
    return case.fresh_model(objective)


@pytest.fixture
def batch(case):
    """Sixteen items with labels for every domain."""
    return case.batch()


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
    assert issubclass(module.Settings, ObjectiveSettings)
    assert isinstance(settings.domains, tuple)
    assert set(settings.domains) == set(settings.weights)
    with pytest.raises(ValidationError):
        module.Settings(nonsense=1)
    with pytest.raises(ValidationError):
        setattr(settings, next(iter(module.Settings.model_fields)), 1)
    assert module.Settings(**settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize("law", LAWS)
def test_the_law(law, case):
    LAWS[law](case)


@pytest.mark.parametrize("name", NAMES)
def test_a_domain_has_one_weight(name):
    settings = registry.load("objectives", name).Settings
    with pytest.raises(ValidationError, match="expected -100 to 100"):
        settings(auxiliary={"gender": 101.0})
    if "domain" in settings.model_fields:
        with pytest.raises(ValidationError, match="take it out of auxiliary"):
            settings(domain="language", auxiliary={"language": 0.1})


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
    rows = torch.tensor([0, 3, 4, 11])
    partly = without_labels(batch, list(batch.columns), rows)
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
        names = list(batch.columns) if column is None else [column]
        nothing = without_labels(batch, names, slice(None))
        assert all((nothing.columns[name] == UNLABELED).all() for name in names)
        for phase in objective.phases:
            losses = objective.losses(phase.name, model, nothing, 1.0)
            felt = gradients(model, losses["loss"])
            assert all(bool(torch.isfinite(value).all()) for value in felt if value is not None)


def test_class_weights_reach_the_emotion_loss(case, model, batch):
    heavy = torch.tensor([1.0, 5.0, 0.2, 1.0], dtype=torch.float64)
    objective = case.module.Objective(case.settings, {"emotion": heavy})
    mine = objective.losses(objective.phases[-1].name, model, batch, 0.5)["emotion_loss"]
    logits = model(batch.features, batch.lengths)
    expected = torch.nn.functional.cross_entropy(logits, batch.columns["emotion"], weight=heavy)
    torch.testing.assert_close(mine, expected.detach())


def test_the_emotion_is_learned(objective, model, batch):
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
