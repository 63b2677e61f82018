"""Groups of speakers and the worst tenth of them, on speakers who are heard as we say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from unheard.schemas.objective import SpeakerScores, WorstSpeaker
from unheard.scores.fairness import (
    SpeakerPredictions,
    fairness_summary,
    group_scores,
    has_enough_emotions,
    largest_gap,
    tail_of_speakers,
    worst_speaker,
)
from unheard.statistics.significance import interval


def predictions(recalls, clips=20, seeds=1, seed=0):
    """Speaker s has about recalls[s] of `clips` clips of each of two classes right, in each seed."""
    generator = np.random.default_rng(seed)
    count = len(recalls)
    truth = np.tile(np.repeat([0, 1], clips), count)
    speaker_names = np.repeat([f"v{number:02}" for number in range(count)], 2 * clips)
    chance = np.repeat(recalls, 2 * clips)
    prediction = [np.where(generator.random(truth.size) < chance, truth, 1 - truth) for _ in range(seeds)]
    names = np.array([f"clip{number:04}" for number in range(truth.size)])
    return SpeakerPredictions(
        np.tile(truth, seeds),
        np.concatenate(prediction),
        np.tile(speaker_names, seeds),
        np.repeat(np.arange(seeds), truth.size),
        np.tile(names, seeds),
        2,
    )


def by_voice(one, group_of):
    return [group_of(int(str(name)[1:])) for name in one.speakers]


def test_a_group_has_the_uar_and_the_interval_of_its_own_speakers():
    one = predictions([0.9, 0.6, 0.8, 0.5], seeds=2)
    rows = group_scores(one, by_voice(one, lambda speaker: "fm"[speaker % 2]))
    own = np.isin(one.speakers, ["v00", "v02"])
    assert rows["f"].uar == pytest.approx((one.truth == one.prediction)[own].mean())
    assert rows["f"].interval == interval(one.confusions(own))
    assert (rows["f"].speakers, rows["f"].utterances) == (2, 80)
    assert list(rows) == ["f", "m"]


def test_the_gap_is_welch_by_hand():
    one = predictions([0.9, 0.8, 0.95, 0.6, 0.5, 0.7])
    gap = largest_gap(one, by_voice(one, lambda speaker: "f" if speaker < 3 else "m"))
    hit = (one.truth == one.prediction).reshape(6, 40).mean(axis=1)
    reference = stats.ttest_ind(hit[:3], hit[3:], equal_var=False).confidence_interval()
    assert (gap.better, gap.worse) == ("f", "m")
    assert gap.difference == pytest.approx(hit[:3].mean() - hit[3:].mean())
    assert gap.interval == pytest.approx([reference.low, reference.high])


def test_the_gap_is_of_the_best_and_the_worst_of_several_groups():
    one = predictions([0.9] * 3 + [0.75] * 3 + [0.55] * 3)
    gap = largest_gap(one, by_voice(one, lambda speaker: ("de", "en", "fr")[speaker // 3]))
    assert (gap.better, gap.worse) == ("de", "fr")
    assert gap.interval[0] > 0


def test_the_widest_of_many_gaps_is_seldom_shown_where_all_are_heard_alike():
    alarms = 0
    for seed in range(60):
        recalls = np.random.default_rng(seed).normal(0.7, 0.08, 18)
        one = predictions(recalls, clips=10, seed=seed)
        low, high = largest_gap(one, by_voice(one, lambda speaker: f"g{speaker // 3}")).interval
        alarms += low > 0 or high < 0
    assert alarms <= 0.1 * 60


def test_a_group_without_the_hard_class_is_not_called_better():
    one = predictions([0.9] * 8, clips=30, seed=1)
    one = replace(one, prediction=np.where(one.truth == 1, 0, one.prediction))  # class 1 is never heard
    left = np.isin(one.speakers, ["v04", "v05", "v06", "v07"]) & (one.truth == 1)
    columns = {key: getattr(one, key)[~left] for key in ("truth", "prediction", "speakers", "seeds", "names")}
    one = SpeakerPredictions(**columns, classes=2)
    groups = by_voice(one, lambda speaker: "all" if speaker < 4 else "easy")
    rows, gap = group_scores(one, groups), largest_gap(one, groups)
    assert rows["easy"].uar - rows["all"].uar > 0.4
    assert (rows["easy"].classes, rows["all"].classes) == (1, 2)
    assert gap.classes == 1
    assert gap.difference < 0.1
    assert gap.interval[0] < 0


def test_groups_that_share_no_class_have_no_gap():
    one = predictions([0.9, 0.6])
    assert largest_gap(one, [("a", "b")[label] for label in one.truth]) is None


def test_speakers_who_all_have_the_same_figure_do_not_make_a_gap_certain():
    one = predictions([1.0, 1.0, 0.5, 0.5], clips=2)
    prediction = np.where(np.isin(one.speakers, ["v02", "v03"]) & (one.truth == 1), 0, one.truth)
    gap = largest_gap(replace(one, prediction=prediction), by_voice(one, lambda speaker: "fm"[speaker // 2]))
    assert gap.difference == pytest.approx(0.5)
    assert gap.interval[0] < gap.difference - 0.2


def test_unknown_groups_are_left_out_and_one_group_has_no_gap():
    one = predictions([0.9, 0.6, 0.8])
    assert largest_gap(one, by_voice(one, lambda speaker: "f")) is None
    assert largest_gap(one, [None] * one.truth.size) is None
    rows = group_scores(one, by_voice(one, lambda speaker: "f" if speaker else None))
    assert rows["f"].speakers == 2


def test_one_speaker_a_group_has_a_gap_without_an_interval():
    one = predictions([0.9, 0.5])
    gap = largest_gap(one, by_voice(one, lambda speaker: "fm"[speaker]))
    assert gap.difference > 0
    assert gap.interval is None


def test_the_worst_tenth_by_hand():
    one = predictions(np.linspace(0.95, 0.3, 20), clips=40)
    found = tail_of_speakers(one)
    own = np.sort((one.truth == one.prediction).reshape(20, 80).mean(axis=1))
    assert (found.speakers, found.tenth) == (20, 2)
    assert found.worst == pytest.approx(own[:2].mean())
    assert found.best == pytest.approx(own[-2:].mean())
    assert found.gap == pytest.approx(found.best - found.worst)
    assert set(found.worst_speakers) <= {"v16", "v17", "v18", "v19"}


def test_a_gap_that_luck_makes_is_called_luck_and_a_true_one_is_not():
    alike, unlike = (
        tail_of_speakers(predictions([0.7] * 20, clips=10)),
        tail_of_speakers(predictions(np.linspace(1, 0.4, 20))),
    )
    assert alike.gap > 0.1
    assert alike.p > 0.05
    assert alike.chance_gap == pytest.approx(alike.gap, abs=0.12)
    assert unlike.p < 0.01
    assert unlike.chance_gap < unlike.gap / 2


def test_p_of_speakers_who_are_alike_is_below_05_about_as_seldom_as_it_says():
    values = [tail_of_speakers(predictions([0.7] * 8, clips=6, seed=seed)).p for seed in range(60)]
    assert np.mean(np.array(values) < 0.05) < 0.15
    assert 0.3 < np.mean(values) < 0.7


def test_the_order_of_items_changes_nothing():
    one = predictions(np.linspace(0.9, 0.5, 12), seeds=2)
    order = np.random.default_rng(1).permutation(one.truth.size)
    columns = (one.truth, one.prediction, one.speakers, one.seeds, one.names)
    other = SpeakerPredictions(*(column[order] for column in columns), 2)
    found, expected = tail_of_speakers(other), tail_of_speakers(one)
    assert found.worst_speakers == expected.worst_speakers
    numbers = [{key: own for key, own in one if key != "worst_speakers"} for one in (found, expected)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-12)


def test_a_summary_has_only_the_columns_with_two_groups():
    one = predictions([0.9, 0.6, 0.8, 0.5])
    columns = {"gender": by_voice(one, lambda speaker: "fm"[speaker % 2]), "language": ["en"] * one.truth.size}
    found = fairness_summary(one, columns)
    assert list(found.groups) == ["gender"]
    assert list(found.groups["gender"].scores) == ["f", "m"]
    assert found.groups["gender"].gap.better == "f"
    assert found.tails.speakers == 4


def test_more_than_half_of_the_emotions_are_enough():
    assert [has_enough_emotions(emotions, 4) for emotions in range(5)] == [False, False, False, True, True]
    assert [has_enough_emotions(emotions, 5) for emotions in (2, 3)] == [False, True]
    assert not has_enough_emotions(1, 2)


def test_a_speaker_with_one_emotion_is_never_the_worst():
    rows = [
        SpeakerScores(speaker=name, gender=None, utterances=9, emotions=emotions, uar=uar, wa=uar)
        for name, uar, emotions in (("one", 0.0, 1), ("some", 0.6, 3), ("all", 0.8, 4))
    ]
    assert worst_speaker(rows, classes=4) == WorstSpeaker(speaker="some", uar=0.6, left_out=1)
    assert worst_speaker(rows[:1], classes=4) == WorstSpeaker(speaker=None, uar=None, left_out=1)


def test_the_tenths_are_of_speakers_who_have_enough_emotions():
    one = predictions(np.linspace(0.95, 0.5, 20))
    # v00, the best, and v19, the worst, keep clips of one emotion only.
    kept = ~(np.isin(one.speakers, ["v00", "v19"]) & (one.truth == 1))
    columns = (one.truth, one.prediction, one.speakers, one.seeds, one.names)
    found = tail_of_speakers(SpeakerPredictions(*(column[kept] for column in columns), 2))
    inner = ~np.isin(one.speakers, ["v00", "v19"])
    expected = tail_of_speakers(SpeakerPredictions(*(column[inner] for column in columns), 2))
    assert (found.speakers, found.left_out) == (18, 2)
    assert expected.left_out == 0
    assert found.model_copy(update={"left_out": 0}) == expected


def test_where_nobody_has_enough_emotions_there_is_no_tenth():
    one = predictions([0.9, 0.6])
    columns = (one.truth, one.prediction, one.speakers, one.seeds, one.names)
    found = tail_of_speakers(SpeakerPredictions(*(column[one.truth == 0] for column in columns), 2))
    assert (found.speakers, found.left_out, found.worst_speakers) == (0, 2, [])
    assert (found.worst, found.best, found.gap, found.chance_gap, found.p) == (None,) * 5
