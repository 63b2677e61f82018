"""Laws of the utterance functionals, and their formulas written out by hand."""

import math
import time

import numpy as np
import pydantic
import pytest

from unheard.features import _spectral, functionals
from unheard.features._mel import mel_filters
from unheard.features._spectral import SPECTRAL, power_spectra, spectral_descriptors
from unheard.features._statistics import BRIEF, RHYTHM, TREND, rhythm, summaries, trends
from unheard.features.functionals import KIND, Settings, channel_names, describe, extract

RATE = 16_000
SETTINGS = Settings()
NAMES = channel_names(SETTINGS)


def _tone(hertz, seconds=1.0, *, snr=20.0, seed=0, decay=1.0, rate=RATE):
    """Harmonics up to 0.48 of the rate, with white noise so many dB below."""
    moment = np.arange(round(seconds * rate)) / rate
    harmonics = range(1, int(0.48 * rate // hertz) + 1)
    tone = sum(np.sin(2 * np.pi * hertz * k * moment + k) / k**decay for k in harmonics)
    tone *= 0.1 / np.sqrt(np.mean(tone**2))
    noise = np.random.default_rng(seed).standard_normal(len(moment)) * 0.1 * 10 ** (-snr / 20)
    return (tone + noise).astype(np.float32)


def _noise(seconds=1.0, seed=0, level=0.1):
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def _pulses(hertz=130.0, *, jitter=0.0, shimmer=0.0, seed=0, seconds=2.0):
    """Damped resonances, struck at periods and with strengths that vary; with the true jitter and shimmer."""
    random = np.random.default_rng(seed)
    count = int(seconds * hertz)
    moments = np.cumsum((1 + jitter * random.standard_normal(count)) / hertz)
    strengths = 1 + shimmer * random.standard_normal(count)
    samples = np.zeros(int((moments[-1] + 0.1) * RATE))
    for moment, strength in zip(moments, strengths, strict=True):
        first = int(moment * RATE) + 1
        passed = np.arange(first, min(len(samples), first + 400)) / RATE - moment
        ring = np.exp(-400 * passed) * np.sin(2 * np.pi * 600 * passed) * np.minimum(1, 4000 * passed)
        samples[first : first + 400] += strength * ring
    period = np.diff(moments)
    true = 200 * np.mean(np.abs(np.diff(period)) / (period[1:] + period[:-1]))
    return (0.1 * samples).astype(np.float32), true, np.mean(np.abs(np.diff(20 * np.log10(strengths))))


def _named(samples, rate=RATE, settings=SETTINGS):
    row = extract(samples, rate, settings)
    assert row.shape == (1, len(NAMES))
    assert row.dtype == np.float32
    return dict(zip(NAMES, row[0].tolist(), strict=True))


def test_names_are_distinct_and_as_many_as_channels():
    assert KIND == "utterance"
    assert len(set(NAMES)) == len(NAMES) == 16 * (len(BRIEF) + len(TREND)) + 12 * 2 + 2 * 6 + len(RHYTHM)


# Pitch and voice


@pytest.mark.parametrize("hertz", [80, 100, 123.4, 150, 200, 271, 333, 400])
@pytest.mark.parametrize("decay", [0.0, 1.0, 2.0])
def test_pitch_of_a_tone_is_within_one_per_cent(hertz, decay):
    found = describe(_tone(hertz, decay=decay), RATE, SETTINGS)
    assert found.voiced.all()
    np.testing.assert_allclose(found.frequency, hertz, rtol=0.01)


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_pitch_does_not_depend_on_the_rate(rate):
    found = describe(_tone(180, rate=rate), rate, SETTINGS)
    assert found.voiced.mean() > 0.98
    np.testing.assert_allclose(found.frequency[found.voiced], 180, rtol=0.01)


def test_pitch_statistics_are_semitones_above_a():
    row = _named(_tone(220.0))
    assert row["pitch_mean"] == pytest.approx(36.0, abs=0.05)
    assert row["pitch_p50"] == pytest.approx(36.0, abs=0.05)
    assert row["pitch_range"] < 0.1


def test_a_missing_fundamental_is_heard():
    moment = np.arange(RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 150 * k * moment + k) for k in range(3, 12))
    found = describe((0.02 * tone).astype(np.float32) + _noise(level=0.003), RATE, SETTINGS)
    np.testing.assert_allclose(found.frequency, 150, rtol=0.01)


def test_a_rising_voice_rises_and_a_falling_one_falls():
    moment = np.arange(2 * RATE) / RATE
    semitones = 3.0 * moment  # per second
    phase = 2 * np.pi * np.cumsum(110 * 2 ** (semitones / 12)) / RATE
    rising = (0.1 * sum(np.sin(k * phase) / k for k in range(1, 20))).astype(np.float32) + _noise(2.0, level=0.002)
    up, down = _named(rising), _named(rising[::-1])
    assert up["pitch_slope"] == pytest.approx(3.0, abs=0.1)
    assert down["pitch_slope"] == pytest.approx(-3.0, abs=0.1)
    assert up["pitch_rise"] == pytest.approx(3.0, abs=0.4)
    assert down["pitch_fall"] == pytest.approx(-3.0, abs=0.4)


def test_time_reversal_keeps_the_mean_pitch():
    moment = np.arange(2 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(160 + 30 * np.sin(2 * np.pi * 1.3 * moment)) / RATE
    voice = (0.1 * sum(np.sin(k * phase) / k for k in range(1, 20))).astype(np.float32) + _noise(2.0, level=0.003)
    forwards, backwards = describe(voice, RATE, SETTINGS), describe(voice[::-1], RATE, SETTINGS)
    assert forwards.frequency.mean() == pytest.approx(backwards.frequency.mean(), rel=0.002)


@pytest.mark.parametrize("seed", range(5))
def test_white_noise_has_no_voice(seed):
    row = _named(_noise(2.0, seed=seed))
    assert row["voiced_ratio"] < 0.02
    assert row["active_ratio"] == 1.0


@pytest.mark.parametrize("snr", [5.0, 10.0, 15.0, 20.0])
@pytest.mark.parametrize("hertz", [100, 150, 220, 330])
def test_harmonicity_is_the_ratio_of_harmonics_to_noise(snr, hertz):
    assert _named(_tone(hertz, snr=snr))["hnr_mean"] == pytest.approx(snr, abs=1.5)


def test_prominence_of_a_voice_exceeds_that_of_noise_and_falls_with_noise():
    clean, rough = _named(_tone(150, snr=30)), _named(_tone(150, snr=5))
    noise = describe(_noise(), RATE, SETTINGS).cpp.mean()
    assert clean["cpp_mean"] > rough["cpp_mean"] + 3 > noise + 3


@pytest.mark.parametrize("planted", [0.005, 0.01, 0.02])
@pytest.mark.parametrize("hertz", [110.0, 210.0])
def test_jitter_is_the_jitter_that_was_planted(planted, hertz):
    samples, true, _ = _pulses(hertz, jitter=planted)
    assert _named(samples)["jitter_mean"] == pytest.approx(true, rel=0.25)


def test_jitter_and_shimmer_rise_with_what_is_planted():
    jitters = [_named(_pulses(jitter=planted)[0])["jitter_mean"] for planted in (0.0, 0.005, 0.01, 0.02, 0.04)]
    shimmers = [_named(_pulses(shimmer=planted)[0])["shimmer_mean"] for planted in (0.0, 0.02, 0.05, 0.1)]
    assert jitters[0] < 0.3
    assert shimmers[0] < 0.05
    assert (np.diff(jitters) > 0).all()
    assert (np.diff(shimmers) > 0).all()


@pytest.mark.parametrize("planted", [0.02, 0.05, 0.1])
def test_shimmer_is_the_shimmer_that_was_planted(planted):
    samples, _, true = _pulses(shimmer=planted)
    assert _named(samples)["shimmer_mean"] == pytest.approx(true, rel=0.25)


# Level


def test_level_of_a_full_sine_is_three_decibels_below_full_scale():
    sine = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    assert _named(sine)["level_mean"] == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("scale", [2.0, 0.01])
def test_amplitude_moves_the_level_and_nothing_else(scale):
    samples, *_ = _pulses(jitter=0.01, shimmer=0.05)
    samples = (
        np.concatenate([samples, _noise(0.3, level=0.003), samples])
        + _noise(5.0, level=1e-4)[: 2 * len(samples) + 4800]
    )
    before, after = _named(samples), _named(np.float32(scale) * samples)
    for name, value in before.items():
        moved = 20 * math.log10(scale) if name in {f"level_{part}" for part in ("mean", "p20", "p50", "p80")} else 0.0
        assert after[name] == pytest.approx(value + moved, rel=1e-3, abs=1e-3), name


# Spectrum


@pytest.mark.parametrize("hertz", [300, 1000, 2345, 5000])
def test_the_centroid_of_a_sine_is_its_frequency(hertz):
    row = _named((0.3 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32))
    assert row["centroid_mean"] == pytest.approx(hertz, rel=0.01)
    assert row["rolloff_mean"] == pytest.approx(hertz, abs=2 * RATE / 512)
    assert row["spread_mean"] < 60
    assert row["flatness_mean"] < 1e-4


def test_slope_alpha_and_hammarberg_have_the_sign_of_the_tilt():
    noise = _noise(2.0).astype(np.float64)
    dull = np.convolve(noise, np.full(4, 0.25), mode="same")
    dull, bright, flat = (
        _named(samples.astype(np.float32)) for samples in (dull, np.diff(noise, prepend=0.0), noise)
    )
    assert dull["slope_mean"] < -1 < flat["slope_mean"] < 1 < bright["slope_mean"]
    for name in ("alpha_mean", "hammarberg_mean"):
        assert dull[name] > flat[name] > bright[name]


def test_white_noise_has_the_moments_of_an_even_spectrum():
    row = _named(_noise(3.0))
    assert row["centroid_mean"] == pytest.approx(RATE / 4, rel=0.02)
    assert row["spread_mean"] == pytest.approx(RATE / 2 / math.sqrt(12), rel=0.03)
    assert row["rolloff_mean"] == pytest.approx(0.85 * RATE / 2, rel=0.02)
    assert row["flatness_mean"] == pytest.approx(math.exp(-0.5772), abs=0.05)  # of exponential powers


def test_flux_is_low_for_a_steady_tone_and_high_for_noise():
    assert _named(_tone(200, snr=40))["flux_mean"] < 0.15
    assert _named(_noise())["flux_mean"] > 0.5


def _reference(frames, rate):
    """Spectral descriptors frame by frame and bin by bin, from their definitions."""
    size, floor, last, rows = 512, 1e-9, None, []
    window = [math.sin(math.pi * (n + 1) / (len(frames[0]) + 1)) ** 2 for n in range(len(frames[0]))]
    filters = mel_filters(26, size, rate, 20.0, 8000.0).numpy().astype(float)
    for frame in frames:
        power = list(np.abs(np.fft.fft(np.array(frame) * window, size))[: size // 2 + 1] ** 2)
        power[0] = 0.0
        share = [value / sum(power) for value in power]
        hertz = [k * rate / size for k in range(len(share))]
        level = [10 * math.log10(value + floor) for value in share]
        centroid = sum(f * p for f, p in zip(hertz, share, strict=True))
        spread = math.sqrt(sum((f - centroid) ** 2 * p for f, p in zip(hertz, share, strict=True)))
        line = np.polyfit(
            *zip(*[(f / 1000, x) for f, x in zip(hertz, level, strict=True) if 50 <= f <= 5000], strict=True), 1
        )
        flux = 0.0 if last is None else math.dist(np.sqrt(share), np.sqrt(last))
        running, rolloff = 0.0, None
        for f, p in zip(hertz, share, strict=True):
            running += p
            if rolloff is None and running >= 0.85:
                rolloff = f
        geometric = math.exp(sum(math.log(p + floor) for p in share[1:]) / (len(share) - 1))
        low = sum(p for f, p in zip(hertz, share, strict=True) if 50 <= f < 1000)
        high = sum(p for f, p in zip(hertz, share, strict=True) if 1000 <= f <= 5000)
        peaks = [
            max(x for f, x in zip(hertz, level, strict=True) if a <= f < b) for a, b in ((0, 2000), (2000, 5000.1))
        ]
        bands = [math.log(sum(filters[k, band] * share[k] for k in range(len(share))) + floor) for band in range(26)]
        cepstrum = [
            math.sqrt(2 / 26)
            * sum(value * math.cos(math.pi * n * (band + 0.5) / 26) for band, value in enumerate(bands))
            for n in range(1, 5)
        ]
        alpha = 10 * math.log10((low + floor) / (high + floor))
        flatness = geometric / (sum(share[1:]) / (len(share) - 1) + floor)
        rows.append([centroid, spread, line[0], flux, rolloff, flatness, alpha, peaks[0] - peaks[1], *cepstrum])
        last = share
    return np.array(rows)


def test_spectral_descriptors_equal_their_definitions_written_out():
    samples = np.concatenate([_tone(140, 0.05), _noise(0.05), _tone(300, 0.05, decay=2.0)]).astype(np.float64)
    frames = np.stack([samples[start : start + 400] for start in range(0, len(samples) - 400, 160)])
    expected = _reference(frames.tolist(), RATE)
    found = spectral_descriptors(power_spectra(frames), RATE)
    assert found.shape == (len(frames), len(SPECTRAL))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_power_spectra_keep_the_power():
    frames = _noise(4.0).astype(np.float64).reshape(-1, 400)
    total = 2 * power_spectra(frames).sum(axis=1).mean()
    assert total == pytest.approx(np.mean(frames**2), rel=0.03)


def test_blocks_do_not_show(monkeypatch):
    samples = np.concatenate([_tone(140, 0.5), _noise(0.2, level=0.01), _tone(220, 0.5)])
    whole = extract(samples, RATE, SETTINGS)
    monkeypatch.setattr(functionals, "_BLOCK", 7)
    np.testing.assert_allclose(extract(samples, RATE, SETTINGS), whole, rtol=1e-5, atol=1e-5)


# Statistics and rhythm


def test_summaries_and_trends_by_hand():
    values = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [3.0], [0.0]])
    np.testing.assert_allclose(
        summaries(values)[0],
        [
            34 / 7,
            np.std(values),
            *np.quantile(values, [0.2, 0.5, 0.8]),
            np.subtract(*np.quantile(values, [0.8, 0.2])),
        ],
    )
    kept = np.ones(7, dtype=bool)
    moments = np.arange(7) * 0.5
    local = [np.polyfit(moments[i : i + 5], values[i : i + 5, 0], 1)[0] for i in range(3)]
    expected = [
        np.polyfit(moments, values[:, 0], 1)[0],
        np.mean([slope for slope in local if slope > 0]),
        np.mean([slope for slope in local if slope < 0]),
    ]
    np.testing.assert_allclose(trends(values, kept, 0.5)[0], expected)


def test_trends_do_not_cross_gaps():
    values = np.concatenate([np.zeros(5), [1e6], np.full(5, 1e3)])[:, None]
    kept = np.arange(11) != 5
    slope, rise, fall = trends(values, kept, 0.01)[0]
    assert slope > 0
    assert rise == fall == 0.0


def test_rhythm_by_hand():
    hop = 0.01
    active = np.zeros(120, dtype=bool)
    active[10:110] = True
    active[50:60] = False
    voiced = np.zeros(120, dtype=bool)
    voiced[20:40], voiced[60:100] = True, True
    level = -40 + 30 * np.exp(-(((np.arange(120) - 30) / 8) ** 2)) + 30 * np.exp(-(((np.arange(120) - 80) / 8) ** 2))
    found = dict(zip(RHYTHM, rhythm(level, active, voiced, hop), strict=True))
    unvoiced = [0.1, 0.2, 0.1]
    assert found == pytest.approx(
        {
            "active_ratio": 0.9,
            "voiced_ratio": 0.6,
            "voiced_rate": 2.0,
            "voiced_length_mean": 0.3,
            "voiced_length_std": 0.1,
            "unvoiced_length_mean": np.mean(unvoiced),
            "unvoiced_length_std": np.std(unvoiced),
            "level_peak_rate": 2.0,
        }
    )


def test_syllables_and_pauses_are_counted():
    moment = np.arange(2 * RATE) / RATE
    spoken = (_tone(150, 2.0, snr=40) * np.maximum(0.0, np.sin(2 * np.pi * 4 * moment)) ** 0.5).astype(np.float32)
    row = _named(spoken)
    assert row["level_peak_rate"] == pytest.approx(4.0, abs=0.5)
    assert row["voiced_rate"] == pytest.approx(4.0, abs=0.5)
    assert row["voiced_length_mean"] == pytest.approx(0.125, abs=0.04)
    assert 0.4 < row["voiced_ratio"] < 0.75


def test_silence_around_an_utterance_hardly_counts():
    spoken = np.concatenate([_tone(150, 0.4), _noise(0.2, level=0.005), _tone(180, 0.4)])
    silence = np.zeros(RATE // 2, np.float32)
    bare, padded = _named(spoken), _named(np.concatenate([silence, spoken, silence]))
    for name in (
        "pitch_mean",
        "hnr_mean",
        "level_mean",
        "centroid_p50",
        "voiced_ratio",
        "active_ratio",
        "alpha_mean",
    ):
        assert padded[name] == pytest.approx(bare[name], rel=0.08), name


# Whatever comes


def test_without_voice_every_voice_statistic_is_zero():
    row = _named(_noise(seed=3))
    assert row["voiced_ratio"] == 0.0
    voice = ("pitch_", "hnr_", "cpp_", "jitter_", "shimmer_", "voiced_")
    for name, value in row.items():
        if name.startswith(voice) or "_voiced_" in name:
            assert value == 0.0, name


@pytest.mark.parametrize("length", [0, 1, 100, RATE])
def test_digital_silence_and_an_offset_are_zero_everywhere(length):
    for constant in (0.0, 0.25):
        samples = np.full(length, constant, np.float32)
        np.testing.assert_array_equal(extract(samples, RATE, SETTINGS), 0.0)


_RUBBISH = {
    "one sample": np.ones(1, np.float32),
    "two samples": np.array([1, -1], np.float32),
    "less than a window": _noise(0.01),
    "a window": _noise(0.025),
    "less than a pitch window": _tone(200, 0.045),
    "a few frames": _tone(200, 0.07),
    "an impulse": np.eye(1, RATE, RATE // 2, dtype=np.float32)[0],
    "a step": np.repeat(np.array([0, 1], np.float32), RATE // 2),
    "half the rate": np.tile(np.array([1, -1], np.float32), RATE // 2),
    "clipped": np.sign(_tone(150)).astype(np.float32),
    "faint": np.float32(1e-30) * _noise(),
    "hardly there": np.float32(1e-9) * _tone(150),
    "enormous": np.float32(1e15) * _tone(150),
    "a tone in silence": np.concatenate([np.zeros(RATE, np.float32), _tone(200, 0.1), np.zeros(RATE, np.float32)]),
    "below the range": _tone(30),
    "above the range": _tone(900),
    "a sweep": np.sin(np.cumsum(np.linspace(0, np.pi, RATE))).astype(np.float32),
}


@pytest.mark.parametrize("rubbish", _RUBBISH)
@pytest.mark.parametrize("rate", [4_000, 16_000, 44_100])
@pytest.mark.filterwarnings("error")
def test_everything_is_finite_and_nothing_warns(rubbish, rate):
    assert np.isfinite(extract(_RUBBISH[rubbish], rate, SETTINGS)).all()


@pytest.mark.parametrize(
    "settings",
    [
        Settings(low=20, high=1500),
        Settings(low=500, high=1500),
        Settings(hop=0.1, window=0.01),
        Settings(window=0.5, hop=0.003),
    ],
)
@pytest.mark.parametrize("rate", [4_000, 16_000])
def test_the_outermost_settings_work(settings, rate):
    row = extract(_tone(160, rate=rate), rate, settings)
    assert row.shape == (1, len(NAMES))
    assert np.isfinite(row).all()


@pytest.mark.parametrize("wrong", [{"low": 300, "high": 400}, {"hop": 0}, {"voicing": 1.0}, {"window_s": 0.02}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError):
        Settings(**wrong)


def test_it_is_the_same_every_time_and_leaves_the_input_alone():
    samples = _tone(140)
    before = samples.copy()
    np.testing.assert_array_equal(extract(samples, RATE, SETTINGS), extract(samples, RATE, SETTINGS))
    np.testing.assert_array_equal(samples, before)


def test_it_is_much_faster_than_speech():
    samples = _tone(150, 10.0)
    extract(samples, RATE, SETTINGS)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        extract(samples, RATE, SETTINGS)
        seconds.append(time.process_time() - start)
    assert 10.0 / min(seconds) > 20  # 75 on an idle core; shared machines get slack


def test_the_spectrum_has_a_name_for_each_column():
    assert len(SPECTRAL) == 12
    assert set(_spectral.__all__) == {"SPECTRAL", "power_spectra", "spectral_descriptors"}
