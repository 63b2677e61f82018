"""Fewer labels: what is kept, and what must stay as it was."""

import itertools

import numpy as np
import pytest

from unheard.records import UNLABELED
from unheard.training.dataset import Dataset
from unheard.training.scarcity import keep_labels, labeled_items

SPEAKERS = np.repeat(np.arange(6), 40)
EMOTIONS = np.tile(np.arange(4), 60)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.75])
def test_the_share_is_kept_and_every_emotion_is_among_it(share):
    kept = [labeled_items(SPEAKERS, EMOTIONS, share, seed=seed) for seed in range(20)]
    assert np.mean(kept) == pytest.approx(share, rel=0.2)
    assert all(set(EMOTIONS[one]) == {0, 1, 2, 3} for one in kept)


def test_what_is_kept_at_a_small_share_is_kept_at_every_larger_one():
    kept = [labeled_items(SPEAKERS, EMOTIONS, share, seed=3) for share in (0.01, 0.1, 0.2, 0.5, 1.0)]
    for small, large in itertools.pairwise(kept):
        assert (small <= large).all()
    assert kept[-1].all()


def test_each_emotion_of_each_speaker_gives_alike():
    kept = labeled_items(SPEAKERS, EMOTIONS, 0.5, seed=0)
    for speaker in range(6):
        for emotion in range(4):
            assert kept[(speaker == SPEAKERS) & (emotion == EMOTIONS)].sum() == 5


def test_what_had_no_label_gets_none():
    emotions = np.where(np.arange(240) % 3 == 0, UNLABELED, EMOTIONS)
    for share in (0.2, 1.0):
        assert not labeled_items(SPEAKERS, emotions, share, seed=0)[emotions == UNLABELED].any()


def test_a_part_keeps_its_items_and_its_speakers():
    frames = [[np.zeros((3, 2), np.float32)] for _ in SPEAKERS]
    part = Dataset(tuple(map(str, range(240))), frames, {"emotion": EMOTIONS, "speaker": SPEAKERS})
    scarce = keep_labels(part, 0.25, seed=1)
    assert scarce.names == part.names
    assert np.array_equal(scarce.columns["speaker"], SPEAKERS)
    kept = scarce.columns["emotion"] != UNLABELED
    assert np.array_equal(scarce.columns["emotion"][kept], EMOTIONS[kept])
    assert 40 <= kept.sum() <= 80
    assert keep_labels(part, 1.0, seed=1) is part
