"""What methods that act by domains have in common: unequal halves, one domain alone, weight 0, unlabeled emotions."""

import pytest
import torch

from objectives.domains_made import METHODS, batch_of, model_of, objective_of
from unheard.objectives import plain
from unheard.records import UNLABELED
from unheard.testing.objective_case import optimization_of


def felt(objective, model, batch, progress=1.0):
    """The gradient of the network and of the emotion head, summed over phases."""
    total = {}
    for phase in objective.phases:
        model.zero_grad()
        torch.manual_seed(0)
        objective.losses(phase.name, model, batch, progress)["loss"].backward()
        for name, one in model.named_parameters():
            if name.startswith(("network.", "heads.emotion.")) and one.grad is not None:
                total[name] = total.get(name, 0.0) + one.grad
    return total


@pytest.mark.parametrize("name", METHODS)
def test_one_domain_alone_teaches_the_encoder_what_plain_training_does(name):
    batch = batch_of()
    source = batch.select(batch.columns["language"] == 0)
    objective, matched = objective_of(name), plain.Objective(plain.Settings(auxiliary={}), {})
    model = model_of(objective)
    mine, theirs = felt(objective, model, source), felt(matched, model, source)
    for key, value in theirs.items():
        torch.testing.assert_close(mine[key], value, atol=1e-12, rtol=1e-9, msg=key)
    losses = objective.losses(objective.phases[-1].name, model, source, 1.0)
    assert all(bool(torch.isfinite(value)) for key, value in losses.items() if key.endswith("loss"))
    for key in ("distance", "adversary_loss"):
        assert float(losses.get(key, torch.zeros(()))) == 0.0


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("target", [1, 2, 9, 12])
def test_halves_may_be_unequal(name, target):
    objective = objective_of(name)
    model, batch = model_of(objective), batch_of(items=12, target=target)
    assert all(bool(torch.isfinite(value).all()) for value in felt(objective, model, batch).values())


@pytest.mark.parametrize("name", METHODS)
def test_the_method_acts_on_the_encoder_once_the_warm_up_is_over(name):
    objective, matched = objective_of(name), plain.Objective(plain.Settings(auxiliary={}), {})
    model, batch = model_of(objective), batch_of(items=24, target=12)
    if name == "supervised_contrastive":
        batch = batch.with_column("emotion", torch.arange(24) % 4)
    theirs = felt(matched, model, batch)
    early, late = (felt(objective, model, batch, progress) for progress in (0.05, 1.0))
    for key, value in theirs.items():
        torch.testing.assert_close(early[key], value, atol=1e-12, rtol=1e-9, msg=key)
    assert any(not torch.allclose(late[key], value) for key, value in theirs.items() if key.startswith("network."))
    # What is known of the emotion head comes from labels alone, whatever else reads it.
    for key, value in theirs.items():
        if key.startswith("heads.emotion."):
            torch.testing.assert_close(late[key], value, atol=1e-12, rtol=1e-9, msg=key)


@pytest.mark.parametrize("name", METHODS)
def test_weight_zero_is_plain_bit_for_bit_with_an_unlabeled_target_however_hard_gradients_are_clipped(name):
    states = []
    for objective in (
        objective_of(name, weight=0.0),
        plain.Objective(plain.Settings(auxiliary={"language": 0.0}), {}),
    ):
        model = model_of(objective)
        steps = optimization_of(model, objective, batch_of())
        steps.settings = steps.settings.model_copy(update={"clip": 0.01})
        for number in range(4):
            steps.step(batch_of(seed=number), number, number / 3)
        states.append(model.state_dict())
    kept = [key for key in states[1] if key.startswith(("network.", "heads.emotion."))]
    assert kept
    assert all(torch.equal(states[0][key], states[1][key]) for key in kept)


@pytest.mark.parametrize("name", METHODS)
def test_an_item_without_a_language_is_no_part_of_the_term(name):
    """In evaluation mode, where items do not meet in batch norm."""
    objective, batch = objective_of(name), batch_of()
    model = model_of(objective).eval()
    language = batch.columns["language"].clone()
    language[-1] = UNLABELED
    partly = batch.with_column("language", language)
    less = batch.select(torch.arange(11))
    mine, theirs = (felt(objective, model, one) for one in (partly, less))
    for key, value in theirs.items():
        torch.testing.assert_close(mine[key], value, atol=1e-12, rtol=1e-9, msg=key)
