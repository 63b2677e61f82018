"""One vote of the models of all seeds: by hand, and when there is none."""

import numpy as np
import pytest

from unheard.scores.seed_ensemble import score_seed_ensemble


def asked(probabilities, seeds, names, truth):
    names = np.array(names)
    return score_seed_ensemble(
        np.array(truth),
        np.array(probabilities, dtype=np.float64),
        names=names,
        speakers=np.array([name[0] for name in names]),
        seeds=np.array(seeds),
    )


def test_two_that_err_apart_are_right_together():
    found = asked(
        [[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]], [3, 3, 7, 7], ["a1", "b1", "a1", "b1"], [0, 1, 0, 1]
    )
    assert found.models == 2
    assert found.uar == 1.0  # a1: 1.3 to 0.7, b1: 0.7 to 1.3; either seed alone has one of two


def test_the_order_of_predictions_does_not_matter():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet([1, 1, 1], 60)
    seeds, names = np.repeat([0, 1, 2], 20), [f"{'abcde'[i % 5]}{i}" for i in range(20)] * 3
    truth = np.tile(generator.integers(0, 3, 20), 3)
    order = generator.permutation(60)
    mine = asked(probabilities, seeds, names, truth)
    other = asked(probabilities[order], seeds[order], np.array(names)[order], truth[order])
    assert mine == other
    mean = probabilities.reshape(3, 20, 3).mean(0).argmax(1)
    assert mine.uar == pytest.approx(np.mean([(mean == c)[truth[:20] == c].mean() for c in range(3)]))


def test_a_seed_that_tests_an_utterance_twice_has_one_vote():
    twice = asked([[0.9, 0.1], [0.7, 0.3], [0.05, 0.95]], [0, 0, 1], ["a1", "a1", "a1"], [1, 1, 1])
    assert twice.uar == 1.0  # 0.8 + 0.05 against 0.2 + 0.95


def test_one_seed_or_unlike_utterances_have_none():
    assert asked([[0.9, 0.1]], [0], ["a1"], [0]) is None
    assert asked([[0.9, 0.1], [0.2, 0.8]], [0, 1], ["a1", "b1"], [0, 1]) is None
