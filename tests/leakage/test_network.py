"""The probe's network: its gradient against differences and its step against torch's Adam."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from unheard.leakage._network import Network


def made(seed=0):
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(20, 5)).astype(np.float32)
    return Network(5, 7, 3, generator), inputs, generator.integers(0, 3, 20)


def in_torch(network):
    """The same network as torch tensors, and its loss."""
    tensors = [torch.tensor(view.copy(), requires_grad=True) for view in network._views(network.parameters)]

    def loss(inputs, labels):
        into, bias, out, shift = tensors
        logits = torch.relu(torch.tensor(inputs) @ into + bias) @ out + shift
        decay = 1e-3 / (2 * len(labels)) * (into.square().sum() + out.square().sum())
        return cross_entropy(logits, torch.tensor(labels)) + decay

    return tensors, loss


def test_the_gradient_is_that_of_the_loss():
    network, inputs, labels = made()
    tensors, loss = in_torch(network)
    loss(inputs, labels).backward()
    expected = torch.cat([tensor.grad.flatten() for tensor in tensors]).numpy()
    assert network.gradient(inputs, labels) == pytest.approx(expected, abs=1e-6)


def test_ten_steps_are_ten_steps_of_adam():
    network, inputs, labels = made()
    tensors, loss = in_torch(network)
    optimizer = torch.optim.Adam(tensors, lr=2e-3)
    for _ in range(10):
        optimizer.zero_grad()
        loss(inputs, labels).backward()
        optimizer.step()
        network.step(inputs, labels)
    expected = torch.cat([tensor.detach().flatten() for tensor in tensors]).numpy()
    assert network.parameters == pytest.approx(expected, abs=1e-5)


def test_huge_inputs_overflow_nothing():
    network, inputs, labels = made()
    network.step(inputs * np.float32(1e6), labels)
    assert np.isfinite(network.parameters).all()
    assert network.predict(inputs).shape == (20,)


def test_an_item_of_weight_two_counts_as_two():
    network, inputs, labels = made()
    weights = np.where(np.arange(20) < 10, 2.0, 1.0).astype(np.float32)
    twice = np.concatenate([np.arange(20), np.arange(10)])
    # Decay is by items, and not by weight: it is the same for both after scaling.
    weighted = network.gradient(inputs, labels, weights).copy() * 20
    assert weighted == pytest.approx(network.gradient(inputs[twice], labels[twice]) * 30, abs=1e-4)
