"""Figures of whole probabilities: by hand, by slow loops, by laws, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as reference_log_loss

from unheard.errors import LabelError
from unheard.scores.calibration_errors import (
    adaptive_calibration_error,
    brier,
    calibration_error,
    classwise_calibration_error,
    log_loss,
    reliability,
    risk_coverage,
)

ALL = (adaptive_calibration_error, brier, calibration_error, classwise_calibration_error, log_loss)


def drawn(seed=0, items=300, classes=4, sharpness=1.0):
    """Probabilities, and truths drawn from them: calibrated where the sharpness is 1."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (items, classes))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (honest.cumsum(axis=1) < generator.random((items, 1))).sum(axis=1).clip(max=classes - 1)
    told = honest**sharpness
    return truth, np.round(told / told.sum(axis=1, keepdims=True), 6)


def two(*confidences):
    """Two classes, class 0 being predicted with these confidences."""
    return np.array([[confidence, 1 - confidence] for confidence in confidences])


def test_calibration_error_by_hand():
    # Of 2 bins, (0, .5] is empty but for the .5; the other holds .6 and .9, one of them right.
    truth, told = np.array([0, 0, 1]), two(0.5, 0.6, 0.9)
    assert calibration_error(truth, told, bins=2) == pytest.approx((abs(1 - 0.5) + 2 * abs(0.5 - 0.75)) / 3)


def test_calibration_error_equals_a_slow_loop():
    truth, told = drawn()
    total = 0.0
    for low in range(15):
        top = told.max(axis=1)
        inside = (top > low / 15) & (top <= (low + 1) / 15)
        if inside.any():
            right = (told[inside].argmax(axis=1) == truth[inside]).mean()
            total += inside.mean() * abs(right - top[inside].mean())
    assert calibration_error(truth, told) == pytest.approx(total, abs=1e-12)


def test_honest_probabilities_have_little_error_and_bragging_ones_much():
    honest, bragging = drawn(items=4000), drawn(items=4000, sharpness=3.0)
    for score in (calibration_error, adaptive_calibration_error, classwise_calibration_error):
        assert score(*honest) < 0.03
        assert score(*bragging) > 2 * score(*honest)


def test_adaptive_bins_by_hand():
    # Two bins of two: (.6, .7), none right; (.8, .9), both right.
    truth, told = np.array([1, 1, 0, 0]), two(0.6, 0.7, 0.8, 0.9)
    assert adaptive_calibration_error(truth, told, bins=2) == pytest.approx((0.65 + 0.15) / 2)


def test_classwise_by_hand():
    # One bin a class: the class's mean probability against its share.
    truth, told = np.array([0, 0, 1]), two(0.5, 0.6, 0.9)
    assert classwise_calibration_error(truth, told, bins=1) == pytest.approx(0.0, abs=1e-12)
    assert classwise_calibration_error(np.array([0, 0, 0]), told, bins=1) == pytest.approx(1 / 3)


def test_brier_and_log_loss_equal_another_implementation():
    truth, told = drawn()
    told = told / told.sum(axis=1, keepdims=True)
    assert log_loss(truth, told) == pytest.approx(reference_log_loss(truth, told, labels=range(4)), abs=1e-9)
    each = [brier_score_loss(truth == label, told[:, label]) for label in range(4)]
    assert brier(truth, told) == pytest.approx(sum(each), abs=1e-9)


def test_a_probability_rounded_to_0_costs_much_but_not_everything():
    assert log_loss(np.array([1]), np.array([[1.0, 0.0]])) == pytest.approx(-np.log(5e-7))


@pytest.mark.parametrize("score", ALL)
def test_order_changes_nothing_and_unlabeled_items_never_count(score):
    truth, told = drawn()
    order = np.random.default_rng(1).permutation(truth.size)
    assert score(truth[order], told[order]) == pytest.approx(score(truth, told), abs=1e-12)
    unknown = np.where(np.arange(truth.size) % 3 == 0, -1, truth)
    assert score(unknown, told) == pytest.approx(score(truth[unknown >= 0], told[unknown >= 0]), abs=1e-12)
    assert np.isnan(score(np.full_like(truth, -1), told))


@pytest.mark.parametrize("score", ALL)
def test_perfect_and_sure_is_0(score):
    truth = np.arange(40) % 4
    assert score(truth, np.eye(4)[truth]) == 0


@pytest.mark.parametrize("score", ALL)
def test_what_does_not_fit_is_an_error(score):
    truth, told = drawn(items=5)
    for wrong in ((truth[:-1], told), (truth, told[:, 0]), (truth + 4, told), (truth, told * np.nan)):
        with pytest.raises(LabelError, match="calibration"):
            score(*wrong)


def test_reliability_counts_every_item_once_and_gives_the_error():
    truth, told = drawn()
    rows = reliability(truth, told)
    assert len(rows) == 15
    assert sum(row.count for row in rows) == truth.size
    full = [row for row in rows if row.count]
    assert all(row.low - 1e-9 <= row.confidence <= row.high + 1e-9 for row in full)
    gaps = sum(row.count * abs(row.confidence - row.accuracy) for row in full)
    assert gaps / truth.size == pytest.approx(calibration_error(truth, told))
    assert all(row.accuracy is None for row in rows if not row.count)


def test_risk_coverage_by_hand():
    truth, told = np.array([0, 1, 0, 1]), two(0.9, 0.8, 0.7, 0.6)
    risk, area = risk_coverage(truth, told, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(risk, [0, 1 / 2, 1 / 3, 2 / 4])
    assert area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equally_sure_items_count_as_the_mean_over_their_orders():
    truth, told = np.array([0, 1]), two(0.8, 0.8)
    risk, area = risk_coverage(truth, told, [0.5, 1.0])
    np.testing.assert_allclose(risk, [0.5, 0.5])
    assert area == 0.5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_risk_of_answering_all_is_the_error_rate_in_any_order(seed):
    truth, told = drawn(seed, items=50)
    told = np.round(told, 1)
    order = np.random.default_rng(seed).permutation(truth.size)
    risk, area = risk_coverage(truth, told)
    assert risk[0] == pytest.approx((told.argmax(axis=1) != truth).mean())
    assert risk_coverage(truth[order], told[order])[1] == pytest.approx(area)


def test_abstaining_helps_one_who_knows_when_it_knows():
    truth, told = drawn(items=2000)
    risk, area = risk_coverage(truth, told, [0.2, 0.8, 1.0])
    assert risk[0] < risk[1] < risk[2]
    assert area < risk[2]
    assert np.isnan(risk_coverage(np.array([-1]), told[:1])[1])
