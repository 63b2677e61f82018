"""The temperature of models: how sure they are, and never what they say."""

import numpy as np
import pytest

from unheard.data.audio.loading import AudioSettings
from unheard.errors import RunError
from unheard.inference.networks import Networks
from unheard.inference.recognizer import Recognizer
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.scores.calibration import with_temperature

RATE = 16_000
SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4}, embedding=8, hidden=8, normalization="utterance"
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


def heard(recognizer, seed=0):
    return np.array(list(recognizer(voice(seed), RATE).probabilities.values()))


def of(*models, **given):
    return Recognizer(Networks(models, **given))


def at(temperature, *models, **more):
    known = None if temperature is None else {"temperature": temperature, "kept": True, "corpus": "tones", **more}
    return of(*(models or [model()]), calibration=known)


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.4, 20.0])
def test_probabilities_are_those_that_calibration_gives(temperature):
    for seed in range(3):
        raw = heard(at(None), seed)
        assert raw.max() > 0.4
        expected = with_temperature(raw[None], temperature)[0]
        np.testing.assert_allclose(heard(at(temperature), seed), expected, rtol=1e-9)


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.4, 20.0])
def test_the_class_of_a_model_is_the_same_at_any_temperature(temperature):
    for seed in range(5):
        np.testing.assert_array_equal(np.argsort(heard(at(temperature), seed)), np.argsort(heard(at(None), seed)))


@pytest.mark.parametrize("temperature", [None, 1, 1.0])
def test_none_and_one_change_nothing(temperature):
    recognizer = at(temperature)
    assert (recognizer.calibration is None) == (temperature is None)
    raw = of(model())
    assert raw.temperature == 1
    np.testing.assert_array_equal(heard(recognizer), heard(raw))


def test_several_models_have_the_same_one_before_their_mean():
    each = [with_temperature(heard(of(model(seed)))[None], 0.5)[0] for seed in range(3)]
    together = at(0.5, *(model(seed) for seed in range(3)))
    assert (together.temperature, together.calibration["kept"]) == (0.5, True)
    np.testing.assert_allclose(heard(together), np.mean(each, axis=0), rtol=1e-9)


def test_models_that_need_all_recordings_of_a_voice_say_so():
    assert heard(of(model(adaptation="none"))).sum() == pytest.approx(1)
    adaptive = of(model(adaptation="speaker"))
    with pytest.raises(RunError, match="several recordings of one voice"):
        heard(adaptive)
    with pytest.raises(RunError, match="two usable recordings"):
        adaptive.recognize_speaker([])
    with pytest.raises(RunError, match="each recording by itself"):
        of(model()).recognize_speaker([])
