"""LAME: a brute-force descent of the same objective, the step by hand, and who counts as a neighbor."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import softmax

from adaptation.made import made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.methods.lame import adjusted, affinity, objective
from unheard.adaptation.source import Source


def problem(seed=0, items=7, classes=3):
    generator = np.random.default_rng(seed)
    places = generator.normal(size=(items, 4))
    return softmax(generator.normal(size=(items, classes)), axis=1), places


def test_a_brute_descent_of_the_objective_ends_no_lower():
    for seed in range(5):
        probabilities, places = problem(seed)
        near = affinity(places, kind="gaussian", neighbors=3)
        found = adjusted(probabilities, near, 0.8, iterations=5000)

        def loss(logits, probabilities=probabilities, near=near):
            return objective(softmax(logits.reshape(probabilities.shape), axis=1), probabilities, near, 0.8)

        brute = minimize(loss, np.log(probabilities).ravel(), method="BFGS", options={"gtol": 1e-9})
        assert objective(found, probabilities, near, 0.8) <= brute.fun + 1e-6
        np.testing.assert_allclose(found, softmax(brute.x.reshape(probabilities.shape), axis=1), atol=1e-3)


def test_one_step_is_the_step_by_hand():
    probabilities, places = problem()
    near = affinity(places, kind="gaussian", neighbors=3)
    by_hand = np.empty_like(probabilities)
    for i, row in enumerate(probabilities):
        pulled = np.array([sum(near[i, j] * probabilities[j, c] for j in range(7)) for c in range(3)])
        by_hand[i] = row * np.exp(0.5 * pulled)
        by_hand[i] /= by_hand[i].sum()
    np.testing.assert_allclose(adjusted(probabilities, near, 0.5, iterations=1), by_hand, atol=1e-12)


def test_the_objective_by_hand():
    probabilities, places = problem(items=4)
    near = affinity(places, kind="nearest", neighbors=2)
    answers = softmax(np.random.default_rng(9).normal(size=(4, 3)), axis=1)
    parted = sum(answers[i] @ np.log(answers[i] / probabilities[i]) for i in range(4))
    agree = sum(near[i, j] * answers[i] @ answers[j] for i in range(4) for j in range(4))
    assert objective(answers, probabilities, near, 0.7) == pytest.approx(parted - 0.35 * agree)


@given(st.integers(0, 1000), st.floats(0.1, 1.0), st.sampled_from(["nearest", "gaussian"]))
@settings(deadline=None, max_examples=40)
def test_every_step_lowers_the_objective(seed, weight, kind):
    probabilities, places = problem(seed, items=12)
    near = affinity(places, kind=kind, neighbors=3)
    values = [
        objective(adjusted(probabilities, near, weight, count), probabilities, near, weight) for count in range(6)
    ]
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(values))


def test_neighbors_of_a_line_are_those_beside():
    angles = np.array([0.0, 0.1, 0.3, 1.5])
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    near = affinity(places, kind="nearest", neighbors=1)
    # 0 and 1 name each other, 2 names 1, 3 names 2.
    expected = np.array([[0, 1, 0, 0], [1, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 0.5, 0]])
    np.testing.assert_array_equal(near, expected)


@pytest.mark.parametrize("kind", ["nearest", "gaussian"])
def test_an_affinity_is_symmetric_and_nobody_is_their_own_neighbor(kind):
    near = affinity(problem(items=9)[1], kind=kind, neighbors=20)
    np.testing.assert_array_equal(near, near.T)
    assert not np.diag(near).any()
    assert (near >= 0).all()


def test_how_loud_an_embedding_is_does_not_matter():
    places = problem(items=9)[1]
    for kind in ("nearest", "gaussian"):
        louder = affinity(places * np.arange(1, 10)[:, None], kind=kind, neighbors=3)
        np.testing.assert_allclose(louder, affinity(places, kind=kind, neighbors=3), atol=1e-12)


@pytest.mark.parametrize("kind", ["nearest", "gaussian"])
def test_equal_embeddings_are_no_error(kind):
    near = affinity(np.ones((4, 2)), kind=kind, neighbors=2)
    assert np.isfinite(near).all()
    assert np.isfinite(adjusted(problem(items=4)[0], near, 1.0)).all()


def test_a_recording_between_sure_neighbors_joins_them():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.45, 0.55]])
    near = np.ones((3, 3)) - np.eye(3)
    assert adjusted(probabilities, near, 1.0)[2, 0] > 0.5


def test_speakers_are_apart_unless_the_corpus_is_asked():
    data = made(seed=0, strength=0.3)
    alone = data.speakers == data.speakers[0]
    for within, same in (("speaker", True), ("corpus", False)):
        adapted = adapt(data.source, data.embeddings, data.speakers, steps=[("lame", {"within": within})])
        together = adapted.probabilities(data.embeddings, data.speakers)[alone]
        own = adapted.probabilities(data.embeddings[alone], data.speakers[alone])
        assert np.allclose(together, own, atol=1e-4) == same


def test_one_recording_alone_has_the_readout_s_answer():
    data = made(seed=0)
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=["lame"])
    for item in (0, 50, 100):
        answer = adapted.probabilities(data.embeddings[item : item + 1], data.speakers[item : item + 1])
        assert (answer == data.source.probabilities(data.embeddings[item : item + 1])).all()


def test_answers_that_a_noisy_readout_got_wrong_are_mended():
    data = made(seed=0, strength=0.3, size=8)
    generator = np.random.default_rng(0)
    noise = {tuple(row): generator.dirichlet(np.full(4, 0.3)) for row in data.embeddings.round(9)}

    def noisy(embeddings):
        return (np.stack([noise[tuple(row)] for row in embeddings.round(9)]) + data.source.readout(embeddings)) / 2

    source = Source(data.source.statistics, noisy)
    adapted = adapt(source, data.embeddings, data.speakers, steps=["lame"])
    found = data.uar(adapted.probabilities(data.embeddings, data.speakers))
    assert data.uar(noisy(data.embeddings)) < 0.97
    assert found > data.uar(noisy(data.embeddings)) + 0.02
