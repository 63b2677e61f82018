"""Log-mel against two other implementations, and what must hold of frames and bands."""

import numpy as np
import pytest

from unheard.features import logmel
from unheard.features._mel import mel_filters

kaldi = pytest.importorskip("kaldi_native_fbank")

RATE = 16_000


def voice(seconds=0.5, rate=RATE, seed=0):
    """Harmonics that glide, over noise: something in every band."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = 120 + 40 * np.sin(2 * np.pi * 2 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    tones = sum(np.sin(number * phase) / number for number in range(1, 20))
    noise = np.random.default_rng(seed).normal(0, 0.05, len(time))
    return (0.2 * tones + noise).astype(np.float32)


def kaldi_options(options, settings, rate=RATE):
    frames = options.frame_opts
    frames.samp_freq, frames.dither, frames.preemph_coeff = rate, 0.0, 0.0
    frames.window_type, frames.remove_dc_offset, frames.snip_edges = "hanning", False, True
    frames.frame_length_ms, frames.frame_shift_ms = 1000 * settings.window, 1000 * settings.hop
    options.mel_opts.num_bins = settings.channels
    options.mel_opts.low_freq, options.mel_opts.high_freq = settings.low, settings.high
    return options


def frames_of(online, samples, rate=RATE):
    online.accept_waveform(rate, samples.tolist())
    online.input_finished()
    return np.stack([online.get_frame(frame) for frame in range(online.num_frames_ready)])


def slow_logmel(samples, rate, settings):
    """Frame by frame and band by band, from the definitions, in double precision."""
    window, hop = round(settings.window * rate), round(settings.hop * rate)
    size = 1
    while size < window:
        size *= 2
    taper = [0.5 - 0.5 * np.cos(2 * np.pi * n / (window - 1)) for n in range(window)]
    low, high = (1127 * np.log(1 + hertz / 700) for hertz in (settings.low, min(settings.high, rate / 2)))
    step = (high - low) / (settings.channels + 1)
    rows = []
    for start in range(0, len(samples) - window + 1, hop):
        frame = samples[start : start + window].astype(np.float64) * taper
        power = np.abs(np.fft.rfft(frame, size)) ** 2
        row = []
        for band in range(settings.channels):
            center = low + (band + 1) * step
            total = 0.0
            for number, value in enumerate(power):
                distance = abs(1127 * np.log(1 + number * rate / size / 700) - center)
                total += value * max(0.0, 1 - distance / step)
            row.append(np.log(max(total, settings.floor)))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(
    "settings",
    [
        logmel.Settings(channels=23),
        logmel.Settings(channels=40, high=7600),
        logmel.Settings(channels=80),
        logmel.Settings(channels=64, low=60, high=7000),
        logmel.Settings(channels=40, window=0.06, hop=0.03),
    ],
    ids=str,
)
def test_equals_kaldi(settings):
    options = kaldi_options(kaldi.FbankOptions(), settings)
    options.use_energy, options.use_power, options.use_log_fbank, options.energy_floor = False, True, True, 0.0
    expected = frames_of(kaldi.OnlineFbank(options), voice())
    features = logmel.extract(voice(), RATE, settings)
    assert features.shape == expected.shape
    np.testing.assert_allclose(features, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("rate", "settings"),
    [
        (RATE, logmel.Settings(channels=23)),
        (RATE, logmel.Settings(channels=80)),
        (8000, logmel.Settings(channels=30, high=4000)),
        (22_050, logmel.Settings(channels=20, window=0.04, hop=0.02)),
    ],
    ids=str,
)
def test_equals_the_definition_written_out(rate, settings):
    samples = voice(0.1, rate)
    # Where a narrow band sums few bins, single precision leaves about 1e-4 of the logarithm.
    np.testing.assert_allclose(
        logmel.extract(samples, rate, settings), slow_logmel(samples, rate, settings), atol=2e-4
    )


@pytest.mark.parametrize("frequency", [200, 440, 1000, 3000, 6500])
def test_a_sine_lands_in_its_band(frequency):
    settings = logmel.Settings(channels=40)
    samples = np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE).astype(np.float32)
    low, high = (1127 * np.log1p(hertz / 700) for hertz in (settings.low, settings.high))
    step = (high - low) / (settings.channels + 1)
    expected = (1127 * np.log1p(frequency / 700) - low) / step - 1
    loudest = logmel.extract(samples, RATE, settings).mean(axis=0).argmax()
    assert abs(loudest - expected) <= 0.75


def test_doubling_the_amplitude_adds_log_4():
    features = [logmel.extract(gain * voice(), RATE, logmel.Settings(floor=1e-20)) for gain in (1, 2)]
    np.testing.assert_allclose(features[1] - features[0], np.log(4), atol=1e-4)


@pytest.mark.parametrize("count", [400, 401, 559, 560, 561, 16_000])
def test_number_of_frames(count):
    features = logmel.extract(np.ones(count, np.float32), RATE, logmel.Settings())
    assert features.shape == (1 + (count - 400) // 160, 80)


@pytest.mark.parametrize("count", [0, 1, 2, 399])
def test_shorter_than_a_window_is_one_frame_padded_with_zeros(count):
    samples = voice()[:count]
    features = logmel.extract(samples, RATE, logmel.Settings())
    assert features.shape == (1, 80)
    padded = np.pad(samples, (0, 400 - count))
    np.testing.assert_array_equal(features, logmel.extract(padded, RATE, logmel.Settings()))


@pytest.mark.parametrize(("window", "hop"), [(0.06, 0.03), (0.025, 0.025), (0.02, 0.05), (0.5, 0.5), (1e-5, 1e-5)])
def test_window_and_hop(window, hop):
    samples = voice(1.0)
    features = logmel.extract(samples, RATE, logmel.Settings(window=window, hop=hop))
    width, step = round(window * RATE), max(1, round(hop * RATE))
    assert features.shape == (1 + (len(samples) - width) // step, 80)
    assert np.isfinite(features).all()


def test_frames_do_not_look_past_their_window():
    samples = voice(0.5)
    changed = samples.copy()
    changed[3200:] = 0
    before, after = (logmel.extract(wave, RATE, logmel.Settings()) for wave in (samples, changed))
    last = (3200 - 400) // 160
    np.testing.assert_allclose(before[: last + 1], after[: last + 1], atol=1e-5)
    assert np.abs(before[last + 2 :] - after[last + 2 :]).min() > 1e-3


def test_silence_lies_on_the_floor():
    features = logmel.extract(np.zeros(800, np.float32), RATE, logmel.Settings(floor=1e-3))
    np.testing.assert_allclose(features, np.log(1e-3), rtol=1e-6)


def test_filters_are_triangles_with_peak_one_that_add_up_to_one():
    filters = mel_filters(20, 4096, RATE, 20.0, 8000.0).numpy()
    assert filters.shape == (2049, 20)
    assert filters.min() == 0
    assert filters.max(axis=0) == pytest.approx(1, abs=0.03)
    mels = 1127 * np.log1p(np.arange(2049) * RATE / 4096 / 700)
    edges = np.linspace(1127 * np.log1p(20 / 700), 1127 * np.log1p(8000 / 700), 22)
    inside = (mels >= edges[1]) & (mels <= edges[-2])
    np.testing.assert_allclose(filters[inside].sum(axis=1), 1, atol=1e-5)
    assert filters[(mels < edges[0]) | (mels > edges[-1])].sum() == 0


def test_the_upper_edge_is_cut_to_half_the_rate():
    wide, narrow = (logmel.extract(voice(0.2, 8000), 8000, logmel.Settings(high=edge)) for edge in (8000, 4000))
    np.testing.assert_array_equal(wide, narrow)


def test_the_samples_are_left_as_they_are():
    samples = voice()
    before = samples.copy()
    logmel.extract(samples, RATE, logmel.Settings())
    np.testing.assert_array_equal(samples, before)
    np.testing.assert_array_equal(
        logmel.extract(samples[::2], RATE, logmel.Settings()),
        logmel.extract(samples[::2].copy(), RATE, logmel.Settings()),
    )


@pytest.mark.parametrize(
    "wrong",
    [{"channels": 0}, {"window": 0}, {"hop": -1}, {"low": 100, "high": 100}, {"floor": 0}, {"chanels": 40}],
    ids=str,
)
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError):
        logmel.Settings(**wrong)


@pytest.mark.parametrize("channels", [1, 40, 256])
def test_channel_names(channels):
    settings = logmel.Settings(channels=channels)
    names = logmel.channel_names(settings)
    assert len(names) == len(set(names)) == logmel.extract(voice(0.05), RATE, settings).shape[1]
