"""WA against scikit-learn and a hand-checked case."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from unheard.metrics.wa import score

PAIRS = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_equals_a_slow_loop_and_sklearn(pairs):
    truth, prediction = np.array(pairs).T
    mine = score(truth, prediction, classes=5)
    asked = [(t, p) for t, p in pairs if t >= 0]
    if not asked:
        assert np.isnan(mine)
        return
    assert mine == pytest.approx(sum(t == p for t, p in asked) / len(asked), abs=1e-6)
    known = truth >= 0
    assert mine == pytest.approx(accuracy_score(truth[known], prediction[known]), abs=1e-6)


def test_frequent_classes_weigh_more():
    truth, prediction = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])
    assert score(truth, prediction, classes=2) == 0.75
