"""The recognizer: the mean of its models, the same whatever else it has heard, and clear about wrong weights."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file

from unheard.data.audio.loading import AudioSettings
from unheard.errors import AudioError, RunError
from unheard.files import objective_file_name
from unheard.inference.networks import Networks
from unheard.inference.recognizer import Recognizer
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model

RATE = 16_000
EMOTIONS = ["anger", "neutral", "sadness"]
SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4}, embedding=8, hidden=8, normalization="utterance"
)
ABOUT = {
    "emotions": EMOTIONS,
    "features": {"name": "logmel", "channels": 12},
    "audio": AudioSettings().model_dump(mode="json"),
}


def save(file, seed=0, **changes):
    model = build_model(12, {"emotion": 3, "speaker": 2}, SETTINGS, seed=seed)
    save_model(model, file, {**ABOUT, **changes})
    return file


def run_folder(folder, *names):
    for seed, name in enumerate(names):
        save(folder / "weights" / f"{name}.safetensors", seed)
    return folder


def voice(seconds=0.5, seed=0):
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(0, 0.05, len(time))
    return (0.3 * np.sin(2 * np.pi * (150 + 50 * seed) * time) + noise).astype(np.float32)


def features_of(recognizer, samples):
    hearing = recognizer.engine.hearing
    return hearing.feature.extract(samples, RATE, hearing.settings)


@pytest.fixture
def single(tmp_path):
    return Recognizer.load(save(tmp_path / "a.safetensors"))


def test_probabilities_sum_to_one(single):
    for seconds in (0.001, 0.03, 0.5, 2.0):
        found = single(voice(seconds), RATE).probabilities
        assert list(found) == EMOTIONS
        assert all(0 <= value <= 1 for value in found.values())
        assert sum(found.values()) == pytest.approx(1, abs=1e-12)
        assert all(isinstance(value, float) for value in found.values())


def test_the_probabilities_are_the_softmax_of_the_models_logits(tmp_path, single):
    model, _ = load_model(save(tmp_path / "a.safetensors"))
    features = torch.from_numpy(features_of(single, voice()))[None]
    with torch.inference_mode():
        logits = model(features, torch.tensor([features.shape[1]]))[0].double().numpy()
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(list(single(voice(), RATE).probabilities.values()), expected, rtol=1e-9)


def test_an_ensemble_is_the_mean_of_its_models(tmp_path):
    folder = run_folder(tmp_path, "dat-seed0-fold1", "dat-seed0-fold2", "dat-seed1-fold1")
    each = [
        list(Recognizer.load(file)(voice(), RATE).probabilities.values())
        for file in sorted((folder / "weights").iterdir())
    ]
    assert np.ptp(each, axis=0).max() > 1e-4
    together = Recognizer.load(folder)
    assert len(together.engine.models) == 3
    np.testing.assert_allclose(
        list(together(voice(), RATE).probabilities.values()), np.mean(each, axis=0), rtol=1e-12
    )


def test_what_it_heard_before_changes_nothing(single):
    alone = single(voice(), RATE).probabilities
    for seed in range(3):
        single(voice(1.0, seed), RATE)
    assert single(voice(), RATE).probabilities == alone


def test_a_batch_gives_what_each_item_gives_alone(single):
    model = single.engine.models[0]
    items = [features_of(single, voice(seconds)) for seconds in (0.3, 0.8, 0.5)]
    lengths = torch.tensor([len(item) for item in items])
    padded = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(item) for item in items], batch_first=True)
    with torch.inference_mode():
        batch = torch.softmax(model(padded, lengths).double(), 1).numpy()
    alone = [list(single(voice(seconds), RATE).probabilities.values()) for seconds in (0.3, 0.8, 0.5)]
    np.testing.assert_allclose(batch, alone, atol=1e-6)


def test_a_file_of_any_rate_and_channels(single, tmp_path):
    file = tmp_path / "stereo.wav"
    soundfile.write(file, np.stack([voice(), voice()], axis=1), RATE, subtype="FLOAT")
    found = single(file).probabilities
    assert list(found.values()) == pytest.approx(list(single(voice(), RATE).probabilities.values()), abs=1e-6)
    part = single(str(file), start=0.1, end=0.4).probabilities
    expected = single(voice()[1600:6400], RATE).probabilities
    assert list(part.values()) == pytest.approx(list(expected.values()), abs=1e-6)
    soundfile.write(tmp_path / "high.flac", voice(), 44_100)
    assert sum(single(tmp_path / "high.flac").probabilities.values()) == pytest.approx(1)


def test_a_recording_that_cannot_be_used(single, tmp_path):
    (tmp_path / "text.wav").write_text("no sound", encoding="utf-8")
    with pytest.raises(AudioError, match=r"text\.wav"):
        single(tmp_path / "text.wav")
    with pytest.raises(AudioError, match="no such file"):
        single(tmp_path / "none.wav")


def test_silence_has_an_answer_too_when_it_comes_as_samples(tmp_path):
    audio = AudioSettings(trim=40, level="rms").model_dump(mode="json")
    found = Recognizer.load(save(tmp_path / "a.safetensors", audio=audio))(
        np.zeros(RATE, np.float32), RATE
    ).probabilities
    assert sum(found.values()) == pytest.approx(1)


def test_the_audio_settings_of_the_header_count(tmp_path):
    plain = Recognizer.load(save(tmp_path / "a.safetensors"))
    level = Recognizer.load(save(tmp_path / "b.safetensors", audio={"rate": RATE, "level": "rms"}))
    quiet = 0.01 * voice()
    assert level(quiet, RATE).probabilities == pytest.approx(level(voice(), RATE).probabilities, abs=1e-6)
    assert plain.engine.audio == AudioSettings()
    assert level.engine.audio.level == "rms"


@pytest.mark.parametrize(
    "other",
    [
        {"emotions": ["anger", "neutral", "joy"]},
        {"emotions": EMOTIONS[::-1]},
        {"features": {"name": "logmel", "channels": 12, "hop": 0.02}},
        {"features": {"name": "mfcc", "channels": 12}},
        {"audio": AudioSettings(trim=40).model_dump(mode="json")},
    ],
    ids=str,
)
def test_models_of_different_runs_are_refused(tmp_path, other):
    files = [save(tmp_path / "weights" / "dat-seed0-foldx.safetensors")]
    files.append(save(tmp_path / "weights" / "dat-seed1-foldx.safetensors", **other))
    with pytest.raises(RunError, match="differ in emotions or features"):
        Recognizer.load(tmp_path)
    with pytest.raises(RunError, match="differ"):
        Networks([load_model(file) for file in files])


@pytest.mark.parametrize("lost", ["emotions", "features", "audio"])
def test_a_header_that_does_not_say_enough(tmp_path, lost):
    file = tmp_path / "a.safetensors"
    model = build_model(12, {"emotion": 3}, SETTINGS)
    save_model(model, file, {key: value for key, value in ABOUT.items() if key != lost})
    with pytest.raises(RunError, match=f"does not say its {lost}"):
        Recognizer.load(file)


def test_no_model():
    with pytest.raises(RunError, match="no model is given"):
        Networks([])


def test_a_run_without_weights(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(RunError, match="no weights here"):
            Recognizer.load(folder)


def test_one_objective_needs_no_name_and_several_do(tmp_path):
    one = run_folder(tmp_path / "one", "plain-seed0-foldx")
    assert len(Recognizer.load(one).engine.models) == 1
    two = run_folder(tmp_path / "two", "plain-seed0-foldx", "dat-seed0-foldx", "dat-seed1-foldx")
    with pytest.raises(RunError, match=r"has the objectives dat, plain\. Choose one with --objective"):
        Recognizer.load(two)
    assert len(Recognizer.load(two, "dat").engine.models) == 2
    assert len(Recognizer.load(two, "plain").engine.models) == 1


def test_an_unknown_objective(tmp_path):
    folder = run_folder(tmp_path, "plain-seed0-foldx")
    with pytest.raises(RunError, match=r"has no objective 'cgt'\. It has: plain\."):
        Recognizer.load(folder, "cgt")


def test_labels_may_hold_the_word_seed(tmp_path):
    label = objective_file_name("dat-seedling")
    folder = run_folder(tmp_path, f"{label}-seed0-foldx", "dat-seed0-foldx")
    assert len(Recognizer.load(folder, "dat-seedling").engine.models) == 1
    assert len(Recognizer.load(folder, "dat").engine.models) == 1


class Bomb:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (self.target, "w")


def damaged(folder):
    """Files that are no model of ours, by what is wrong with them."""
    whole = save(folder / "whole.safetensors").read_bytes()
    weights = {"a": torch.zeros(2)}
    header = {"channels": 12, "classes": {"emotion": 3}, "model": SETTINGS.model_dump(), **ABOUT}
    headers = {
        "no header": None,
        "a list": [],
        "a number": 3,
        "an empty header": {},
        "other weights": header,
        "other settings": {**header, "model": {"layers": 3}},
        "an unknown encoder": {**header, "model": {"encoder": {"name": "transformer"}}},
        "channels that are no number": {**header, "channels": "many"},
    }
    contents = {
        "empty": b"",
        "text": b"this is no model at all, but a text",
        "pickle": pickle.dumps({"weight": Bomb(str(folder / "burst"))}),
        "cut": whole[:-100],
        "half": whole[: len(whole) // 2],
        "eight bytes": whole[:8],
    }
    for name, content in contents.items():
        (folder / f"{name}.safetensors").write_bytes(content)
        yield name
    for name, value in headers.items():
        metadata = None if value is None else {"unheard": json.dumps(value)}
        save_file(weights, folder / f"{name}.safetensors", metadata=metadata)
        yield name
    save_file(weights, folder / "not json.safetensors", metadata={"unheard": "{"})
    yield "not json"


def test_what_is_not_a_model_is_a_run_error_that_names_the_file(tmp_path):
    names = list(damaged(tmp_path))
    assert len(names) == 15
    for name in names:
        file = tmp_path / f"{name}.safetensors"
        with pytest.raises(RunError) as caught:
            Recognizer.load(file)
        assert str(caught.value).startswith(f"{file}: "), name
    assert not (tmp_path / "burst").exists()


def test_a_loaded_model_does_not_drop_out(single):
    assert not any(module.training for module in single.engine.models[0].modules())


def test_neither_training_nor_evaluation_is_imported():
    code = (
        "import sys, unheard.inference.networks, unheard.inference.recognizer;"
        "bad = [name for name in sys.modules if name.startswith(('unheard.training', 'unheard.experiment',"
        " 'unheard.reports', 'unheard.cli'))];"
        "sys.exit(' '.join(sorted(bad)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("form", ["wav", "flac", "mp3"])
def test_stretches_of_a_recording_are_judged_as_alone(single, tmp_path, form):
    file = tmp_path / f"long.{form}"
    soundfile.write(file, np.concatenate([voice(2.0, seed) for seed in range(4)]), RATE)
    stretches = [(0.0, 1.0), (6.5, None), (9.0, 10.0), (2.25, 3.0), (1.0, 1.001)]
    found = single.recognize_stretches(file, stretches)
    for (start, end), own in zip(stretches, found, strict=True):
        if isinstance(own, AudioError):
            with pytest.raises(AudioError, match=own.problem.split("(")[0]):
                single(file, start=start, end=end)
        else:
            alone = single(file, start=start, end=end)
            assert own == alone
            assert np.array_equal(own.embedding, alone.embedding)
    assert [isinstance(own, AudioError) for own in found] == [False, False, True, False, True]


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.full(RATE, np.nan, np.float32)])
def test_no_samples_and_no_numbers_have_no_answer(single, samples):
    with pytest.raises(AudioError, match="the samples"):
        single(samples, RATE)


@pytest.mark.parametrize(
    ("sound", "rate", "problem"),
    [
        (np.full(RATE, 1e30), RATE, "where full scale is 1"),
        (voice(), 10**8, "its header says 100000000 Hz"),
        (voice()[:100], RATE, "too short"),
        (np.full(RATE, np.inf), RATE, "NaN or infinite"),
    ],
)
def test_a_recording_that_leads_to_no_number_has_no_answer(single, tmp_path, sound, rate, problem):
    file = tmp_path / "a.wav"
    soundfile.write(file, sound, rate, subtype="FLOAT")
    with pytest.raises(AudioError, match=problem):
        single(file)
