"""What all tests share: a made corpus, and a recipe that trains in a second."""

from pathlib import Path

import pytest

from unheard.testing.tones import write_tones
from upstreams.made import needs_transformers
from upstreams.made import write as write_checkpoint

RECIPE = """
name = "tones"
seeds = [0]

[corpus]
name = "table"
folder = "corpus/tones.csv"

[features]
name = "logmel"
channels = 16
window = 0.04
hop = 0.02

[split]
name = "speaker_groups"
groups = 2
dev_speakers = 1

[model]
embedding = 16
hidden = 16
dropout = 0.1

[model.encoder]
name = "tdnn_lstm"
channels = 16
recurrent = 8

[training]
epochs = 2
patience = 2
speakers_per_batch = 2
utterances_per_speaker = 3
average = 0.5

[objectives.plain]

[objectives.dat]
weight = -0.5
"""


@pytest.fixture(scope="session")
def tones(tmp_path_factory) -> Path:
    """A folder with corpus/tones.csv and its recordings, not to be changed."""
    folder = tmp_path_factory.mktemp("tones")
    write_tones(folder / "corpus")
    return folder


@pytest.fixture(scope="session")
def recipe_text(tones) -> str:
    """The recipe, naming the shared tones."""
    return RECIPE.replace("corpus/tones.csv", str(tones / "corpus" / "tones.csv"))


@pytest.fixture
def recipe(tmp_path, recipe_text) -> Path:
    """A recipe of one's own, on the shared tones."""
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_text, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """Kind (see tests/upstreams/made.py) -> the folder of a tiny checkpoint, written when it is asked for."""
    needs_transformers()
    folder, made = tmp_path_factory.mktemp("checkpoints"), {}

    def checkpoint(kind) -> Path:
        if kind not in made:
            made[kind] = write_checkpoint(folder / kind.replace(" ", "-"), kind)
        return made[kind]

    return checkpoint


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("UNHEARD_CACHE", str(tmp_path / "cache"))
