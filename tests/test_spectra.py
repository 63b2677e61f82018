"""Power spectra by matrix products are those of the Fourier transform."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from unheard.spectra import PowerSpectra


def made(samples, batch=1, seed=0):
    return torch.randn(batch, samples, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=40, deadline=None)
@given(window=some.integers(1, 90), more=some.integers(0, 60), hop=some.integers(1, 40), frames=some.integers(1, 9))
def test_they_are_those_of_the_fourier_transform(window, more, hop, frames):
    shape, size = torch.hann_window(window, periodic=False) + 0.1, window + more
    samples = made(window + (frames - 1) * hop + hop // 2, batch=2)
    found = PowerSpectra(shape, size, hop)(samples)
    expected = torch.fft.rfft(samples.double().unfold(1, window, hop) * shape, size).abs().square()
    assert found.shape == expected.shape
    torch.testing.assert_close(found.double(), expected, atol=2e-6 * float(expected.max() + 1), rtol=1e-4)


@pytest.mark.parametrize(("window", "size", "hop"), [(400, 512, 160), (400, 400, 160), (8000, 8192, 4000)])
def test_the_sizes_in_use_agree_with_scipy(window, size, hop):
    samples = made(3 * window)
    shape = torch.hann_window(window, periodic=False)
    found = PowerSpectra(shape, size, hop)(samples)[0].numpy()
    _, _, spectrum = scipy.signal.stft(
        samples[0].double().numpy(),
        window=shape.double().numpy(),
        nperseg=window,
        noverlap=window - hop,
        nfft=size,
        detrend=False,
        boundary=None,
        padded=False,
    )
    expected = np.abs(spectrum.T * float(shape.double().sum())) ** 2
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-6 * expected.max(), rtol=1e-4)


def test_a_sine_stands_in_its_own_bin():
    size, turns = 64, 5
    wave = torch.cos(2 * torch.pi * turns * torch.arange(size) / size).unsqueeze(0)
    power = PowerSpectra(torch.ones(size), size, 1)(wave)[0, 0]
    assert int(power.argmax()) == turns
    assert float(power[turns]) == pytest.approx((size / 2) ** 2, rel=1e-5)
    assert float(power.sum() - power[turns]) < 1e-3


def test_a_batch_is_its_items_and_nothing_of_it_learns():
    module = PowerSpectra(torch.hann_window(50), 64, 20)
    batch = made(333, batch=3)
    torch.testing.assert_close(module(batch), torch.cat([module(own.unsqueeze(0)) for own in batch]))
    assert sum(value.numel() for value in module.state_dict().values()) == 50 + 50 + 33
    assert not list(module.parameters())
