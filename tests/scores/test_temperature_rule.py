"""The temperature of a run: of all dev speakers, and none where it does not help those whom it was not fitted on."""

import numpy as np
import pytest

from unheard.scores.calibration import fit_temperature, with_temperature
from unheard.scores.calibration_errors import calibration_error, log_loss
from unheard.scores.temperature import Temperature, fit_pooled, pool

CLASSES = 4


def voices(seed=0, *, speakers=8, items=40, hot=1.0, spread=0.0):
    """Truths, and probabilities that are `hot` times too sure; `spread` is the deviation of speakers' own factors."""
    generator = np.random.default_rng(seed)
    own = hot * np.exp(generator.normal(0, spread, speakers)).repeat(items)
    logits = generator.normal(0, 1.5, (speakers * items, CLASSES))
    honest = with_temperature(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1.0)
    truth = (honest.cumsum(axis=1) < generator.random((len(honest), 1))).sum(axis=1).clip(max=CLASSES - 1)
    told = np.concatenate([with_temperature(row[None], 1 / factor) for row, factor in zip(honest, own, strict=True)])
    names = np.array([f"u{number}" for number in range(len(told))])
    return truth, np.round(told, 6), np.repeat([f"s{number:02}" for number in range(speakers)], items), names


def fitted(truth, told, speakers, names):
    return fit_pooled(pool(truth, told, speakers=speakers, names=names))


def exact(speakers=6, items=20, *, top=0.85, right=17):
    """Each speaker is told `top` for the first class, and of `items` so many are right: no draw is in it."""
    truth = np.tile([0] * right + [1] * (items - right), speakers)
    told = np.tile([top, 1 - top], (speakers * items, 1))
    names = np.array([f"u{number}" for number in range(len(told))])
    return truth, told, np.repeat([f"s{number}" for number in range(speakers)], items), names


def test_with_many_speakers_it_is_the_one_of_lowest_log_loss_shrunken_a_little():
    truth, told, speakers, names = voices(speakers=30, hot=2.0)
    found = fitted(truth, told, speakers, names)
    assert found.kept
    assert found.speakers == 30
    # A speaker's share, and one utterance of 1200 that nothing is known of, is all that parts the two.
    assert np.log(found.value) == pytest.approx(np.log(fit_temperature(truth, told)) * 30 / 31, abs=0.01)


def test_probabilities_that_mean_what_they_say_are_left_as_they_are():
    assert fitted(*exact()).value == 1.0
    found = [fitted(*voices(seed, spread=0.2)) for seed in range(30)]
    assert sum(one.kept for one in found) <= 5
    assert all(one.value == 1.0 for one in found if not one.kept)
    assert max(abs(np.log(one.value)) for one in found) < 0.25


@pytest.mark.parametrize("told", [0.95, 0.6])
def test_it_is_nearer_to_1_with_fewer_speakers(told):
    values = [fitted(*exact(speakers, top=told)).fitted for speakers in (2, 3, 6, 24)]
    distance = np.abs(np.log(values))
    assert (np.diff(distance) > 0).all()
    assert distance[0] < 0.8 * distance[-1]
    assert (np.array(values) > 1).all() == (told > 0.85)


def test_a_speaker_weighs_the_same_however_often_they_were_predicted():
    truth, told, speakers, names = voices(speakers=6, hot=2.0)
    often = np.concatenate([np.arange(len(truth)), *[np.flatnonzero(speakers == "s03")] * 9])
    once = fitted(truth, told, speakers, names)
    again = fitted(truth[often], told[often], speakers[often], names[often])
    assert again.value == pytest.approx(once.value, rel=1e-9)
    assert again.gain == pytest.approx(once.gain, rel=1e-9)


def test_the_order_of_predictions_does_not_matter():
    parts = voices(hot=1.6, spread=0.3)
    order = np.random.default_rng(0).permutation(len(parts[0]))
    assert fitted(*(part[order] for part in parts)).value == pytest.approx(fitted(*parts).value, rel=1e-9)


@pytest.mark.parametrize("hot", [0.3, 4.0])
def test_one_odd_dev_speaker_alone_changes_nothing(hot):
    found = fitted(*voices(speakers=1, hot=hot))
    assert (found.value, found.kept, found.speakers) == (1.0, False, 1)
    assert "one speaker alone" in found.sentence


def test_one_odd_speaker_among_several_is_not_followed():
    truth, told, speakers, names = voices(3, speakers=6)
    odd = speakers == "s02"
    truth[odd] = told[odd].argmax(axis=1)  # of whom all is right, as sure as it may be
    found = fitted(truth, told, speakers, names)
    assert fit_temperature(truth[odd], told[odd]) < 0.1
    assert not found.kept or found.value > 0.8


def test_speakers_without_an_error_do_not_call_for_certainty():
    for speakers, items in ((2, 5), (6, 20)):
        truth, told, whom, names = exact(speakers, items, top=0.7, right=items)
        found = fitted(truth, told, whom, names)
        assert found.value < 1
        sure = with_temperature(np.array([[0.7, 0.3]]), found.value)[0, 0]
        assert sure < 1 - 0.5 / (speakers * items)


def test_what_was_left_out_is_never_read():
    truth, told, speakers, names = voices(hot=2.0, spread=0.3)
    whole = pool(truth, told, speakers=speakers, names=names)
    poisoned = truth.copy()
    for name in ("s01", "s04"):
        poisoned[speakers == name] = (truth[speakers == name] + 1) % CLASSES
    other = pool(poisoned, told, speakers=speakers, names=names)
    assert fit_pooled(other) != fit_pooled(whole)
    assert fit_pooled(other.without(["s01", "s04"])) == fit_pooled(whole.without(["s01", "s04"]))
    left = ~np.isin(speakers, ["s01", "s04"])
    alone = fitted(truth[left], told[left], speakers[left], names[left])
    assert alone.value == pytest.approx(fit_pooled(whole.without(["s01", "s04"])).value, rel=1e-9)


def test_unlabeled_predictions_and_their_speakers_count_for_nothing():
    truth, told, speakers, names = voices(hot=2.0, speakers=5)
    truth[speakers == "s04"] = -1
    known = truth >= 0
    assert fitted(truth, told, speakers, names) == fitted(truth[known], told[known], speakers[known], names[known])
    truth[:] = -1
    assert fitted(truth, told, speakers, names).speakers == 0


@pytest.mark.parametrize("hot", [0.7, 1.0, 1.5, 2.5])
def test_it_repairs_what_is_wrong_on_new_voices_and_breaks_little(hot):
    before, after, older = [], [], []
    new = voices(100, speakers=40, hot=hot, spread=0.3)
    for seed in range(15):
        truth, told, speakers, names = voices(seed, speakers=10, items=30, hot=hot, spread=0.3)
        scaled = with_temperature(new[1], fitted(truth, told, speakers, names).value)
        one = fit_temperature(truth[speakers == "s00"], told[speakers == "s00"])
        figures = (new[1], scaled, with_temperature(new[1], one))
        for into, values in zip((before, after, older), figures, strict=True):
            into.append([calibration_error(new[0], values), log_loss(new[0], values)])
    raw, now, then = (np.mean(each, axis=0) for each in (before, after, older))
    assert (now <= raw + np.array([0.01, 0.005])).all()
    assert (now < then).all()
    if hot > 2:
        assert now[0] < raw[0] / 3


def test_it_says_on_how_many_it_was_fitted_and_why_it_was_kept():
    kept = fitted(*exact(top=0.95))
    assert kept.sentence.startswith(f"T = {kept.value:.2f}, fitted on the dev predictions of 6 speakers: it lowers")
    refused = Temperature(1.0, False, 6, 1.31, 0.001, 0.02)
    assert refused.sentence.startswith("T = 1: one of 1.31, fitted on the dev predictions of 6 speakers, lowers")
    assert "raises" in Temperature(1.0, False, 6, 1.31, -0.001, 0.02).sentence
