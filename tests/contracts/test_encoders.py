"""What every registered encoder keeps: its card, its shape, padding, order, finite gradients, storage."""

import pytest
import torch
from pydantic import BaseModel, ValidationError
from torch import nn

from unheard import registry
from unheard.models.masking import frame_mask
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model

NAMES = [name for name in registry.names("encoders") if name != "upstream"]
"""An upstream hears the waveform and needs a checkpoint: tests/models/test_upstream_encoder.py holds these laws."""
CHANNELS = 4
SMALL = {
    "tdnn_lstm": [
        {"channels": 8, "recurrent": 4},
        {"channels": 8, "recurrent": 4, "bidirectional": False, "strides": (1, 1)},
        {"channels": 8, "recurrent": 4, "strides": (3, 2)},
    ],
    "pooled": [{"states": 2}, {"states": 4}],
}
"""Tiny sizes worth a run beside the defaults."""
CASES = [(name, options) for name in NAMES for options in [{}, *SMALL.get(name, [])]]


def still(settings):
    """Without dropout, where an encoder has any."""
    drops = {name: 0.0 for name in type(settings).model_fields if "dropout" in name}
    return settings.model_copy(update=drops)


@pytest.fixture(params=CASES, ids=str)
def encoder(request):
    name, options = request.param
    module = registry.load("encoders", name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return module.Encoder(CHANNELS, still(module.Settings(**options)))


def made_input(lengths=(17, 5, 1, 9, 16), seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.tensor(lengths)
    sequence = torch.randn(len(lengths), int(lengths.max()), CHANNELS, generator=generator)
    return sequence * frame_mask(lengths, sequence.shape[1]).unsqueeze(2), lengths


def real(encoded, lengths):
    """Every item's real frames, one after the other."""
    return encoded[frame_mask(lengths, encoded.shape[1])]


def test_the_known_one_is_there():
    assert "tdnn_lstm" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_card_and_settings(name):
    module = registry.load("encoders", name)
    assert module.__doc__
    assert module.Encoder.__doc__
    assert {"Encoder", "Settings"} <= set(module.__all__)
    assert issubclass(module.Settings, BaseModel)
    settings = module.Settings()
    with pytest.raises(ValidationError):
        module.Settings(nonsense=1)
    with pytest.raises(ValidationError):
        setattr(settings, next(iter(module.Settings.model_fields)), 1)
    assert module.Settings(**settings.model_dump(mode="json")) == settings


def test_shape_is_what_is_promised(encoder):
    sequence, lengths = made_input()
    encoded, fewer = encoder(sequence, lengths)
    assert encoded.shape[0] == len(lengths)
    assert encoded.shape[1] >= int(fewer.max())
    assert encoded.shape[2] == encoder.size
    assert fewer.dtype == torch.int64
    assert bool(((fewer >= 1) & (fewer <= lengths)).all())
    order = lengths.argsort()
    assert fewer[order].tolist() == sorted(fewer.tolist())


@pytest.mark.parametrize("training", [False, True])
def test_padding_changes_nothing(encoder, training):
    encoder.train(training)
    sequence, lengths = made_input()
    longer = torch.cat([sequence, torch.zeros(len(lengths), 11, CHANNELS)], dim=1)
    mine, theirs = encoder(sequence, lengths), encoder(longer, lengths)
    assert torch.equal(mine[1], theirs[1])
    torch.testing.assert_close(real(*mine), real(*theirs), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_the_order_of_a_batch_changes_nothing(encoder, training):
    encoder.train(training)
    sequence, lengths = made_input()
    order = torch.tensor([3, 0, 4, 2, 1])
    mine, theirs = encoder(sequence, lengths), encoder(sequence[order], lengths[order])
    assert torch.equal(mine[1][order], theirs[1])
    torch.testing.assert_close(real(mine[0][order], theirs[1]), real(*theirs), atol=1e-6, rtol=1e-5)


def test_an_item_alone_is_what_it_is_in_a_batch(encoder):
    encoder.eval()
    sequence, lengths = made_input()
    together, fewer = encoder(sequence, lengths)
    for row, length in enumerate(lengths):
        alone, own = encoder(sequence[row : row + 1, :length], lengths[row : row + 1])
        assert own[0] == fewer[row]
        torch.testing.assert_close(alone[0, : own[0]], together[row, : own[0]], atol=1e-6, rtol=1e-5)


def test_no_item_feels_another_in_evaluation(encoder):
    encoder.eval()
    sequence, lengths = made_input()
    sequence.requires_grad_()
    encoded, fewer = encoder(sequence, lengths)
    encoded[0, : fewer[0]].sum().backward()
    assert sequence.grad[0].abs().sum() > 0
    assert (sequence.grad[1:] == 0).all()


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("lengths", [(1,), (1, 1), (2, 1), (17, 1)])
@pytest.mark.parametrize("level", [0.0, 1.0, 1e4])
def test_gradients_are_finite_down_to_one_frame(encoder, training, lengths, level):
    encoder.train(training)
    sequence, lengths = made_input(lengths)
    sequence = (sequence * level).requires_grad_()
    encoded, fewer = encoder(sequence, lengths)
    real(encoded, fewer).square().sum().backward()
    assert torch.isfinite(encoded).all()
    assert torch.isfinite(sequence.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in encoder.parameters() if p.grad is not None)


def test_every_parameter_learns(encoder):
    sequence, lengths = made_input()
    encoder.train()
    sequence.requires_grad_()  # there may be no parameter at all
    real(*encoder(sequence, lengths)).pow(3).sum().backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_save_load_encode_is_bit_equal(case, tmp_path):
    name, options = case
    settings = ModelSettings(encoder={"name": name, **options}, embedding=6, hidden=5)
    model = build_model(CHANNELS, {"emotion": 3}, settings).train()
    sequence, lengths = made_input()
    model(sequence, lengths)  # batch norm remembers what it has seen, and that is stored, too
    save_model(model.eval(), tmp_path / "model.safetensors", {})
    loaded, _ = load_model(tmp_path / "model.safetensors")
    assert isinstance(loaded, nn.Module)
    assert torch.equal(loaded(sequence, lengths), model(sequence, lengths))
    assert torch.equal(loaded.network.encoder(sequence, lengths)[0], model.network.encoder(sequence, lengths)[0])
