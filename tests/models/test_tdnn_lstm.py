"""What the TDNN-LSTM alone promises: how far it thins, and how far it sees."""

import math

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional as F

from unheard.models.encoders.tdnn_lstm import Encoder, Settings
from unheard.models.masking import MaskedBatchNorm, frame_mask


@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (2, 2), (3, 2)])
def test_lengths_are_divided_by_the_strides_and_rounded_up(strides):
    encoder = Encoder(4, Settings(channels=8, recurrent=4, strides=strides)).eval()
    lengths = torch.arange(1, 27)
    encoded, fewer = encoder(torch.randn(26, 26, 4), lengths)
    expected = [math.ceil(math.ceil(length / strides[0]) / strides[1]) for length in range(1, 27)]
    assert fewer.tolist() == expected
    assert encoded.shape[1] == max(expected)


def test_one_direction_never_looks_ahead_of_its_convolutions():
    encoder = Encoder(4, Settings(channels=8, recurrent=4, strides=(1, 1), bidirectional=False)).eval()
    sequence = torch.randn(1, 60, 4, requires_grad=True)
    encoder(sequence, torch.tensor([60]))[0][0, 20].sum().backward()
    reach = 2 + 2 + 3  # half widths times dilations: 5 wide; 3 wide, dilated by 2 where not thinning; 3 wide by 3
    felt = sequence.grad[0].abs().sum(1) > 0
    assert felt[: 20 + reach].any()
    assert not felt[20 + reach + 1 :].any()


def test_both_directions_see_everything():
    encoder = Encoder(4, Settings(channels=8, recurrent=4)).eval()
    sequence = torch.randn(1, 40, 4, requires_grad=True)
    encoder(sequence, torch.tensor([40]))[0][0, 5].sum().backward()
    assert (sequence.grad[0].abs().sum(1) > 0).all()


def test_the_first_layer_is_a_convolution_a_norm_and_a_rectifier():
    encoder = Encoder(4, Settings(channels=8, recurrent=4, strides=(2, 2))).eval()
    sequence = torch.randn(2, 9, 4)
    layer = encoder.layers[0]
    convolved = F.conv1d(sequence.transpose(1, 2), layer.convolution.weight, stride=2, padding=2)
    expected = F.relu(convolved / math.sqrt(1 + 1e-5)).transpose(1, 2)
    torch.testing.assert_close(layer(sequence, torch.tensor([9, 9]))[0], expected)


@pytest.mark.parametrize("wrong", [{"strides": (0, 2)}, {"strides": (2, -1)}, {"channels": 0}, {"dropout": 1.0}])
def test_sizes_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_a_batch_of_one_frame_takes_the_running_statistics():
    norm = MaskedBatchNorm(3).train()
    norm.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    frame = torch.tensor([[[2.0, 2.0, 2.0]]])
    result = norm(frame, torch.tensor([[True]]))
    torch.testing.assert_close(result, (frame - norm.running_mean) / math.sqrt(1 + 1e-5))
    assert norm.running_mean.tolist() == [1.0, 2.0, 3.0]
    assert norm.running_var.isfinite().all()


def test_masked_batch_norm_is_torchs_on_the_real_frames_alone():
    mine, theirs = MaskedBatchNorm(3, rectify=True).train(), nn.BatchNorm1d(3).train()
    frames, lengths = torch.randn(4, 7, 3), torch.tensor([7, 2, 5, 1])
    mask = frame_mask(lengths, 7)
    result = mine(frames, mask)
    torch.testing.assert_close(result[mask], F.relu(theirs(frames[mask])))
    assert not result[~mask].any()
    torch.testing.assert_close(mine.running_var, theirs.running_var)
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)


@pytest.mark.parametrize("rectify", [False, True])
@pytest.mark.parametrize("channels", [1, 3, 8, 17])
def test_evaluation_normalizes_every_frame_to_the_bits_of_the_real_ones_alone(rectify, channels):
    """It looks for no real frames, so that it can be exported, and no dev score and no probability moved for that."""
    norm = MaskedBatchNorm(channels, rectify=rectify).train()
    with torch.no_grad():
        norm.weight.normal_()
        norm.bias.normal_()
        for _ in range(3):
            norm(3 * torch.randn(2, 9, channels), torch.ones(2, 9, dtype=torch.bool))
    norm.eval()
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    frames, mask = torch.randn(5, 11, channels), frame_mask(torch.tensor([11, 1, 7, 2, 10]), 11)
    gathered = F.batch_norm(
        frames[mask], norm.running_mean, norm.running_var, norm.weight, norm.bias, training=False, eps=norm.eps
    )
    result = norm(frames, mask)
    assert torch.equal(result[mask], F.relu(gathered) if rectify else gathered)
    assert not result[~mask].any()
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
