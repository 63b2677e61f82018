"""Measures: leave-one-out values by hand, means over folds, and what the interval over speakers covers."""

import numpy as np
import pytest
from scipy import stats

from unheard.errors import SplitError
from unheard.metrics import uar
from unheard.statistics.jackknife import Measure, average, balanced_accuracy, combine, leave_each_out, summary


def test_balanced_accuracy_equals_uar_with_and_without_each_speaker():
    generator = np.random.default_rng(0)
    speakers = np.array(list("abcd"))[generator.integers(0, 4, 200)]
    truth, prediction = generator.integers(0, 3, 200), generator.integers(0, 3, 200)
    measure = balanced_accuracy(truth, prediction, speakers)
    assert measure.value == pytest.approx(uar.score(truth, prediction, classes=3))
    for name in "abcd":
        kept = speakers != name
        assert measure.without[name] == pytest.approx(uar.score(truth[kept], prediction[kept], classes=3))


def test_a_speaker_who_is_himself_a_value_leaves_the_mean():
    truth = np.array(["a", "a", "b", "b", "c"])
    measure = balanced_accuracy(truth, np.array(["a", "a", "b", "c", "a"]), truth)
    assert measure.value == pytest.approx((1 + 0.5 + 0) / 3)
    assert measure.without == pytest.approx({"a": 0.25, "b": 0.5, "c": 0.75})


def test_the_interval_of_a_mean_of_speakers_is_students():
    values = np.array([0.2, 0.5, 0.9, 0.4, 0.6])
    items = np.arange(5).astype(str)
    measure = leave_each_out(lambda kept: float(values[kept].mean()), items)
    found = summary([measure])
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.interval == pytest.approx([low, high])
    assert found.speakers == 5
    assert found.std is None


def test_a_speaker_in_several_folds_is_left_out_of_all_of_them():
    folds = [Measure(0.4, {"a": 0.3, "b": 0.5}), Measure(0.8, {"b": 0.6, "c": 0.9})]
    whole = average(folds)
    assert whole.value == pytest.approx(0.6)
    assert whole.without == pytest.approx({"a": 0.55, "b": 0.55, "c": 0.65})
    assert summary(folds).std == pytest.approx(np.std([0.4, 0.8], ddof=1))
    assert summary(folds).jobs == 2


def test_what_cannot_be_had_is_left_out_and_never_zero():
    nothing = Measure(float("nan"))
    assert average([nothing, Measure(0.5, {"a": 0.4})]).value == 0.5
    assert np.isnan(average([nothing]).value)
    assert np.isnan(average([]).value)
    assert np.isnan(balanced_accuracy(*(np.zeros(0),) * 3).value)
    found = summary([Measure(0.5)])
    assert found.mean == 0.5
    assert found.interval is None


def test_a_difference_is_taken_speaker_by_speaker():
    one, other = Measure(0.5, {"a": 0.4, "b": 0.6}), Measure(0.4, {"a": 0.3, "b": 0.5})
    found = summary([combine(lambda first, second: first - second, one, other)])
    assert found.mean == pytest.approx(0.1)
    assert found.interval == pytest.approx([0.1, 0.1])  # all speakers agree on it


def test_a_trial_goes_with_either_of_its_speakers():
    left, right = np.array(["a", "a", "b"]), np.array(["a", "b", "c"])
    measure = leave_each_out(lambda kept: float(kept.sum()), left, right)
    assert measure.value == 3
    assert measure.without == {"a": 1, "b": 1, "c": 2}


def test_the_interval_is_cut_to_what_is_possible():
    measure = Measure(0.9, {"a": 0.6, "b": 1.0})
    assert summary([measure], span=(0.0, 1.0)).interval == (0.0, 1.0)


def test_the_interval_over_speakers_covers_where_one_over_items_would_not():
    """Recall differs from speaker to speaker; the truth is its mean over all speakers there are."""
    generator = np.random.default_rng(0)
    covered = over_items = 0
    for _ in range(400):
        own = generator.beta(4, 4, 12)  # mean 0.5
        speakers = np.repeat(np.arange(12), 30).astype(str)
        hits = generator.random(360) < np.repeat(own, 30)
        measure = leave_each_out(lambda kept, hits=hits: float(hits[kept].mean()), speakers)
        low, high = summary([measure]).interval
        covered += low <= 0.5 <= high
        over_items += abs(hits.mean() - 0.5) < 1.96 * np.sqrt(0.25 / 360)
    assert 0.92 <= covered / 400 <= 0.98
    assert over_items / 400 < 0.8


def test_lengths_must_fit():
    with pytest.raises(SplitError, match="one of each an item"):
        balanced_accuracy(np.zeros(3), np.zeros(3), np.zeros(2))


def test_a_variance_that_no_speaker_accounts_for_widens_the_interval():
    values = {"a": 0.4, "b": 0.5, "c": 0.6}
    plain = summary([Measure(0.5, values)]).interval
    wider = summary([Measure(0.5, values, 0.01)]).interval
    t = stats.t.ppf(0.975, 2)
    jackknife = ((plain[1] - plain[0]) / 2 / t) ** 2
    assert (wider[1] - wider[0]) / 2 == pytest.approx(t * np.sqrt(jackknife + 0.01))
    # Draws of their own in each fold: the variance of the mean of two is half of it.
    assert average([Measure(0.5, {}, 0.01), Measure(0.7, {}, 0.01), Measure(float("nan"))]).variance == 0.005


def test_a_fold_weighs_as_many_items_as_were_asked():
    many = balanced_accuracy(np.array(["a"] * 9), np.array(["a"] * 9), np.array(["a"] * 9))
    few = balanced_accuracy(np.array(["b"]), np.array(["a"]), np.array(["b"]))
    assert average([many, few]).value == pytest.approx(0.9)
    assert average([average([many, few]), few]).value == pytest.approx(9 / 11)
