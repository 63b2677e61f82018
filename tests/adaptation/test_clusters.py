"""Clusters of a speaker: assignment held against every permutation, and what a one-sided speaker is spared."""

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from adaptation.made import made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.methods.clusters import assigned
from unheard.adaptation.variety import discriminant_of


@pytest.mark.parametrize("seed", range(10))
def test_pairs_are_the_best_of_all_permutations(seed):
    generator = np.random.default_rng(seed)
    numbers = np.concatenate([np.arange(4), generator.integers(0, 4, 16)])
    probabilities = softmax(2 * generator.normal(size=(20, 4)), axis=1)
    logits = np.log(probabilities)

    def total(labels):
        return sum(logits[item, labels[number]] for item, number in enumerate(numbers))

    best = max(itertools.permutations(range(4)), key=total)
    assert assigned(numbers, probabilities).tolist() == list(best)


def test_fewer_clusters_than_classes_have_classes_of_their_own():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0.5, 0.3, 0.2]])
    numbers = np.array([0, 0, 1])
    assert sorted(assigned(numbers, probabilities).tolist()) == [0, 1]
    assert assigned(numbers, probabilities, pairs="free").tolist() == [0, 0]


def test_a_shift_is_undone_where_clusters_are_clear():
    gains = []
    for seed in range(4):
        data = made(seed=seed, strength=2.0)
        adapted = adapt(data.source, data.embeddings, data.speakers, steps=["clusters"])
        gains.append(data.uar(adapted.probabilities(data.embeddings, data.speakers)) - data.uar(data.source_only))
    assert np.mean(gains) > 0.03


def test_a_speaker_of_one_emotion_is_left_to_the_readout():
    data = made(seed=0, dependence=1.0)
    found = {}
    for prudent in (True, False):
        steps = [("clusters", {"prudent": prudent, "weight": 1.0})]
        adapted = adapt(data.source, data.embeddings, data.speakers, steps=steps)
        found[prudent] = data.uar(adapted.probabilities(data.embeddings, data.speakers))
    assert found[True] >= data.uar(data.source_only) - 0.02
    assert found[False] < found[True] - 0.2


def test_a_full_weight_calls_every_recording_as_its_cluster():
    data = made(seed=0)
    steps = [("clusters", {"weight": 1.0, "prior": 0.0, "prudent": False})]
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=steps)
    answers = adapted.probabilities(data.embeddings, data.speakers)
    assert set(np.unique(answers)) == {0.0, 1.0}
    centers, labels = adapted.steps[0].arrays["centers"], adapted.steps[0].arrays["labels"]
    along = data.embeddings @ discriminant_of(data.source.statistics).axes
    for item in range(0, 240, 17):
        row = 1 + adapted.speakers.index(data.speakers[item])
        nearest = np.square(centers[row] - along[item]).sum(axis=1).argmin()
        assert answers[item, int(labels[row, nearest])] == 1.0


def test_every_speaker_has_every_class_once():
    data = made(seed=0)
    labels = adapt(data.source, data.embeddings, data.speakers, steps=["clusters"]).steps[0].arrays["labels"]
    assert (labels[0] == -1).all()
    np.testing.assert_array_equal(np.sort(labels[1:], axis=1), np.tile(np.arange(4), (6, 1)))


def test_the_mixture_is_the_formula():
    data = made(seed=0)
    options = {"weight": 0.6, "prior": 9.0, "prudent": False}
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[("clusters", options)])
    trust = 0.6 * 39 / (39 + 9.0)
    difference = adapted.probabilities(data.embeddings, data.speakers) - (1 - trust) * data.source_only
    np.testing.assert_allclose(np.sort(difference, axis=1), np.tile([0, 0, 0, trust], (240, 1)), atol=1e-12)


def test_two_recordings_of_a_speaker_are_two_clusters():
    data = made(seed=0)
    own = np.flatnonzero(data.speakers == data.speakers[0])[:2]
    adapted = adapt(data.source, data.embeddings[own], data.speakers[own], steps=[("clusters", {"prudent": False})])
    assert (adapted.steps[0].arrays["labels"][1] >= 0).sum() == 2
    assert np.isfinite(adapted.probabilities(data.embeddings, data.speakers)).all()
