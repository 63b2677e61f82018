"""Statistics over speakers: by hand, by slow loops, by simulation, and by symmetry."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from unheard.errors import LabelError, RunError
from unheard.metrics import uar
from unheard.statistics.significance import (
    Paired,
    confusions_by_speaker,
    correct_differences,
    holm,
    interval,
    paired_difference,
    speaker_interval,
)


def diagonal(recalls, clips=10):
    """One seed, two classes: speaker s has recalls[s] of `clips` right in each class."""
    right = np.round(np.asarray(recalls) * clips).astype(int)
    wrong = clips - right
    return np.stack([np.stack([right, wrong], -1), np.stack([wrong, right], -1)], -2)[np.newaxis]


def some(seed, speakers=8, seeds=2, classes=3, lift=0):
    """Confusions on the same clips for every `lift`, which adds to the chance of being right."""
    truth = np.random.default_rng(99).integers(0, classes, speakers * 30)
    voices = np.repeat(np.arange(speakers), 30)
    generator = np.random.default_rng(seed)
    parts = []
    for _ in range(seeds):
        right = generator.random(truth.size) < 0.5 + 0.02 * voices + lift
        prediction = np.where(right, truth, (truth + 1) % classes)
        parts.append(confusions_by_speaker(truth, prediction, voices, classes=classes))
    return np.concatenate(parts)


def test_interval_by_hand():
    recalls = np.array([0.5, 0.6, 0.7, 0.8])
    mean, error = recalls.mean(), recalls.std(ddof=1) / 2  # balanced: the jackknife is the error of the mean
    margin = stats.t.ppf(0.975, 3) * error / (mean * (1 - mean))
    ends = [1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + side * margin))) for side in (-1, 1)]
    assert interval(diagonal(recalls)) == pytest.approx(ends, abs=1e-12)


def test_interval_equals_a_slow_loop_over_left_out_speakers_and_seeds():
    confusions = some(0)
    speakers = confusions.shape[1]

    def mean_uar(kept):
        sums = [sum(matrices[speaker] for speaker in kept) for matrices in confusions]
        return np.mean([uar.uar_from_confusion(each) for each in sums])

    whole = mean_uar(range(speakers))
    lacking = [mean_uar(set(range(speakers)) - {speaker}) for speaker in range(speakers)]
    error = np.sqrt((speakers - 1) / speakers * sum((each - np.mean(lacking)) ** 2 for each in lacking))
    margin = stats.t.ppf(0.95, speakers - 1) * error / (whole * (1 - whole))
    center = np.log(whole / (1 - whole))
    expected = 1 / (1 + np.exp([margin - center, -margin - center]))
    assert interval(confusions, level=0.9) == pytest.approx(expected, abs=1e-12)


def test_speaker_interval_reads_items():
    generator = np.random.default_rng(0)
    truth, speakers = generator.integers(-1, 3, 200), generator.choice(list("abcdef"), 200)
    prediction = np.where(generator.random(200) < 0.6, truth, 0)
    low, high = speaker_interval(truth, prediction, speakers, classes=3)
    assert 0 < low < uar.score(truth, prediction, classes=3) < high < 1
    wide = speaker_interval(truth, prediction, speakers, classes=3, level=0.99)
    assert wide[0] < low
    assert high < wide[1]
    with pytest.raises(LabelError):
        speaker_interval(truth, prediction, speakers, classes=2)


def test_interval_stays_within_0_and_1_and_holds_the_estimate():
    low, high = interval(diagonal([1.0, 1.0, 1.0, 0.9]))
    assert 0 < low < 0.975 < high < 1


def test_no_error_at_all_is_bounded_by_one_error():
    perfect = diagonal([1.0] * 10)
    low, high = interval(perfect)
    assert high == 1.0
    assert low == interval(diagonal([1.0] * 9 + [1.0]) - _one_wrong(10))[0] < 1
    assert interval(diagonal([0.0] * 10)) == pytest.approx((0.0, 1.0 - low))


def _one_wrong(speakers):
    change = np.zeros((1, speakers, 2, 2), int)
    change[0, 0, 0] = [1, -1]
    return change


def test_speakers_of_the_very_same_figure_leave_a_doubt():
    alike = diagonal([0.5, 0.5, 0.5, 0.5], clips=4)
    low, high = interval(alike)
    assert low < 0.5 < high
    assert high - low > 0.1
    more = interval(diagonal([0.5] * 20, clips=4))
    assert more[1] - more[0] < high - low


def test_one_speaker_has_no_interval_and_speakers_without_clips_are_none():
    assert np.isnan(interval(diagonal([0.5]))).all()
    padded = np.concatenate([diagonal([0.5, 0.7, 0.9]), np.zeros((1, 4, 2, 2), int)], axis=1)
    assert interval(padded) == interval(diagonal([0.5, 0.7, 0.9]))


def test_a_speaker_with_all_clips_of_a_class_can_be_left_out():
    confusions = diagonal([0.5, 0.7, 0.9, 0.6])
    confusions[0, 1:, 1] = 0
    low, high = interval(confusions)
    assert 0 < low < high < 1


def test_a_shape_that_is_no_stack_of_confusions_is_an_error():
    with pytest.raises(RunError, match="expected"):
        interval(np.ones((3, 2, 2), int))


def test_coverage_of_95_percent_intervals():
    """A small run of scripts/interval_coverage.py: 10 speakers, 4 classes, a high UAR."""
    generator = np.random.default_rng(0)

    def recalls(speakers):
        ease = 1.5 + np.linspace(-0.5, 0.5, 4) + generator.normal(0, 0.8, (speakers, 4))
        return 1 / (1 + np.exp(-ease))

    truth, inside, draws, right = recalls(100_000).mean(), 0, 500, np.eye(4, dtype=int)
    for _ in range(draws):
        hits = generator.binomial(8, recalls(10))[..., np.newaxis]
        low, high = interval((hits * right + (8 - hits) * np.roll(right, 1, axis=1))[np.newaxis])
        inside += low <= truth <= high
    assert 0.90 <= inside / draws <= 0.98


def test_paired_by_hand():
    first, second = diagonal([0.8, 0.7, 0.9, 0.6]), diagonal([0.6, 0.6, 0.9, 0.7])
    result = paired_difference(first, second, names=("dat", "plain"))
    own = np.array([0.2, 0.1, 0.0, -0.1])
    margin = stats.t.ppf(0.975, 3) * own.std(ddof=1) / 2
    assert result.difference == pytest.approx(0.05)
    assert (result.low, result.high) == pytest.approx((0.05 - margin, 0.05 + margin))
    flips = [abs(np.dot(signs, own)) >= 0.2 - 1e-9 for signs in itertools.product((-1, 1), repeat=4)]
    assert result.p_value == np.mean(flips)
    assert (result.wins, result.losses, result.ties) == (2, 1, 1)
    assert (result.speakers, result.seeds, result.shown) == (4, 1, False)
    assert result.sentence == (
        "dat is better than plain by 5.0 points (95 % interval -15.5 to 25.5, 4 speakers, 1 seed): not shown."
    )


@pytest.mark.parametrize("speakers", [5, 9, 12])
def test_the_swap_test_equals_swapping_the_matrices(speakers):
    first, second = some(1, speakers, lift=0.1), some(2, speakers)
    observed = np.mean(uar.uar_of_each(first.sum(1)) - uar.uar_of_each(second.sum(1)))
    generator, reached, draws = np.random.default_rng(0), 0, 600
    for _ in range(draws):
        swap = generator.integers(0, 2, speakers).astype(bool)[None, :, None, None]
        one, other = np.where(swap, second, first), np.where(swap, first, second)
        change = np.mean(uar.uar_of_each(one.sum(1)) - uar.uar_of_each(other.sum(1)))
        reached += abs(change) >= abs(observed) - 1e-12
    result = paired_difference(first, second)
    assert result.difference == pytest.approx(observed, abs=1e-12)
    assert result.p_value == pytest.approx(reached / draws, abs=0.07)


def test_random_swaps_are_near_all_swaps(monkeypatch):
    first, second = some(1, 12, lift=0.04), some(2, 12)
    exact = paired_difference(first, second).p_value
    monkeypatch.setattr("unheard.statistics.paired_tests._ALL_SWAPS", 1)
    drawn = paired_difference(first, second).p_value
    assert drawn == pytest.approx(exact, abs=0.02)
    assert drawn == paired_difference(first, second).p_value


def test_a_clear_difference_is_shown_either_way_round():
    first, second = some(1, 24, 3, lift=0.2), some(2, 24, 3)
    better = paired_difference(first, second, names=("dat", "plain"))
    worse = paired_difference(second, first, names=("plain", "dat"))
    assert better.shown
    assert worse.shown
    assert better.low > 0 > worse.high
    assert better.sentence.startswith("dat is better than plain by ")
    assert better.sentence.endswith("24 speakers, 3 seeds): shown.")
    alone = paired_difference(first[:1], second[:1])
    assert alone.sentence.endswith("24 speakers, 1 seed): shown, for one training of each.")
    assert worse.sentence == better.sentence.replace("dat is better than plain", "plain is worse than dat")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 20))
def test_swapping_a_and_b_flips_the_sign(seed, speakers):
    first, second = some(seed, speakers), some(seed + 1, speakers)
    one, other = paired_difference(first, second), paired_difference(second, first)
    assert one.difference == pytest.approx(-other.difference, abs=1e-12)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
    assert one.p_value == other.p_value
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)
    assert one.shown == other.shown


@pytest.mark.parametrize("speakers", [6, 20])
def test_identical_systems_differ_by_0_with_p_1(speakers):
    confusions = some(0, speakers)
    result = paired_difference(confusions, confusions.copy(), names=("cgt", "plain"))
    assert (result.difference, result.low, result.high, result.p_value) == (0.0, 0.0, 0.0, 1.0)
    assert (result.wins, result.losses, result.ties, result.shown) == (0, 0, speakers, False)
    assert result.sentence == (
        f"cgt is level with plain (95 % interval 0.0 to 0.0, {speakers} speakers, 2 seeds): not shown."
    )


def test_one_speaker_shows_nothing():
    result = paired_difference(diagonal([0.9]), diagonal([0.1]))
    assert np.isnan(result.low)
    assert result.p_value == 1.0
    assert result.sentence == "a is better than b by 80.0 points (no interval, 1 speaker, 1 seed): not shown."


def test_other_clips_are_an_error():
    with pytest.raises(RunError, match="not judged on the same clips"):
        paired_difference(diagonal([0.5, 0.5]), diagonal([0.5, 0.5, 0.5]))
    with pytest.raises(RunError, match="not judged on the same clips"):
        paired_difference(diagonal([0.5, 0.5]), diagonal([0.5, 0.5], clips=12))


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.6, 0.9])), [1.0, 1.0])
    assert holm(np.array([])).size == 0
    with pytest.raises(RunError, match="expected"):
        holm(np.array([0.1, 1.2]))
    with pytest.raises(RunError, match="expected"):
        holm(np.array([np.nan]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_rejects_as_the_step_down_procedure(values):
    adjusted = holm(np.array(values))
    ranked = sorted(range(len(values)), key=lambda place: values[place])
    going = True
    for rank, place in enumerate(ranked):
        going = going and values[place] * (len(values) - rank) <= 0.05
        assert (adjusted[place] <= 0.05) == going


def test_a_difference_that_only_alone_would_be_shown_says_so():
    def made(p_value):
        tail = (10, 2, 8, 2, 0, True, "b is better than a by 5.0 points (10 speakers, 2 seeds): shown.")
        return Paired(0.05, 0.01, 0.09, p_value, *tail)

    (strong, strong_p), (weak, weak_p), _ = correct_differences([made(0.001), made(0.04), made(0.03)])
    assert strong.shown
    assert strong_p == pytest.approx(0.003)
    assert not weak.shown
    assert weak.sentence == (
        "b is better than a by 5.0 points (10 speakers, 2 seeds): not shown: the interval and p = 0.040 are of this "
        "comparison alone; p = 0.060, corrected for 3 comparisons (Holm), decides."
    )
    assert weak_p == pytest.approx(0.06)


def test_an_interval_that_leaves_0_out_is_never_just_not_shown():
    # Four speakers: the test cannot come below 2 / 2 ** 4 = .125, however clear the interval is.
    result = paired_difference(diagonal([0.9, 0.9, 0.8, 0.9]), diagonal([0.5, 0.6, 0.5, 0.5]))
    assert result.low > 0
    assert not result.shown
    assert result.sentence.endswith(
        "4 speakers, 1 seed): not shown: the interval leaves 0 out, but swapping the two for each speaker gives "
        "p = 0.125, which decides."
    )
