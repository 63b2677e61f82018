"""Temperatures of models: how sure they are, and never what they say."""

import numpy as np
import pytest

from unheard.data.audio import AudioSettings
from unheard.errors import RunError
from unheard.evaluation.calibration import with_temperature
from unheard.inference.recogniser import Recogniser
from unheard.models.model import ModelSettings, build_model

RATE = 16_000
SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4}, embedding=8, hidden=8, normalisation="utterance"
)
ABOUT = {
    "emotions": ["anger", "neutral", "sadness"],
    "features": {"name": "logmel", "channels": 12},
    "audio": AudioSettings().model_dump(mode="json"),
}


def model(seed=0, **about):
    """A model whose head speaks up, and its header."""
    made = build_model(12, {"emotion": 3}, SETTINGS, seed=seed).eval()
    for weight in made.heads["emotion"].parameters():
        weight.data *= 3
    return made, {**ABOUT, **about}


def voice(seed=0):
    time = np.arange(RATE // 2) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.05, len(time))
    return (0.3 * np.sin(2 * np.pi * (150 + 50 * seed) * time) + noise).astype(np.float32)


def heard(recogniser, seed=0):
    return np.array(list(recogniser.probabilities(voice(seed), RATE).values()))


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.4, 20.0])
def test_probabilities_are_those_that_calibration_gives(temperature):
    for seed in range(3):
        raw = heard(Recogniser([model()]), seed)
        assert raw.max() > 0.4
        expected = with_temperature(raw[None], temperature)[0]
        np.testing.assert_allclose(heard(Recogniser([model(temperature=temperature)]), seed), expected, rtol=1e-9)


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.4, 20.0])
def test_the_class_of_a_model_is_the_same_at_any_temperature(temperature):
    for seed in range(5):
        own = Recogniser([model(temperature=temperature)])
        np.testing.assert_array_equal(np.argsort(heard(own, seed)), np.argsort(heard(Recogniser([model()]), seed)))


@pytest.mark.parametrize("about", [{}, {"temperature": None}, {"temperature": 1}, {"temperature": 1.0}])
def test_none_and_one_change_nothing(about):
    recogniser = Recogniser([model(**about)])
    assert recogniser.calibrated == (about.get("temperature") is not None)
    np.testing.assert_array_equal(heard(recogniser), heard(Recogniser([model(temperature=3.0)], raw=True)))


def test_each_of_several_models_has_its_own():
    temperatures = [0.5, 3.0, None]
    each = [
        with_temperature(heard(Recogniser([model(seed)]))[None], own or 1.0)[0]
        for seed, own in enumerate(temperatures)
    ]
    together = Recogniser([model(seed, temperature=own) for seed, own in enumerate(temperatures)])
    assert not together.calibrated
    assert together.temperatures == [0.5, 3.0, 1.0]
    np.testing.assert_allclose(heard(together), np.mean(each, axis=0), rtol=1e-9)
    raw = Recogniser([model(seed, temperature=own) for seed, own in enumerate(temperatures)], raw=True)
    plain = Recogniser([model(seed) for seed in range(3)])
    np.testing.assert_array_equal(heard(raw), heard(plain))


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf"), "hot", True, [1.0]])
def test_what_is_no_temperature_is_refused(temperature):
    with pytest.raises(RunError, match="expected a number above 0"):
        Recogniser([model(temperature=temperature)])


def test_models_that_need_all_recordings_of_a_voice_say_so():
    assert heard(Recogniser([model(adaptation="none")])).sum() == pytest.approx(1)
    adaptive = Recogniser([model(adaptation="speaker")])
    with pytest.raises(RunError, match="several recordings of one voice"):
        heard(adaptive)
    with pytest.raises(RunError, match="two usable recordings"):
        adaptive.recognise_voice([])
    with pytest.raises(RunError, match="each recording by itself"):
        Recogniser([model()]).recognise_voice([])
