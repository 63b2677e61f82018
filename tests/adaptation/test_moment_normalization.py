"""Speaker and corpus normalization: by hand, and what prudence does."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptation.made import Made, made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.methods import corpus_normalization, speaker_normalization
from unheard.adaptation.methods._moments import between, move_of, trusted
from unheard.adaptation.source import Moments, moments_of
from unheard.adaptation.target import read_target


def after(data: Made, name: str, **options):
    return adapt(data.source, data.embeddings, data.speakers, steps=[(name, options)]).target(
        data.embeddings, data.speakers
    )


def test_full_trust_brings_each_speaker_to_the_source_s_moments():
    data = made(seed=4)
    found = after(data, "speaker_normalization", prudent=False, prior=0.0, corpus_prior=0.0)
    wanted = data.source.statistics.moments
    for speaker in np.unique(data.speakers):
        own = moments_of(found.embeddings[data.speakers == speaker])
        np.testing.assert_allclose(own.mean, wanted.mean, atol=1e-9)
        np.testing.assert_allclose(own.deviation, wanted.deviation, atol=1e-9)


def test_it_is_the_z_norm_by_hand():
    data = made(seed=4)
    found = after(data, "speaker_normalization", prudent=False, prior=0.0, corpus_prior=0.0).embeddings
    wanted = data.source.statistics.moments
    for speaker in np.unique(data.speakers):
        own = data.embeddings[data.speakers == speaker]
        by_hand = (own - own.mean(0)) / own.std(0) * wanted.deviation + wanted.mean
        np.testing.assert_allclose(found[data.speakers == speaker], by_hand, atol=1e-9)


def test_shrinkage_is_the_formula_by_hand():
    data = made(seed=4)
    found = after(data, "speaker_normalization", prudent=False, prior=7.0, corpus_prior=0.0, deviation=False)
    wanted, corpus = data.source.statistics.moments, data.embeddings.mean(0)
    own = data.speakers == data.speakers[0]
    trust = (own.sum() - 1) / (own.sum() - 1 + 7.0)
    center = corpus + trust * (data.embeddings[own].mean(0) - corpus)
    np.testing.assert_allclose(found.embeddings[own], data.embeddings[own] - center + wanted.mean, atol=1e-9)


def test_the_corpus_is_one_speaker_without_a_name():
    data = made(seed=4)
    first = after(data, "corpus_normalization", prior=10.0).embeddings
    nameless = adapt(data.source, data.embeddings, steps=["speaker_normalization"])
    np.testing.assert_allclose(first, nameless.target(data.embeddings).embeddings, atol=1e-12)


@pytest.mark.parametrize("method", [corpus_normalization, speaker_normalization])
def test_the_source_s_own_statistics_change_no_bit(method):
    data = made(seed=4)
    rows = data.embeddings
    own = dataclasses.replace(data.source.statistics, moments=moments_of(rows))
    source = dataclasses.replace(data.source, statistics=own)
    target = read_target(source, rows)
    found = method.apply(method.fit(source, target, method.Settings()), source.readout, target)
    assert (found.embeddings == rows).all()
    assert (found.probabilities == target.probabilities).all()


def test_a_speaker_shift_is_undone():
    gains = []
    for seed in range(4):
        data = made(seed=seed, strength=2.0)
        gains.append(data.uar(after(data, "speaker_normalization").probabilities) - data.uar(data.source_only))
    assert min(gains) > 0.05
    assert np.mean(gains) > 0.12


def test_a_corpus_shift_is_undone():
    data = made(seed=0, strength=0.3)
    moved = Made(data.source, data.embeddings + 6.0 * np.eye(24)[0], data.speakers, data.truth)
    assert moved.uar(moved.source_only) < 0.7
    assert moved.uar(after(moved, "corpus_normalization").probabilities) > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_speakers_of_one_emotion_each_keep_it(seed):
    data = made(seed=seed, dependence=1.0, strength=1.0)
    rash = after(data, "speaker_normalization", prudent=False)
    prudent = after(data, "speaker_normalization")
    assert data.uar(rash.probabilities) < data.uar(data.source_only) - 0.3
    assert data.uar(prudent.probabilities) >= data.uar(data.source_only) - 0.01


def test_what_was_found_of_each_speaker_is_told():
    data = made(seed=1, dependence=1.0)
    fitted = adapt(data.source, data.embeddings, data.speakers, steps=["speaker_normalization"]).steps[0]
    assert set(fitted.judged) == {"count", "variety", "trust"}
    assert fitted.judged["count"].tolist() == [240.0] + 6 * [40.0]
    assert fitted.judged["trust"][1:].max() < 0.1
    assert fitted.judged["trust"][0] > 0.5


@given(st.integers(0, 500), st.floats(0, 100), st.floats(0, 1))
def test_trust_grows_with_the_recordings_and_ends_at_the_variety(count, prior, variety):
    trust = trusted(count, prior, variety)
    assert 0.0 <= trust <= variety
    assert trusted(count + 1, prior, variety) >= trust
    assert count > 1 or trust == 0.0


@given(st.floats(0, 1), st.floats(0.1, 10), st.floats(0.1, 10))
def test_between_is_between(trust, first, second):
    base = Moments(5, np.array([first]), np.array([first]))
    own = Moments(7, np.array([second]), np.array([second]))
    found = between(base, own, trust)
    low, high = sorted((first, second))
    assert low - 1e-9 <= found.mean[0] <= high + 1e-9
    assert low - 1e-9 <= found.deviation[0] <= high + 1e-9
    assert between(base, own, 1.0).deviation[0] == pytest.approx(second)
    assert between(base, own, 0.0).mean[0] == first


def test_channels_that_never_vary_keep_their_scale():
    still, moving = Moments(4, np.array([1.0, 2.0]), np.array([0.0, 2.0])), Moments(4, np.zeros(2), np.ones(2))
    for source, own in ((still, moving), (moving, still)):
        assert move_of(source, own, deviation=True).scale[0] == 1.0
    assert between(still, moving, 0.5).deviation[0] == 0.0
