"""Low-rank additions: they start at nothing, alone learn, and merge."""

import copy

import pytest
import torch
from torch import nn

from unheard.errors import SettingsError
from unheard.models.lora import LowRank, add_low_rank, merge_low_rank


class Block(nn.Module):
    """One layer that is called, one whose weight is read, one that stays."""

    def __init__(self):
        super().__init__()
        self.q_proj, self.v_proj, self.out = nn.Linear(6, 5), nn.Linear(5, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.out(nn.functional.linear(torch.tanh(self.q_proj(x)), self.v_proj.weight, self.v_proj.bias))


def made(rank=2, alpha=6.0):
    torch.manual_seed(0)
    plain = nn.ModuleList([Block()])
    adapted = copy.deepcopy(plain)
    adapted.requires_grad_(False)
    add_low_rank(adapted, ("q_proj", "v_proj"), rank=rank, alpha=alpha)
    return plain[0], adapted


def additions(module):
    return [part for part in module.modules() if isinstance(part, LowRank)]


def train(adapted, steps=5):
    learners = [p for p in adapted.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(learners, lr=0.1)
    x, y = torch.randn(7, 6), torch.randn(7, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        (adapted[0](x) - y).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("names", [("fc1",), ("q_proj", "typo")])
def test_a_name_that_adapts_nothing_is_an_error(names):
    with pytest.raises(
        SettingsError, match="is no linear layer of this upstream: its layers have out, q_proj, v_proj"
    ):
        add_low_rank(nn.ModuleList([Block()]), names, rank=2, alpha=1.0)


def test_it_starts_at_the_pretrained_model():
    plain, adapted = made()
    x = torch.randn(3, 6)
    assert torch.equal(plain(x), adapted[0](x))
    assert len(additions(adapted)) == 2


def test_only_the_additions_learn_wherever_the_weight_is_read():
    plain, adapted = made()
    before = {name: p.clone() for name, p in adapted.named_parameters()}
    train(adapted)
    moved = {name for name, p in adapted.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {f"0.{name}_proj.parametrizations.weight.0.{part}" for name in "qv" for part in ("up", "down")}
    assert torch.equal(adapted[0].q_proj.parametrizations.weight.original, plain.q_proj.weight)


def test_the_weight_is_the_equation():
    _, adapted = made(rank=3, alpha=12.0)
    train(adapted)
    layer = adapted[0].q_proj
    inside = layer.parametrizations.weight
    expected = inside.original + 12.0 / 3 * inside[0].up @ inside[0].down
    torch.testing.assert_close(layer.weight, expected)
    assert inside[0].down.shape == (3, 6)
    assert torch.linalg.matrix_rank(layer.weight - inside.original) == 3


def test_merged_is_unmerged():
    _, adapted = made()
    train(adapted)
    x = torch.randn(9, 6)
    expected = adapted[0](x)
    merge_low_rank(adapted)
    torch.testing.assert_close(adapted[0](x), expected, atol=1e-5, rtol=1e-5)
    assert not additions(adapted)
    assert set(adapted.state_dict()) == {f"0.{name}" for name in made()[0].state_dict()}


def test_a_copy_learns_on_its_own():
    _, adapted = made()
    other = copy.deepcopy(adapted)
    train(other)
    x = torch.randn(3, 6)
    assert torch.equal(made()[0](x), adapted[0](x))
    assert not torch.equal(other[0](x), adapted[0](x))
