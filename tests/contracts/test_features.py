"""What every registered feature keeps: its card, its shape, finite numbers whatever comes, the same ones twice."""

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from unheard import registry

RATES = (8_000, 16_000, 44_100)


def sine(rate, seconds, level):
    return level * np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate)) / rate)


def sounds(rate):
    generator = np.random.default_rng(0)
    half = rate // 2
    return {
        "near silence": generator.normal(0, 1e-6, half),
        "digital silence": np.zeros(half),
        "one sample": np.full(1, 0.5),
        "two samples": np.array([0.5, -0.5]),
        "ten milliseconds": generator.normal(0, 0.1, rate // 100),
        "noise": generator.normal(0, 0.1, half),
        "clipped": np.clip(sine(rate, 0.5, 20), -1, 1),
        "constant": np.full(half, 0.7),
        "an impulse": np.eye(1, half, half // 2)[0],
        "a sine, then nothing": np.concatenate([sine(rate, 0.25, 0.5), np.zeros(half // 2)]),
    }


SOUNDS = sorted(sounds(8_000))


# States of an upstream need a checkpoint: tests/features/test_upstream.py holds these laws.
@pytest.fixture(params=[name for name in registry.names("features") if name != "upstream"])
def feature(request):
    return registry.load("features", request.param)


def test_card(feature):
    assert feature.KIND in {"frames", "utterance"}
    assert issubclass(feature.Settings, BaseModel)
    assert {"KIND", "Settings", "channel_names", "extract"} <= set(feature.__all__)
    assert feature.__doc__
    assert feature.extract.__doc__


def test_settings_have_defaults_are_frozen_and_refuse_what_they_do_not_know(feature):
    settings = feature.Settings()
    assert hash(settings) == hash(feature.Settings())
    with pytest.raises(ValidationError):
        feature.Settings(nonsense=1)
    with pytest.raises(ValidationError):
        setattr(settings, next(iter(feature.Settings.model_fields)), 1)
    assert feature.Settings(**settings.model_dump(mode="json")) == settings


def test_channel_names_are_words_and_differ(feature):
    names = feature.channel_names(feature.Settings())
    assert names
    assert len(names) == len(set(names))
    assert all(name and name == name.strip() for name in names)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("sound", SOUNDS)
def test_finite_and_of_the_shape_that_is_promised(feature, rate, sound):
    settings = feature.Settings()
    samples = sounds(rate)[sound].astype(np.float32)
    before = samples.copy()
    features = feature.extract(samples, rate, settings)
    assert isinstance(features, np.ndarray)
    assert features.dtype == np.float32
    assert features.ndim == 2
    assert features.shape[0] >= 1
    assert features.shape[1] == len(feature.channel_names(settings))
    assert np.isfinite(features).all()
    if feature.KIND == "utterance":
        assert len(features) == 1
    np.testing.assert_array_equal(samples, before)


def test_deterministic(feature):
    samples = sounds(16_000)["noise"].astype(np.float32)
    settings = feature.Settings()
    first = feature.extract(samples, 16_000, settings)
    feature.extract(samples[:4000], 16_000, settings)
    np.testing.assert_array_equal(first, feature.extract(samples.copy(), 16_000, settings))


def test_longer_recordings_have_more_frames(feature):
    samples = sounds(16_000)["noise"].astype(np.float32)
    short, long = (len(feature.extract(part, 16_000, feature.Settings())) for part in (samples[:4000], samples))
    assert (short, long) == (1, 1) if feature.KIND == "utterance" else short < long
