"""Variance components over speakers and seeds, and the sizes of experiments that follow from them."""

import numpy as np
import pytest
from scipy import stats

from unheard.statistics.significance import (
    Components,
    compare_pairs,
    components_of,
    confusions_by_speaker,
    paired_difference,
    power_of,
    power_to_show,
)


def drawn(seed, speakers=24, seeds=3, clips=40, *, voices=0.05, luck=0.0, lift=0.0):
    """Two systems of two classes whose recalls differ by speaker, and by training as a whole."""
    generator = np.random.default_rng(seed)
    base = generator.normal(0.6, 0.1, (speakers, 1))
    pair = []
    for better in (lift, 0.0):
        own = base + better + generator.normal(0, voices, (speakers, 1))
        chance = np.clip(own + generator.normal(0, luck, (seeds, 1, 1)), 0.02, 0.98)
        hits = generator.binomial(clips, np.broadcast_to(chance, (seeds, speakers, 2)))
        wrong = clips - hits
        rows = [np.stack([hits[..., 0], wrong[..., 0]], -1), np.stack([wrong[..., 1], hits[..., 1]], -1)]
        pair.append(np.stack(rows, axis=-2))
    return pair


def test_components_by_hand_where_all_speakers_have_as_many_clips():
    first, second = drawn(0, speakers=6, seeds=3, luck=0.05)
    table = np.trace(first - second, axis1=-2, axis2=-1) / 80
    found = components_of(first, second)
    own, whole = table.mean(axis=0), table.mean(axis=1)
    rest = table - own - whole[:, None] + table.mean()
    both = (rest**2).sum() / (2 * 5)
    assert found.both == pytest.approx(both)
    assert found.seed == pytest.approx(max(0, whole.var(ddof=1) - both / 6))
    assert found.speaker == pytest.approx(max(0, own.var(ddof=1) - both / 3))
    assert (found.speakers, found.seeds) == (6, 3)


def test_the_components_that_were_put_in_are_found():
    found = [components_of(*drawn(seed, speakers=60, seeds=8, voices=0.05, luck=0.03)) for seed in range(40)]
    noise = 2 * 0.6 * 0.4 / 80
    assert np.mean([one.speaker for one in found]) == pytest.approx(2 * 0.05**2, rel=0.15)
    assert np.mean([one.seed for one in found]) == pytest.approx(2 * 0.03**2, rel=0.25)
    assert np.mean([one.both for one in found]) == pytest.approx(noise, rel=0.15)


def test_with_one_seed_the_interval_is_the_plain_t_interval_over_speakers():
    first, second = drawn(1, seeds=1)
    own = (np.trace(first - second, axis1=-2, axis2=-1) / 80)[0]
    reference = stats.ttest_1samp(own, 0).confidence_interval()
    result = paired_difference(first, second)
    assert (result.low, result.high) == pytest.approx((reference.low, reference.high))
    components = components_of(first, second)
    assert np.isnan([components.seed, components.both]).all()


def test_trainings_that_differ_as_a_whole_widen_the_interval():
    narrow, wide = paired_difference(*drawn(2)), paired_difference(*drawn(2, luck=0.15))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_two_lucky_trainings_are_not_called_a_better_method():
    """A small run of scripts/interval_coverage.py: nothing is better, but trainings differ."""
    false = {"over both": 0, "over speakers": 0}
    for seed in range(120):
        first, second = drawn(seed, luck=0.04)
        result = paired_difference(first, second)
        components = components_of(first, second)
        alone = np.sqrt((components.speaker + components.both / 3) / 24)
        false["over both"] += result.shown
        false["over speakers"] += abs(result.difference) > stats.t.ppf(0.975, 23) * alone
    assert false["over both"] <= 0.1 * 120
    assert false["over speakers"] >= 0.2 * 120


def test_power_is_that_of_the_t_test():
    known = Components(0.05**2, float("nan"), float("nan"), 20, 1)
    drawn_ones = np.random.default_rng(0).normal(0.03, 0.05, (2000, 20))
    reached = np.mean(stats.ttest_1samp(drawn_ones, 0, axis=1).pvalue < 0.05)
    assert power_of(known, 0.03, speakers=20, seeds=1) == pytest.approx(reached, abs=0.03)
    assert power_of(known, -0.03, speakers=20, seeds=1) == power_of(known, 0.03, speakers=20, seeds=1)


def test_the_numbers_are_the_smallest_that_do():
    known = Components(0.06**2, 0.004**2, 0.05**2, 24, 5)
    found = power_to_show(known, 0.02)
    assert found.power < 0.8
    assert power_of(known, 0.02, speakers=found.speakers, seeds=5) >= 0.8
    assert power_of(known, 0.02, speakers=found.speakers - 1, seeds=5) < 0.8
    assert found.seeds is None
    assert found.sentence == (
        f"To show a difference of 2.0 points with 80 % power: about {found.speakers} speakers with 5 seeds, "
        "and with these 24 speakers no number of seeds would do."
    )


@pytest.mark.parametrize(("level", "fewest"), [(0.95, 6), (0.99, 8)])
def test_so_few_speakers_that_the_test_cannot_agree_have_no_power(level, fewest):
    known = Components(0.001**2, 0.0, 0.0, fewest - 1, 3)
    assert power_of(known, 0.5, speakers=fewest - 1, seeds=3, level=level) == 0.0
    assert power_of(known, 0.5, speakers=fewest, seeds=3, level=level) > 0.99
    found = power_to_show(known, 0.5, level=level)
    assert (found.power, found.speakers, found.seeds) == (0.0, fewest, None)
    first, second = drawn(5, speakers=5, lift=0.3)
    assert not paired_difference(first, second).shown


def test_power_of_one_of_several_pairs_is_that_of_its_strictest_test():
    first, second = drawn(3, lift=0.01)
    other = drawn(7)[0]
    # The same clips, so that they may be compared.
    (alone,) = compare_pairs({"plain": second, "dat": first})
    among = next(pair for pair in compare_pairs({"plain": second, "dat": first, "cgt": other}) if pair.first == "dat")
    assert among.paired.difference == alone.paired.difference
    assert among.power[1].power < alone.power[1].power
    assert among.power[1] == power_to_show(components_of(first, second), 0.02, level=1 - 0.05 / 3)


def test_where_trainings_are_what_differs_seeds_help_and_speakers_do_not():
    found = power_to_show(Components(0.01**2, 0.03**2, 0.0, 24, 3), 0.02)
    assert found.speakers is None
    assert power_of(Components(0.01**2, 0.03**2, 0.0, 24, 3), 0.02, speakers=24, seeds=found.seeds - 1) < 0.8
    assert "no number of speakers would do with 3 seeds, or about" in found.sentence


def test_one_seed_does_not_say_what_more_would_do():
    found = power_to_show(Components(0.1**2, float("nan"), float("nan"), 24, 1), 0.02)
    assert found.seeds is None
    assert found.sentence.endswith("and from one it is not known what more seeds would do.")


def test_enough_is_said_to_be_enough_and_no_difference_needs_no_number():
    known = Components(0.01**2, 0.0, 0.0, 24, 3)
    assert power_to_show(known, 0.05).sentence == (
        "24 speakers and 3 seeds have 100 % power to show a difference of 5.0 points."
    )
    assert power_to_show(known, 0.0) is None
    assert power_to_show(Components(float("nan"), float("nan"), float("nan"), 1, 3), 0.02) is None


def test_every_pair_says_what_it_would_take():
    first, second = drawn(3, lift=0.01)
    (pair,) = compare_pairs({"plain": second, "dat": first}, planned=0.03)
    observed, planned = pair.power
    assert observed.difference == pytest.approx(abs(pair.paired.difference))
    assert planned.difference == 0.03


def test_the_bootstrap_stands_beside_it_and_is_narrower():
    first, second = drawn(4, speakers=8, seeds=1)
    result = paired_difference(first, second)
    low, high = result.bootstrap
    assert result.low < low < result.difference < high < result.high
    voices = np.arange(8).repeat(4)
    perfect = confusions_by_speaker(np.zeros(32, int), np.zeros(32, int), voices, classes=2)
    assert paired_difference(perfect, perfect).bootstrap == (0.0, 0.0)
