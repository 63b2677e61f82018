"""MFCC against the cosine transform written out, and against Kaldi's."""

import numpy as np
import pytest

from unheard.features import logmel, mfcc

kaldi = pytest.importorskip("kaldi_native_fbank")

RATE = 16_000


def noise(count=4000, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, count).astype(np.float32)


def slow_dct(row):
    """Orthonormal DCT-II: c[n] = sqrt(2 / N) sum_m x[m] cos(pi n (m + 1/2) / N), c[0] over sqrt(2)."""
    size = len(row)
    out = []
    for order in range(size):
        total = sum(value * np.cos(np.pi * order * (m + 0.5) / size) for m, value in enumerate(row))
        out.append(total * np.sqrt((1 if order == 0 else 2) / size))
    return np.array(out)


def slow_differences(rows):
    last = len(rows) - 1
    out = np.zeros_like(rows)
    for frame in range(len(rows)):
        at = [rows[min(max(frame + shift, 0), last)] for shift in (-2, -1, 0, 1, 2)]
        out[frame] = (2 * (at[4] - at[0]) + at[3] - at[1]) / 10
    return out


@pytest.mark.parametrize("lifter", [0.0, 22.0])
def test_equals_the_cosine_transform_written_out(lifter):
    settings = mfcc.Settings(channels=30, coefficients=13, lifter=lifter)
    mels = logmel.extract(noise(1200), RATE, logmel.Settings(channels=30)).astype(np.float64)
    expected = np.array([slow_dct(row)[:13] for row in mels])
    if lifter:
        expected *= [1 + lifter / 2 * np.sin(np.pi * order / lifter) for order in range(13)]
    np.testing.assert_allclose(mfcc.extract(noise(1200), RATE, settings), expected, atol=1e-4)


def test_differences_written_out():
    settings = mfcc.Settings(channels=20, coefficients=5, differences=2)
    features = mfcc.extract(noise(), RATE, settings)
    plain = mfcc.extract(noise(), RATE, mfcc.Settings(channels=20, coefficients=5))
    np.testing.assert_array_equal(features[:, :5], plain)
    first = slow_differences(plain.astype(np.float64))
    np.testing.assert_allclose(features[:, 5:10], first, atol=1e-5)
    np.testing.assert_allclose(features[:, 10:], slow_differences(first), atol=1e-5)


@pytest.mark.parametrize(("channels", "kept"), [(23, 13), (40, 13), (40, 40), (80, 20)])
@pytest.mark.parametrize("lifter", [0.0, 22.0])
def test_equals_kaldi(channels, kept, lifter):
    options = kaldi.MfccOptions()
    frames = options.frame_opts
    frames.samp_freq, frames.dither, frames.preemph_coeff = RATE, 0.0, 0.0
    frames.window_type, frames.remove_dc_offset, frames.snip_edges = "hanning", False, True
    options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = channels, 20, 8000
    options.use_energy, options.num_ceps, options.cepstral_lifter = False, kept, lifter
    online = kaldi.OnlineMfcc(options)
    online.accept_waveform(RATE, noise().tolist())
    online.input_finished()
    expected = np.stack([online.get_frame(frame) for frame in range(online.num_frames_ready)])
    settings = mfcc.Settings(channels=channels, coefficients=kept, lifter=lifter)
    np.testing.assert_allclose(mfcc.extract(noise(), RATE, settings), expected, atol=3e-3)


def test_all_coefficients_keep_the_energy_of_the_spectrum():
    mels = logmel.extract(noise(), RATE, logmel.Settings(channels=40))
    cepstrum = mfcc.extract(noise(), RATE, mfcc.Settings(channels=40, coefficients=40, lifter=0))
    np.testing.assert_allclose((cepstrum**2).sum(axis=1), (mels**2).sum(axis=1), rtol=1e-5)


def test_loudness_changes_the_zeroth_coefficient_only():
    settings = mfcc.Settings(coefficients=13, lifter=0, floor=1e-20)
    change = mfcc.extract(3 * noise(), RATE, settings) - mfcc.extract(noise(), RATE, settings)
    np.testing.assert_allclose(change[:, 0], np.log(9) * np.sqrt(80), atol=1e-3)
    np.testing.assert_allclose(change[:, 1:], 0, atol=1e-3)


def test_differences_of_a_steady_sound_are_zero():
    samples = np.zeros(4000, np.float32)
    features = mfcc.extract(samples, RATE, mfcc.Settings(coefficients=4, differences=2))
    np.testing.assert_allclose(features[:, 4:], 0, atol=1e-6)


@pytest.mark.parametrize("channels", [4, 20, 80])
@pytest.mark.parametrize("coefficients", [1, 13, 40, 256])
@pytest.mark.parametrize("differences", [0, 1, 2])
def test_channel_names(channels, coefficients, differences):
    settings = mfcc.Settings(channels=channels, coefficients=coefficients, differences=differences)
    names = mfcc.channel_names(settings)
    assert len(names) == len(set(names)) == min(channels, coefficients) * (differences + 1)
    assert mfcc.extract(noise(500), RATE, settings).shape == (1, len(names))


@pytest.mark.parametrize("wrong", [{"coefficients": 0}, {"differences": 3}, {"lifter": -1}, {"lifters": 1}], ids=str)
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError):
        mfcc.Settings(**wrong)
