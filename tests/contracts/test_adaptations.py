"""What every method of adaptation keeps: its card, and the laws that hold whatever it does."""

import inspect

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from adaptation.made import CLASSES, made
from unheard import registry
from unheard.adaptation.adapted import adapt
from unheard.adaptation.readout import AffineReadout
from unheard.adaptation.source import Moments, Source, SourceStatistics
from unheard.adaptation.target import Target

NAMES = registry.names("adaptations")
SETTINGS = {
    "speaker_normalization": [{}, {"deviation": False}, {"prudent": False}],
    "corpus_normalization": [{}, {"deviation": False}],
    "leace": [{}, {"erase": "speaker"}],
    "class_means": [{}, {"move": "together"}, {"speakers": False}],
    "lame": [{}, {"kind": "gaussian"}, {"within": "corpus"}],
    "clusters": [{}, {"pairs": "free"}],
}
CASES = [(name, options) for name in NAMES for options in SETTINGS.get(name, [{}])]


@pytest.fixture(params=CASES, ids=str)
def step(request):
    return request.param


@pytest.fixture(scope="module")
def data():
    return made(strength=1.5, each=20, seed=3)


def test_the_known_ones_are_there():
    known = {"speaker_normalization", "corpus_normalization", "leace", "class_means", "lame", "clusters", "entropy"}
    assert known <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_card(name):
    module = registry.load("adaptations", name)
    assert {"CHANGES", "Settings", "TRANSDUCTIVE", "apply", "fit"} <= set(module.__all__)
    assert isinstance(module.TRANSDUCTIVE, bool)
    assert module.CHANGES in {"embeddings", "probabilities"}
    assert "Reference:" in module.__doc__
    assert "ours" in module.__doc__
    assert "Args:" in module.fit.__doc__
    assert module.apply.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_frozen_and_refuse_what_they_do_not_know(name):
    settings = registry.load("adaptations", name).Settings()
    assert isinstance(settings, BaseModel)
    with pytest.raises(ValidationError):
        type(settings)(nonsense=1)
    with pytest.raises(ValidationError):
        settings.weight = 0.1
    with pytest.raises(ValidationError):
        type(settings)(weight=1.1)
    assert type(settings)(**settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize("name", NAMES)
def test_no_label_of_the_target_has_a_place(name):
    module = registry.load("adaptations", name)
    assert list(inspect.signature(module.fit).parameters) == ["source", "target", "settings"]
    assert list(inspect.signature(module.apply).parameters) == ["fitted", "readout", "target"]
    assert set(Target.__dataclass_fields__) == {"embeddings", "speakers", "probabilities"}
    assert set(Source.__dataclass_fields__) == {"statistics", "readout"}


def test_weight_0_leaves_every_bit(step, data):
    name, options = step
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[(name, {**options, "weight": 0.0})])
    found = adapted.target(data.embeddings, data.speakers)
    assert (found.probabilities == data.source_only).all()
    assert (found.embeddings == data.embeddings).all()


def test_some_weight_moves_something(step, data):
    name, options = step
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[(name, options)])
    assert np.abs(adapted.probabilities(data.embeddings, data.speakers) - data.source_only).max() > 1e-3


def test_answers_are_probabilities(step, data):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    answers = adapted.probabilities(data.embeddings, data.speakers)
    assert answers.shape == (len(data.embeddings), len(CLASSES))
    assert (answers >= 0).all()
    assert answers.sum(axis=1) == pytest.approx(1.0)


def test_the_order_of_the_recordings_changes_nothing(step, data):
    order = np.random.default_rng(0).permutation(len(data.embeddings))
    first = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    second = adapt(data.source, data.embeddings[order], data.speakers[order], steps=[step])
    for name, array in first.steps[0].arrays.items():
        np.testing.assert_array_equal(array, second.steps[0].arrays[name])
    answers = first.probabilities(data.embeddings, data.speakers)
    mixed = second.probabilities(data.embeddings[order], data.speakers[order])
    np.testing.assert_allclose(answers[order], mixed, rtol=0, atol=1e-9)


def test_a_recording_that_is_given_twice_counts_once(step, data):
    first = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    twice, named = np.tile(data.embeddings, (2, 1)), np.tile(data.speakers, 2)
    second = adapt(data.source, twice, named, steps=[step])
    for name, array in first.steps[0].arrays.items():
        np.testing.assert_array_equal(array, second.steps[0].arrays[name])


def test_adapting_again_on_the_same_recordings_is_adapting_once(step, data):
    once = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    answers = once.probabilities(data.embeddings, data.speakers)
    again = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    assert (again.probabilities(data.embeddings, data.speakers) == answers).all()
    assert (once.probabilities(data.embeddings, data.speakers) == answers).all()


def test_nothing_that_is_given_is_written_to(step, data):
    before = data.embeddings.copy(), data.speakers.copy(), data.source.statistics.means.copy()
    adapt(data.source, data.embeddings, data.speakers, steps=[step]).probabilities(data.embeddings, data.speakers)
    for was, now in zip(before, (data.embeddings, data.speakers, data.source.statistics.means), strict=True):
        np.testing.assert_array_equal(was, now)


def test_one_recording_is_enough_to_run_on(step, data):
    one = data.of(slice(0, 1))
    answers = adapt(one.source, one.embeddings, one.speakers, steps=[step]).probabilities(
        one.embeddings, one.speakers
    )
    assert np.isfinite(answers).all()


def test_a_speaker_of_one_recording_is_treated_as_the_corpus(step, data):
    names = np.concatenate([data.speakers[:-1], ["alone"]])
    adapted = adapt(data.source, data.embeddings, names, steps=[step])
    alone = adapted.probabilities(data.embeddings[-1:], np.array(["alone"]))
    unknown = adapted.probabilities(data.embeddings[-1:], np.array(["nobody"]))
    assert (alone == unknown).all()


def test_a_new_speaker_and_no_name_are_the_same(step, data):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    named = adapted.probabilities(data.embeddings, np.full(len(data.speakers), "new"))
    assert (named == adapted.probabilities(data.embeddings)).all()


def test_without_names_there_is_one_group(step, data):
    adapted = adapt(data.source, data.embeddings, steps=[step])
    assert adapted.speakers == ()
    assert np.isfinite(adapted.probabilities(data.embeddings)).all()


def test_the_flag_says_whether_company_matters(step, data):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    together = adapted.probabilities(data.embeddings, data.speakers)
    halves = [
        adapted.probabilities(data.embeddings[part], data.speakers[part]) for part in (slice(None, 9), slice(9, None))
    ]
    apart = np.concatenate(halves)
    assert adapted.transductive == (np.abs(together - apart).max() > 1e-6)


def test_dead_channels_do_no_harm(step, data):
    dead = np.concatenate([data.embeddings, np.full((len(data.embeddings), 2), 0.7)], axis=1)
    source = _with_dead_channels(data.source)
    answers = adapt(source, dead, data.speakers, steps=[step]).probabilities(dead, data.speakers)
    expected = adapt(data.source, data.embeddings, data.speakers, steps=[step])
    if step[0] != "leace":  # its floor is a share of the mean variance, which two dead channels lower
        np.testing.assert_allclose(answers, expected.probabilities(data.embeddings, data.speakers), atol=1e-6)
    assert np.isfinite(answers).all()


def _with_dead_channels(source):
    own, two = source.statistics, np.full(2, 0.7)
    size = own.size
    covariance = np.zeros((size + 2, size + 2))
    covariance[:size, :size] = own.covariance
    statistics = SourceStatistics(
        own.classes,
        own.counts,
        np.concatenate([own.means, np.full((len(own.means), 2), 0.7)], axis=1),
        covariance,
        Moments(
            own.moments.count,
            np.concatenate([own.moments.mean, two]),
            np.concatenate([own.moments.deviation, np.zeros(2)]),
        ),
    )
    weights = np.concatenate([source.readout.weights, np.zeros((2, len(own.classes)))])
    return Source(statistics, AffineReadout(weights, source.readout.bias))
