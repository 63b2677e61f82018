"""Rounds: what a probe is asked is not what it learnt from, nor shares what would help."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from unheard.errors import SplitError
from unheard.leakage.probe_splits import PROTOCOLS, TARGETS, Items, draw_probe_splits
from unheard.testing.codes import make_codes


def made(*, parts=True, **changes):
    codes = make_codes(speakers=8, unseen=4, each=24, size=16, code="none")
    columns = {**codes.columns, **changes}
    part = codes.part if parts else np.full(codes.part.shape, "train")
    return Items({key: column for key, column in columns.items() if column is not None}, part)


@pytest.mark.parametrize("parts", [True, False])
@pytest.mark.parametrize("target", ["speaker", "gender", "sentence"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_asked_shares_nothing_with_what_was_learnt(parts, target, protocol):
    items = made(parts=parts)
    splits = draw_probe_splits(items, target, protocol, seed=0)
    assert bool(splits) is not (target == "sentence" and protocol == "sentences")
    speakers, sentences = items.column("speaker"), items.column("sentence")
    for one in splits:
        assert not set(one.train) & set(one.test)
        assert set(items.part[one.train]) == {"train"}
        shared = set(speakers[one.train]) & set(speakers[one.test])
        assert shared == (set(speakers[one.test]) if target == "speaker" else set())
        if protocol == "sentences":
            assert not set(sentences[one.train]) & set(sentences[one.test])
        assert set(items.column(target)[one.test]) <= set(items.column(target)[one.train])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_item_that_may_be_asked_is_asked_once(protocol):
    for items, part in ((made(), "withheld"), (made(parts=False), "train")):
        eligible = np.concatenate([one.test for one in draw_probe_splits(items, "speaker", protocol, seed=0)])
        assert sorted(eligible) == sorted(np.flatnonzero(items.part == part))


def test_gender_is_asked_of_unseen_speakers_where_there_are_some():
    items = made()
    (one,) = draw_probe_splits(items, "gender", "utterances", seed=0)
    assert set(items.part[one.test]) == {"unseen"}
    assert len(draw_probe_splits(made(parts=False), "gender", "utterances", seed=0)) == 3


def test_two_sentences_are_two_rounds():
    items = made()
    half = np.where(np.isin(items.column("sentence"), ["text0", "text1"]), "a", "b")
    splits = draw_probe_splits(made(sentence=half), "speaker", "sentences", seed=0)
    assert len(splits) == 2


@pytest.mark.parametrize(
    ("target", "protocol", "changes"),
    [
        ("speaker", "sentences", {"sentence": None}),
        ("gender", "utterances", {"gender": None}),
        ("language", "utterances", {}),
        ("speaker", "utterances", {"speaker": np.full(288, "s00")}),
        ("corpus", "utterances", {}),
    ],
)
def test_what_cannot_be_asked_has_no_rounds(target, protocol, changes):
    assert draw_probe_splits(made(**changes), target, protocol, seed=0) == []


def test_a_value_that_is_one_speaker_cannot_be_asked_of_others():
    items = made(parts=False)
    odd = np.where(items.column("speaker") == "s00", "x", "y")
    assert draw_probe_splits(made(parts=False, gender=odd), "gender", "utterances", seed=0) == []


def test_unknown_values_are_neither_learnt_nor_asked():
    items = made()
    some = np.where(np.arange(len(items)) % 3 == 0, "", items.column("gender"))
    for one in draw_probe_splits(made(gender=some), "gender", "utterances", seed=0):
        assert (some[np.concatenate([one.train, one.test])] != "").all()


@hypothesis(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 99),
    target=st.sampled_from(TARGETS),
    protocol=st.sampled_from(PROTOCOLS),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(1, 4)),
)
def test_whatever_the_corpus_rounds_keep_apart_or_are_empty(seed, target, protocol, shape):
    generator = np.random.default_rng(seed)
    speakers = generator.integers(0, shape[0], 40).astype(str)
    gender = np.where(np.char.isnumeric(speakers) & (speakers < "2"), "f", "m")
    columns = {"speaker": speakers, "gender": gender, "sentence": generator.integers(0, shape[2], 40).astype(str)}
    items = Items(columns, generator.choice(["train", "withheld", "unseen"][: shape[1]], 40))
    for one in draw_probe_splits(items, target, protocol, seed=seed):
        assert not set(one.train) & set(one.test)
        assert np.unique(items.column(target)[one.train]).size > 1
        assert one.test.size


def test_items_must_say_who_speaks_and_in_which_part():
    with pytest.raises(SplitError, match="`speaker`"):
        Items({"gender": np.array(["f"])}, np.array(["train"]))
    with pytest.raises(SplitError, match="'test'"):
        Items({"speaker": np.array(["a"])}, np.array(["test"]))
    with pytest.raises(SplitError, match="one value"):
        Items({"speaker": np.array(["a", "b"])}, np.array(["train"]))
