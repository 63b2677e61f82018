"""The closed form beside every run: its answers by hand, and what it must not hear."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from unheard.experiment import job_run as module
from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import plan_jobs
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.scores.lda_baseline import lda_probabilities
from unheard.settings import read_document


@pytest.fixture
def made():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 60)
    means = generator.standard_normal((3, 8))
    return (means[labels] + generator.standard_normal((60, 8))) * np.arange(1.0, 9.0), labels


def test_it_is_the_discriminant_analysis_written_by_hand(made):
    rows, labels = made
    rows, test, labels = rows[:40], rows[40:], labels[:40]
    scaled = (rows - rows.mean(0)) / rows.std(0)
    asked = (test - rows.mean(0)) / rows.std(0)
    means = np.stack([scaled[labels == name].mean(0) for name in range(3)])
    # Even priors hold for the covariance too: every class weighs alike, and is shrunken by itself.
    within = np.zeros((8, 8))
    for name in range(3):
        own = np.cov(scaled[labels == name].T, bias=True)
        within += (0.5 * own + 0.5 * np.trace(own) / 8 * np.eye(8)) / 3
    directions = np.linalg.solve(within, means.T)
    expected = softmax(asked @ directions - 0.5 * np.sum(means.T * directions, axis=0), axis=1)
    np.testing.assert_allclose(lda_probabilities(rows, labels, test, classes=3), expected, atol=1e-10)


@pytest.mark.parametrize("channels", [5, 30, 31, 200])
def test_it_is_the_same_with_more_channels_than_items_as_another_implementation(channels):
    generator = np.random.default_rng(channels)
    labels = np.concatenate([np.arange(4), generator.integers(0, 4, 26)])  # classes of other sizes
    train, test = (0.3 * labels[:, None] + generator.standard_normal((30, channels)) for _ in range(2))
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5, priors=np.full(4, 0.25))
    theirs.fit((train - train.mean(0)) / train.std(0), labels)
    expected = theirs.predict_proba((test - train.mean(0)) / train.std(0))
    np.testing.assert_allclose(lda_probabilities(train, labels, test, classes=4), expected, atol=1e-8)


def test_where_no_item_differs_from_its_class_the_nearest_class_is_answered():
    rows = np.array([[0.0, 1.0], [0.0, 1.0], [3.0, 0.0]])
    assert lda_probabilities(rows, np.array([0, 0, 1]), rows, classes=2).argmax(1).tolist() == [0, 0, 1]


def test_units_and_channels_that_never_vary_do_not_matter(made):
    rows, labels = made
    expected = lda_probabilities(rows, labels, rows, classes=3)
    other = np.concatenate([rows * 1e3 - 7.0, np.full((60, 2), 5.0)], axis=1)
    np.testing.assert_allclose(lda_probabilities(other, labels, other, classes=3), expected, atol=1e-9)


def test_what_has_no_label_is_not_learned_from(made):
    rows, labels = made
    hidden = np.where(np.arange(60) < 20, -1, labels)
    expected = lda_probabilities(rows[20:], labels[20:], rows, classes=3)
    np.testing.assert_array_equal(lda_probabilities(rows, hidden, rows, classes=3), expected)


def test_a_class_that_was_never_heard_is_never_answered_and_one_alone_is_a_guess(made):
    rows, labels = made
    answers = lda_probabilities(rows, labels, rows, classes=5)
    assert not answers[:, 3:].any()
    np.testing.assert_allclose(answers.sum(1), 1.0)
    assert np.all(lda_probabilities(rows, np.zeros(60, int), rows, classes=4) == 0.25)


def test_it_hears_as_many_labels_as_the_objectives_and_no_test_speaker(recipe, tmp_path, monkeypatch):
    heard = []

    def recorded(train, labels, test, *, classes):
        heard.append((len(train), int((labels >= 0).sum()), len(test)))
        return lda_probabilities(train, labels, test, classes=classes)

    monkeypatch.setattr(module, "lda_probabilities", recorded)
    for share in (1.0, 0.5):
        ready = prepare(read_recipe(read_document(recipe, [f"training.labeled={share}"])), default_cache())
        jobs = plan_jobs(ready, tmp_path / str(share))
        job = next(one for one in jobs if one.label == "(references)")
        result = module.run_job(ready.job_data, job)
        assert result.predictions.names == list(job.fold.test)
        plain = next(one for one in jobs if one.label == "plain" and one.fold == job.fold)
        items, labeled, asked = heard[-1]
        parts = FoldParts(ready.job_data, plain, plain.fold)
        assert (items, asked) == (len(parts.train), len(job.fold.test))
        assert labeled == int((parts.train.columns["emotion"] >= 0).sum())
    assert heard[1][1] < heard[0][1]
