"""The trained back-end: its ratio against multivariate normals, and simulated voices with a known best answer."""

import numpy as np
import pytest
from scipy import stats

from unheard.errors import SplitError
from unheard.leakage.plda import PLDA, fit_plda
from unheard.leakage.verification import cosines, draw_trials
from unheard.metrics import eer


def simulated(between, within, *, speakers, each, seed=0):
    """Voices of the two-covariance model itself: (embeddings, speakers)."""
    generator = np.random.default_rng(seed)
    size = len(between)
    voices = generator.normal(size=(speakers, size)) @ np.linalg.cholesky(between).T
    labels = np.repeat(np.arange(speakers), each)
    return voices[labels] + generator.normal(size=(labels.size, size)) @ np.linalg.cholesky(within).T, labels


def rates(plda, embeddings, labels):
    trials = draw_trials(labels, limit=20_000, seed=0)
    return (
        eer.score(trials.same, plda.scores(embeddings, trials.left, trials.right)),
        eer.score(trials.same, cosines(embeddings, embeddings.mean(axis=0), trials)),
    )


def test_the_ratio_is_that_of_the_two_normals():
    """log N([x1, x2]; 0, [[T, B], [B, T]]) - log N(x1; 0, T) - log N(x2; 0, T), for any B and W."""
    generator = np.random.default_rng(0)
    root = generator.normal(size=(3, 3))
    within = root @ root.T + np.eye(3)
    directions = np.linalg.inv(np.linalg.cholesky(within)).T  # W becomes I
    values = np.array([2.0, 0.5, 0.1])
    inverse = np.linalg.inv(directions)
    between = inverse.T @ np.diag(values) @ inverse
    mean = generator.normal(size=3)
    plda = PLDA(mean, directions, values)
    points = generator.normal(size=(4, 3)) * 2
    left, right = np.array([0, 2, 1]), np.array([1, 3, 1])
    total = between + within
    joint = np.block([[total, between], [between, total]])
    expected = [
        stats.multivariate_normal.logpdf(np.concatenate([points[i], points[j]]), np.tile(mean, 2), joint)
        - stats.multivariate_normal.logpdf(points[i], mean, total)
        - stats.multivariate_normal.logpdf(points[j], mean, total)
        for i, j in zip(left, right, strict=True)
    ]
    assert plda.scores(points, left, right) == pytest.approx(expected)


def test_with_many_voices_it_finds_the_model_that_made_them():
    between, within = np.diag([4.0, 1.0, 0.0]) + 1e-9 * np.eye(3), np.diag([1.0, 2.0, 9.0])
    plda = fit_plda(*simulated(between, within, speakers=3000, each=8))
    assert plda.between[:2] == pytest.approx([4.0, 0.5], rel=0.1)
    seen = plda.project(simulated(between, within, speakers=1, each=4000, seed=1)[0])
    assert np.cov(seen[:, :2].T) == pytest.approx(np.eye(2), abs=0.1)


def test_it_hears_what_cosine_cannot():
    """The voice is in two quiet dimensions of sixteen, the noise is loud in all others."""
    between = np.diag([1.0] * 2 + [1e-9] * 14)
    within = np.diag([0.2] * 2 + [25.0] * 14)
    plda = fit_plda(*simulated(between, within, speakers=20, each=40))
    embeddings, labels = simulated(between, within, speakers=12, each=15, seed=1)
    trained, cosine = rates(plda, embeddings, labels)
    truth = PLDA(np.zeros(16), np.eye(16)[:, :2] / np.sqrt(0.2), np.full(2, 5.0))
    assert cosine > 0.4
    assert trained < rates(truth, embeddings, labels)[0] + 0.05


def test_fewer_items_than_dimensions_do_no_harm():
    between, within = np.eye(64) * 0.5, np.eye(64)
    plda = fit_plda(*simulated(between, within, speakers=6, each=5))
    assert len(plda.between) <= 5
    embeddings, labels = simulated(between, within, speakers=12, each=10, seed=1)
    assert rates(plda, embeddings, labels)[0] < 0.45  # five directions of sixty-four


def test_moved_and_turned_it_says_the_same():
    between, within = np.diag([3.0, 1.0, 0.1]), np.eye(3)
    train, labels = simulated(between, within, speakers=30, each=10)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    left, right = np.arange(10), np.arange(10, 20)
    plain = fit_plda(train, labels).scores(train, left, right)
    other = fit_plda(train @ turn * 100 + 7, labels).scores(train @ turn * 100 + 7, left, right)
    assert other == pytest.approx(plain, rel=1e-6)


@pytest.mark.parametrize(
    ("embeddings", "labels"),
    [
        (np.eye(3), np.zeros(3)),
        (np.eye(3), np.arange(3)),
        (np.ones((6, 2)), np.repeat([0, 1], 3)),
        (np.zeros((0, 2)), np.zeros(0)),
    ],
)
def test_where_there_is_nothing_to_learn_there_is_no_back_end(embeddings, labels):
    assert fit_plda(embeddings, labels) is None


def test_what_does_not_fit_is_an_error():
    with pytest.raises(SplitError, match="one speaker an item"):
        fit_plda(np.eye(3), np.zeros(2))
    with pytest.raises(SplitError, match="nan or inf"):
        fit_plda(np.eye(3) * np.nan, np.zeros(3))
