"""The adversary's own steps on the batch of the joint one cost no pass of the encoder, and change nothing by that."""

import numpy as np
import pytest
import torch

from models.made import CHANNELS, SETTINGS, made_batch, made_model
from unheard.objectives import dat, speaker_normalization
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings

INNER = {
    "dat": lambda: dat.Objective(dat.Settings(weight=-1.0, warmup=0.0, inner_steps=3), {}),
    "speaker_normalization": lambda: speaker_normalization.Objective(
        speaker_normalization.Settings(weight=-1.0, warmup=0.0, adversary_batch=0, renew=2), {}
    ),
}


def after_steps(objective, settings, *, shares, steps=3):
    """Weights, random state and passes of the encoder after steps on other batches each."""
    model, passes = made_model(settings=settings), []
    assert objective.shares
    if not shares:
        objective = type("Apart", (type(objective),), {"shares": False})(objective.settings, {})
    model.network.encoder.register_forward_hook(lambda *_: passes.append(1))
    columns = {name: np.zeros(1, dtype=np.int64) for name in ("emotion", "speaker")}
    part = Dataset(("a",), [[np.zeros((4, CHANNELS), np.float32)]], columns)
    loop = Trainer(model, objective, part, part, TrainingSettings(epochs=steps, device="cpu"), seed=0)
    loop.model.train()
    torch.manual_seed(0)
    for step in range(steps):
        loop.step(made_batch(step), step)
    return model.state_dict(), torch.get_rng_state(), len(passes)


@pytest.mark.parametrize("name", INNER)
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_sharing_the_pass_of_the_joint_step_changes_its_cost_alone(name, noise):
    settings = SETTINGS.model_copy(
        update={"dropout": 0.5, "noise": noise, "pooled_normalization": "training", "pooled_noise": noise}
    )
    shared, state, once = after_steps(INNER[name](), settings, shares=True)
    apart, again, twice = after_steps(INNER[name](), settings, shares=False)
    for key, value in shared.items():  # with one thread torch sums in another order where no gradient is wanted
        torch.testing.assert_close(value, apart[key], atol=1e-6, rtol=1e-6, msg=key)
    assert torch.equal(state, again)
    assert (once, twice) == (3, 12)


def test_what_was_read_of_one_model_or_without_gradients_is_not_used_for_another_pass():
    batch, objective = made_batch(), INNER["dat"]()
    objective.losses("adversary", made_model(seed=1), batch, 1.0)
    model = made_model()
    objective.losses("joint", model, batch, 1.0)["loss"].backward()
    assert all(one.grad is not None for one in model.network.projection.parameters())
    with torch.no_grad():
        objective.losses("adversary", model, batch, 1.0)
    model.zero_grad(set_to_none=True)
    objective.losses("joint", model, batch, 1.0)["loss"].backward()
    assert all(one.grad is not None for one in model.network.projection.parameters())


def test_a_joint_step_on_another_batch_passes_through_the_encoder_itself():
    model, objective, other = made_model().eval(), INNER["dat"](), made_batch(1)
    objective.losses("adversary", model, made_batch(0), 1.0)
    found = objective.losses("joint", model, other, 1.0)["emotion_loss"]
    torch.testing.assert_close(found, INNER["dat"]().losses("joint", model, other, 1.0)["emotion_loss"])
