"""Entropy minimization, the negative control: its gradients, and how it fails."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import log_softmax

from adaptation.made import made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.methods.entropy import gradients
from unheard.adaptation.validators import entropy


def test_gradients_are_those_of_finite_differences():
    logits = log_softmax(np.random.default_rng(0).normal(size=(9, 4)), axis=1)
    place = np.array([0.3, 0.1, -0.2, 0.0, 0.4])

    def loss(own):
        return gradients(logits, own[0], own[1:])[0]

    _, by_scale, by_bias = gradients(logits, place[0], place[1:])
    np.testing.assert_allclose([by_scale, *by_bias], approx_fprime(place, loss, 1e-7), atol=1e-6)


def test_one_step_is_the_step_by_hand():
    data = made(seed=0)
    target = np.log(data.source_only)
    _, by_scale, by_bias = gradients(target, 0.0, np.zeros(4))
    fitted = adapt(data.source, data.embeddings, steps=[("entropy", {"steps": 1, "rate": 0.25})]).steps[0]
    assert fitted.arrays["scale"][0] == pytest.approx(-0.25 * by_scale)
    np.testing.assert_allclose(fitted.arrays["bias"], -0.25 * by_bias, atol=1e-12)


def test_it_does_what_it_says_and_loses_classes():
    data = made(seed=0, separation=1.0)
    adapted = adapt(data.source, data.embeddings, steps=[("entropy", {"steps": 3000, "rate": 2.0})])
    answers = adapted.probabilities(data.embeddings)
    before, after = data.source_only, answers
    assert -np.sum(after * np.log(np.maximum(after, 1e-300))) < -np.sum(before * np.log(before))
    assert np.abs(after.mean(0) - 0.25).max() > np.abs(before.mean(0) - 0.25).max()
    assert data.uar(after) <= data.uar(before)
    assert entropy.NAME == "entropy"


def test_no_step_is_no_change():
    data = made(seed=0)
    adapted = adapt(data.source, data.embeddings, steps=[("entropy", {"steps": 0})])
    assert (adapted.probabilities(data.embeddings) == data.source_only).all()
