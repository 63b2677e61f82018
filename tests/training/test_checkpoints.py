"""A checkpoint is whole, or set aside and named; either way the training comes to the same bits."""

import logging

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from training.test_loop import OBJECTIVES, equal, trainer
from unheard.training import loop
from unheard.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint


def written(file):
    tensors = {"model.a": torch.arange(1000.0), "optimizer.main.0.step": torch.tensor(3.0)}
    write_checkpoint(Checkpoint(tensors, 2, {"uar": 0.5}, [{"epoch": 1.0}, {"epoch": 2.0}], 1.5, "x"), file)
    return file


def flip(file, seed, bits):
    content, generator = bytearray(file.read_bytes()), np.random.default_rng(seed)
    for at in generator.integers(0, len(content), bits):
        content[at] ^= 1 << int(generator.integers(8))
    file.write_bytes(content)


def test_a_whole_one_comes_back(tmp_path):
    found = read_checkpoint(written(tmp_path / "c.safetensors"), "x")
    assert (found.epoch, found.best, found.seconds) == (2, {"uar": 0.5}, 1.5)
    assert torch.equal(found.tensors["model.a"], torch.arange(1000.0))


def test_that_of_another_training_is_let_be(tmp_path):
    file = written(tmp_path / "c.safetensors")
    assert read_checkpoint(file, "y") is None
    assert [one.name for one in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_one_is_set_aside_and_named(tmp_path, seed, caplog):
    file = written(tmp_path / "c.safetensors")
    flip(file, seed, 1 + 49 * (seed % 2))
    with caplog.at_level(logging.WARNING):
        assert read_checkpoint(file, "x") is None
    assert [one.name for one in tmp_path.iterdir()] in (["c.safetensors.damaged"], ["c.safetensors"])
    if not file.exists():  # else the flip was in its fingerprint: it is another training's, as far as anyone can tell
        assert "c.safetensors: damaged (" in caplog.text
        assert "starts anew" in caplog.text


def test_a_number_that_became_nan_does_not_stick(tmp_path):
    file = written(tmp_path / "c.safetensors")
    at = file.read_bytes().rindex(np.float32(999).tobytes())
    file.write_bytes(file.read_bytes()[:at] + np.float32("nan").tobytes() + file.read_bytes()[at + 4 :])
    assert read_checkpoint(file, "x") is None


def test_one_without_a_digest_cannot_be_trusted(tmp_path, caplog):
    file = written(tmp_path / "c.safetensors")
    header = '{"epoch": 2, "best": {}, "history": [], "seconds": 1.0, "fingerprint": "x"}'
    save_file(load_file(file), file, metadata={"checkpoint": header})
    assert read_checkpoint(file, "x") is None
    assert "no digest" in caplog.text


def test_a_training_with_a_damaged_checkpoint_comes_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    expected, file = trainer(OBJECTIVES["dat"]()).run(), tmp_path / "c.safetensors"
    trainer(OBJECTIVES["dat"](), checkpoint=file, fingerprint="x").run()
    flip(file, 0, 50)
    resumed = trainer(OBJECTIVES["dat"](), checkpoint=file, fingerprint="x").run()
    assert equal(expected.model.state_dict(), resumed.model.state_dict())
    assert (tmp_path / "c.safetensors.damaged").exists()
