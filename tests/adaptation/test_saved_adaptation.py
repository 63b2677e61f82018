"""What was fitted, on disk: the same answers afterwards, and an error for whatever is no such file."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from adaptation.made import made
from unheard import registry
from unheard.adaptation.adapted import adapt
from unheard.adaptation.saved import load_adapted, save_adapted
from unheard.errors import AdaptationError
from unheard.tensors import write_tensors

CHAINS = [[name] for name in registry.names("adaptations")] + [
    [],
    ["speaker_normalization", "class_means", "lame"],
    [("leace", {"erase": "speaker"}), "clusters"],
]


@pytest.fixture(scope="module")
def data():
    return made(seed=2, each=16)


@pytest.mark.parametrize("steps", CHAINS, ids=str)
def test_saved_and_loaded_it_answers_with_the_same_bits(steps, data, tmp_path):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=steps)
    save_adapted(adapted, tmp_path / "deep" / "adaptation.safetensors", {"model": "abc"})
    loaded, about = load_adapted(tmp_path / "deep" / "adaptation.safetensors", data.source.readout)
    assert about == {"model": "abc"}
    assert loaded.speakers == adapted.speakers
    assert loaded.transductive == adapted.transductive
    asked = np.concatenate([data.speakers[:-3], ["new", "new", ""]])
    first, second = (own.probabilities(data.embeddings, asked) for own in (adapted, loaded))
    assert (first == second).all()
    for step, again in zip(adapted.steps, loaded.steps, strict=True):
        assert again.method == step.method
        assert dict(again.settings) == json.loads(json.dumps(dict(step.settings)))
        assert {name: array.tolist() for name, array in again.judged.items()} == {
            name: array.tolist() for name, array in step.judged.items()
        }


def test_it_is_small(data, tmp_path):
    adapted = adapt(data.source, data.embeddings, data.speakers, steps=["speaker_normalization", "lame"])
    save_adapted(adapted, tmp_path / "a")
    assert (tmp_path / "a").stat().st_size < 10_000


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(AdaptationError, match="no such file"):
        load_adapted(tmp_path / "nowhere", lambda own: own)


def saved(data, tmp_path):
    save_adapted(adapt(data.source, data.embeddings, data.speakers, steps=["clusters"]), tmp_path / "a")
    return tmp_path / "a"


def test_a_damaged_file_is_an_error(data, tmp_path):
    file = saved(data, tmp_path)
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    with pytest.raises(AdaptationError, match="does not match its digest"):
        load_adapted(file, data.source.readout)


def rewritten(file, change):
    """The file with another header or other tensors, and a digest that fits."""
    with safe_open(file, framework="pt") as stored:
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        header = json.loads(stored.metadata()["unheard-adaptation"])
    change(header, tensors)
    write_tensors(file, tensors, "unheard-adaptation", json.dumps(header))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header, _: header["steps"][0].update(method="../evil"), "no adaptation is called"),
        (lambda header, _: header.update(size=0), "size"),
        (lambda header, _: header.update(more=1), "more"),
        (lambda header, _: header["steps"][0]["arrays"].append("more"), "lacks more"),
        (lambda header, _: header["steps"][0].update(speakers=["b", "a"]), "not sorted"),
        (lambda _, tensors: tensors["0.arrays.axes"].fill_(torch.nan), "no numbers"),
        (lambda _, tensors: tensors.update({"0.arrays.axes": torch.zeros(3)}), "no numbers"),
    ],
)
def test_a_file_that_describes_something_else_is_an_error(change, message, data, tmp_path):
    file = saved(data, tmp_path)
    rewritten(file, change)
    with pytest.raises(AdaptationError, match=message):
        load_adapted(file, data.source.readout)
