"""What answers without a voice is answered honestly, and what a recording is like is measured as defined."""

import numpy as np
import pytest
import soxr

from unheard.data.audit.confounds import confound, deal, lookup_on_parts
from unheard.data.audit.traits import measure

RATE = 16_000


def parts_of(groups: list[str], count: int = 5) -> list:
    return deal(groups, parts=count, seed=0)


def test_parts_share_no_group_and_answer_every_item_once() -> None:
    groups = [f"s{number % 7}" for number in range(100)]
    parts = parts_of(groups)
    asked = np.concatenate([test for _, test in parts])
    assert sorted(asked.tolist()) == list(range(100))
    for train, test in parts:
        assert not {groups[item] for item in train} & {groups[item] for item in test}
        assert len(train) + len(test) == 100
    assert deal(["one"] * 5, seed=0) == []
    assert len(deal([None] * 6, parts=3, seed=0)) == 3


def test_a_lookup_on_folds_equals_the_table_written_out_by_hand() -> None:
    labels, keys = ["joy", "joy", "fear", "joy", "fear", "fear"], ["a", "a", "a", "a", "b", "c"]
    parts = [(np.array([0, 1, 2, 4]), np.array([3, 5]))]
    # Item 3 has key a, of which train says joy twice and fear once: right. Item 5 has a key that train does not
    # know, and train holds joy and fear twice each: half a point.
    assert lookup_on_parts(labels, keys, parts) == pytest.approx((1 + 0.5) / 2)
    assert np.isnan(lookup_on_parts(labels, keys, []))


def test_a_speaker_lookup_is_chance_on_unseen_speakers() -> None:
    labels = ["joy", "fear"] * 20
    speakers = [f"s{number % 4}" for number in range(40)]  # each speaker has one emotion
    half = np.array([number for number in range(40) if number % 4 < 2])
    rest = np.setdiff1d(np.arange(40), half)
    assert lookup_on_parts(labels, speakers, [(half, rest), (rest, half)]) == 0.5
    everything = np.arange(40)
    assert lookup_on_parts(labels, speakers, [(everything, everything)]) == 1


def test_a_trait_that_is_the_label_is_found_and_noise_is_not() -> None:
    generator = np.random.default_rng(0)
    labels = generator.choice(["joy", "fear", "anger"], size=240).tolist()
    speakers = [f"s{number % 12}" for number in range(240)]
    told = [{"joy": 0.0, "fear": 5.0, "anger": 9.0}[label] + generator.normal() for label in labels]
    noise = generator.normal(size=240).tolist()
    parts = parts_of(speakers)
    found = confound("level", told, labels, parts, blocks=speakers)
    assert found is not None
    assert found.gives_away
    assert found.uar > 0.9
    assert found.chance == pytest.approx(1 / 3, abs=0.04)
    assert found.medians["fear"] == pytest.approx(5, abs=0.5)
    nothing = confound("level", noise, labels, parts, blocks=speakers)
    assert nothing is not None
    assert not nothing.gives_away
    assert nothing.p > 0.01


def test_a_level_that_each_speaker_has_is_no_evidence() -> None:
    generator = np.random.default_rng(1)
    speakers = [f"s{number // 20}" for number in range(240)]
    levels = [float(number // 20) for number in range(240)]
    labels = [generator.choice(["joy", "fear"], p=[0.6, 0.4]) for _ in range(240)]
    found = confound("level", levels, labels, parts_of(speakers), blocks=speakers)
    assert found is not None
    assert not found.gives_away


def test_labels_are_shuffled_inside_a_block_only() -> None:
    speakers = ["a"] * 10 + ["b"] * 10
    labels = ["joy"] * 10 + ["fear"] * 10
    everything = np.arange(20)
    found = confound("level", [0.0] * 10 + [1.0] * 10, labels, [(everything, everything)], blocks=speakers)
    assert found is not None
    assert (found.uar, found.chance, found.p) == (1, 1, 1)


def test_confounds_are_the_same_for_the_same_seed_and_none_of_nothing() -> None:
    values, labels = [0.1, 0.2, 0.3, 0.4] * 6, ["joy", "fear"] * 12
    parts = deal([None] * 24, seed=0)
    assert confound("level", values, labels, parts, seed=3) == confound("level", values, labels, parts, seed=3)
    assert confound("level", values, ["joy"] * 24, parts) is None
    assert confound("level", values, labels, []) is None


def test_infinite_levels_are_the_lowest_bin() -> None:
    values = [-np.inf] * 20 + [-20.0] * 20
    labels = ["joy"] * 20 + ["fear"] * 20
    found = confound("peak", values, labels, deal([None] * 40, seed=0))
    assert found is not None
    assert found.uar == 1


def noise(seconds: float = 1.0, level: float = 0.1, rate: int = RATE) -> np.ndarray:
    return (level * np.random.default_rng(0).standard_normal(round(seconds * rate))).astype(np.float32)


def test_level_length_and_silence_are_those_of_their_definitions() -> None:
    wave = noise(2.0)
    wave[RATE:] *= 1e-4  # 80 dB down
    own = measure(np.stack([wave, wave], axis=1), RATE)
    assert own.seconds == 2
    assert own.level == pytest.approx(10 * np.log10(np.mean(wave.astype(np.float64) ** 2)), abs=1e-3)
    assert own.peak == pytest.approx(20 * np.log10(np.abs(wave).max()), abs=1e-3)
    assert own.silence == pytest.approx(0.5, abs=0.02)
    assert (own.rate, own.channels, own.clipped) == (RATE, 2, 0)


def test_clipping_counts_flat_runs_at_the_extremes_and_no_crest() -> None:
    time = np.arange(RATE) / RATE
    sine = np.sin(2 * np.pi * 100 * time)
    cut = np.clip(sine, -0.5, 0.5).astype(np.float32)
    assert measure(cut[:, None], RATE).clipped == pytest.approx(2 / 3, abs=0.02)
    assert measure(0.3 * cut[:, None], RATE).clipped == pytest.approx(2 / 3, abs=0.02)
    assert measure(noise()[:, None], RATE).clipped == 0


@pytest.mark.parametrize("lower", [4_000, 8_000, 11_025])
def test_the_bandwidth_is_that_of_the_lower_rate_it_once_had(lower: int) -> None:
    wave = noise(2.0)
    narrow = soxr.resample(soxr.resample(wave, RATE, lower), lower, RATE)
    stored = (np.round(narrow * 32768) / 32768).astype(np.float32)
    assert measure(stored[:, None], RATE).bandwidth == pytest.approx(lower / 2, rel=0.1)


@pytest.mark.parametrize("level", [0.1, 0.001])
def test_a_spectrum_that_falls_but_does_not_end_has_all_its_bandwidth(level: float) -> None:
    spectrum = np.fft.rfft(noise(2.0, level))
    frequencies = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    falling = np.fft.irfft(spectrum * 10 ** (-12 / 20 * np.log2(np.maximum(frequencies, 500) / 500)))
    stored = (np.round(falling * 32768) / 32768).astype(np.float32)
    assert measure(stored[:, None], RATE).bandwidth == RATE / 2


def test_digital_silence_and_scraps_can_be_measured() -> None:
    own = measure(np.zeros((RATE, 1), np.float32), RATE)
    assert (own.level, own.peak, own.silence, own.clipped) == (-np.inf, -np.inf, 1.0, 0.0)
    assert measure(np.ones((1, 1), np.float32), RATE).bandwidth == RATE / 2
