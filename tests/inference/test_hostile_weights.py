"""A model's file from anywhere: it grants nothing, takes no more memory than it has, and is whole or an error."""

import json
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.test_recognizer import ABOUT, EMOTIONS, RATE, SETTINGS, save, voice
from unheard.errors import AudioError, RunError
from unheard.inference.recognizer import Recognizer
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.tensors import write_tensors

CHANGED = "does not match its digest, so it was changed or damaged"


def header_of(file):
    length = int.from_bytes(file.read_bytes()[:8], "little")
    return json.loads(json.loads(file.read_bytes()[8 : 8 + length])["__metadata__"]["unheard"])


def rewritten(file, **changes):
    """The file with another header, whole as it is read: whoever means harm writes a digest, too."""
    write_tensors(file, load_file(file), "unheard", json.dumps({**header_of(file), **changes}))
    return file


@pytest.fixture
def offline(monkeypatch):
    """No socket and no hub; the list says who was asked."""
    asked = []

    def refuse(*arguments, **keywords):
        asked.append(arguments)
        message = "the network was asked"
        raise OSError(message)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(
        hub,
        "snapshot_download",
        lambda source, *, local_files_only, **more: refuse(source) if not local_files_only else _absent(),
    )
    return asked


def _absent():
    message = "not in the cache"
    raise OSError(message)


UPSTREAM = {"name": "upstream", "family": "wav2vec2", "source": "owner/name", "states": [1], "download": True}


def test_a_header_does_not_send_features_to_the_network(tmp_path, offline):
    file = save(tmp_path / "a.safetensors", features=UPSTREAM, feature_identity={})
    with pytest.raises(
        RunError, match=r"a\.safetensors: its features come from the upstream 'owner/name'.*--download"
    ):
        Recognizer.load(file)
    assert offline == []
    with pytest.raises(RunError, match="Check the name and the network"):
        Recognizer.load(file, download=True)
    assert offline == [("owner/name",)]


def test_a_header_does_not_send_the_encoder_to_the_network_or_to_a_folder(tmp_path, offline):
    encoder = {key: value for key, value in UPSTREAM.items() if key != "states"}
    for own in (encoder, {**encoder, "source": str(tmp_path)}):
        file = rewritten(save(tmp_path / "a.safetensors"), model={**SETTINGS.model_dump(mode="json"), "encoder": own})
        with pytest.raises(RunError, match="names an upstream and does not describe it, and no other file is read"):
            Recognizer.load(file, download=True)
    assert offline == []


def test_a_missing_upstream_is_named_with_how_to_point_to_it(tmp_path, checkpoints, monkeypatch):
    from unheard.registry import load

    feature, folder = load("features", "upstream"), checkpoints("wav2vec2 group")
    own = {"name": "upstream", "family": "wav2vec2", "source": str(folder), "states": [1]}
    settings = feature.Settings(**{key: value for key, value in own.items() if key != "name"})
    about = {**ABOUT, "feature_identity": feature.identity(settings)}
    model = build_model(len(feature.channel_names(settings)), {"emotion": 3}, SETTINGS)
    save_model(model, tmp_path / "a.safetensors", {**about, "features": {**own, "source": f"/gone/{folder.name}"}})
    with pytest.raises(RunError, match=rf"the upstream '{folder.name}'.*--upstream, set UNHEARD_MODELS"):
        Recognizer.load(tmp_path / "a.safetensors")
    named = Recognizer.load(tmp_path / "a.safetensors", upstream=folder)
    monkeypatch.setenv("UNHEARD_MODELS", str(folder.parent))
    known = Recognizer.load(tmp_path / "a.safetensors")
    assert named.upstream == known.upstream == folder.resolve()
    assert named(voice(), RATE).probabilities == known(voice(), RATE).probabilities
    with pytest.raises(RunError, match="has other weights than in training"):
        Recognizer.load(tmp_path / "a.safetensors", upstream=checkpoints("wav2vec2 layer"))


def test_an_upstream_is_refused_where_features_have_none(tmp_path):
    with pytest.raises(RunError, match="its features come from no upstream"):
        Recognizer.load(save(tmp_path / "a.safetensors"), upstream=tmp_path)


BOMBS = {
    "channels": {"channels": 1_000_000},
    "classes": {"classes": {"emotion": 3, "speaker": 1 << 20}},
    "heads": {"classes": {"emotion": 3, **{f"head{number}": 2 for number in range(20_000)}}},
    "embedding": {"model": {**SETTINGS.model_dump(mode="json"), "embedding": 4096, "hidden": 4096}},
    "recurrent": {
        "channels": 1 << 20,
        "model": {
            **SETTINGS.model_dump(mode="json"),
            "encoder": {"name": "tdnn_lstm", "channels": 2048, "recurrent": 1024},
        },
    },
    "layers": {
        "channels": 1,
        "model": {
            **SETTINGS.model_dump(mode="json"),
            "encoder": {
                "name": "upstream",
                "family": "wav2vec2",
                "described": {
                    "config": {"model_type": "wav2vec2", "num_hidden_layers": 1_000_000, "hidden_size": 1 << 16},
                    "processor": {"sampling_rate": 16000, "do_normalize": True},
                },
            },
        },
    },
}

CHILD = """
import resource, sys, time
from pathlib import Path
import unheard.upstreams._transformers
from unheard.errors import RunError
from unheard.models.weights import load_model
try:  # so that what is imported counts for none of them
    import transformers.models.wav2vec2.modeling_wav2vec2
except ImportError:
    pass
load_model(Path(sys.argv[1]))
for name in sys.argv[2:]:
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    try:
        load_model(Path(name))
    except RunError as problem:
        assert name in str(problem)
    else:
        sys.exit(f"{name} was read")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if grown > 200 or time.monotonic() - begun > 10:
        sys.exit(f"{name}: {grown:.0f} MB, {time.monotonic() - begun:.1f} s")
"""


def test_a_header_asks_for_no_more_memory_than_its_file_has(tmp_path):
    files = [save(tmp_path / "whole.safetensors")]
    for name, changes in BOMBS.items():
        files.append(rewritten(save(tmp_path / f"{name}.safetensors"), **changes))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, files)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("length", "said"),
    [(2**63, "announce a header"), (2**62, "announce a header"), (1 << 23, "not a model of unheard")],
)
def test_a_description_is_no_longer_than_any_of_ours(tmp_path, length, said):
    file = save(tmp_path / "a.safetensors")
    file.write_bytes(length.to_bytes(8, "little") + file.read_bytes()[8:])
    with pytest.raises(RunError, match=said):
        load_model(file)


@pytest.mark.parametrize(
    "text",
    [
        '{"channels": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"channels": ' + "9" * 100_000 + "}",
        '{"channels": 1e999}',
        '{"channels": NaN}',
        '{"channels": 3, "channels": 12}',
        '["channels"]',
        "\ufeff{}",
        "",
        '{"a": "' + "x" * 5_000_000 + '"}',
    ],
    ids=["deep", "long number", "beyond numbers", "nan", "twice", "list", "mark", "empty", "long text"],
)
def test_a_header_that_is_no_table(tmp_path, text):
    save_file({"a": torch.zeros(2)}, tmp_path / "a.safetensors", metadata={"unheard": text})
    with pytest.raises(RunError, match=r"a\.safetensors: not a model of unheard"):
        load_model(tmp_path / "a.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_an_error_of_the_file(tmp_path, value):
    model = build_model(12, {"emotion": 3}, SETTINGS)
    with torch.no_grad():
        model.heads["emotion"][-1].bias[1] = value
    save_model(model, tmp_path / "a.safetensors", ABOUT)
    with pytest.raises(RunError, match=r"a\.safetensors: .*hold nan or infinite numbers"):
        Recognizer.load(tmp_path / "a.safetensors")


def test_a_probability_that_is_no_number_is_an_error_of_the_recording(tmp_path):
    own = Recognizer.load(save(tmp_path / "a.safetensors"))
    with torch.no_grad():
        own.engine.models[0].heads["emotion"][-1].bias[1] = float("nan")
    with pytest.raises(AudioError, match="the samples: the models give no probability"):
        own(voice(), RATE)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_samples_that_are_no_numbers_have_no_answer(tmp_path, value):
    own = Recognizer.load(save(tmp_path / "a.safetensors"))
    samples = voice()
    samples[7] = value
    with pytest.raises(AudioError, match="the samples"):
        own(samples, RATE)
    with pytest.raises(AudioError, match="the samples"):
        own(np.zeros(0, np.float32), RATE)


@pytest.mark.parametrize("seed", range(20))
def test_flipped_bits_are_found(tmp_path, seed):
    file = save(tmp_path / "a.safetensors")
    content, generator = bytearray(file.read_bytes()), np.random.default_rng(seed)
    for at in generator.integers(0, len(content), 1 + 49 * (seed % 2)):
        content[at] ^= 1 << int(generator.integers(8))
    file.write_bytes(content)
    with pytest.raises(RunError, match=r"a\.safetensors: "):
        Recognizer.load(file)


def test_a_single_weight_that_was_changed_is_found(tmp_path):
    file = save(tmp_path / "a.safetensors")
    content = bytearray(file.read_bytes())
    content[-4] ^= 1  # the last bit of the last number
    file.write_bytes(content)
    with pytest.raises(RunError, match=CHANGED):
        load_model(file)


def test_a_file_without_a_digest_is_refused(tmp_path):
    file = save(tmp_path / "a.safetensors")
    save_file(load_file(file), file, metadata={"unheard": json.dumps(header_of(file))})
    with pytest.raises(RunError, match="it has no digest, so nobody can tell whether it is whole"):
        Recognizer.load(file)


@pytest.mark.parametrize(
    ("emotions", "said"),
    [
        (["anger", "anger", "joy"], "'anger' stands twice"),
        (["anger", "\x1b[31mred", "joy"], "steer a terminal"),
        (["anger", "a\nb", "joy"], "steer a terminal"),
        (["anger", "\u202eevil", "joy"], "steer a terminal"),
        (["anger", "\ud800", "joy"], "unicode"),
        (["anger", ""], "emotions.1"),
        (["anger", 3, "joy"], "emotions.1"),
        (["anger", "joy"], "names 2 emotions, and the model tells 3 apart"),
        ("anger", "emotions"),
        ([], "emotions"),
    ],
    ids=repr,
)
def test_the_emotions_of_a_header_are_names(tmp_path, emotions, said):
    with pytest.raises(RunError, match=said) as caught:
        Recognizer.load(save(tmp_path / "a.safetensors", emotions=emotions))
    assert "a.safetensors" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"features": {"name": "logmel", "channels": 40}},
        {"features": {"name": "logmel", "channels": 10**9}},
        {"features": {"name": "none of these"}},
        {"features": {"name": ["logmel"]}},
        {"features": {}},
        {"features": []},
        {"audio": {"rate": 10**9}},
        {"audio": {"rate": "many"}},
        {"audio": None},
        {"adaptation": 3},
        {"features": {"name": "logmel", "channels": 12, "hop": 1e-300}},
    ],
    ids=str,
)
def test_what_a_header_says_of_features_is_checked(tmp_path, changes):
    with pytest.raises(RunError, match=r"a\.safetensors: "):
        Recognizer.load(save(tmp_path / "a.safetensors", **changes))


def test_a_language_that_joins_letters_may_name_emotions(tmp_path):
    names = ["خشم\u200cگین", "शांत\u200d", EMOTIONS[0]]
    assert Recognizer.load(save(tmp_path / "a.safetensors", emotions=names)).labels == tuple(names)


def test_settings_of_models_stay_what_they_were(tmp_path):
    model, _ = load_model(save(tmp_path / "a.safetensors"))
    assert model.settings == SETTINGS
    assert isinstance(model.settings, ModelSettings)
