"""What is kept of the training items, and the closed form that it is enough for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import ShrunkCovariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unheard.adaptation.readout import AffineReadout, fit_readout, shrunken_covariance
from unheard.adaptation.source import Source, checked_rows, describe_source, moments_of
from unheard.errors import AdaptationError
from unheard.scores.lda_baseline import lda_probabilities


@pytest.fixture
def items():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 90)
    rows = generator.standard_normal((3, 8))[labels] * 2 + generator.standard_normal((90, 8))
    return rows * np.arange(1.0, 9.0) + 5.0, labels


def test_statistics_are_those_of_the_items(items):
    rows, labels = items
    found = describe_source(rows, labels, ("a", "b", "c"))
    assert found.size == 8
    assert found.counts.tolist() == np.bincount(labels).tolist()
    np.testing.assert_allclose(found.means, [rows[labels == own].mean(0) for own in range(3)])
    own = [np.cov(rows[labels == own], rowvar=False, bias=True) for own in range(3)]
    np.testing.assert_allclose(found.covariance, np.mean(own, axis=0))
    np.testing.assert_allclose(found.moments.mean, rows.mean(0))
    np.testing.assert_allclose(found.moments.deviation, rows.std(0))


def test_unlabeled_items_are_left_out(items):
    rows, labels = items
    more = np.concatenate([rows, rows[:5] + 1e6])
    unlabeled = np.concatenate([labels, np.full(5, -1)])
    first, second = (describe_source(*pair, ("a", "b", "c")) for pair in ((rows, labels), (more, unlabeled)))
    np.testing.assert_array_equal(first.covariance, second.covariance)
    np.testing.assert_array_equal(first.moments.mean, second.moments.mean)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_moments_have_the_same_bits_in_any_order(seed):
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(17, 3)) * 10.0 ** generator.integers(-8, 8, (17, 1))
    first, second = moments_of(rows), moments_of(generator.permutation(rows))
    assert (first.mean == second.mean).all()
    assert (first.deviation == second.deviation).all()


def test_the_readout_is_the_closed_form_beside_every_run(items):
    rows, labels = items
    asked = rows + 0.5
    found = fit_readout(describe_source(rows, labels, ("a", "b", "c")))(asked)
    np.testing.assert_allclose(found, lda_probabilities(rows, labels, asked, classes=3), atol=1e-10)


def test_the_readout_is_the_closed_form_with_more_channels_than_items():
    generator = np.random.default_rng(1)
    rows, labels = generator.normal(size=(30, 50)), np.arange(30) % 3
    asked = generator.normal(size=(7, 50))
    found = fit_readout(describe_source(rows, labels, ("a", "b", "c")))(asked)
    np.testing.assert_allclose(found, lda_probabilities(rows, labels, asked, classes=3), atol=1e-9)


def test_the_readout_is_that_of_another_library(items):
    rows, labels = items
    scaled = (rows - rows.mean(0)) / rows.std(0)
    shrunken = ShrunkCovariance(shrinkage=0.5)
    other = LinearDiscriminantAnalysis("lsqr", priors=[1 / 3] * 3, covariance_estimator=shrunken).fit(scaled, labels)
    found = fit_readout(describe_source(rows, labels, ("a", "b", "c")))(rows)
    np.testing.assert_allclose(found, other.predict_proba(scaled), atol=1e-8)


def test_a_channel_that_never_varies_has_no_weight(items):
    rows, labels = items
    dead = np.concatenate([rows, np.full((len(rows), 1), 3.0)], axis=1)
    statistics = describe_source(dead, labels, ("a", "b", "c"))
    readout = fit_readout(statistics)
    assert (readout.weights[-1] == 0).all()
    np.testing.assert_allclose(readout(dead), lda_probabilities(rows, labels, rows, classes=3), atol=1e-9)
    covariance, deviation = shrunken_covariance(statistics)
    assert np.isinf(deviation[-1])
    assert np.linalg.eigvalsh(covariance)[0] > 0


def test_items_that_do_not_differ_from_their_class():
    statistics = describe_source(np.eye(3)[[0, 1, 2, 0, 1, 2]], np.array([0, 1, 2, 0, 1, 2]), ("a", "b", "c"))
    assert fit_readout(statistics)(np.eye(3)).argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (np.zeros((3, 2)), np.zeros(2, int), r"embeddings \(3, 2\) and labels \(2,\)"),
        (np.zeros((3, 2)), np.array([0, 1, 2]), "of 2 classes do not fit"),
        (np.zeros((3, 2)), np.zeros(3, int), "no training item of b"),
        (np.zeros(3), np.zeros(3, int), r"shape \(3,\)"),
        (np.full((3, 2), np.nan), np.zeros(3, int), "diverged"),
    ],
)
def test_what_does_not_fit_is_an_error(rows, labels, message):
    with pytest.raises(AdaptationError, match=message):
        describe_source(rows, labels, ("a", "b"))


def test_a_size_that_is_not_the_model_s_is_an_error():
    with pytest.raises(AdaptationError, match=r"expected \(items, 4\)"):
        checked_rows(np.zeros((3, 2)), size=4)


def test_a_readout_that_gives_no_probability_a_class_is_an_error(items):
    rows, labels = items
    statistics = describe_source(rows, labels, ("a", "b", "c"))
    short = Source(statistics, AffineReadout(np.zeros((8, 2)), np.zeros(2)))
    with pytest.raises(AdaptationError, match=r"shape \(90, 2\), expected one probability a class, shape \(90, 3\)"):
        short.probabilities(rows)
    wrong = Source(statistics, lambda own: np.full((len(own), 3), np.nan))
    with pytest.raises(AdaptationError, match="nan or infinite"):
        wrong.probabilities(rows)
