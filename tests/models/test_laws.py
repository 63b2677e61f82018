"""Laws of the models: padding, order, storage, and the parts beside independent computations."""

import numpy as np
import pytest
import torch
from torch import nn

from unheard.errors import RunError
from unheard.models.masking import MaskedBatchNorm, frame_mask, reverse_within
from unheard.models.model import EmbeddingNetwork, build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.normalization import Normalizer
from unheard.models.pooling import mean_pooling, statistics_pooling
from unheard.models.weights import load_model, save_model
from unheard.seeds import named_seed

SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4, "dropout": 0.0},
    embedding=6,
    hidden=5,
    dropout=0.0,
)


def made_batch(lengths=(9, 5, 1, 14), channels=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.tensor(lengths)
    features = torch.randn(len(lengths), int(lengths.max()), channels, generator=generator)
    return features * frame_mask(lengths, features.shape[1]).unsqueeze(2), lengths


@pytest.fixture
def model():
    return build_model(4, {"emotion": 3, "speaker": 2}, SETTINGS)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", ["none", "utterance", "utterance channels", "training"])
def test_padding_changes_nothing(kind, training):
    model = build_model(4, {"emotion": 3}, SETTINGS.model_copy(update={"normalization": kind})).train(training)
    features, lengths = made_batch()
    padded = torch.cat([features, torch.zeros(4, 13, 4)], dim=1)
    torch.testing.assert_close(model.network(padded, lengths), model.network(features, lengths), atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_the_order_of_a_batch_changes_nothing(model, training):
    model.train(training)
    features, lengths = made_batch()
    order = torch.tensor([2, 0, 3, 1])
    mine, theirs = model.network(features, lengths)[order], model.network(features[order], lengths[order])
    torch.testing.assert_close(mine, theirs, atol=2e-6, rtol=1e-5)


def test_noise_of_the_size_that_was_asked_for_reaches_the_encoder_in_training_alone_and_never_the_padding():
    settings = SETTINGS.model_copy(update={"normalization": "none", "noise": 0.4})
    model = build_model(4, {"emotion": 3}, settings)
    features, lengths = made_batch((400, 300, 50))
    seen = []
    model.network.encoder.register_forward_pre_hook(lambda _, given: seen.append(given[0].detach().clone()))
    model.train().network(features, lengths)
    model.train().network(features, lengths)
    model.eval().network(features, lengths)
    real = frame_mask(lengths, 400)
    noise = (seen[0] - features)[real]
    assert float(noise.std()) == pytest.approx(0.4, rel=0.05)
    assert abs(float(noise.mean())) < 0.02
    assert not torch.equal(seen[0], seen[1])
    assert not seen[0][~real].any()
    assert torch.equal(seen[2], features)


def test_an_item_alone_is_what_it_is_in_a_batch(model):
    model.eval()
    features, lengths = made_batch()
    together = model.network(features, lengths)
    for row, length in enumerate(lengths):
        alone = model.network(features[row : row + 1, :length], lengths[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], atol=2e-6, rtol=1e-5)


def test_what_stands_in_the_padding_is_never_read(model):
    model.eval()
    features, lengths = made_batch()
    noise = features + 100 * (~frame_mask(lengths, features.shape[1])).unsqueeze(2)
    torch.testing.assert_close(model.network(noise, lengths), model.network(features, lengths))


def test_save_load_encode_is_bit_equal(model, tmp_path):
    features, lengths = made_batch()
    model.train()
    model.network(features, lengths)  # moves the running statistics, which must be stored, too
    model.eval()
    save_model(model, tmp_path / "m.safetensors", {"emotions": ["a", "b", "c"]})
    loaded, header = load_model(tmp_path / "m.safetensors")
    assert header["emotions"] == ["a", "b", "c"]
    assert torch.equal(loaded.network(features, lengths), model.network(features, lengths))
    assert [file.name for file in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_file_of_another_kind_is_refused(tmp_path):
    file = tmp_path / "m.safetensors"
    file.write_bytes(b"\x80\x04\x95 pickled")
    with pytest.raises(RunError, match=r"m\.safetensors"):
        load_model(file)


def test_adding_a_head_changes_no_other_part():
    small = build_model(4, {"emotion": 3}, SETTINGS, seed=5)
    parts = {"companion": lambda: EmbeddingNetwork(4, SETTINGS), "decoder": lambda: nn.Linear(6, 4)}
    large = build_model(4, {"emotion": 3, "speaker": 7, "gender": 2}, SETTINGS, parts=parts, seed=5)
    for name, value in small.state_dict().items():
        assert torch.equal(value, large.state_dict()[name])


def test_building_a_model_leaves_the_global_generator_alone():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    build_model(4, {"emotion": 3}, SETTINGS)
    assert torch.equal(torch.rand(1), expected)


def test_named_seeds_differ():
    assert len({named_seed(seed, name) for seed in range(20) for name in ("a", "b", "c")}) == 60


def test_masked_batch_norm_is_batch_norm_where_nothing_is_padded():
    mine, theirs = MaskedBatchNorm(3), nn.BatchNorm1d(3)
    with torch.no_grad():
        mine.weight.copy_(torch.tensor([1.0, 2.0, -0.5]))
        theirs.weight.copy_(mine.weight)
    first = torch.randn(5, 7, 3, requires_grad=True)
    second = first.detach().clone().requires_grad_()
    out = mine(first, torch.ones(5, 7, dtype=torch.bool))
    expected = theirs(second.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
    out.pow(3).sum().backward()
    expected.pow(3).sum().backward()
    torch.testing.assert_close(first.grad, second.grad, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)
    torch.testing.assert_close(mine.running_var, theirs.running_var)


def test_masked_batch_norm_sees_real_frames_only():
    norm, plain = MaskedBatchNorm(3), nn.BatchNorm1d(3)
    features, lengths = made_batch(channels=3)
    mask = frame_mask(lengths, features.shape[1])
    torch.testing.assert_close(norm(features, mask)[mask], plain(features[mask]), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(norm.running_var, plain.running_var)


def test_reversing_twice_is_nothing_and_once_is_by_hand():
    features, lengths = made_batch()
    once = reverse_within(features, lengths)
    assert torch.equal(reverse_within(once, lengths), features)
    for row, length in enumerate(lengths):
        assert torch.equal(once[row, :length], features[row, :length].flip(0))


def test_the_backwards_lstm_is_that_of_torch():
    model = build_model(4, {"emotion": 3}, SETTINGS).eval()
    encoder = model.network.encoder
    both = nn.LSTM(8, 4, batch_first=True, bidirectional=True)
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    with torch.no_grad():
        for name in names:
            getattr(both, name).copy_(getattr(encoder.forwards, name))
            getattr(both, f"{name}_reverse").copy_(getattr(encoder.backwards, name))
    sequence, lengths = torch.randn(2, 6, 8), torch.tensor([6, 3])
    packed = nn.utils.rnn.pack_padded_sequence(sequence, lengths, batch_first=True)
    expected = nn.utils.rnn.pad_packed_sequence(both(packed)[0], batch_first=True)[0]
    forwards = encoder.forwards(sequence)[0]
    backwards = reverse_within(encoder.backwards(reverse_within(sequence, lengths))[0], lengths)
    mine = torch.cat([forwards, backwards], 2) * frame_mask(lengths, 6).unsqueeze(2)
    torch.testing.assert_close(mine, expected)


def test_pooling_is_numpys_mean_and_deviation():
    features, lengths = made_batch()
    pooled = statistics_pooling(features, lengths).numpy()
    for row, length in enumerate(lengths):
        own = features[row, :length].numpy()
        np.testing.assert_allclose(pooled[row, :4], own.mean(0), atol=1e-6)
        np.testing.assert_allclose(pooled[row, 4:], np.maximum(own.std(0), 1e-3), atol=1e-5)
    np.testing.assert_array_equal(mean_pooling(features, lengths).numpy(), pooled[:, :4])


def test_normalizers_do_what_they_say():
    features, lengths = made_batch(lengths=(9, 5))
    scalar, channel = Normalizer("utterance", 4), Normalizer("utterance channels", 4)
    fitted = Normalizer("training", 4)
    fitted.fit(torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([2.0, 2.0, 2.0, 0.0]))
    for row, length in enumerate(lengths):
        own = features[row, :length].numpy()
        got = scalar(features, lengths)[row, :length].numpy()
        np.testing.assert_allclose(got, (own - own.mean()) / own.std(), atol=1e-5)
        got = channel(features, lengths)[row, :length].numpy()
        np.testing.assert_allclose(got, (own - own.mean(0)) / own.std(0), atol=1e-5)
        got = fitted(features, lengths)[row, :length].numpy()
        np.testing.assert_allclose(got, (own - [1, 2, 3, 4]) / [2, 2, 2, 1e-3], rtol=1e-4, atol=1e-3)


def test_the_level_of_a_recording_changes_nothing_under_utterance_normalization(model):
    model.eval()
    features, lengths = made_batch(lengths=(9, 5))
    louder = (features + 3.0) * frame_mask(lengths, 9).unsqueeze(2)  # a gain is a constant in log-mel
    torch.testing.assert_close(model.network(louder, lengths), model.network(features, lengths), atol=1e-5, rtol=1e-4)


def test_one_frame_is_enough_and_gives_finite_gradients(model):
    features = torch.zeros(2, 1, 4, requires_grad=True)
    model.train()
    model(features, torch.tensor([1, 1])).sum().backward()
    assert torch.isfinite(features.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in model.network.parameters() if p.grad is not None)
