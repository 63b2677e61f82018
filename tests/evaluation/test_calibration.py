"""Temperature scaling, and what a result says of a run's probabilities."""

import numpy as np
import pytest

from unheard.evaluation.calibration import COVERAGES, Judged, calibration_summary, fit_temperature, with_temperature
from unheard.evaluation.result_files import plain_numbers
from unheard.metrics._calibration import calibration_error, log_loss


def drawn(seed=0, items=2000, temperature=1.0):
    """Truths drawn from honest probabilities, and those probabilities at another temperature."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (items, 3))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (honest.cumsum(axis=1) < generator.random((items, 1))).sum(axis=1).clip(max=2)
    return truth, np.round(with_temperature(honest, 1 / temperature), 6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(temperature):
    assert fit_temperature(*drawn(temperature=temperature)) == pytest.approx(temperature, rel=0.12)


def test_the_found_temperature_beats_its_neighbours():
    truth, told = drawn(items=300, temperature=2.0)
    best = fit_temperature(truth, told)
    loss = [log_loss(truth, with_temperature(told, best * factor)) for factor in (0.9, 1.0, 1.1)]
    assert loss[1] <= min(loss)


def test_a_temperature_changes_no_prediction_and_1_changes_nothing():
    _, told = drawn(items=200)
    told = told[np.sort(told, axis=1)[:, -1] > np.sort(told, axis=1)[:, -2]]
    for temperature in (0.3, 1.0, 4.0):
        scaled = with_temperature(told, temperature)
        np.testing.assert_allclose(scaled.sum(axis=1), 1)
        assert (scaled.argmax(axis=1) == told.argmax(axis=1)).all()
    np.testing.assert_allclose(with_temperature(told, 1.0), told, atol=2e-6)


def test_all_right_and_all_wrong_have_the_ends_as_temperature():
    told = np.tile([0.7, 0.3], (20, 1))
    assert fit_temperature(np.zeros(20, int), told) < 0.06
    assert fit_temperature(np.ones(20, int), told) > 19
    assert np.isnan(fit_temperature(np.full(3, -1), told[:3]))


def judged(temperature=2.0):
    """Two seeds of two folds, each with its own bragging, and their dev speakers."""
    parts, dev = [], {}
    for seed in (0, 1):
        for fold in ("a", "b"):
            brag = temperature * (1.5 if fold == "b" else 1.0)
            parts.append((*drawn(10 + seed, 800, brag), seed, fold))
            dev[seed, fold] = drawn(20 + seed, 800, brag)
    test = Judged(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.repeat([part[2] for part in parts], 800),
        np.repeat([part[3] for part in parts], 800),
    )
    return test, dev


def test_one_temperature_a_fold_and_seed_is_fitted_on_dev_and_helps_on_test():
    test, dev = judged()
    found = calibration_summary(test, dev)
    assert [(row["seed"], row["fold"]) for row in found["temperatures"]] == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    for row in found["temperatures"]:
        assert row["temperature"] == fit_temperature(*dev[row["seed"], row["fold"]])
    assert found["after"]["ece"]["mean"] < found["before"]["ece"]["mean"] / 2
    assert found["after"]["log_loss"]["mean"] < found["before"]["log_loss"]["mean"]


def test_nothing_of_the_test_part_moves_a_temperature():
    test, dev = judged()
    other = Judged(np.roll(test.truth, 1), test.probabilities, test.seeds, test.folds)
    assert calibration_summary(other, dev)["temperatures"] == calibration_summary(test, dev)["temperatures"]


def test_figures_are_means_over_seeds_of_each_seed_alone():
    test, dev = judged()
    own = [
        calibration_error(test.truth[test.seeds == seed], test.probabilities[test.seeds == seed]) for seed in (0, 1)
    ]
    found = calibration_summary(test, dev)["before"]
    assert found["ece"]["per_seed"] == own
    assert found["ece"]["mean"] == pytest.approx(np.mean(own))
    assert found["risk_coverage"]["coverage"] == list(COVERAGES)
    at = found["risk_coverage"]["risk"][COVERAGES.index(0.8)]
    assert found["accuracy_at_80"]["mean"] == pytest.approx(1 - at)
    assert sum(row["count"] for row in found["reliability"]) == test.truth.size


def test_without_dev_predictions_nothing_is_fitted_and_nothing_is_made_up():
    test, dev = judged()
    del dev[1, "b"]
    for lacking in (None, dev):
        found = plain_numbers(calibration_summary(test, lacking))
        assert found["after"] is None
        assert found["temperatures"] == []
        assert found["before"]["ece"]["mean"] > 0
