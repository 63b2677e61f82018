"""Verification: perfect codes, noise, all pairs by hand, the thinned draw, and what cannot be asked."""

import itertools

import numpy as np
import pytest

from unheard.errors import SplitError
from unheard.leakage.verification import Verification, verification_eer
from unheard.metrics import eer

CENTER = np.zeros(8)


def corpus(items=120, speakers=6, noise=1.0, code=1.0, seed=0):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, speakers, items)
    voices = generator.normal(0, code, (speakers, 8))
    return voices[labels] + generator.normal(0, noise, (items, 8)), labels


def test_perfect_codes_have_eer_0():
    labels = np.repeat(np.arange(6), 4)
    result = verification_eer(np.eye(8)[labels], labels, center=CENTER, seed=0)
    assert result == Verification(0.0, 6 * 6, 24 * 23 // 2 - 36)


def test_noise_is_at_one_half():
    embeddings, labels = corpus(600, code=0.0)
    assert verification_eer(embeddings, labels, center=CENTER, seed=0).eer == pytest.approx(0.5, abs=0.03)


def test_equals_all_pairs_written_out():
    embeddings, labels = corpus(40)
    center = embeddings.mean(axis=0) + 0.3
    same, similarity = [], []
    for one, other in itertools.combinations(range(40), 2):
        a, b = embeddings[one] - center, embeddings[other] - center
        same.append(labels[one] == labels[other])
        similarity.append(a @ b / np.sqrt((a @ a) * (b @ b)))
    result = verification_eer(embeddings, labels, center=center, seed=0)
    assert result.eer == pytest.approx(eer.score(np.array(same), np.array(similarity)), abs=1e-12)
    assert (result.targets, result.impostors) == (sum(same), len(same) - sum(same))


def test_a_thinned_draw_is_near_the_whole_and_keeps_the_limit():
    embeddings, labels = corpus(400, noise=2.0)
    whole = verification_eer(embeddings, labels, center=CENTER, seed=0)
    thin = verification_eer(embeddings, labels, center=CENTER, seed=0, limit=8000)
    assert whole.targets + whole.impostors == 400 * 399 // 2
    assert (thin.targets, thin.impostors) == (4000, 4000)
    assert thin.eer == pytest.approx(whole.eer, abs=0.03)
    assert thin == verification_eer(embeddings, labels, center=CENTER, seed=0, limit=8000)
    assert thin != verification_eer(embeddings, labels, center=CENTER, seed=1, limit=8000)


def test_few_targets_are_all_kept():
    embeddings, labels = corpus(200, speakers=60)
    whole = verification_eer(embeddings, labels, center=CENTER, seed=0)
    thin = verification_eer(embeddings, labels, center=CENTER, seed=0, limit=5000)
    assert thin.targets == whole.targets < 2500
    assert thin.targets + thin.impostors == 5000


def test_few_impostors_are_all_kept():
    labels = np.array([0] * 60 + [1])
    result = verification_eer(corpus(61)[0], labels, center=CENTER, seed=0, limit=500)
    assert (result.targets, result.impostors) == (440, 60)


def test_scale_and_turn_change_nothing():
    embeddings, labels = corpus()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    plain = verification_eer(embeddings, labels, center=CENTER, seed=0)
    other = verification_eer(embeddings @ turn * 1e-3, labels.astype(str), center=CENTER, seed=0)
    assert other.eer == pytest.approx(plain.eer, abs=1e-9)


def test_the_center_matters_where_all_point_the_same_way():
    embeddings, labels = corpus(noise=0.5)
    far = embeddings + 1000
    seen = verification_eer(far, labels, center=far.mean(axis=0), seed=0).eer
    assert seen == pytest.approx(verification_eer(embeddings, labels, center=embeddings.mean(axis=0), seed=0).eer)
    assert seen < verification_eer(far, labels, center=CENTER, seed=0).eer


def test_a_collapsed_embedding_is_at_one_half():
    labels = np.repeat(np.arange(3), 5)
    assert verification_eer(np.ones((15, 8)), labels, center=np.ones(8), seed=0).eer == 0.5


@pytest.mark.parametrize(
    ("labels", "targets", "impostors"),
    [([0, 0, 0], 3, 0), ([0, 1, 2], 0, 3), ([0, -1, -1], 0, 0), ([-1, -1, -1], 0, 0)],
)
def test_one_kind_of_trials_alone_is_nan_with_counts(labels, targets, impostors):
    result = verification_eer(np.eye(8)[:3], np.array(labels), center=CENTER, seed=0)
    assert np.isnan(result.eer)
    assert (result.targets, result.impostors) == (targets, impostors)


def test_what_does_not_fit_is_an_error():
    embeddings, labels = corpus(10)
    with pytest.raises(SplitError, match="expected"):
        verification_eer(embeddings, labels[:-1], center=CENTER, seed=0)
    with pytest.raises(SplitError, match=r"center \(7,\)"):
        verification_eer(embeddings, labels, center=CENTER[:7], seed=0)
    with pytest.raises(SplitError, match="nan or inf"):
        verification_eer(embeddings * np.nan, labels, center=CENTER, seed=0)
    with pytest.raises(SplitError, match="limit of 1"):
        verification_eer(embeddings, labels, center=CENTER, seed=0, limit=1)
