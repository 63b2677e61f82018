"""Weights and checkpoints: their headers mended by a hand that means harm, and their bytes."""

import json
from pathlib import Path

import numpy as np
import torch
from mutators import damage_bytes, damage_json, together, unsaid
from safetensors.torch import load_file, save_file
from subject import Subject

from unheard.data.audio.loading import AudioSettings
from unheard.inference.recognizer import Recognizer
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import save_model
from unheard.training.checkpoints import Checkpoint, read_checkpoint, write_checkpoint

EMOTIONS = ["anger", "neutral", "sadness"]


def _weights(folder: Path) -> list[Path]:
    files = []
    for number, encoder in enumerate(({"name": "tdnn_lstm", "channels": 8, "recurrent": 4}, {"name": "pooled"})):
        settings = ModelSettings(encoder=encoder, embedding=8, hidden=8)
        about = {
            "emotions": EMOTIONS,
            "features": {"name": "logmel", "channels": 12, "hop": 0.01},
            "audio": AudioSettings().model_dump(mode="json"),
            "adaptation": "none",
            "feature_identity": {},
            "objective": "plain",
        }
        parts = {"decoder": lambda: torch.nn.Linear(8, 12)} if number else {}
        model = build_model(12, {"emotion": 3, "speaker": 2}, settings, parts=parts)
        files.append(folder / f"{number}.safetensors")
        save_model(model, files[-1], about)
    return files


def _checkpoints(folder: Path) -> list[Path]:
    tensors = {"model.a": torch.arange(100.0), "optimizer.main.0.step": torch.tensor(3.0)}
    state = Checkpoint(tensors, 1, {"uar": 0.5, "loss": 1.0}, [{"epoch": 1.0, "loss": 2.0}], 1.0, "x")
    write_checkpoint(state, folder / "checkpoint.safetensors")
    return [folder / "checkpoint.safetensors"]


def _mutate(key: str, original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    file = folder / f"damaged-{original.name}"
    if generator.random() < 0.3:
        content, done = damage_bytes(original.read_bytes(), generator)
        file.write_bytes(content)
        return file, done
    content = original.read_bytes()
    length = int.from_bytes(content[:8], "little")
    text, done = damage_json(json.loads(content[8 : 8 + length])["__metadata__"][key], generator)
    # Without a digest, as an older version has it: what would be found by that must be found by what is read.
    metadata = {key: text.encode("utf-8", "replace").decode()}
    save_file(load_file(original), file, metadata=metadata)
    return file, done


def _predict(file: Path, done: str) -> None:
    own = Recognizer.load(file)
    samples = np.random.default_rng(0).normal(0, 0.1, own.rate // 2).astype(np.float32)
    found = own(samples, own.rate).probabilities
    assert abs(sum(found.values()) - 1) < 1e-6
    assert len(found) == len(own.labels) == 3


def _resume(file: Path, done: str) -> None:
    with unsaid():
        found = read_checkpoint(file, "x")
    kept = file.with_name(f"{file.name}.damaged")
    if done == "nothing":
        assert found is not None
    if found is not None:
        assert torch.equal(found.tensors["model.a"], torch.arange(100.0))
    kept.unlink(missing_ok=True)


_KINDS = [
    Subject("weights", "documents", _weights, lambda *given: _mutate("unheard", *given), _predict),
    Subject("checkpoint", "documents", _checkpoints, lambda *given: _mutate("checkpoint", *given), _resume),
]
SUBJECTS = [together("headers", _KINDS)]
