"""Class statistics by EM: steps by hand, another library's mixture, and what it must not do."""

import itertools

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from adaptation.made import CLASSES, Made, made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.methods import class_means
from unheard.adaptation.readout import fit_readout, shrunken_covariance
from unheard.adaptation.source import Source, describe_source
from unheard.adaptation.target import read_target


def blobs(seed=0, count=600, shift=0.0, shares=(0.25, 0.25, 0.25, 0.25)):
    generator = np.random.default_rng(seed)
    labels = generator.choice(4, count, p=shares)
    return 3.0 * np.eye(5)[labels] + shift + generator.normal(size=(count, 5)), labels


def source_of(rows, labels):
    statistics = describe_source(rows, labels, CLASSES)
    return Source(statistics, fit_readout(statistics))


def fitted(source, rows, speakers=None, **options):
    return adapt(source, rows, speakers, steps=[("class_means", options)])


def moved_means(source, step, row=0):
    """Class means that the arrays of a row stand for, and log q' / q."""
    covariance, deviation = shrunken_covariance(source.statistics)
    whole = covariance * deviation * deviation[:, np.newaxis]
    center = source.statistics.moments.mean
    means = source.statistics.means + (whole @ step.arrays["weights"][row]).T
    inverse = np.linalg.inv(whole)
    bias = step.arrays["bias"][row] + center @ step.arrays["weights"][row]
    own, base = means - center, source.statistics.means - center
    lengths = np.einsum("ci,ij,cj->c", own, inverse, own) - np.einsum("ci,ij,cj->c", base, inverse, base)
    return means, bias + lengths / 2


def test_one_iteration_is_the_step_by_hand():
    source = source_of(*blobs())
    rows, _ = blobs(seed=1, count=40, shift=0.4)
    options = {"iterations": 1, "corpus_prior": 7.0, "priors_prior": 3.0}
    step = fitted(source, rows, **options).steps[0]
    answers = source.probabilities(rows)
    weights = answers.sum(0)
    by_hand = (7.0 * source.statistics.means + answers.T @ rows) / (7.0 + weights)[:, None]
    means, priors = moved_means(source, step)
    np.testing.assert_allclose(means, by_hand, atol=1e-9)
    np.testing.assert_allclose(priors, np.log((3.0 / 4 + weights) / (3.0 + 40) * 4), atol=1e-9)


def test_one_shift_is_the_step_by_hand():
    source = source_of(*blobs())
    rows, _ = blobs(seed=1, count=40, shift=0.4)
    step = fitted(source, rows, iterations=1, corpus_prior=7.0, move="together").steps[0]
    answers, means = source.probabilities(rows), source.statistics.means
    residuals = sum(answers[i, c] * (rows[i] - means[c]) for i in range(40) for c in range(4))
    np.testing.assert_allclose(moved_means(source, step)[0], means + residuals / 47.0, atol=1e-9)


def test_answers_are_posteriors_of_the_moved_gaussians():
    source = source_of(*blobs())
    rows, _ = blobs(seed=1, shift=0.7)
    adapted = fitted(source, rows)
    means, priors = moved_means(source, adapted.steps[0])
    covariance, deviation = shrunken_covariance(source.statistics)
    whole = covariance * deviation * deviation[:, np.newaxis]
    densities = np.stack([multivariate_normal(mean, whole).pdf(rows) for mean in means], axis=1) * np.exp(priors)
    np.testing.assert_allclose(adapted.probabilities(rows), densities / densities.sum(1, keepdims=True), atol=1e-9)


def test_a_speaker_begins_where_the_corpus_ended():
    source = source_of(*blobs())
    rows, _ = blobs(seed=1, count=60, shift=0.4)
    speakers = np.repeat(["a", "b"], 30)
    options = {"iterations": 200, "prior": 4.0, "corpus_prior": 7.0}
    step = fitted(source, rows, speakers, **options).steps[0]
    assert step.speakers == ("a", "b")
    corpus, own = moved_means(source, step)[0], moved_means(source, step, 1)[0]
    answers = fitted(source, rows, speakers, **options).probabilities(rows[:30], speakers[:30])
    # At the fixed point a further M-step, from the corpus's means, changes nothing.
    again = (4.0 * corpus + answers.T @ rows[:30]) / (4.0 + answers.sum(0))[:, None]
    np.testing.assert_allclose(again, own, atol=1e-4)


def test_without_a_prior_it_ends_where_another_library_s_mixture_does():
    train, labels = blobs(count=20_000)
    source = source_of(train, labels)
    rows, _ = blobs(seed=1, count=4000, shift=0.5, shares=(0.4, 0.3, 0.2, 0.1))
    options = {"corpus_prior": 1e-9, "priors_prior": 1e-9, "shrinkage": 1e-9, "iterations": 500}
    means, priors = moved_means_without_shrinkage(source, fitted(source, rows, **options).steps[0])
    mixture = GaussianMixture(4, covariance_type="tied", tol=1e-9, max_iter=500, means_init=source.statistics.means)
    mixture.fit(rows)
    # Its covariance is re-estimated where ours is kept: the same in this world, save for sampling.
    np.testing.assert_allclose(means, mixture.means_, atol=0.05)
    np.testing.assert_allclose(np.exp(priors) / 4, mixture.weights_, atol=0.01)


def moved_means_without_shrinkage(source, step):
    means = source.statistics.means + (source.statistics.covariance @ step.arrays["weights"][0]).T
    inverse = np.linalg.inv(source.statistics.covariance)
    lengths = np.einsum("ci,ij,cj->c", means, inverse, means)
    base = source.statistics.means
    lengths -= np.einsum("ci,ij,cj->c", base, inverse, base)
    return means, step.arrays["bias"][0] + lengths / 2


def test_the_likelihood_climbs_with_every_iteration():
    source = source_of(*blobs())
    rows, _ = blobs(seed=1, count=200, shift=1.0)
    covariance, deviation = shrunken_covariance(source.statistics)
    whole = covariance * deviation * deviation[:, np.newaxis]
    found = []
    for iterations in range(1, 12):
        options = {"iterations": iterations, "corpus_prior": 1e-9, "priors_prior": 1e-9}
        means, priors = moved_means(source, fitted(source, rows, **options).steps[0])
        shares = np.exp(priors) / 4
        density = sum(
            share * multivariate_normal(mean, whole).pdf(rows) for share, mean in zip(shares, means, strict=True)
        )
        found.append(np.log(density).sum())
    assert all(later >= earlier - 1e-6 for earlier, later in itertools.pairwise(found))


def test_a_shift_of_all_classes_is_found():
    source = source_of(*blobs(count=4000))
    shift = np.array([1.5, 0.0, -1.0, 0.0, 0.0])
    rows, labels = blobs(seed=1, count=800, shift=shift)
    data = Made(source, rows, np.full(800, "a"), labels)
    for move in ("each", "together"):
        adapted = fitted(source, rows, data.speakers, move=move)
        assert data.uar(adapted.probabilities(rows, data.speakers)) > data.uar(data.source_only) + 0.02
        found = moved_means(source, adapted.steps[0])[0] - source.statistics.means
        np.testing.assert_allclose(found, np.tile(shift, (4, 1)), atol=0.5)


def test_priors_are_found():
    source = source_of(*blobs(count=4000))
    rows, _ = blobs(seed=1, count=2000, shares=(0.7, 0.1, 0.1, 0.1))
    priors = np.exp(moved_means(source, fitted(source, rows).steps[0])[1]) / 4
    np.testing.assert_allclose(priors, [0.7, 0.1, 0.1, 0.1], atol=0.03)


def test_a_class_that_nobody_shows_stays_with_the_level_above():
    source = source_of(*blobs(count=4000))
    rows, _ = blobs(seed=1, count=400, shares=(0.5, 0.5, 0.0, 0.0))
    means = moved_means(source, fitted(source, rows).steps[0])[0]
    np.testing.assert_allclose(means[2:], source.statistics.means[2:], atol=0.2)


def test_the_source_s_own_statistics_change_no_answer():
    """The source's own items, read out as they are labeled: a fixed point of EM."""
    labels = np.arange(80) % 4
    rows = 9.0 * np.eye(5)[labels] + np.random.default_rng(0).uniform(-1, 1, (80, 5))
    source = Source(describe_source(rows, labels, CLASSES), lambda own: np.eye(4)[own[:, :4].argmax(axis=1)])
    target = read_target(source, rows)
    for move in ("each", "together"):
        step = class_means.fit(source, target, class_means.Settings(move=move))
        assert np.abs(step.arrays["weights"]).max() < 1e-12
        assert np.abs(step.arrays["bias"]).max() < 1e-12
        found = class_means.apply(step, source.readout, target).probabilities
        np.testing.assert_allclose(found, target.probabilities, atol=1e-12)


def test_a_head_of_any_kind_is_corrected_and_not_replaced():
    data = made(seed=0, strength=0.5)
    flat = Source(data.source.statistics, lambda own: 0.5 * data.source.readout(own) + 0.125)
    adapted = adapt(flat, data.embeddings, data.speakers, steps=[("class_means", {"weight": 1e-9})])
    np.testing.assert_allclose(
        adapted.probabilities(data.embeddings, data.speakers), flat.probabilities(data.embeddings), atol=1e-6
    )


@pytest.mark.parametrize("seed", range(3))
def test_skewed_classes_do_not_cost_what_even_ones_gain(seed):
    data = made(seed=seed, strength=1.0, dependence=0.7)
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=["speaker_normalization", "class_means"])
    assert data.uar(adapted.probabilities(data.embeddings, data.speakers)) > data.uar(data.source_only) - 0.1
