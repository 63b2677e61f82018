"""What every label-free validator keeps: its card, its range, and what it is not told."""

import inspect

import numpy as np
import pytest
from scipy.special import softmax

from unheard import registry
from unheard.adaptation.evidence import Evidence, HeldOut

NAMES = registry.names("validators")


@pytest.fixture(params=NAMES)
def validator(request):
    return registry.load("validators", request.param)


def evidence(seed=0, items=60, classes=4, size=5, sharpness=2.0):
    generator = np.random.default_rng(seed)
    held_out = HeldOut(generator.normal(size=(80, size)), generator.normal(size=(40, size)), generator.random(40))
    answers = softmax(sharpness * generator.normal(size=(items, classes)), axis=1)
    return Evidence(generator.normal(size=(items, size)) + 0.2, answers, held_out)


def test_the_known_ones_are_there():
    known = {"information_maximization", "soft_neighborhood_density", "deep_embedded_validation"}
    assert known | {"batch_nuclear_norm", "entropy", "balance"} <= set(NAMES)


def test_card(validator):
    assert validator.NAME in NAMES
    assert validator.__name__.endswith(f".{validator.NAME}")
    assert validator.DIRECTION == "higher"
    assert validator.RANGE[0] < validator.RANGE[1]
    assert isinstance(validator.NEEDS_SOURCE, bool)
    assert validator.BLIND.endswith(".")
    assert "Reference:" in validator.__doc__
    assert {"BLIND", "DIRECTION", "NAME", "NEEDS_SOURCE", "RANGE", "score"} <= set(validator.__all__)


def test_it_is_told_of_no_label(validator):
    assert list(inspect.signature(validator.score).parameters) == ["evidence"]
    assert set(Evidence.__dataclass_fields__) == {"embeddings", "probabilities", "held_out"}


@pytest.mark.parametrize("seed", range(4))
def test_a_python_float_within_its_range(validator, seed):
    value = validator.score(evidence(seed))
    assert type(value) is float
    assert validator.RANGE[0] - 1e-12 <= value <= validator.RANGE[1] + 1e-12


def test_the_order_of_the_recordings_changes_nothing(validator):
    found = evidence()
    order = np.random.default_rng(1).permutation(len(found.embeddings))
    mixed = Evidence(found.embeddings[order], found.probabilities[order], found.held_out)
    assert validator.score(mixed) == pytest.approx(validator.score(found), abs=1e-6)


def test_the_order_of_the_classes_changes_nothing(validator):
    found = evidence()
    mixed = Evidence(found.embeddings, found.probabilities[:, [2, 0, 3, 1]], found.held_out)
    assert validator.score(mixed) == pytest.approx(validator.score(found), abs=1e-9)


def test_without_the_source_one_that_needs_it_says_nothing(validator):
    found = evidence()
    assert np.isnan(validator.score(Evidence(found.embeddings, found.probabilities))) == validator.NEEDS_SOURCE


def test_without_recordings_it_says_nothing(validator):
    empty = Evidence(np.zeros((0, 5)), np.zeros((0, 4)), evidence().held_out)
    assert np.isnan(validator.score(empty))


def test_certain_answers_are_no_error(validator):
    answers = np.eye(4)[np.arange(60) % 4]
    found = evidence()
    assert np.isfinite(validator.score(Evidence(found.embeddings, answers, found.held_out)))
