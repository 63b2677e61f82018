"""Laws of the perturbations: lengths, frequencies, level, names."""

import math

import numpy as np
import pytest

from unheard.data.audio.perturbation import Perturbation, change_speed, shift_pitch
from unheard.errors import SettingsError, UnheardError

RATE = 16_000
SPEEDS = [0.5, 0.9, 1.1, 1.37, 2.0]
SHIFTS = [-12, -4, -1.5, 0.5, 2, 7]


def _sine(hertz, seconds=1.5, rate=RATE):
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def _voice(hertz=140.0, seconds=1.5):
    """Harmonics with a falling spectrum, an intensity that swells, and a little noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 25))
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (0.1 * tone * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)) + 0.002 * noise).astype(np.float32)


def _strongest(samples, rate=RATE):
    size = 1 << 18
    return np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size)).argmax() * rate / size


def _decibels(samples):
    return 10 * math.log10(np.mean(np.square(samples, dtype=np.float64)))


@pytest.mark.parametrize("factor", SPEEDS)
def test_speed_divides_the_length_and_multiplies_every_frequency(factor):
    played = change_speed(_sine(500.0), RATE, factor)
    assert len(played) == round(1.5 * RATE / factor)
    assert played.dtype == np.float32
    assert _strongest(played) == pytest.approx(500.0 * factor, rel=1e-3)


@pytest.mark.parametrize("semitones", SHIFTS)
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_pitch_keeps_the_length_and_moves_every_frequency(semitones, rate):
    shifted = shift_pitch(_sine(500.0, rate=rate), rate, semitones)
    assert len(shifted) == round(1.5 * rate)
    assert shifted.dtype == np.float32
    assert _strongest(shifted, rate) == pytest.approx(500.0 * 2 ** (semitones / 12), rel=1e-3)


@pytest.mark.parametrize("semitones", [-5, -2, 2, 5])
def test_all_harmonics_move_together(semitones):
    shifted = shift_pitch(_voice(), RATE, semitones)
    spectrum = np.abs(np.fft.rfft(shifted * np.hanning(len(shifted)), 1 << 18)) ** 2
    frequencies = np.arange(len(spectrum)) * RATE / (1 << 18)
    fundamental = 140.0 * 2 ** (semitones / 12)
    near = np.abs(frequencies / fundamental - np.round(frequencies / fundamental)) * fundamental < 15
    assert spectrum[near].sum() / spectrum.sum() > 0.97


def test_pitch_keeps_events_where_they_are():
    burst = _voice()
    burst[: RATE // 2] = 0
    shifted = shift_pitch(burst, RATE, 3)
    loudness = np.convolve(shifted.astype(np.float64) ** 2, np.ones(160) / 160, mode="same")
    onset = np.flatnonzero(loudness > 0.25 * loudness.max())[0] / RATE
    assert onset == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("change", [Perturbation(speed=factor) for factor in SPEEDS])
def test_speed_keeps_the_level(change):
    assert _decibels(change.apply(_voice(), RATE)) == pytest.approx(_decibels(_voice()), abs=1.0)


@pytest.mark.parametrize("semitones", SHIFTS)
def test_pitch_keeps_the_level_of_voice_and_of_noise(semitones):
    noise = (0.1 * np.random.default_rng(1).standard_normal(RATE)).astype(np.float32)
    quiet_above = change_speed(noise, RATE, 0.5)  # nothing above 4 kHz, so that nothing leaves the band
    for samples in (_voice(), quiet_above):
        assert _decibels(shift_pitch(samples, RATE, semitones)) == pytest.approx(_decibels(samples), abs=1.0)


def test_what_leaves_the_band_is_gone_and_not_folded_back():
    assert _decibels(change_speed(_sine(6000.0), RATE, 2.0)) < -60
    assert _decibels(shift_pitch(_sine(6000.0), RATE, 12)) < -50


def test_identity_returns_the_same_samples_bit_for_bit():
    samples = _voice()
    assert Perturbation().identity
    assert not Perturbation(semitones=0.5).identity
    assert not Perturbation(speed=1.1).identity
    for same in (
        Perturbation().apply(samples, RATE),
        change_speed(samples, RATE, 1),
        shift_pitch(samples, RATE, 0),
    ):
        np.testing.assert_array_equal(same, samples)


def test_both_together_are_speed_then_pitch():
    perturbation = Perturbation(speed=1.25, semitones=-3)
    samples = _sine(500.0)
    expected = shift_pitch(change_speed(samples, RATE, 1.25), RATE, -3)
    np.testing.assert_array_equal(perturbation.apply(samples, RATE), expected)
    assert _strongest(expected) == pytest.approx(500.0 * 1.25 * 2 ** (-3 / 12), rel=1e-3)


def test_same_in_same_out_and_the_input_is_left_alone():
    samples = _voice()
    before = samples.copy()
    perturbation = Perturbation(speed=0.9, semitones=2)
    np.testing.assert_array_equal(perturbation.apply(samples, RATE), perturbation.apply(samples, RATE))
    np.testing.assert_array_equal(samples, before)


def test_silence_stays_silence():
    np.testing.assert_array_equal(Perturbation(1.1, -2).apply(np.zeros(RATE, np.float32), RATE), 0)


@pytest.mark.parametrize("length", [0, 1, 2, 7, 100, 1000])
def test_short_recordings_come_out_short_and_finite(length):
    samples = _voice()[:length]
    for factor in (0.25, 0.9, 4.0):
        played = change_speed(samples, RATE, factor)
        assert len(played) == (max(1, round(length / factor)) if length else 0)
        assert np.isfinite(played).all()
    for semitones in (-24, 1, 24):
        shifted = shift_pitch(samples, RATE, semitones)
        assert len(shifted) == length
        assert np.isfinite(shifted).all()


@pytest.mark.parametrize(
    ("perturbation", "name"),
    [
        (Perturbation(), "speed1-pitch+0"),
        (Perturbation(0.9), "speed0.9-pitch+0"),
        (Perturbation(0.9, 2), "speed0.9-pitch+2"),
        (Perturbation(semitones=-1.5), "speed1-pitch-1.5"),
        (Perturbation(semitones=-0.0), "speed1-pitch+0"),
    ],
)
def test_names_are_stable(perturbation, name):
    assert perturbation.name == name


def test_different_perturbations_have_different_names_and_equal_ones_are_equal():
    assert Perturbation(0.9).name != Perturbation(0.900000001).name
    assert Perturbation(1, 2) == Perturbation(1.0, 2.0)


@pytest.mark.parametrize("speed", [0, -1, 0.1, 5, math.nan, math.inf, "fast", True, None])
def test_impossible_speeds_are_named(speed):
    with pytest.raises(SettingsError, match="speed"):
        Perturbation(speed=speed)
    with pytest.raises(ValueError, match=r"0\.25 to 4"):
        change_speed(_sine(100.0), RATE, speed)


@pytest.mark.parametrize("semitones", [-25, 30, math.nan, -math.inf, "up"])
def test_impossible_shifts_are_named(semitones):
    with pytest.raises(UnheardError, match="semitones"):
        Perturbation(semitones=semitones)
    with pytest.raises(ValueError, match="-24 to 24"):
        shift_pitch(_sine(100.0), RATE, semitones)
