"""Weights travel: what predicts and nothing else stands in them, and nothing of the machine or of who was tested."""

import json

import pytest
import torch
from safetensors import safe_open

from models.made import SETTINGS, made_batch, made_model
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.upstreams.checkpoints import portable

ABOUT = {"emotions": ["a", "b", "c"], "features": {"name": "logmel"}}


def stored(file):
    with safe_open(file, framework="pt") as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}, json.loads(opened.metadata()["unheard"])  # noqa: SIM118


@pytest.mark.parametrize("companion", [False, True])
def test_heads_of_domains_and_the_second_encoder_stay_at_home(tmp_path, companion):
    model, batch = made_model(companion=companion, heads=("speaker", "gender")), made_batch()
    save_model(model.eval(), tmp_path / "a.safetensors", ABOUT)
    tensors, header = stored(tmp_path / "a.safetensors")
    assert header["classes"] == {"emotion": 3}
    assert {name.split(".")[1] for name in tensors if name.startswith("heads")} == {"emotion"}
    assert not [name for name in tensors if name.startswith("parts")]
    loaded, _ = load_model(tmp_path / "a.safetensors")
    assert torch.equal(loaded(batch.features, batch.lengths), model(batch.features, batch.lengths))
    assert set(loaded.heads) == {"emotion"}
    assert not loaded.parts


def test_what_an_adversary_was_does_not_change_what_is_written(tmp_path):
    for number, heads in enumerate([(), ("speaker",), ("speaker", "gender")]):
        save_model(made_model(heads=heads), tmp_path / f"{number}.safetensors", ABOUT)
    (first, header), *others = map(stored, tmp_path.iterdir())
    for tensors, other in others:
        assert other == header
        assert tensors.keys() == first.keys()
        assert all(torch.equal(tensors[name], first[name]) for name in first)


def test_the_model_that_is_written_keeps_its_heads(tmp_path):
    model = made_model(companion=True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    save_model(model, tmp_path / "a.safetensors", ABOUT)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("kind", ["wav2vec2 layer", "whisper"])
def test_of_an_upstreams_folder_only_the_name_is_written(checkpoints, tmp_path, kind):
    folder = checkpoints(kind)
    encoder = {"name": "upstream", "family": kind.split()[0], "source": str(folder), "layers": 1, "download": True}
    model = build_model(
        1, {"emotion": 2}, ModelSettings(encoder=encoder, normalization="none", embedding=4, hidden=4)
    )
    about = {**ABOUT, "features": {"name": "waveform", "source": str(folder), "download": True}}
    save_model(model, tmp_path / "a.safetensors", about)
    content = (tmp_path / "a.safetensors").read_bytes()
    assert str(folder).encode() not in content
    assert str(folder.parent).encode() not in content
    _, header = stored(tmp_path / "a.safetensors")
    assert header["features"] == {"name": "waveform", "source": folder.name}
    assert header["model"]["encoder"]["source"] == folder.name
    assert "download" not in header["model"]["encoder"]
    assert about["features"]["source"] == str(folder), "what was handed in is not touched"
    loaded, _ = load_model(tmp_path / "a.safetensors")
    wave, lengths = torch.randn(1, 4000, 1), torch.tensor([4000])
    assert torch.equal(loaded(wave, lengths), model.eval()(wave, lengths))


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("/data/models/hubert", "hubert"),
        ("/data/models/hubert/", "hubert"),
        ("openai/whisper-base", "openai/whisper-base"),
        ("hubert", "hubert"),
        ("", ""),
        (7, 7),
    ],
)
def test_what_is_portable_of_a_source(source, kept):
    assert portable({"source": source, "layers": 3}) == {"source": kept, "layers": 3}


def test_the_name_or_path_of_a_checkpoints_own_training_is_left_out():
    config = {"model_type": "wavlm", "_name_or_path": "/home/anna/wavlm", "hidden_size": 4}
    table = {"described": {"config": config, "processor": {"sampling_rate": 16000}}}
    found = portable(table)
    assert found["described"] == {
        "config": {"model_type": "wavlm", "hidden_size": 4},
        "processor": {"sampling_rate": 16000},
    }
    assert config["_name_or_path"], "what was handed in is not touched"
    assert portable({}) == {}


def test_settings_stay_what_they_were(tmp_path):
    save_model(made_model(), tmp_path / "a.safetensors", ABOUT)
    loaded, header = load_model(tmp_path / "a.safetensors")
    assert loaded.settings == SETTINGS
    assert header["emotions"] == ABOUT["emotions"]
