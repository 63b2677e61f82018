"""Temperature scaling, and what a result says of a run's probabilities."""

from dataclasses import replace

import numpy as np
import pytest

from unheard.schemas.calibration import RunTemperature
from unheard.scores.calibration import (
    COVERAGES,
    HeldOutPredictions,
    calibration_summary,
    fit_temperature,
    with_temperature,
)
from unheard.scores.calibration_errors import calibration_error, log_loss
from unheard.scores.temperature import fit_pooled, pool


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


def test_the_found_temperature_beats_its_neighbors():
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


def part(seed, speakers, brag, tasks):
    """Predictions of each task's speakers; everybody is predicted in both seeds."""
    rows = []
    for fold, names in tasks.items():
        for voice in names:
            truth, told = drawn(1000 * seed + int(voice[1:]), speakers, brag)
            rows.append((truth, told, np.full(speakers, seed), [fold] * speakers, [voice] * speakers))
    return rows


def judged(temperature=2.0, *, items=120, foreign=False):
    """Two seeds of three folds that brag, each speaker tested in one fold, and in another one a dev speaker."""
    test = {"a": ("s0", "s1", "s2"), "b": ("s3", "s4", "s5"), "c": ("s6", "s7", "s8")}
    dev = {"a": ("s3", "s6"), "b": ("s0", "s7"), "c": ("s1", "s4")}

    def together(tasks):
        rows = [row for seed in (0, 1) for row in part(seed, items, temperature, tasks)]
        truth, told, seeds, folds, speakers = (np.concatenate([row[place] for row in rows]) for place in range(5))
        names = np.array([f"{speaker}/{number % items}" for number, speaker in enumerate(speakers)])
        return HeldOutPredictions(truth, told, seeds, folds, speakers, names, np.full(truth.size, foreign))

    return together(test), together(dev)


def test_one_temperature_is_fitted_on_all_dev_speakers_and_helps_on_test():
    test, dev = judged()
    found = calibration_summary(test, dev)
    whole = fit_pooled(pool(dev.truth, dev.probabilities, speakers=dev.speakers, names=dev.names))
    assert found.run_temperature == RunTemperature(
        temperature=whole.value,
        kept=True,
        speakers=6,
        fitted=whole.value,
        gain=whole.gain,
        gain_error=whole.error,
        sentence=whole.sentence,
    )
    assert found.after.ece.mean < found.before.ece.mean / 2
    assert found.after.log_loss.mean < found.before.log_loss.mean


def test_the_temperature_of_a_fold_is_of_speakers_whom_it_does_not_test():
    test, dev = judged()
    rows = calibration_summary(test, dev).fold_temperatures
    assert [(row.seed, row.fold) for row in rows] == [(seed, fold) for seed in (0, 1) for fold in "abc"]
    assert [row.speakers for row in rows] == [4] * 6
    for row in rows:
        tested = test.speakers[(test.folds == row.fold) & (test.seeds == row.seed)]
        left = ~np.isin(dev.speakers, tested)
        parts = {"speakers": dev.speakers[left], "names": dev.names[left]}
        expected = fit_pooled(pool(dev.truth[left], dev.probabilities[left], **parts))
        assert row.temperature == pytest.approx(expected.value, rel=1e-9)


def test_no_label_of_a_test_speaker_moves_the_temperature_that_judges_them():
    test, dev = judged()
    found = calibration_summary(test, dev)
    other = replace(test, truth=np.roll(test.truth, 1))
    assert calibration_summary(other, dev).fold_temperatures == found.fold_temperatures
    for fold in "abc":
        tested = np.isin(dev.speakers, test.speakers[test.folds == fold])
        assert tested.any()
        poisoned = replace(dev, truth=np.where(tested, (dev.truth + 1) % 3, dev.truth))
        again = calibration_summary(test, poisoned)
        for before, after in zip(found.fold_temperatures, again.fold_temperatures, strict=True):
            assert (before == after) == (before.fold == fold)


def same_figures(found):
    return found.after == found.before


def test_in_a_corpus_or_language_that_was_not_trained_on_no_temperature_is_used():
    test, dev = judged(foreign=True)
    found = calibration_summary(test, dev)
    assert same_figures(found)
    assert {row.temperature for row in found.fold_temperatures} == {1.0}
    assert (found.run_temperature.temperature, found.run_temperature.kept) == (1.0, False)
    assert "did not train on" in found.run_temperature.sentence
    own = test.folds == "a"
    mixed = calibration_summary(replace(test, foreign=own), dev)
    assert [row.kept for row in mixed.fold_temperatures] == [False, True, True] * 2
    assert mixed.run_temperature.kept


def test_where_everybody_is_tested_in_every_fold_nothing_can_be_fitted():
    test, dev = judged()
    found = calibration_summary(test, replace(dev, speakers=np.full(dev.speakers.shape, "s0")))
    assert {(row.temperature, row.speakers) for row in found.fold_temperatures} == {(1.0, 0), (1.0, 1)}
    assert same_figures(found)
    assert found.run_temperature.temperature == 1.0


def test_figures_are_means_over_seeds_of_each_seed_alone():
    test, dev = judged()
    own = [
        calibration_error(test.truth[test.seeds == seed], test.probabilities[test.seeds == seed]) for seed in (0, 1)
    ]
    found = calibration_summary(test, dev).before
    assert found.ece.per_seed == own
    assert found.ece.mean == pytest.approx(np.mean(own))
    assert found.risk_coverage.coverage == list(COVERAGES)
    at = found.risk_coverage.risk[COVERAGES.index(0.8)]
    assert found.accuracy_at_80.mean == pytest.approx(1 - at)
    assert sum(row.count for row in found.reliability) == test.truth.size


def test_without_dev_predictions_nothing_is_fitted_and_nothing_is_made_up():
    test, dev = judged()
    for lacking in (None, replace(dev, truth=np.full(dev.truth.shape, -1))):
        found = calibration_summary(test, lacking)
        assert found.after is None
        assert (found.run_temperature.temperature, found.run_temperature.speakers) == (1.0, 0)
        assert found.run_temperature.gain is None
        assert found.fold_temperatures == []
        assert found.before.ece.mean > 0
