"""UAR against scikit-learn, a slow loop and hand-checked cases."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from unheard.metrics.uar import absent, recalls, score, uar_from_confusion, uar_of_each

PAIRS = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), min_size=1, max_size=60)


def slow(truth, prediction, classes):
    each = []
    for name in range(classes):
        items = [p for t, p in zip(truth, prediction, strict=True) if t == name]
        if items:
            each.append(sum(p == name for p in items) / len(items))
    return sum(each) / len(each) if each else float("nan")


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_equals_a_slow_loop_and_sklearn(pairs):
    truth, prediction = np.array(pairs).T
    mine = score(truth, prediction, classes=5)
    assert mine == pytest.approx(slow(truth, prediction, 5), abs=1e-6, nan_ok=True)
    known = truth >= 0
    if known.any():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # sklearn warns of classes that are only predicted
            other = balanced_accuracy_score(truth[known], prediction[known])
        assert mine == pytest.approx(other, abs=1e-6)


def test_an_absent_class_is_nan_and_counted_never_0():
    confusion = np.array([[2, 2, 0], [0, 0, 0], [0, 0, 5]])
    np.testing.assert_array_equal(recalls(confusion), [0.5, np.nan, 1.0])
    assert absent(confusion) == 1
    assert uar_from_confusion(confusion) == 0.75


def test_nothing_labeled_is_nan():
    assert np.isnan(score(np.array([-1, -1]), np.array([0, 1]), classes=2))
    assert np.isnan(score(np.array([], dtype=int), np.array([], dtype=int), classes=2))


def test_of_each_equals_one_by_one():
    many = np.random.default_rng(0).integers(0, 3, (4, 5, 3, 3))
    many[1, 2] = 0
    single = [[uar_from_confusion(one) for one in row] for row in many]
    np.testing.assert_array_equal(uar_of_each(many), single)
