"""LEACE: nothing linear is left, twice is once, and nothing moves less."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from unheard.errors import SplitError
from unheard.leakage.leace import fit_eraser, one_hot
from unheard.testing.codes import make_codes


def coded(seed=0, **knobs):
    codes = make_codes(speakers=6, unseen=0, each=60, size=12, strength=1.0, seed=seed, **knobs)
    turn = np.random.default_rng(9).normal(size=(12, 12))
    return codes.embeddings @ turn, codes.columns["speaker"]


def covariance(embeddings, labels):
    return (embeddings - embeddings.mean(axis=0)).T @ (one_hot(labels) - one_hot(labels).mean(axis=0)) / len(labels)


def test_no_linear_trace_is_left_in_what_it_was_fitted_on():
    embeddings, labels = coded()
    eraser = fit_eraser(embeddings, labels)
    erased = eraser(embeddings)
    assert eraser.rank == eraser.whole == 5
    assert np.abs(covariance(embeddings, labels)).max() > 0.1
    assert np.abs(covariance(erased, labels)).max() < 1e-9
    for label in np.unique(labels):
        assert erased[labels == label].mean(axis=0) == pytest.approx(embeddings.mean(axis=0), abs=1e-9)
    model = LogisticRegression(C=1e6, max_iter=1000)
    before = model.fit(embeddings, labels).score(embeddings, labels)
    after = model.fit(erased, labels)
    assert before > 0.7
    # No loss below that of answering with the shares: the optimum has no weights.
    assert np.abs(after.decision_function(erased) - after.intercept_).max() < 1e-3


def test_twice_is_once_and_its_own_items_keep_their_mean():
    embeddings, labels = coded()
    eraser = fit_eraser(embeddings, labels)
    erased = eraser(embeddings)
    assert eraser(erased) == pytest.approx(erased, abs=1e-9)
    assert erased.mean(axis=0) == pytest.approx(embeddings.mean(axis=0), abs=1e-9)
    assert fit_eraser(erased, labels).rank == 0


def test_it_moves_the_items_less_than_any_other_erasure():
    embeddings, labels = coded()
    moved = np.mean((fit_eraser(embeddings, labels)(embeddings) - embeddings) ** 2)
    centered = embeddings - embeddings.mean(axis=0)
    # Brute: project away from the columns of the cross-covariance, at a right angle.
    basis = np.linalg.svd(covariance(embeddings, labels), full_matrices=False)[0][:, :5]
    brute = centered - centered @ basis @ basis.T
    assert np.abs(covariance(brute, labels)).max() < 1e-9
    assert moved < np.mean((brute - centered) ** 2)
    # Any oblique projection along the same columns erases too: none of these is nearer.
    generator = np.random.default_rng(0)
    for _ in range(20):
        functionals = basis + 0.3 * generator.normal(size=basis.shape)
        oblique = centered - centered @ functionals @ np.linalg.inv(basis.T @ functionals) @ basis.T
        assert np.abs(covariance(oblique, labels)).max() < 1e-9
        assert moved <= np.mean((oblique - centered) ** 2)


def test_equals_the_formula_with_explicit_roots():
    embeddings, labels = coded()
    centered = embeddings - embeddings.mean(axis=0)
    values, axes = np.linalg.eigh(centered.T @ centered / len(labels))
    whiten, color = axes @ np.diag(values**-0.5) @ axes.T, axes @ np.diag(values**0.5) @ axes.T
    left = np.linalg.svd(whiten @ covariance(embeddings, labels))[0][:, :5]
    expected = embeddings - centered @ (color @ left @ left.T @ whiten).T
    assert fit_eraser(embeddings, labels)(embeddings) == pytest.approx(expected, abs=1e-8)


def test_a_smaller_rank_erases_the_strongest_first_and_says_so():
    embeddings, labels = coded()
    left = [
        np.abs(covariance(fit_eraser(embeddings, labels, rank=rank)(embeddings), labels)).sum() for rank in range(6)
    ]
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(np.abs(covariance(embeddings, labels)).sum())
    assert left[5] < 1e-8 < left[4]
    eraser = fit_eraser(embeddings, labels, rank=2)
    assert (eraser.rank, eraser.whole) == (2, 5)


def test_many_speakers_in_a_small_embedding_leave_nothing_of_anything():
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(20), 10)
    embeddings = generator.normal(size=(20, 4))[labels] + generator.normal(size=(200, 4))
    eraser = fit_eraser(embeddings, labels)
    assert eraser.rank == 4
    assert eraser(embeddings) == pytest.approx(np.tile(embeddings.mean(axis=0), (200, 1)))


def test_dead_dimensions_carry_nothing_afterwards():
    embeddings, labels = coded()
    dead = np.concatenate([embeddings, np.full((len(labels), 3), 0.7)], axis=1)
    erased = fit_eraser(dead, labels)(dead)
    assert (erased[:, 12:] == 0.7).all()
    assert erased[:, :12] == pytest.approx(fit_eraser(embeddings, labels)(embeddings), abs=1e-8)


def test_fewer_items_than_dimensions_are_erased_too():
    generator = np.random.default_rng(0)
    embeddings, labels = generator.normal(size=(12, 40)), np.repeat(np.arange(3), 4)
    erased = fit_eraser(embeddings, labels)(embeddings)
    assert np.abs(covariance(erased, labels)).max() < 1e-9


def test_one_label_or_no_variation_changes_nothing():
    embeddings = np.random.default_rng(0).normal(size=(10, 3))
    for inputs, labels in ((embeddings, np.zeros(10)), (np.ones((10, 3)), np.arange(10))):
        eraser = fit_eraser(inputs, labels)
        assert eraser.rank == 0
        assert (eraser(inputs) == inputs).all()


def test_a_product_of_signs_is_not_touched():
    codes = make_codes(speakers=4, unseen=0, each=400, size=48, code="signs")
    erased = fit_eraser(codes.embeddings, codes.columns["speaker"])(codes.embeddings)
    products = np.sign(erased[:, 8] * erased[:, 9]), np.sign(erased[:, 10] * erased[:, 11])
    pattern = (products[0] > 0).astype(int) + 2 * (products[1] > 0)
    assert np.mean(pattern == np.char.lstrip(codes.columns["speaker"], "s").astype(int)) > 0.9


def test_what_does_not_fit_is_an_error():
    with pytest.raises(SplitError, match="one label an item"):
        fit_eraser(np.eye(3), np.zeros(2))
    with pytest.raises(SplitError, match="nan or inf"):
        fit_eraser(np.eye(3) * np.nan, np.arange(3))
    with pytest.raises(SplitError, match="rank -1"):
        fit_eraser(np.eye(3), np.arange(3), rank=-1)
