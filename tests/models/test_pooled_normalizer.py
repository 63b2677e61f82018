"""What is pooled, brought to one scale by the training part as the encoder hears it before it learns."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from models.made import CHANNELS, SETTINGS, made_batch, made_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.training.dataset import Dataset
from unheard.training.whole import fit_pooled

ON = SETTINGS.model_copy(update={"pooled_normalization": "training", "pooled_noise": 0.5})


def made_part(items=12):
    generator = np.random.default_rng(0)
    frames = [[generator.standard_normal((length, CHANNELS)).astype(np.float32)] for length in range(4, 4 + items)]
    return Dataset(tuple(map(str, range(items))), frames, {"emotion": np.zeros(items, dtype=np.int64)})


def fitted():
    model = made_model(settings=ON)
    fit_pooled(model.network, made_part())
    return model


def pooled(model):
    """What the projection reads of each item, one by one."""
    read = []
    hook = model.network.projection.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    for variants in made_part().frames:
        model(torch.from_numpy(variants[0]).unsqueeze(0), torch.tensor([len(variants[0])]))
    hook.remove()
    return torch.cat(read).detach()


def test_the_training_part_has_zero_mean_and_unit_deviation():
    model = fitted().eval()
    found = pooled(model)
    torch.testing.assert_close(found.mean(0), torch.zeros(found.shape[1]), atol=1e-4, rtol=0)
    spread = found.std(0, unbiased=False)
    alive = model.network.pooled_normalizer.deviation > 1e-3  # the floor, where a channel hardly moves
    assert alive.sum() > 4
    torch.testing.assert_close(spread[alive], torch.ones(int(alive.sum())), atol=1e-3, rtol=0)


def test_noise_is_drawn_in_training_alone():
    model = fitted()
    assert not torch.equal(pooled(model.train()), pooled(model))
    assert torch.equal(pooled(model.eval()), pooled(model))


def test_it_stays_as_it_is_while_the_rest_learns():
    model, batch = fitted().train(), made_batch()
    before = model.network.pooled_normalizer.mean.clone()
    model(batch.features, batch.lengths).sum().backward()
    assert torch.equal(model.network.pooled_normalizer.mean, before)
    assert model.network.projection.weight.grad.isfinite().all()


def test_it_is_off_unless_asked_for_and_comes_back_from_a_file(tmp_path):
    assert not any("pooled_normalizer" in name for name in made_model().state_dict())
    model, batch = fitted().eval(), made_batch()
    save_model(model, tmp_path / "a.safetensors", {})
    again, _ = load_model(tmp_path / "a.safetensors")
    assert torch.equal(again(batch.features, batch.lengths), model(batch.features, batch.lengths))


def test_fitting_leaves_the_mode_as_it_was():
    assert fitted().network.training
    model = made_model(settings=ON).eval()
    fit_pooled(model.network, made_part())
    assert not any(part.training for part in model.modules())


def test_noise_without_a_scale_is_refused():
    with pytest.raises(ValidationError, match="set pooled_normalization = 'training'"):
        ModelSettings(pooled_noise=0.5)
