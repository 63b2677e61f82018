"""The confusion matrix and the errors of what does not fit."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix as reference

from unheard.errors import LabelError, RunError
from unheard.metrics.confusion import confusion_matrix, confusions_by_speaker


def test_equals_sklearn_with_rows_truth():
    generator = np.random.default_rng(0)
    truth, prediction = generator.integers(0, 4, (2, 200))
    mine = confusion_matrix(truth, prediction, classes=5)
    assert mine.dtype == np.int64
    np.testing.assert_array_equal(mine, reference(truth, prediction, labels=range(5)))


def test_unlabeled_is_in_no_cell_whatever_was_predicted():
    assert confusion_matrix(np.array([-1, 1]), np.array([-1, 0]), classes=2).tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        ([0, 1], [0, 1, 1], r"truth has shape \(2,\) and prediction \(3,\)"),
        ([[0, 1]], [[0, 1]], r"expected both \(items,\)"),
        ([0, 2], [0, 1], "truth holds class 2"),
        ([0, -2], [0, 1], "truth holds class -2"),
        ([0, 1], [0, -1], "prediction holds class -1"),
        ([0.0, 1.0], [0, 1], "truth holds float64"),
    ],
)
def test_what_does_not_fit_is_an_error(truth, prediction, message):
    with pytest.raises(LabelError, match=message):
        confusion_matrix(np.array(truth), np.array(prediction), classes=2)


def test_by_speaker_and_seed_equals_one_by_one():
    generator = np.random.default_rng(1)
    truth = np.tile(generator.integers(-1, 3, 60), 2)
    speakers = np.tile(generator.choice(["anna", "bert", "carl"], 60), 2)
    seeds, prediction = np.repeat([7, 3], 60), generator.integers(0, 3, 120)
    counts = confusions_by_speaker(truth, prediction, speakers, classes=3, seeds=seeds)
    assert counts.shape == (2, 3, 3, 3)
    for row, seed in enumerate((3, 7)):
        for column, speaker in enumerate(("anna", "bert", "carl")):
            own = (seeds == seed) & (speakers == speaker)
            one = confusion_matrix(truth[own], prediction[own], classes=3)
            np.testing.assert_array_equal(counts[row, column], one)


def test_seeds_that_judged_other_clips_are_an_error():
    with pytest.raises(RunError, match="seed 1 did not judge the same clips as seed 0"):
        confusions_by_speaker(
            np.array([0, 1, 0]),
            np.array([0, 0, 0]),
            np.array([1, 1, 1]),
            classes=2,
            seeds=np.array([0, 0, 1]),
        )
    with pytest.raises(RunError, match="speakers"):
        confusions_by_speaker(np.array([0, 1]), np.array([0, 0]), np.array([1]), classes=2)
