"""Every registered encoder keeps the laws that the models build on."""

import pytest
import torch

from unheard.models.masking import frame_mask
from unheard.registry import load, names


@pytest.mark.parametrize("name", names("encoders"))
def test_an_encoder_keeps_its_contract(name):
    module = load("encoders", name)
    torch.manual_seed(0)
    encoder = module.Encoder(5, module.Settings()).eval()
    lengths = torch.tensor([23, 8, 1])
    features = torch.randn(3, 23, 5) * frame_mask(lengths, 23).unsqueeze(2)
    encoded, left = encoder(features, lengths)
    assert encoded.shape[0] == 3
    assert encoded.shape[2] == encoder.size
    assert (left >= 1).all()
    assert (left <= lengths).all()
    assert left.max() <= encoded.shape[1]
    more, same = encoder(torch.cat([features, torch.zeros(3, 9, 5)], 1), lengths)
    assert torch.equal(left, same)
    for row, length in enumerate(left):
        torch.testing.assert_close(more[row, :length], encoded[row, :length], atol=1e-5, rtol=1e-5)
    encoder.train()
    features.requires_grad_()
    encoder(features, lengths)[0].square().mean().backward()
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize("name", names("encoders"))
def test_an_encoder_says_what_it_is(name):
    module = load("encoders", name)
    assert module.__doc__
    assert {"Encoder", "Settings"} <= set(module.__all__)
