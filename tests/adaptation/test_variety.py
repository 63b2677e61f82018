"""How varied recordings look: what is known of made ones, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptation.made import CLASSES, made
from unheard.adaptation.refusal import too_little
from unheard.adaptation.source import describe_source
from unheard.adaptation.target import places_of, read_target
from unheard.adaptation.variety import discriminant_of, varieties, variety


@pytest.fixture(scope="module")
def world():
    """Class means far apart, noise of deviation 1, nobody's own place: W and B are known."""
    generator = np.random.default_rng(0)
    labels = np.arange(40_000) % 4
    rows = 3.0 * np.eye(6)[labels] + generator.normal(size=(40_000, 6))
    return rows, labels, discriminant_of(describe_source(rows, labels, CLASSES), shrinkage=1e-6)


def test_directions_are_the_discriminants(world):
    rows, labels, discriminant = world
    assert discriminant.directions == 3
    np.testing.assert_allclose(discriminant.within, np.eye(3), atol=0.02)
    centers = [(rows[labels == own] @ discriminant.axes).mean(0) for own in range(4)]
    np.testing.assert_allclose(discriminant.centers, centers, atol=1e-9)
    # All classes are equally far from each other: 9 (I - 1/4) / 4 along three directions is 9/4.
    np.testing.assert_allclose(discriminant.between, 2.25 * np.eye(3), atol=0.1)


def test_one_class_is_0_and_all_evenly_1(world):
    rows, labels, discriminant = world
    assert variety(rows[labels == 2], discriminant) == pytest.approx(0.0, abs=0.02)
    assert variety(rows, discriminant) == pytest.approx(1.0, abs=0.02)


def test_two_of_four_classes_are_between(world):
    rows, labels, discriminant = world
    # One direction of 9/2 in the place of three of 9/4.
    assert variety(rows[labels < 2], discriminant) == pytest.approx(2 / 3, abs=0.02)


def test_more_of_one_class_is_less(world):
    rows, labels, discriminant = world
    shares = []
    for most in (1, 3, 10, 100):
        kept = np.concatenate([np.flatnonzero(labels == 0)[:5000], np.flatnonzero(labels > 0)[: 15_000 // most]])
        shares.append(variety(rows[kept], discriminant))
    assert shares == sorted(shares, reverse=True)


@given(st.integers(0, 1000), st.floats(-50, 50))
@settings(deadline=None, max_examples=20)
def test_where_the_speaker_lies_does_not_matter(seed, shift):
    data = made(seed=5, each=20)
    discriminant = discriminant_of(data.source.statistics)
    own = data.embeddings[data.speakers == data.speakers[0]]
    moved = own + shift * np.random.default_rng(seed).normal(size=24)
    assert variety(moved, discriminant) == pytest.approx(variety(own, discriminant), rel=1e-6, abs=1e-6)


def test_one_recording_says_nothing(world):
    assert variety(world[0][:1], world[2]) == 0.0
    assert variety(world[0][:0], world[2]) == 0.0


def test_a_one_sided_speaker_is_noticed():
    even, one_sided = made(seed=2, dependence=0.0), made(seed=2, dependence=1.0)
    found = {}
    for name, data in (("even", even), ("one-sided", one_sided)):
        names = tuple(np.unique(data.speakers))
        places = places_of(data.speakers, names)
        found[name] = varieties(data.embeddings, places, 7, discriminant_of(data.source.statistics))
    assert found["even"][1:].min() > 0.4
    assert found["one-sided"][1:].max() < 0.1


def test_too_few_recordings_are_refused_with_the_number():
    data = made(seed=0)
    few = read_target(data.source, data.embeddings[:5], data.speakers[:5])
    refusal = too_little(data.source, few)
    assert refusal is not None
    assert refusal.recordings == 5
    assert "5 recordings, expected 8 at least" in refusal.reason
    assert np.isnan(refusal.variety)
    none = too_little(data.source, read_target(data.source, data.embeddings[:0], data.speakers[:0]))
    assert none is not None
    assert none.found == 0


def test_recordings_of_one_emotion_are_refused_with_its_name():
    data = made(seed=0, strength=0.3)
    speaker = data.speakers == data.speakers[0]
    own = data.of(speaker & (data.truth == 3))
    assert len(own.truth) >= 8
    refusal = too_little(data.source, read_target(data.source, own.embeddings, own.speakers))
    assert refusal is not None
    assert "look like sadness" in refusal.reason
    assert refusal.variety < 0.15
    assert refusal.found == 1


def test_varied_recordings_are_taken():
    data = made(seed=0)
    assert too_little(data.source, read_target(data.source, data.embeddings, data.speakers)) is None
