"""Erasure as a step: no linear trace of the domain is left, and it is the closed form of the items themselves."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from adaptation.made import CLASSES, Made, made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.readout import fit_readout
from unheard.adaptation.source import Source, describe_source
from unheard.leakage.leace import fit_eraser


@pytest.fixture
def domains():
    """Source and target of 400 items each, every class as often, the target moved."""
    generator = np.random.default_rng(0)
    labels = np.arange(400) % 4
    mix = generator.normal(size=(8, 8))
    source, target = (3.0 * np.eye(8)[labels] @ mix + generator.normal(size=(400, 8)) for _ in range(2))
    statistics = describe_source(source, labels, CLASSES)
    target = target + generator.normal(size=8)
    return source, target, labels, Source(statistics, fit_readout(statistics))


def test_the_direction_is_that_of_an_erasure_fitted_on_the_items(domains):
    source, target, _, known = domains
    eraser = fit_eraser(np.concatenate([source, target]), np.repeat([0, 1], 400))
    assert eraser.rank == 1
    fitted = adapt(known, target, steps=["leace"]).steps[0]
    projection = fitted.arrays["out"] @ fitted.arrays["into"]
    np.testing.assert_allclose(projection, eraser.out @ eraser.into, atol=1e-4)


def test_the_target_s_mean_becomes_the_source_s(domains):
    source, target, _, known = domains
    erased = adapt(known, target, steps=["leace"]).target(target).embeddings
    np.testing.assert_allclose(erased.mean(0), source.mean(0), atol=1e-9)


def test_no_linear_probe_tells_the_domains_apart_afterwards(domains):
    source, target, _, known = domains
    erased = adapt(known, target, steps=["leace"]).target(target).embeddings
    domain = np.repeat([0, 1], 400)
    before, after = (
        LogisticRegression(C=1.0, max_iter=1000).fit(both, domain).score(both, domain)
        for both in (np.concatenate([source, target]), np.concatenate([source, erased]))
    )
    assert before > 0.65
    assert after < 0.56


def test_erasing_twice_is_erasing_once(domains):
    _, target, _, known = domains
    adapted = adapt(known, target, steps=["leace"])
    once = adapted.target(target).embeddings
    np.testing.assert_allclose(adapted.target(once).embeddings, once, atol=1e-8)


def test_a_target_like_the_source_is_left_alone(domains):
    source, _, _, known = domains
    fitted = adapt(known, source, steps=["leace"]).steps[0]
    assert np.abs(fitted.arrays["out"]).max() < 1e-12


def test_speakers_are_erased_and_their_shift_with_them():
    data = made(seed=0, strength=2.0)
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[("leace", {"erase": "speaker"})])
    assert adapted.steps[0].arrays["out"].shape[1] == 5
    erased = adapted.target(data.embeddings, data.speakers).embeddings
    means = np.stack([erased[data.speakers == own].mean(0) for own in np.unique(data.speakers)])
    assert means.std(axis=0).max() < 1e-6
    assert data.uar(adapted.probabilities(data.embeddings, data.speakers)) > data.uar(data.source_only) + 0.05


def test_speakers_of_one_emotion_have_no_say():
    data = made(seed=0, dependence=1.0)
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[("leace", {"erase": "speaker"})])
    assert (adapted.probabilities(data.embeddings, data.speakers) == data.source_only).all()


def test_no_more_directions_than_asked_for():
    data = made(seed=0)
    fitted = adapt(data.source, data.embeddings, data.speakers, steps=[("leace", {"erase": "speaker", "rank": 2})])
    assert fitted.steps[0].arrays["into"].shape == (2, 24)


def test_half_a_weight_is_half_the_way():
    data = made(seed=0)
    whole, half = (
        adapt(data.source, data.embeddings, steps=[("leace", {"weight": weight})]).target(data.embeddings).embeddings
        for weight in (1.0, 0.5)
    )
    np.testing.assert_allclose(half, (whole + data.embeddings) / 2, atol=1e-9)
    assert isinstance(data, Made)
