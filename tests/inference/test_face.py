"""The library's face: a path or samples in, a recognition out; many at once; saved and loaded again."""

import numpy as np
import pytest
import soundfile
import torch

from inference.test_recognizer import ABOUT, EMOTIONS, RATE, SETTINGS, run_folder, save, voice
from unheard import Recognition, Recognizer
from unheard.errors import AudioError, RunError
from unheard.inference.networks import Networks
from unheard.models.model import Sizes, build_model
from unheard.models.temperatures import write_temperatures
from unheard.models.weights import load_model, save_model
from unheard.targets import EMOTION, Target


@pytest.fixture
def recognizer(tmp_path):
    return Recognizer.load(save(tmp_path / "a.safetensors"))


def test_a_recognition_has_a_label_every_probability_and_the_embedding(recognizer, tmp_path):
    found = recognizer(voice(), RATE)
    assert isinstance(found, Recognition)
    assert list(found.probabilities) == list(recognizer.labels) == EMOTIONS
    assert found.label == max(found.probabilities, key=found.probabilities.get)
    assert found.embedding.shape == (SETTINGS.embedding,)
    assert found.embedding.dtype == np.float32
    assert found.numbers == {}
    model, _ = load_model(tmp_path / "a.safetensors")
    hearing = recognizer.engine.hearing
    features = torch.from_numpy(hearing.feature.extract(voice(), RATE, hearing.settings))[None]
    with torch.inference_mode():
        expected = model.network(features, torch.tensor([features.shape[1]]))[0].numpy()
    np.testing.assert_array_equal(found.embedding, expected)


def test_the_label_is_the_likeliest_and_the_first_of_equals():
    assert Recognition.of({"a": 0.2, "b": 0.4, "c": 0.4}, np.zeros(2, np.float32)).label == "b"
    first, second = (Recognition.of({"a": 1.0}, np.full(2, value, np.float32)) for value in (0, 1))
    assert first == second, "two that say the same are the same"
    with pytest.raises(AttributeError):
        first.label = "b"
    assert "embedding" not in repr(first)


def test_a_file_as_text_as_path_and_as_its_samples(recognizer, tmp_path):
    file = tmp_path / "clip.wav"
    soundfile.write(file, voice(), RATE, subtype="FLOAT")
    assert recognizer(file) == recognizer(str(file)) == recognizer(voice(), RATE)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_samples_of_another_rate_are_resampled_as_those_of_a_file(recognizer, tmp_path, rate):
    time = np.arange(rate) / rate
    samples = (0.3 * np.sin(2 * np.pi * 220 * time) + 0.1 * np.sin(2 * np.pi * 930 * time)).astype(np.float32)
    file = tmp_path / "clip.wav"
    soundfile.write(file, samples, rate, subtype="FLOAT")
    own, theirs = recognizer(samples, rate=rate), recognizer(file)
    assert list(own.probabilities.values()) == pytest.approx(list(theirs.probabilities.values()), abs=1e-4)
    assert own.label == theirs.label


def test_a_stretch_of_samples_is_that_of_a_file(recognizer, tmp_path):
    file = tmp_path / "clip.wav"
    soundfile.write(file, voice(2.0), RATE, subtype="FLOAT")
    for start, end in ((0.25, 1.5), (0.5, None), (0.0, 0.75)):
        own = recognizer(voice(2.0), RATE, start=start, end=end)
        assert own == recognizer(file, start=start, end=end)
        assert own == recognizer(voice(2.0)[round(start * RATE) : None if end is None else round(end * RATE)], RATE)


@pytest.mark.parametrize("kind", ["float64", "list", "tensor", "strided"])
def test_samples_of_other_kinds_are_the_same_samples(recognizer, kind):
    plain = voice()
    given = {
        "float64": plain.astype(np.float64),
        "list": plain.tolist(),
        "tensor": torch.from_numpy(plain),
        "strided": np.stack([plain, plain], axis=1)[:, 0],
    }[kind]
    assert recognizer(given, RATE) == recognizer(plain, RATE)


@pytest.mark.parametrize(
    ("samples", "rate", "problem"),
    [
        (np.zeros((2, 100), np.float32), RATE, r"the samples: have the shape \(2, 100\), expected \(samples,\)"),
        (np.float32(0.5), RATE, r"have the shape \(\)"),
        (np.zeros(100, np.int16), RATE, "are int16, expected floating point.*by 32768"),
        (np.zeros(100, np.float32), None, "come without a sampling rate. Pass rate="),
        (np.zeros(100, np.float32), 0, "have the rate 0, expected hertz above 0"),
        (np.zeros(100, np.float32), -8000, "have the rate -8000"),
        (np.zeros(100, np.float32), float("nan"), "have the rate nan"),
        (np.zeros(0, np.float32), RATE, "has no samples left"),
        (np.full(100, np.nan, np.float32), RATE, "NaN"),
    ],
    ids=str,
)
def test_samples_that_cannot_be_used_are_told(recognizer, samples, rate, problem):
    with pytest.raises(AudioError, match=problem):
        recognizer(samples, rate)


def test_a_file_has_a_rate_of_its_own(recognizer, tmp_path):
    soundfile.write(tmp_path / "a.wav", voice(), RATE)
    with pytest.raises(AudioError, match=r"a\.wav: has a rate of its own. Leave `rate` out"):
        recognizer(tmp_path / "a.wav", 8000)


def test_many_at_once_are_each_alone(recognizer, tmp_path):
    file = tmp_path / "clip.wav"
    soundfile.write(file, voice(0.7, 3), RATE, subtype="FLOAT")
    audios = [voice(0.3), file, voice(1.1, 1), str(file), voice(0.02, 2)]
    alone = [recognizer(own, None if isinstance(own, str) or own is file else RATE) for own in audios]
    for size in (1, 2, 16):
        together = recognizer.recognize_batch(audios, RATE, size=size)
        assert [own.label for own in together] == [own.label for own in alone]
        for own, theirs in zip(together, alone, strict=True):
            expected = list(theirs.probabilities.values())
            assert list(own.probabilities.values()) == pytest.approx(expected, abs=1e-6)
            np.testing.assert_allclose(own.embedding, theirs.embedding, atol=1e-5)
    assert recognizer.recognize_batch(iter([]), RATE) == []
    with pytest.raises(AudioError, match="no such file"):
        recognizer.recognize_batch([voice(), tmp_path / "none.wav"], RATE)


def test_embeddings_of_several_models_stand_side_by_side(tmp_path):
    folder = run_folder(tmp_path, "plain-seed0-fold1", "plain-seed0-fold2")
    together = Recognizer.load(folder)
    each = [Recognizer.load(file) for file in sorted((folder / "weights").iterdir())]
    first, second = (own(voice(), RATE).embedding for own in each)
    np.testing.assert_array_equal(together(voice(), RATE).embedding, np.concatenate([first, second]))


def test_numbers_are_answered_beside_the_emotion_as_the_mean_over_models(tmp_path):
    arousal = Target(name="arousal", kind="numbers", range=(1.0, 7.0))
    settings = SETTINGS.model_copy(update={"targets": (EMOTION, arousal)})
    models = []
    for seed in range(2):
        save_model(build_model(12, {"emotion": 3}, settings, seed=seed), tmp_path / "a.safetensors", ABOUT)
        models.append(load_model(tmp_path / "a.safetensors"))
    each = [Recognizer(Networks([own]))(voice(), RATE).numbers for own in models]
    assert set(each[0]) == {"arousal"}
    assert each[0]["arousal"] != each[1]["arousal"]
    mean = (each[0]["arousal"] + each[1]["arousal"]) / 2
    assert Recognizer(Networks(models))(voice(), RATE).numbers["arousal"] == pytest.approx(mean, rel=1e-9)
    assert Sizes(12, {"emotion": 3}, settings).settings.targets[1] == arousal


@pytest.mark.parametrize("temperature", [None, 1.7])
def test_what_is_saved_is_loaded_again_to_the_same_bits(tmp_path, temperature):
    run = run_folder(tmp_path / "run", "plain-seed0-fold1", "plain-seed3-fold2")
    for number, file in enumerate(sorted((run / "weights").iterdir())):
        about = {**ABOUT, "objective": "plain", "seed": 3 * number, "fold": number + 1}
        save_model(build_model(12, {"emotion": 3}, SETTINGS, seed=number), file, about)
    if temperature is not None:
        write_temperatures("tones", {"plain": {"temperature": temperature, "kept": True, "speakers": 4}}, run)
    own = Recognizer.load(run)
    own.save(tmp_path / "copy")
    again = Recognizer.load(str(tmp_path / "copy"))
    assert again.calibration == own.calibration
    assert again.temperature == (temperature or 1.0)
    mine, theirs = own(voice(), RATE), again(voice(), RATE)
    assert mine == theirs
    assert np.array_equal(mine.embedding, theirs.embedding)
    names = sorted(file.name for file in (tmp_path / "copy" / "weights").iterdir())
    assert names == ["plain-seed0-fold1.safetensors", "plain-seed3-fold2.safetensors"]
    assert again.engine.headers == own.engine.headers
    with pytest.raises(RunError, match="holds weights already"):
        own.save(tmp_path / "copy")


def test_rate_and_labels_are_those_of_the_models(recognizer):
    assert recognizer.rate == RATE
    assert recognizer.labels == tuple(EMOTIONS)
    assert recognizer.upstream is None
    assert not recognizer.adaptive
    assert recognizer.temperature == 1.0
    assert recognizer.calibration is None
