"""Columns are fitted on the training part: what it has gets a number, and what it has not is nobody's."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unheard.data.vocabulary import DOMAINS, Vocabulary, value_of
from unheard.errors import SplitError
from unheard.records import UNLABELED, Utterance

LOCAL = ("speaker", "sentence", "session", "dialogue")


def utterance(number=0, corpus="one", **own):
    return Utterance(Path(f"{number}.wav"), f"{corpus}/{number}.wav", corpus, **own)


values = st.one_of(st.none(), st.sampled_from(["01", "02", "b", "c"]))
items = st.lists(
    st.builds(
        utterance,
        number=st.integers(0, 999),
        corpus=st.sampled_from(["one", "two"]),
        **{column: values for column in DOMAINS if column != "corpus"},
    ),
    min_size=1,
    max_size=20,
)


@given(train=items, other=items)
def test_a_number_means_one_value_and_the_unknown_has_none(train, other):
    vocabulary = Vocabulary.fit(train)
    for part in (train, other):
        for column, numbers in vocabulary.columns(part).items():
            assert numbers.dtype == np.int64
            for item, number in zip(part, numbers, strict=True):
                value = value_of(item, column)
                if number == UNLABELED:
                    assert value is None or value not in vocabulary.classes[column]
                else:
                    assert vocabulary.classes[column][number] == value
    assert all(
        (numbers == UNLABELED).tolist() == [value_of(item, column) is None for item in train]
        for column, numbers in vocabulary.columns(train).items()
    )


@given(train=items)
def test_the_order_of_the_training_part_does_not_matter(train):
    assert Vocabulary.fit(train) == Vocabulary.fit(train[::-1])
    assert set(Vocabulary.fit(train).classes) == set(DOMAINS)


@pytest.mark.parametrize("column", LOCAL)
def test_the_same_name_in_two_corpora_is_two_classes(column):
    pair = [utterance(corpus=corpus, **{column: "01"}) for corpus in ("one", "two")]
    assert Vocabulary.fit(pair).classes[column] == ("one/01", "two/01")
    assert Vocabulary.fit(pair).columns(pair)[column].tolist() == [0, 1]
    assert Vocabulary.fit(pair[:1]).columns(pair)[column].tolist() == [0, UNLABELED]


@pytest.mark.parametrize("column", ["gender", "language"])
def test_what_is_not_local_is_one_class_in_all_corpora(column):
    pair = [utterance(corpus=corpus, **{column: "m"}) for corpus in ("one", "two")]
    assert Vocabulary.fit(pair).classes[column] == ("m",)
    assert Vocabulary.fit(pair).classes["corpus"] == ("one", "two")


def test_a_gender_beside_f_and_m_is_a_class_and_nobody_is_given_one():
    part = [utterance(number, gender=gender) for number, gender in enumerate(["m", "o", None, "f"])]
    assert Vocabulary.fit(part).columns(part)["gender"].tolist() == [1, 2, UNLABELED, 0]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_needs_two_classes_in_the_training_part(domain):
    one = utterance() if domain == "corpus" else utterance(**{domain: "m"})
    two = utterance(corpus="two") if domain == "corpus" else utterance(**{domain: "f"})
    assert Vocabulary.fit([one, two]).count(domain) == 2
    said = "only (one/)?(m|one)" if domain != "corpus" else "only one"
    with pytest.raises(SplitError, match=rf"no two values of {domain}, {said}, so that there is nothing to tell"):
        Vocabulary.fit([one, one]).count(domain)
    if domain != "corpus":
        with pytest.raises(SplitError, match=rf"no two values of {domain}, none, .* Fill that column"):
            Vocabulary.fit([utterance()]).count(domain)


@pytest.mark.parametrize("domain", ["emotion", "color", "file"])
def test_what_is_no_domain_is_none(domain):
    vocabulary = Vocabulary.fit([utterance()]).with_classes("emotion", ("anger", "joy"))
    with pytest.raises(SplitError, match=rf"no domain is called '{domain}'\. Known: corpus, dialogue, gender"):
        vocabulary.count(domain)


def test_given_classes_keep_their_order_and_are_no_domain():
    vocabulary = Vocabulary({}).with_classes("emotion", ("joy", "anger"))
    assert vocabulary.numbers("emotion", ["anger", "joy", None, "fear"]).tolist() == [1, 0, UNLABELED, UNLABELED]
    assert vocabulary.columns([utterance(emotion="joy")]) == {}
