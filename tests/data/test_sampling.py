"""Laws of the P speakers x K utterances sampler."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unheard.data.sampling import speaker_batches, whole_dialogues


def draw(speakers, emotions, per_batch=4, each=3, seed=0, balance=0.0):
    return speaker_batches(
        np.asarray(speakers),
        np.asarray(emotions),
        speakers_per_batch=per_batch,
        utterances_per_speaker=each,
        seed=seed,
        balance=balance,
    )


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(1, 20), min_size=1, max_size=9),
    per_batch=st.integers(1, 6),
    each=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_every_utterance_comes_once_an_epoch(counts, per_batch, each, seed):
    speakers = np.repeat(np.arange(len(counts)), counts)
    batches = draw(speakers, np.arange(len(speakers)) % 3, per_batch, each, seed)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(speakers)))
    for batch in batches:
        _, own = np.unique(speakers[batch], return_counts=True)
        assert len(own) <= per_batch
        assert own.max() <= each


def test_batches_are_p_by_k_where_speakers_have_the_same_number():
    speakers = np.repeat(np.arange(8), 12)
    batches = draw(speakers, np.arange(96) % 4)
    assert [len(batch) for batch in batches] == [12] * 8
    for batch in batches:
        assert set(np.unique(speakers[batch], return_counts=True)[1]) == {3}


def test_no_batch_is_one_speakers_alone_while_others_remain():
    speakers = np.repeat(np.arange(4), [30, 30, 30, 6])
    assert all(len(set(speakers[batch])) > 1 for batch in draw(speakers, np.arange(96) % 4, per_batch=2))


def test_emotions_are_spread_evenly_within_a_speaker():
    speakers, emotions = np.zeros(40, int), np.repeat([0, 1, 2, 3], 10)
    for seed in range(5):
        for batch in draw(speakers, emotions, per_batch=1, each=8, seed=seed):
            counts = np.bincount(emotions[batch], minlength=4)
            assert counts.min() >= 1
            assert counts.max() <= 3


def test_the_seed_decides_and_other_seeds_differ():
    speakers, emotions = np.repeat(np.arange(6), 9), np.arange(54) % 3
    first, again, other = (draw(speakers, emotions, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(1, 40), min_size=1, max_size=7), balance=st.floats(0, 1), seed=st.integers(0, 99))
def test_balance_makes_up_for_speakers_with_few_utterances(counts, balance, seed):
    speakers = np.repeat(np.arange(len(counts)), counts)
    drawn = np.concatenate(draw(speakers, np.arange(len(speakers)) % 3, seed=seed, balance=balance))
    wanted = [round((max(counts) / count) ** balance) for count in counts]
    assert np.bincount(drawn).tolist() == np.repeat(wanted, counts).tolist()


def test_full_balance_lets_every_voice_be_heard_about_as_often():
    speakers = np.repeat(np.arange(3), [60, 20, 4])
    drawn = np.concatenate(draw(speakers, np.arange(84) % 4, balance=1.0))
    assert np.bincount(speakers[drawn]).tolist() == [60, 60, 60]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(1, 12), st.integers(0, 99))
def test_dialogues_stay_whole_and_every_utterance_comes_once(lengths, size, seed):
    dialogues = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(lengths)) * 7, lengths))
    batches = whole_dialogues(dialogues, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(dialogues)))
    for batch in batches:
        own = dialogues[batch]
        assert all((own == number).sum() == lengths[number // 7] for number in own)
        assert len(batch) <= size or len(set(own.tolist())) == 1
    assert len(batches) == len(whole_dialogues(dialogues, size))


def test_dialogues_come_in_another_order_and_company_every_epoch():
    dialogues = np.repeat(np.arange(12), 3)
    seen = {
        tuple(tuple(batch.tolist()) for batch in whole_dialogues(dialogues, 6, np.random.default_rng(seed)))
        for seed in range(5)
    }
    assert len(seen) == 5
    assert len({frozenset(order) for order in seen}) > 1  # not only the order of the batches, but what is in them
    same = [whole_dialogues(dialogues, 6, np.random.default_rng(4)) for _ in range(2)]
    assert all(np.array_equal(one, two) for one, two in zip(*same, strict=True))
    assert whole_dialogues(np.zeros(0, dtype=int), 4) == []
