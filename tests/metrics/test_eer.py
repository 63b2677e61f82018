"""EER against scikit-learn's ROC, a slow loop, and hand-checked cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from sklearn.metrics import roc_curve

from unheard.errors import LabelError
from unheard.metrics.eer import score

TRIALS = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=50).filter(
    lambda trials: len({same for same, _ in trials}) == 2
)


def slow(trials):
    """Walk the thresholds from the strictest down; where the rates cross, join the two points."""
    targets = [s for same, s in trials if same]
    impostors = [s for same, s in trials if not same]
    before = (0.0, 1.0)
    for threshold in sorted({s for _, s in trials}, reverse=True):
        accepted = sum(s >= threshold for s in impostors) / len(impostors)
        rejected = sum(s < threshold for s in targets) / len(targets)
        if accepted >= rejected:
            gap_before, gap = before[0] - before[1], accepted - rejected
            share = -gap_before / (gap - gap_before)
            return before[0] + share * (accepted - before[0])
        before = (accepted, rejected)
    raise AssertionError


@settings(max_examples=100, deadline=None)
@given(TRIALS)
def test_equals_a_slow_loop_and_the_roc_of_sklearn(trials):
    same = np.array([same for same, _ in trials])
    similarity = np.array([float(similarity) for _, similarity in trials])
    mine = score(same, similarity)
    assert mine == pytest.approx(slow(trials), abs=1e-6)
    accepted, hit, _ = roc_curve(same, similarity, drop_intermediate=False)
    # Along the curve, by its length |d FAR| + |d FRR|: a vertical step has no FAR of its own to solve for.
    way = np.cumsum(np.append(0.0, np.diff(accepted) + np.diff(hit)))
    way, first = np.unique(way, return_index=True)
    cross = brentq(lambda at: np.interp(at, way, accepted[first] + hit[first] - 1), 0.0, way[-1], xtol=1e-12)
    assert mine == pytest.approx(np.interp(cross, way, accepted[first]), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(TRIALS)
def test_only_the_order_of_similarities_counts_and_turning_them_round_gives_the_rest(trials):
    same = np.array([same for same, _ in trials])
    similarity = np.array([float(similarity) for _, similarity in trials])
    assert score(same, np.exp(similarity / 3)) == pytest.approx(score(same, similarity))
    assert score(same, -similarity) == pytest.approx(1 - score(same, similarity))


@pytest.mark.parametrize(
    ("same", "similarity", "expected"),
    [
        ([1, 1, 0, 0], [4, 3, 2, 1], 0.0),
        ([1, 1, 0, 0], [1, 2, 3, 4], 1.0),
        ([1, 0, 1, 0], [5, 5, 5, 5], 0.5),
        ([1, 1, 1, 0, 0], [0.9, 0.8, 0.2, 0.5, 0.1], 1 / 3),
        ([1, 1, 1, 0, 0], [0.9, 0.5, 0.2, 0.5, 0.1], 2 / 5),
    ],
)
def test_hand_checked(same, similarity, expected):
    assert score(np.array(same), np.array(similarity, dtype=float)) == pytest.approx(expected)


def test_one_kind_alone_is_nan():
    assert np.isnan(score(np.array([True, True]), np.array([0.1, 0.2])))
    assert np.isnan(score(np.array([], dtype=bool), np.array([])))


def test_a_similarity_of_nan_is_an_error_unless_its_truth_is_unknown():
    assert score(np.array([1, 0, -1]), np.array([0.9, 0.1, np.nan])) == 0.0
    with pytest.raises(LabelError, match="1 of 2 similarities"):
        score(np.array([1, 0]), np.array([0.9, np.nan]))
