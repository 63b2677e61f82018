"""What is the same in all frames goes past the encoder, and noise is met in training alone."""

import numpy as np
import pytest
import torch

from models.made import SETTINGS, made_batch
from unheard.models.model import build_model
from unheard.models.utterance_path import UtterancePath
from unheard.models.weights import load_model, save_model

BESIDE = SETTINGS.model_copy(update={"constants": 3, "utterance_units": 5, "normalization": "training"})


def with_constants(seed=0):
    batch = made_batch()
    features, lengths = batch.features, batch.lengths
    whole = torch.randn(len(lengths), 1, 3, generator=torch.Generator().manual_seed(seed))
    return torch.cat([features, whole.expand(-1, features.shape[1], -1)], dim=2), lengths


@pytest.fixture
def model():
    return build_model(7, {"emotion": 3}, BESIDE).eval()


def test_the_encoder_never_reads_them_and_the_embedding_does(model, monkeypatch):
    seen = []
    encode = model.network.encoder.forward
    monkeypatch.setattr(model.network.encoder, "forward", lambda x, n: seen.append(x) or encode(x, n))
    (first, lengths), (other, _) = with_constants(0), with_constants(1)
    embeddings = [model.network(features, lengths) for features in (first, other)]
    torch.testing.assert_close(seen[0], seen[1], rtol=0, atol=0)
    assert seen[0].shape[2] == 4
    assert (embeddings[0] - embeddings[1]).abs().max() > 1e-3


def test_the_embedding_is_that_of_the_step_by_hand(model):
    features, lengths = with_constants()
    network = model.network
    normal = network.normalizer(features, lengths)
    pooled = network.pool(*network.encoder(normal[:, :, :4], lengths))
    read = torch.relu(network.beside.layer(normal[:, 0, 4:].clamp(-4, 4)))
    expected = torch.relu(network.projection(torch.cat([pooled, read], dim=1)))
    torch.testing.assert_close(model.network(features, lengths), expected)


def test_a_model_without_them_has_the_weights_it_always_had():
    names = set(build_model(4, {"emotion": 3}, SETTINGS).state_dict())
    assert not any("beside" in name for name in names)


def test_it_survives_the_file(model, tmp_path):
    save_model(model, tmp_path / "model.safetensors", {})
    loaded, _ = load_model(tmp_path / "model.safetensors")
    features, lengths = with_constants()
    torch.testing.assert_close(loaded.network(features, lengths), model.network(features, lengths), rtol=0, atol=0)


def test_noise_of_the_size_that_was_asked_for_is_met_in_training_alone():
    path = UtterancePath(4, 4, 0.5)
    torch.nn.init.eye_(path.layer.weight)
    torch.nn.init.constant_(path.layer.bias, 100.0)  # far above zero, where the ReLU changes nothing
    path.dropout.p = 0.0
    descriptors = torch.zeros(20_000, 4)
    assert path.train()(descriptors).std().item() == pytest.approx(0.5, rel=0.02)
    assert path.eval()(descriptors).std().item() == 0.0


def test_what_lies_far_out_counts_as_four_deviations():
    path = UtterancePath(2, 3, 1.0).eval()
    far, cut = torch.tensor([[50.0, -9.0]]), torch.tensor([[4.0, -4.0]])
    np.testing.assert_array_equal(path(far).detach(), path(cut).detach())


def test_gradients_reach_both_ways(model):
    features, lengths = with_constants()
    features.requires_grad_()
    model.train().network(features, lengths).sum().backward()
    assert features.grad[:, :, :4].abs().sum() > 0
    assert features.grad[:, 0, 4:].abs().sum() > 0
