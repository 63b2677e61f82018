"""The label map is whole, has its provenance, and refuses what it does not know."""

import pickle
import tomllib
from pathlib import Path

import pytest

from unheard.data import labels
from unheard.errors import LabelError

MAP = tomllib.loads((Path(labels.__file__).parent / "labels.toml").read_text(encoding="utf-8"))


def test_every_code_maps_to_a_canonical_name_and_has_a_source() -> None:
    for corpus, table in MAP["corpora"].items():
        assert set(table["codes"].values()) <= set(labels.emotions()), corpus
        assert table["source"], corpus
    assert set(MAP["synonyms"]["words"]) <= set(labels.emotions())


def test_no_code_and_no_synonym_has_two_meanings() -> None:
    for table in MAP["corpora"].values():
        assert len({code.casefold() for code in table["codes"]}) == len(table["codes"])
    words = [word.casefold() for listed in MAP["synonyms"]["words"].values() for word in listed]
    assert len(set(words) | set(labels.emotions())) == len(words) + len(labels.emotions())


@pytest.mark.parametrize(
    ("label", "corpus", "name"),
    [
        ("W", "emodb", "anger"),
        ("06", "ravdess", "fear"),
        ("S4", "ased", "sadness"),
        ("exc", "iemocap", "excitement"),
        ("Happiness", "table", "happiness"),
        (" ÄRGER ", "table", "anger"),
        ("A\u0308rger", "audformat", "anger"),
        ("ang", "a-plug-in", "anger"),
        ("contempt", "table", "contempt"),
    ],
)
def test_canonical(label: str, corpus: str, name: str) -> None:
    assert labels.canonical(label, corpus=corpus) == name


def test_an_unknown_label_is_an_error_that_lists_the_known_ones_and_where() -> None:
    with pytest.raises(LabelError, match=r"emodb: .*'X'.*W, L, E, A, F, T, N \(Burkhardt"):
        labels.canonical("X", corpus="emodb")
    with pytest.raises(LabelError, match=r"'hapy' is not known\. Did you mean 'happy'\? Known: neutral, calm"):
        labels.canonical("hapy", corpus="table")


def test_a_word_of_another_corpus_is_not_a_code() -> None:
    with pytest.raises(LabelError):
        labels.canonical("happy", corpus="ravdess")


def test_known_is_a_copy() -> None:
    labels.known("emodb").clear()
    assert labels.known("emodb")["W"] == "anger"


def test_own_labels_are_blind_to_case_and_white_space_and_may_be_any_class() -> None:
    found = labels.own_labels({" Sehr\u00a0 zufrieden ": "satisfied", "sauer": "ANGER", "calm": "relaxed mood"})
    assert found == {"sehr zufrieden": "satisfied", "sauer": "anger", "calm": "relaxed mood"}
    assert labels.spelled("sehr  ZUFRIEDEN") in found


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ({"a": " "}, "lacks a label or a class"),
        ({"\u200b": "anger"}, "lacks a label or a class"),
        ({"a": "Tense", "b": "tense"}, "'Tense' and 'tense' differ in case"),
        ({"Stressed": "tense", "stressed ": "anger"}, "the label 'stressed ' is both 'tense' and 'anger'"),
        ({"froh": "happy"}, "'happy' is a usual word for 'happiness'. Write 'happiness'"),
    ],
)
def test_own_labels_that_would_make_two_classes_of_one_are_refused(own: dict[str, str], says: str) -> None:
    with pytest.raises(LabelError, match=says):
        labels.own_labels(own)


def test_a_usual_word_may_be_a_class_of_its_own_if_it_is_said() -> None:
    assert labels.own_labels({"froh": "happy", "happy": "happy"}) == {"froh": "happy", "happy": "happy"}


def test_an_unknown_label_travels_with_its_label() -> None:
    sent = pickle.loads(pickle.dumps(labels.UnknownLabel("what is wrong", "stressed")))
    assert (sent, sent.label) == ("what is wrong", "stressed")


def test_binary_sides_do_not_overlap() -> None:
    for dimension, table in MAP["binary"].items():
        sides = [set(names) for side, names in table.items() if side != "source"]
        assert len(sides) == 2, dimension
        assert not sides[0] & sides[1]
        assert sides[0] | sides[1] <= set(labels.emotions())
