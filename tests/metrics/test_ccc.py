"""CCC against a slow loop, its other form, and hand-checked cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unheard.errors import LabelError
from unheard.metrics.ccc import score

VALUE = st.floats(-10, 10, allow_subnormal=False).map(lambda value: round(value, 3))
PAIRS = st.lists(st.tuples(VALUE, VALUE), min_size=2, max_size=40)


def slow(pairs):
    number = len(pairs)
    mean_t = sum(t for t, _ in pairs) / number
    mean_p = sum(p for _, p in pairs) / number
    var_t = sum((t - mean_t) ** 2 for t, _ in pairs) / number
    var_p = sum((p - mean_p) ** 2 for _, p in pairs) / number
    both = sum((t - mean_t) * (p - mean_p) for t, p in pairs) / number
    below = var_t + var_p + (mean_t - mean_p) ** 2
    return 2 * both / below if below > 1e-12 else None


@settings(max_examples=80, deadline=None)
@given(PAIRS)
def test_equals_a_slow_loop(pairs):
    expected = slow(pairs)
    if expected is not None:
        assert score(*np.array(pairs).T) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(PAIRS)
def test_is_one_less_the_mean_squared_distance_over_that_of_independence(pairs):
    truth, prediction = np.array(pairs).T
    apart = np.mean((truth[:, None] - prediction[None, :]) ** 2)
    if apart > 1e-6:
        expected = 1 - np.mean((truth - prediction) ** 2) / apart
        assert score(truth, prediction) == pytest.approx(expected, abs=1e-6)


def test_divides_by_n():
    truth, prediction = np.array([0.0, 1.0]), np.array([1.0, 2.0])
    assert score(truth, prediction) == pytest.approx(2 * 0.25 / (0.25 + 0.25 + 1.0))


def test_a_missing_truth_is_never_counted():
    truth, prediction = np.array([0.0, np.nan, 1.0]), np.array([0.0, 7.0, 1.0])
    assert score(truth, prediction) == 1.0
    assert score(truth, np.array([0.0, np.nan, 1.0])) == 1.0


def test_constants():
    for value in (0.5, 0.1, 1 / 3):  # the mean of three 0.1 is not 0.1
        constant = np.full(3, value)
        assert np.isnan(score(constant, constant))
        assert score(constant, np.array([0.1, 0.5, 0.9])) == 0.0
    assert np.isnan(score(np.array([np.nan]), np.array([0.1])))


def test_a_prediction_of_nan_is_an_error():
    with pytest.raises(LabelError, match="1 labeled items hold nan or inf"):
        score(np.array([0.1, 0.2]), np.array([0.1, np.nan]))
