"""A recognizer as one ONNX file: the same answers without torch, and clear about what it is not."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

from cli.typed import unheard
from inference.test_recognizer import ABOUT, RATE, SETTINGS, run_folder, save, voice
from unheard import Recognizer
from unheard.data.audio.loading import AudioSettings, condition
from unheard.errors import AudioError, RunError
from unheard.inference.export.conditioning import Conditioning
from unheard.inference.export.parity import check_parity
from unheard.inference.export.writing import export
from unheard.inference.networks import Networks, load_networks
from unheard.models.model import build_model
from unheard.targets import EMOTION, Target

pytest.importorskip("onnx", reason="the extra is missing: pip install 'unheard[onnx]'")
pytest.importorskip("onnxruntime", reason="the extra is missing: pip install 'unheard[onnx]'")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A recognizer of two models, with a temperature, and the file that was exported of it."""
    folder = run_folder(tmp_path_factory.mktemp("run"), "plain-seed0-fold1", "plain-seed0-fold2")
    networks = load_networks(folder)
    networks.calibration = {"temperature": 1.7, "kept": True, "corpus": "tones", "speakers": 4}
    file = folder / "model.onnx"
    assert export(networks, file) < 1e-4
    return Recognizer(networks), file


def same(mine, theirs):
    assert mine.label == theirs.label
    assert list(mine.probabilities) == list(theirs.probabilities)
    values = list(theirs.probabilities.values())
    assert list(mine.probabilities.values()) == pytest.approx(values, abs=1e-4)
    np.testing.assert_allclose(mine.embedding, theirs.embedding, atol=1e-4, rtol=1e-4)


def test_the_file_answers_as_the_models_alone_and_in_a_batch(pair, tmp_path):
    own, file = pair
    exported = Recognizer.load(file)
    waves = [voice(seconds, number) for number, seconds in enumerate((0.3, 1.7, 0.02, 0.9))]
    for wave, together in zip(waves, exported.recognize_batch(waves, RATE), strict=True):
        same(exported(wave, RATE), own(wave, RATE))
        same(together, own(wave, RATE))
    assert exported.labels == own.labels
    assert exported.calibration == own.calibration
    assert exported.rate == own.rate
    soundfile.write(tmp_path / "high.flac", voice(), 44_100)
    same(exported(tmp_path / "high.flac"), own(tmp_path / "high.flac"))


BLOCKED = """
import json, sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "onnx", "transformers", "sklearn"}:
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Block())
from unheard import Recognizer
found = Recognizer.load(sys.argv[1])(sys.argv[2])
print(json.dumps([found.label, found.probabilities, found.embedding.tolist()]))
from unheard.cli.main import main
main(["predict", sys.argv[1], sys.argv[2], "--format", "json"])
"""


def test_it_runs_with_onnxruntime_alone(pair, tmp_path):
    own, file = pair
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, voice(), RATE, subtype="FLOAT")
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(file), str(clip)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    expected = own(clip)
    assert first[0] == second["emotion"] == expected.label
    assert list(first[1].values()) == pytest.approx(list(expected.probabilities.values()), abs=1e-4)
    assert second["probabilities"] == pytest.approx(first[1])
    assert second["calibration"]["temperature"] == 1.7


@pytest.mark.parametrize("audio", [{"trim": 30.0}, {"level": "rms"}, {"trim": 40.0, "level": "rms"}, {}], ids=str)
def test_conditioning_in_a_graph_is_that_of_recordings(audio):
    settings = AudioSettings(**audio)
    quiet = np.random.default_rng(0).normal(0, 1e-5, 9000).astype(np.float32)
    waves = [voice(0.4), np.concatenate([quiet, 0.02 * voice(0.6, 1), quiet]), voice(0.03, 2), quiet[:399]]
    lengths = torch.tensor([len(own) for own in waves])
    padded = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(own) for own in waves], batch_first=True)
    found, counts = Conditioning(settings)(padded, lengths)
    for row, own in enumerate(waves):
        expected = condition(own, settings)
        assert int(counts[row]) == len(expected)
        np.testing.assert_allclose(found[row, : len(expected)].numpy(), expected, rtol=1e-5, atol=1e-8)
        assert not found[row, len(expected) :].any()


def test_trimming_levelling_and_numbers_are_in_the_graph(tmp_path):
    arousal = Target(name="arousal", kind="numbers", range=(1.0, 7.0))
    settings = SETTINGS.model_copy(update={"targets": (EMOTION, arousal)})
    audio = AudioSettings(trim=30.0, level="rms").model_dump(mode="json")
    networks = Networks([(build_model(12, {"emotion": 3}, settings), {**ABOUT, "audio": audio})])
    export(networks, tmp_path / "a.onnx")
    quiet = np.random.default_rng(1).normal(0, 1e-5, 8000).astype(np.float32)
    wave = np.concatenate([quiet, 0.1 * voice(), quiet])
    mine, theirs = Recognizer.load(tmp_path / "a.onnx")(wave, RATE), Recognizer(networks)(wave, RATE)
    same(mine, theirs)
    assert mine.numbers["arousal"] == pytest.approx(theirs.numbers["arousal"], abs=1e-4)


def test_what_cannot_be_in_a_graph_is_refused_by_name(tmp_path):
    about = {**ABOUT, "features": {"name": "logmel_voice", "channels": 7}}
    with pytest.raises(RunError, match=r"the feature 'logmel_voice' cannot be computed in a graph.*logmel, mfcc"):
        export(Networks([(build_model(12, {"emotion": 3}, SETTINGS), about)]), tmp_path / "a.onnx")
    adaptive = {**ABOUT, "adaptation": "speaker"}
    with pytest.raises(RunError, match="hears each recording alone"):
        export(Networks([(build_model(12, {"emotion": 3}, SETTINGS), adaptive)]), tmp_path / "a.onnx")
    with pytest.raises(RunError, match=r"ends in \.onnx"):
        export(Networks([(build_model(12, {"emotion": 3}, SETTINGS), ABOUT)]), tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_of_another_model_fails_parity(pair, tmp_path):
    other = load_networks(save(tmp_path / "weights" / "a.safetensors", seed=9))
    with pytest.raises(RunError, match="differs from the model by"):
        check_parity(other, load_networks(save(tmp_path / "weights" / "b.safetensors", seed=3)))


@pytest.mark.parametrize("place", [0, 100, -2000, -1])
def test_a_file_that_was_changed_is_refused(pair, tmp_path, place):
    content = bytearray(pair[1].read_bytes())
    content[place] ^= 0x55
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(RunError, match=r"a\.onnx: not a recognizer of `unheard export`, or a damaged one"):
        Recognizer.load(tmp_path / "a.onnx")


@pytest.mark.parametrize("content", [b"", b"text", b"\x0a\x08location\x12\x05a.bin"])
def test_what_is_no_graph_is_refused(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(RunError, match=r"a\.onnx: not a recognizer"):
        Recognizer.load(tmp_path / "a.onnx")
    with pytest.raises(RunError, match=r"none\.onnx"):
        Recognizer.load(tmp_path / "none.onnx")


def test_options_that_are_inside_the_file_are_refused_and_a_copy_is_the_same(pair, tmp_path):
    with pytest.raises(RunError, match="holds one objective, with its temperature"):
        Recognizer.load(pair[1], raw=True)
    own = Recognizer.load(pair[1])
    own.save(tmp_path / "b.onnx")
    assert Recognizer.load(tmp_path / "b.onnx")(voice(), RATE) == own(voice(), RATE)
    with pytest.raises(RunError, match="is there already"):
        own.save(tmp_path / "b.onnx")
    with pytest.raises(RunError, match="each recording by itself"):
        own.recognize_speaker([])
    with pytest.raises(AudioError, match="no samples left"):
        own(np.zeros(0, np.float32), RATE)


def test_the_verb_writes_what_predict_reads(tmp_path, capsys):
    file = save(tmp_path / "weights" / "plain-seed0-fold1.safetensors")
    assert unheard("export", file, "--out", tmp_path / "a.onnx") == 0
    assert "differs from them by" in capsys.readouterr().err
    soundfile.write(tmp_path / "clip.wav", voice(), RATE)
    assert unheard("predict", tmp_path / "a.onnx", tmp_path / "clip.wav") == 0
    mine = capsys.readouterr().out.splitlines()[1].split(",")
    assert unheard("predict", file, tmp_path / "clip.wav") == 0
    theirs = capsys.readouterr().out.splitlines()[1].split(",")
    assert mine[:2] == theirs[:2]
    assert [float(one) for one in mine[2:]] == pytest.approx([float(one) for one in theirs[2:]], abs=2e-4)
