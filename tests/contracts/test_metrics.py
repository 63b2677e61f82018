"""What every registered metric keeps: its card, its range, unlabeled items, order, and errors."""

import inspect

import numpy as np
import pytest

from unheard import registry
from unheard.errors import LabelError

NAMES = registry.names("metrics")
UNKNOWN = {"classes": -1, "values": np.nan, "pairs": -1}


@pytest.fixture(params=NAMES)
def metric(request):
    return registry.load("metrics", request.param)


def example(metric, seed=0, items=60):
    """Truth and prediction of the kind that the metric reads."""
    generator = np.random.default_rng(seed)
    if metric.TRUTH == "classes":
        return generator.integers(0, 4, items), generator.integers(0, 4, items)
    if metric.TRUTH == "values":
        return generator.random(items), generator.random(items)
    return generator.integers(0, 2, items), generator.random(items)


def score(metric, truth, prediction):
    return metric.score(truth, prediction, **({"classes": 4} if metric.TRUTH == "classes" else {}))


def test_the_known_five_are_there():
    assert {"uar", "wa", "macro_f1", "ccc", "eer"} <= set(NAMES)


def test_card(metric):
    assert metric.NAME in NAMES
    assert metric.__name__.endswith(metric.NAME)
    assert metric.DIRECTION in {"higher", "lower"}
    assert metric.RANGE[0] < metric.RANGE[1]
    assert metric.TRUTH in UNKNOWN
    assert {"NAME", "DIRECTION", "RANGE", "TRUTH", "score"} <= set(metric.__all__)
    assert metric.__doc__
    assert metric.score.__doc__


def test_truth_then_prediction_and_names_after_that(metric):
    parameters = list(inspect.signature(metric.score).parameters.values())
    assert [each.name for each in parameters[:2]] == ["truth", "prediction"]
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters[2:])


@pytest.mark.parametrize("seed", range(5))
def test_a_python_float_within_its_range(metric, seed):
    value = score(metric, *example(metric, seed))
    assert type(value) is float
    assert metric.RANGE[0] <= value <= metric.RANGE[1]


def test_perfect_is_the_best_of_its_range(metric):
    truth, _ = example(metric)
    best = metric.RANGE[1] if metric.DIRECTION == "higher" else metric.RANGE[0]
    assert score(metric, truth, truth) == pytest.approx(best, abs=1e-12)


def test_the_order_of_items_changes_nothing(metric):
    truth, prediction = example(metric)
    order = np.random.default_rng(1).permutation(truth.size)
    assert score(metric, truth[order], prediction[order]) == pytest.approx(score(metric, truth, prediction))


def test_an_unlabeled_item_is_never_counted(metric):
    truth, prediction = example(metric)
    unknown = np.where(np.arange(truth.size) % 3 == 0, UNKNOWN[metric.TRUTH], truth)
    if metric.TRUTH != "values":
        unknown = unknown.astype(np.int64)
    known = np.arange(truth.size) % 3 != 0
    assert score(metric, unknown, prediction) == score(metric, truth[known], prediction[known])
    assert np.isnan(score(metric, np.full_like(unknown, UNKNOWN[metric.TRUTH]), prediction))


def test_its_input_is_left_as_it_was(metric):
    truth, prediction = example(metric)
    copies = truth.copy(), prediction.copy()
    truth.flags.writeable = prediction.flags.writeable = False
    score(metric, truth, prediction)
    np.testing.assert_array_equal(truth, copies[0])
    np.testing.assert_array_equal(prediction, copies[1])


def test_lengths_that_differ_are_an_error_that_names_the_metric(metric):
    truth, prediction = example(metric)
    with pytest.raises(LabelError, match=metric.NAME):
        score(metric, truth, prediction[:-1])
