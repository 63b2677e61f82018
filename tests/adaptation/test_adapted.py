"""Recordings without labels, chains of steps, and what is asked of a chain."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptation.made import CLASSES, made
from unheard.adaptation.adapted import adapt
from unheard.adaptation.target import Target, distinct, places_of, read_target
from unheard.errors import AdaptationError, UnknownNameError


@pytest.fixture(scope="module")
def data():
    return made(seed=1)


def test_names_are_sorted_and_leave_out_who_is_not_known():
    target = Target(np.zeros((4, 1)), np.array(["zoe", "", "anna", "zoe"]), np.zeros((4, 2)))
    assert target.names == ("anna", "zoe")
    assert target.of(np.array([True, False, False, True])).names == ("zoe",)


@given(st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=1), st.sets(st.sampled_from(["a", "b", "c"])))
def test_a_row_is_that_of_the_name_or_the_corpus(speakers, known):
    names = tuple(sorted(known))
    rows = places_of(np.array(speakers), names)
    assert [("", *names)[row] for row in rows] == [name if name in known else "" for name in speakers]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_distinct_recordings_do_not_hang_on_their_order(seed):
    generator = np.random.default_rng(seed)
    rows = generator.integers(-1, 2, (12, 2)).astype(float)
    speakers = np.array(["a", "b"])[generator.integers(0, 2, 12)]
    order = generator.permutation(12)
    found, mixed = distinct(rows, speakers), distinct(rows[order], speakers[order])
    np.testing.assert_array_equal(rows[found], rows[order][mixed])
    np.testing.assert_array_equal(speakers[found], speakers[order][mixed])
    assert len(found) == len({(*row, who) for row, who in zip(rows.tolist(), speakers.tolist(), strict=True)})


def test_zero_has_no_sign_and_no_recording_is_none():
    assert distinct(np.array([[0.0], [-0.0]]), np.array(["a", "a"])).size == 1
    assert distinct(np.zeros((0, 3)), np.array([], dtype=str)).size == 0


def test_no_step_is_the_source(data):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[])
    assert (adapted.probabilities(data.embeddings, data.speakers) == data.source_only).all()
    assert not adapted.transductive
    assert adapted.speakers == ()


def test_a_chain_is_its_steps_one_after_the_other(data):
    both = adapt(data.source, data.embeddings, data.speakers, steps=["corpus_normalization", "clusters"])
    first = adapt(data.source, data.embeddings, data.speakers, steps=["corpus_normalization"])
    moved = first.target(data.embeddings, data.speakers).embeddings
    second = adapt(data.source, moved, data.speakers, steps=["clusters"])
    np.testing.assert_allclose(
        both.probabilities(data.embeddings, data.speakers), second.probabilities(moved, data.speakers), atol=1e-9
    )


def test_an_adapted_one_knows_its_speakers_and_whether_company_matters(data):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=["speaker_normalization", "lame"])
    assert adapted.transductive
    assert adapted.speakers == tuple(np.unique(data.speakers))


def test_what_moves_embeddings_stands_before_what_changes_answers(data):
    with pytest.raises(AdaptationError, match="leace moves embeddings and stands behind lame"):
        adapt(data.source, data.embeddings, steps=["lame", "leace"])


def test_the_model_s_own_head_is_a_readout_like_any_other(data):
    weights = np.random.default_rng(0).normal(size=(24, 7))

    def head(embeddings):
        hidden = np.maximum(embeddings @ weights, 0.0)
        scores = np.exp((hidden - hidden.max(axis=1, keepdims=True))[:, :4])
        return scores / scores.sum(axis=1, keepdims=True)

    source = type(data.source)(data.source.statistics, head)
    for steps in (["speaker_normalization"], ["class_means"], ["lame"], ["clusters"], ["entropy"], ["leace"]):
        answers = adapt(source, data.embeddings, data.speakers, steps=steps).probabilities(data.embeddings)
        assert answers.shape == (len(data.embeddings), len(CLASSES))


@pytest.mark.parametrize(
    ("embeddings", "speakers", "message"),
    [
        (np.zeros((3, 5)), None, r"expected \(items, 24\)"),
        (np.zeros((3, 24)), np.array(["a"]), r"speakers \(1,\)"),
        (np.full((3, 24), np.inf), None, "nan or infinite"),
        (np.zeros((0, 24)), None, "no recording"),
    ],
)
def test_what_does_not_fit_is_an_error(data, embeddings, speakers, message):
    with pytest.raises(AdaptationError, match=message):
        adapt(data.source, embeddings, speakers, steps=["lame"])


def test_asking_with_what_does_not_fit_is_an_error(data):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=["lame"])
    with pytest.raises(AdaptationError, match=r"expected \(items, 24\)"):
        adapted.probabilities(np.zeros((2, 23)))
    with pytest.raises(AdaptationError, match="Pass one speaker an item"):
        adapted.probabilities(np.zeros((2, 24)), np.array(["a"]))
    with pytest.raises(AdaptationError, match=r"speakers \(3,\)"):
        read_target(data.source, np.zeros((2, 24)), np.array(["a", "b", "c"]))


def test_an_unknown_method_names_the_nearest(data):
    with pytest.raises(UnknownNameError, match="Did you mean 'lame'"):
        adapt(data.source, data.embeddings, steps=["lamee"])
