"""Validators against definitions written out by hand, and whether they agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from scipy.stats import entropy as entropy_of
from sklearn.metrics import mutual_info_score

from adaptation.made import made
from unheard import registry
from unheard.adaptation.adapted import adapt
from unheard.adaptation.agreement import agreement, validate
from unheard.adaptation.evidence import Evidence, HeldOut
from unheard.adaptation.validators import (
    balance,
    batch_nuclear_norm,
    deep_embedded_validation,
    entropy,
    information_maximization,
    soft_neighborhood_density,
)
from unheard.errors import AdaptationError

CERTAIN = np.eye(4)[np.arange(40) % 4]
COLLAPSED = np.eye(4)[np.zeros(40, int)]
UNSURE = np.full((40, 4), 0.25)


def of(answers):
    return Evidence(np.zeros((len(answers), 2)), answers)


def random_answers(seed=0, items=30):
    return softmax(2 * np.random.default_rng(seed).normal(size=(items, 4)), axis=1)


def test_entropy_and_balance_by_another_library():
    answers = random_answers()
    assert entropy.score(of(answers)) == pytest.approx(-np.mean([entropy_of(row, base=4) for row in answers]))
    assert balance.score(of(answers)) == pytest.approx(entropy_of(answers.mean(0), base=4))


def test_information_of_certain_answers_is_that_of_the_labels():
    labels = np.random.default_rng(0).integers(0, 4, 50)
    found = information_maximization.score(of(np.eye(4)[labels]))
    assert found == pytest.approx(mutual_info_score(labels, labels) / np.log(4))


def test_the_known_corners():
    assert information_maximization.score(of(CERTAIN)) == pytest.approx(1.0)
    assert information_maximization.score(of(COLLAPSED)) == pytest.approx(0.0)
    assert information_maximization.score(of(UNSURE)) == pytest.approx(0.0)
    assert entropy.score(of(COLLAPSED)) == pytest.approx(0.0)
    assert entropy.score(of(UNSURE)) == pytest.approx(-1.0)
    assert balance.score(of(COLLAPSED)) == pytest.approx(0.0)
    assert balance.score(of(UNSURE)) == pytest.approx(1.0)
    assert batch_nuclear_norm.score(of(CERTAIN)) == pytest.approx(1.0)
    assert batch_nuclear_norm.score(of(COLLAPSED)) == pytest.approx(0.5)
    assert batch_nuclear_norm.score(of(UNSURE)) == pytest.approx(0.25)
    assert soft_neighborhood_density.score(of(UNSURE)) == pytest.approx(1.0)


def test_nuclear_norm_by_singular_values():
    answers = random_answers()
    singular = np.sqrt(np.linalg.eigvalsh(answers.T @ answers))
    assert batch_nuclear_norm.score(of(answers)) == pytest.approx(singular.sum() / np.sqrt(30 * 4))


@pytest.mark.parametrize("items", [5, 600])
def test_soft_neighborhoods_by_hand(items):
    answers = random_answers(items=items)
    unit = answers / np.sqrt((answers**2).sum(1))[:, None]
    total = 0.0
    for i in range(items):
        others = np.delete(np.arange(items), i)
        total += entropy_of(softmax(unit[others] @ unit[i] / 0.05))
    assert soft_neighborhood_density.score(of(answers)) == pytest.approx(total / items / np.log(items - 1))


def test_dense_groups_are_denser_than_noise():
    groups = np.eye(4)[np.arange(40) % 4] * 0.9 + 0.025
    assert soft_neighborhood_density.score(of(groups)) > soft_neighborhood_density.score(of(random_answers(items=40)))


def shifted(seed=0, shift=1.0):
    """A source on one axis whose losses grow to the right, and a target to the right of it."""
    generator = np.random.default_rng(seed)
    train, validation = generator.normal(size=(4000, 1)), generator.normal(size=(2000, 1))
    losses = 1.0 / (1.0 + np.exp(-validation[:, 0]))
    target = generator.normal(size=(4000, 1)) + shift
    risk = float(np.mean(1.0 / (1.0 + np.exp(-target))))
    return Evidence(target, np.full((4000, 2), 0.5), HeldOut(train, validation, losses)), risk


def test_a_density_ratio_is_that_of_the_normal_densities(monkeypatch):
    monkeypatch.setattr(deep_embedded_validation, "_REGULARIZED", 1e6)
    evidence, _ = shifted()
    found = deep_embedded_validation.density_ratio(evidence.held_out, evidence.embeddings)
    places = evidence.held_out.validation[:, 0]
    np.testing.assert_allclose(np.log(found), places - 0.5, atol=0.3)


@pytest.mark.parametrize("shift", [0.5, 1.0])
def test_the_estimated_risk_is_that_of_the_target(shift):
    evidence, risk = shifted(shift=shift)
    assert -deep_embedded_validation.score(evidence) == pytest.approx(risk, abs=0.03)
    unweighted = evidence.held_out.losses.mean()
    assert abs(-deep_embedded_validation.score(evidence) - risk) < abs(unweighted - risk)


def test_losses_that_are_all_alike_are_the_risk():
    evidence, _ = shifted()
    same = HeldOut(evidence.held_out.train, evidence.held_out.validation, np.full(2000, 0.3))
    found = deep_embedded_validation.score(Evidence(evidence.embeddings, evidence.probabilities, same))
    assert -found == pytest.approx(0.3)


def test_what_does_not_fit_is_an_error():
    with pytest.raises(AdaptationError, match=r"embeddings \(3, 2\) and probabilities \(4, 2\)"):
        Evidence(np.zeros((3, 2)), np.zeros((4, 2)))
    with pytest.raises(AdaptationError, match="are no numbers"):
        Evidence(np.zeros((3, 2)), np.full((3, 2), np.nan))


def test_all_validators_are_asked_by_name():
    found = validate(of(random_answers()))
    assert set(found) == set(registry.names("validators"))
    assert np.isnan(found["deep_embedded_validation"])


def test_a_collapse_makes_them_disagree_and_says_so():
    found = agreement(validate(of(random_answers(items=40))), validate(of(COLLAPSED)))
    assert "entropy" in found.better
    assert {"balance", "information_maximization"} <= set(found.worse)
    assert found.disagree
    assert "label a few recordings" in found.warning
    assert "deep_embedded_validation" in found.silent


def test_one_mind_needs_no_warning():
    better = agreement({"a": 0.1, "b": 0.2}, {"a": 0.3, "b": 0.2})
    assert (better.better, better.worse, better.silent, better.warning) == (("a",), (), ("b",), "")
    assert "worse than before by a" in agreement({"a": 0.1}, {"a": 0.0}).warning
    assert "No validator" in agreement({"a": 0.1}, {"a": 0.1}).warning


@given(
    st.dictionaries(st.sampled_from("abcd"), st.floats(-1, 1)),
    st.dictionaries(st.sampled_from("abcd"), st.floats(-1, 1)),
)
@settings(max_examples=50)
def test_each_validator_has_one_opinion(before, after):
    found = agreement(before, after)
    everyone = (*found.better, *found.worse, *found.silent)
    assert sorted(everyone) == sorted(before.keys() & after.keys())
    back = agreement(after, before)
    assert (back.better, back.worse) == (found.worse, found.better)


def test_they_rise_with_the_truth_where_an_adaptation_helps():
    data = made(seed=0, strength=2.0)
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=["speaker_normalization"])
    after = adapted.target(data.embeddings, data.speakers)
    found = agreement(
        validate(Evidence(data.embeddings, data.source_only)),
        validate(Evidence(after.embeddings, after.probabilities)),
    )
    assert data.uar(after.probabilities) > data.uar(data.source_only)
    assert "balance" in found.better
