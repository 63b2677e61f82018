"""Attentive pooling and the weighing of states, beside numpy."""

import numpy as np
import pytest
import torch

from models.made import made_batch
from unheard.errors import SettingsError
from unheard.models.encoders import pooled
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.pooling import AttentivePooling, build_pooling, mean_pooling, statistics_pooling
from unheard.models.weights import load_model, save_model


def excited():
    torch.manual_seed(0)
    pool = AttentivePooling(4, hidden=3)
    torch.nn.init.normal_(pool.score[2].weight)
    return pool


def test_attention_starts_at_statistics_pooling():
    features, lengths = (made := made_batch()).features, made.lengths
    torch.testing.assert_close(AttentivePooling(4)(features, lengths), statistics_pooling(features, lengths))


def test_attention_is_the_weighted_mean_and_deviation():
    made, pool = made_batch(), excited()
    result = pool(made.features, made.lengths).detach().numpy()
    first, last = pool.score[0], pool.score[2]
    for row, length in enumerate(made.lengths):
        own = made.features[row, :length].numpy().astype(np.float64)
        hidden = np.tanh(own @ first.weight.detach().numpy().T + first.bias.detach().numpy())
        score = hidden @ last.weight.detach().numpy()[0]
        share = np.exp(score) / np.exp(score).sum()
        mean = share @ own
        deviation = np.sqrt(share @ own**2 - mean**2)
        np.testing.assert_allclose(result[row], np.concatenate([mean, deviation]), atol=1e-5)


@pytest.mark.parametrize("name", ["mean", "statistics", "attentive"])
def test_padding_changes_nothing(name):
    made = made_batch()
    pool = excited() if name == "attentive" else build_pooling(name, 4)[0]
    longer = torch.cat([made.features, torch.full((8, 5, 4), 9.0)], 1)
    torch.testing.assert_close(pool(longer, made.lengths), pool(made.features, made.lengths))


def test_poolings_say_how_wide_they_are():
    made = made_batch()
    for name in ("mean", "statistics", "attentive"):
        pool, times = build_pooling(name, 4)
        assert pool(made.features, made.lengths).shape == (8, 4 * times)
    assert build_pooling("mean", 4)[0] is mean_pooling


def test_one_frame_has_finite_gradients():
    features = torch.zeros(2, 3, 4, requires_grad=True)
    excited()(features, torch.tensor([1, 3])).sum().backward()
    assert torch.isfinite(features.grad).all()


def test_a_model_with_attention_is_stored_whole(tmp_path):
    settings = ModelSettings(encoder={"name": "pooled", "states": 2}, pooling="attentive", embedding=6, hidden=5)
    model, made = build_model(4, {"emotion": 3}, settings), made_batch()
    torch.nn.init.normal_(model.network.pool.score[2].weight)
    torch.nn.init.normal_(model.network.encoder.weights)
    save_model(model.eval(), tmp_path / "model.safetensors", {})
    loaded, _ = load_model(tmp_path / "model.safetensors")
    assert torch.equal(loaded(made.features, made.lengths), model(made.features, made.lengths))


def test_states_are_summed_with_shares_that_are_learnt():
    encoder = pooled.Encoder(4, pooled.Settings(states=2))
    features, lengths = made_batch().features, made_batch().lengths
    torch.testing.assert_close(encoder(features, lengths)[0], (features[..., :2] + features[..., 2:]) / 2)
    encoder.weights.data = torch.log(torch.tensor([3.0, 1.0]))
    expected = 0.75 * features[..., :2] + 0.25 * features[..., 2:]
    torch.testing.assert_close(encoder(features, lengths)[0], expected)
    assert encoder.size == 2


def test_one_state_goes_through_as_it_is():
    made = made_batch()
    encoder = pooled.Encoder(4, pooled.Settings())
    assert encoder(made.features, made.lengths)[0] is made.features
    assert not list(encoder.parameters())


def test_channels_that_cannot_be_so_many_states_are_refused():
    with pytest.raises(SettingsError, match="4 channels cannot be 3 states"):
        pooled.Encoder(4, pooled.Settings(states=3))
