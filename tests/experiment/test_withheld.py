"""What is withheld from training, so that probes have something to be tested on."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from unheard.data.folds.groups import speakers_of
from unheard.data.folds.plan import Fold
from unheard.experiment.fold_data import withhold
from unheard.records import Utterance


def made(counts, name="a"):
    """A corpus with so many training utterances a speaker, interleaved, and the fold that trains on them."""
    speakers = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    names = tuple(f"{number:03}" for number in range(len(speakers)))
    utterances = {
        n: Utterance(Path(n), n, "tones", speaker=f"s{speaker}") for n, speaker in zip(names, speakers, strict=True)
    }
    speakers = speakers_of(list(utterances.values()))
    return SimpleNamespace(utterances=utterances, speakers=speakers), Fold(name, names, ("dev",), ("test",))


def per_speaker(prepared, names, count):
    found = [prepared.utterances[name].speaker for name in names]
    return [found.count(f"s{speaker}") for speaker in range(count)]


@hypothesis(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    share=st.floats(0.01, 0.89),
    seed=st.integers(0, 99),
)
def test_each_speaker_gives_a_share_and_keeps_the_rest(counts, share, seed):
    prepared, fold = made(counts)
    train, held = withhold(prepared, fold, seed, share)
    assert not set(train) & set(held)
    assert sorted([*train, *held]) == sorted(fold.train)
    assert list(train) == [name for name in fold.train if name in set(train)]
    for count, kept, given_up in zip(
        counts,
        per_speaker(prepared, train, len(counts)),
        per_speaker(prepared, held, len(counts)),
        strict=True,
    ):
        assert kept >= 1
        if count < 3:
            assert given_up == 0
        else:
            assert given_up == min(max(1, round(share * count)), count - 1)


def test_seed_and_fold_decide_what_is_withheld():
    prepared, fold = made([20, 20])
    first = withhold(prepared, fold, 0, 0.3)
    assert first == withhold(prepared, fold, 0, 0.3)
    assert first != withhold(prepared, fold, 1, 0.3)
    assert first != withhold(prepared, Fold("b", fold.train, fold.dev, fold.test), 0, 0.3)


def test_the_order_of_the_corpus_does_not_decide():
    prepared, fold = made([20, 20])
    turned = Fold("a", fold.train[::-1], fold.dev, fold.test)
    assert set(withhold(prepared, fold, 0, 0.3)[1]) == set(withhold(prepared, turned, 0, 0.3)[1])
