"""Chance as it is for given answers: what they score where the truths are dealt anew."""

import itertools

import numpy as np
import pytest

from unheard.errors import SplitError
from unheard.leakage.permutation_chance import PermutationScores, average_permutations, permutation_scores

SPEAKERS = np.repeat(np.array(["a", "b", "c", "d"]), 3)
ONE_SPLIT = np.zeros(12, np.int64)


def permuted(truth, predictions, speakers=SPEAKERS, splits=ONE_SPLIT, permutations=4000):
    return permutation_scores(truth, predictions, speakers=speakers, splits=splits, seed=0, permutations=permutations)


def test_the_mean_is_that_of_all_permutations():
    truth = np.array(list("aaabbc"))
    answer = np.array(list("abacca"))
    every = []
    for order in set(itertools.permutations(truth)):
        own = np.array(order)
        every.append(np.mean([(answer[own == name] == name).mean() for name in "abc"]))
    found = permuted(truth, {"linear": answer}, truth, np.zeros(6, np.int64)).chance_levels()
    assert found["linear"] == pytest.approx(np.mean(every), abs=0.01)


def test_chance_is_the_share_of_answers_that_name_someone_who_is_asked():
    """Of four voices known, two are asked; the probe names only these two: half, and not a quarter, is chance."""
    truth = np.array(["a"] * 6 + ["b"] * 6)
    found = permuted(truth, {"knn": np.tile(["a", "b"], 6), "mlp": np.full(12, "d")}, truth).chance_levels()
    assert found["knn"] == pytest.approx(0.5, abs=0.01)
    assert found["mlp"] == 0.0


def test_the_best_of_several_is_luckier_than_each():
    generator = np.random.default_rng(0)
    predictions = {kind: generator.permutation(SPEAKERS) for kind in ("linear", "mlp", "knn")}
    found = permuted(SPEAKERS, predictions).chance_levels()
    assert [found[kind] for kind in predictions] == pytest.approx([0.25] * 3, abs=0.01)
    assert found["best"] > 0.32
    alike = permuted(SPEAKERS, dict.fromkeys(predictions, predictions["mlp"])).chance_levels()
    assert alike["best"] == alike["mlp"]


def test_what_belongs_to_a_speaker_is_dealt_among_speakers():
    """All utterances of a speaker keep one gender: the score is all or half or nothing, never between."""
    gender = np.where(np.isin(SPEAKERS, ["a", "b"]), "f", "m")
    found = permuted(gender, {"linear": gender}, permutations=200)
    assert set(found.scores["linear"]) == {0.0, 0.5, 1.0}


def test_what_varies_within_a_speaker_is_dealt_among_his_own():
    """Who always says the same gives nothing away: their sentence stays with them, and is named as before."""
    sentence = np.array(["x", "x", "x", "x", "x", "x", "x", "x", "x", "y", "y", "x"])
    found = permuted(sentence, {"linear": np.where(SPEAKERS == "d", "y", "x")}, permutations=50)
    assert set(found.scores["linear"]) == {0.5 * (9 / 10 + 1)}


def test_truths_stay_in_their_round():
    splits = np.repeat([0, 1], 6)
    found = permuted(SPEAKERS, {"linear": np.where(splits == 0, "a", "c")}, splits=splits, permutations=300)
    assert set(found.scores["linear"]) == {0.5}  # a and c are always named; within both rounds they wander
    never = permuted(SPEAKERS, {"linear": np.where(splits == 0, "c", "a")}, splits=splits, permutations=300)
    assert set(never.scores["linear"]) == {0.0}


def test_the_best_is_chosen_after_averaging_over_folds():
    one, other = (
        PermutationScores({"linear": (1.0, 0.0), "knn": (0.0, 0.5)}),
        PermutationScores({"linear": (0.0, 0.0), "knn": (0.5, 0.5)}),
    )
    both = average_permutations([one, other])
    assert both.scores == {"linear": (0.5, 0.0), "knn": (0.25, 0.5)}
    assert both.chance_levels() == {"linear": 0.25, "knn": 0.375, "best": 0.5}


def test_the_same_seed_deals_the_same():
    assert permuted(SPEAKERS, {"linear": SPEAKERS}, permutations=5) == permuted(
        SPEAKERS, {"linear": SPEAKERS}, permutations=5
    )


def test_what_does_not_fit_is_an_error():
    with pytest.raises(SplitError, match="one of each an item"):
        permuted(SPEAKERS, {"linear": SPEAKERS[1:]})
    with pytest.raises(SplitError, match="one item at least"):
        permuted(SPEAKERS[:0], {"linear": SPEAKERS[:0]}, SPEAKERS[:0], ONE_SPLIT[:0])
