"""Auxiliary heads: one mechanism under every objective, whose sign says what they are."""

import pytest
import torch
from torch.nn import functional as F

from models.made import CHANNELS, SETTINGS, double, made_batch, unlabeled
from unheard.models.model import Model, Sizes
from unheard.objectives import cgt, dat, plain, speaker_normalization
from unheard.objectives.schedules import ramp, settled
from unheard.records import UNLABELED

WEIGHTS = {"speaker": -0.3, "gender": 0.2, "language": 0.0}
DAT = {"domain": "corpus", "weight": -0.5}
OBJECTIVES = {
    "plain": (plain, {}),
    "dat": (dat, DAT),
    "confusion": (dat, {**DAT, "form": "confusion"}),
    "speaker_normalization": (speaker_normalization, {**DAT, "adversary_batch": 0}),
    "cgt": (cgt, {"domain": "corpus"}),
}


@pytest.fixture(params=OBJECTIVES)
def made(request):
    """An objective's module and options, a model with heads for everything, and a batch."""
    module, options = OBJECTIVES[request.param]
    classes = {"emotion": 3, "speaker": 4, "gender": 2, "language": 3, "corpus": 2}
    wide = SETTINGS.model_copy(update={"embedding": 16, "hidden": 16})  # five hidden units may all be silent
    model = Model(Sizes(CHANNELS, classes, wide)).double().train()  # without dropout
    batch = double(made_batch())
    for name, count in (("gender", 2), ("language", 3), ("corpus", 2)):
        batch = batch.with_column(name, (torch.arange(8) // 2) % count)
    return module, options, model, batch


def losses(module, options, model, batch, progress=1.0, **more):
    objective = module.Objective(module.Settings(**options, **more), {})
    return objective.losses("joint", model, batch, progress)


def felt(loss, model):
    named = dict(model.named_parameters())
    found = torch.autograd.grad(loss, list(named.values()), retain_graph=True, allow_unused=True)
    return {
        name: torch.zeros_like(named[name]) if one is None else one for name, one in zip(named, found, strict=True)
    }


@pytest.mark.parametrize("progress", [0.05, 0.4, 1.0])
def test_each_head_descends_and_the_encoder_feels_its_signed_weight(made, progress):
    """The gradient with auxiliary heads is the one without, plus each head's own and the encoder's weighted share."""
    module, options, model, batch = made
    alone = felt(losses(module, options, model, batch, progress, auxiliary={})["loss"], model)
    both = felt(losses(module, options, model, batch, progress, auxiliary=WEIGHTS)["loss"], model)
    expected = dict(alone)
    for domain, weight in WEIGHTS.items():
        loss = F.cross_entropy(model.heads[domain](model.embed(batch)), batch.columns[domain])
        for name, down in felt(loss, model).items():
            share = weight * ramp(progress, warmup=0.1) if name.startswith("network") else 1.0
            expected[name] = expected[name] + share * down
    for name, value in both.items():
        torch.testing.assert_close(value, expected[name], atol=1e-10, rtol=1e-7, msg=name)


def test_what_a_head_lacks_a_label_of_is_not_read(made):
    module, options, model, batch = made
    partly = unlabeled(batch, "gender", torch.tensor([1, 6]))
    found = losses(module, options, model, partly, auxiliary={"gender": -0.5})
    logits = model.heads["gender"](model.embed(batch)).detach()
    known = partly.columns["gender"] != UNLABELED
    expected = F.cross_entropy(logits[known], partly.columns["gender"][known])
    torch.testing.assert_close(found["gender_loss"], expected)
    right = (logits.argmax(1) == batch.columns["gender"])[known].double().mean()
    assert float(found["gender_accuracy"]) == pytest.approx(float(right))


def test_heads_that_only_watch_change_no_gradient_of_the_rest_bit_for_bit(made):
    module, options, model, batch = made
    alone = felt(losses(module, options, model, batch, auxiliary={})["loss"], model)
    watched = felt(losses(module, options, model, batch, auxiliary=dict.fromkeys(WEIGHTS, 0.0))["loss"], model)
    rest = [name for name in alone if not name.startswith(tuple(f"heads.{domain}" for domain in WEIGHTS))]
    assert all(torch.equal(alone[name], watched[name]) for name in rest)
    assert all(watched[f"heads.{domain}.0.weight"].any() for domain in WEIGHTS)


@pytest.mark.parametrize("name", ["plain", "dat", "speaker_normalization", "cgt"])
def test_an_adversary_beside_it_settles_before_an_epoch_is_chosen(name):
    module, options = OBJECTIVES[name]
    own = 0.0 if name in ("plain", "cgt") else settled(warmup=0.1)
    quiet = module.Objective(module.Settings(**options, auxiliary={"gender": 0.0}), {})
    assert max(phase.settled for phase in quiet.phases) == own
    later = module.Objective(module.Settings(**options, auxiliary={"gender": -0.1}, warmup=0.3), {})
    assert max(phase.settled for phase in later.phases) == settled(warmup=0.3)


@pytest.mark.parametrize("name", ["plain", "dat", "speaker_normalization", "cgt"])
def test_the_settings_say_which_heads_there_are_and_what_they_weigh(name):
    module, options = OBJECTIVES[name]
    settings = module.Settings(**options, auxiliary=WEIGHTS)
    own = {} if name == "plain" else {"corpus": 0.0 if name == "cgt" else -0.5}
    assert dict(settings.weights) == {**own, **WEIGHTS}
    assert settings.domains == (*own, *WEIGHTS)
