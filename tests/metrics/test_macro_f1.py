"""Macro-F1 against scikit-learn, a slow loop and hand-checked cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from unheard.metrics.macro_f1 import score

PAIRS = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), min_size=1, max_size=60)


def slow(pairs, classes):
    each = []
    for name in range(classes):
        hits = sum(t == p == name for t, p in pairs)
        items = sum(t == name for t, _ in pairs)
        predicted = sum(p == name and t >= 0 for t, p in pairs)
        if items:
            precision = hits / predicted if predicted else 0.0
            recall = hits / items
            each.append(2 * precision * recall / (precision + recall) if hits else 0.0)
    return sum(each) / len(each) if each else float("nan")


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_equals_a_slow_loop_and_sklearn(pairs):
    truth, prediction = np.array(pairs).T
    mine = score(truth, prediction, classes=5)
    assert mine == pytest.approx(slow(pairs, 5), abs=1e-6, nan_ok=True)
    known = truth >= 0
    if known.any():
        present = np.unique(truth[known])
        other = f1_score(truth[known], prediction[known], labels=present, average="macro", zero_division=0)
        assert mine == pytest.approx(other, abs=1e-6)


def test_a_class_that_is_only_predicted_is_not_averaged():
    truth, prediction = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    assert score(truth, prediction, classes=3) == pytest.approx((2 / 3 + 1) / 2)


def test_a_class_that_is_never_predicted_is_0():
    assert score(np.array([0, 1]), np.array([0, 0]), classes=2) == pytest.approx((2 / 3 + 0) / 2)
