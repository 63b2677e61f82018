"""How a probe chooses: every item is judged once, by who has not met it, and whole groups are."""

import numpy as np
import pytest

from unheard.leakage._cross_validation import Classifier, fit_chosen, inner_folds
from unheard.leakage._whitening import principal, whitened


def folds_of(labels, groups=None, seed=0):
    return inner_folds(np.asarray(labels), np.random.default_rng(seed), groups)


def test_each_label_is_dealt_evenly_over_the_folds():
    folds = folds_of(np.repeat(np.arange(5), 9))
    for label in range(5):
        assert np.bincount(folds[9 * label : 9 * (label + 1)]).tolist() == [3, 3, 3]


def test_whole_groups_are_judged_and_each_label_in_several_folds():
    groups = np.repeat(np.arange(8), 5)
    folds = folds_of(groups % 2, groups)
    for group in range(8):
        assert np.unique(folds[groups == group]).size == 1
    for label in (0, 1):
        assert np.unique(folds[groups % 2 == label]).size == 3


def test_what_would_stand_in_one_fold_alone_is_never_judged():
    assert folds_of([0, 0, 0, 0, 1])[-1] == -1
    groups = np.array([0, 0, 1, 1, 2, 2])
    folds = folds_of([0, 0, 0, 0, 1, 1], groups)
    assert (folds[4:] == -1).all()
    assert (folds[:4] >= 0).all()


def test_settings_are_judged_by_items_that_were_not_learnt_from_and_the_last_fit_has_them_all():
    """A kind that remembers what it has met, and answers nothing else."""
    met, validation = [], []

    def predict_each(train, labels, others, seed):
        known = set(train[:, 0].tolist())
        validation.extend(others[:, 0].tolist())
        assert not known & set(others[:, 0].tolist())
        return {"wrong": np.zeros(len(others), np.int64), "right": (others[:, 0] >= 6).astype(np.int64)}

    def fit(train, labels, setting, seed):
        met.append((setting, len(train)))
        return lambda others: np.zeros(len(others), np.int64)

    train = np.arange(12, dtype=np.float32)[:, np.newaxis]
    fit_chosen(Classifier(predict_each, fit, "default"), train, (train[:, 0] >= 6).astype(np.int64), seed=0)
    assert sorted(validation) == list(range(12))
    assert met == [("right", 12)]


def test_where_nothing_can_be_judged_the_default_is_taken():
    chosen = []

    def fit(train, labels, setting, seed):
        chosen.append(setting)
        return lambda items: np.zeros(len(items), np.int64)

    fit_chosen(
        Classifier(lambda *_: pytest.fail("nothing to judge"), fit, "default"),
        np.eye(2, dtype=np.float32),
        np.arange(2),
        seed=0,
    )
    assert chosen == ["default"]


@pytest.mark.parametrize("shape", [(40, 6), (12, 30)])
def test_whitened_items_have_unit_variance_and_no_correlation(shape):
    train = (np.random.default_rng(0).normal(size=shape) * np.geomspace(1, 30, shape[1])).astype(np.float32)
    made = whitened(train)(train)
    assert made.shape[1] == min(shape[1], shape[0] - 1)
    assert np.cov(made.T, bias=True) == pytest.approx(np.eye(made.shape[1]), abs=1e-3)


def test_principal_directions_keep_distances_where_all_are_kept():
    train = np.random.default_rng(0).normal(size=(10, 50)).astype(np.float32)
    made = principal(train, 20)(train)
    assert made.shape == (10, 9)
    assert np.linalg.norm(made[0] - made[1]) == pytest.approx(float(np.linalg.norm(train[0] - train[1])), rel=1e-4)


def test_items_that_do_not_vary_stay_as_they_are():
    same = np.ones((5, 3), np.float32)
    assert whitened(same)(same) == pytest.approx(same)
