"""A run's folder that was moved, renamed or copied is found with all that belongs to it, the upstream too."""

import shutil

import pytest

from inference.test_recognizer import ABOUT, RATE, SETTINGS, run_folder, voice
from unheard.errors import RunError
from unheard.inference.headers import upstream_of_run
from unheard.inference.recognizer import Recognizer
from unheard.models.model import build_model
from unheard.models.temperatures import write_temperatures
from unheard.models.weights import save_model
from unheard.registry import load


def test_a_run_that_moved_predicts_as_before_with_its_temperature(tmp_path):
    run = run_folder(tmp_path / "here", "plain-seed0-fold1", "plain-seed0-fold2")
    for number, file in enumerate((run / "weights").iterdir()):
        save_model(build_model(12, {"emotion": 3}, SETTINGS, seed=number), file, {**ABOUT, "objective": "plain"})
    write_temperatures("table", {"plain": {"temperature": 2.5}}, run)
    before = Recognizer.load(run)
    assert before.temperature == 2.5
    expected = before(voice(), RATE).probabilities
    moved = shutil.move(run, tmp_path / "far" / "another name")
    assert Recognizer.load(moved)(voice(), RATE).probabilities == expected
    for file in (moved / "weights").iterdir():
        assert Recognizer.load(file).temperature == 2.5


@pytest.fixture
def upstream_run(tmp_path, checkpoints):
    """A run on an upstream whose checkpoint lies in a folder of its own, as settings.toml says."""
    folder = shutil.copytree(checkpoints("wav2vec2 layer"), tmp_path / "models" / "small")
    own = {"family": "wav2vec2", "source": str(folder), "states": [1]}
    feature = load("features", "upstream")
    about = {
        **ABOUT,
        "features": {"name": "upstream", **own},
        "feature_identity": feature.identity(feature.Settings(**own)),
    }
    model = build_model(len(feature.channel_names(feature.Settings(**own))), {"emotion": 3}, SETTINGS)
    run = tmp_path / "run"
    save_model(model, run / "weights" / "plain-seed0-fold1.safetensors", about)
    (run / "settings.toml").write_text(f'[features]\nname = "upstream"\nsource = "{folder}"\n', encoding="utf-8")
    return run, folder


def test_the_upstream_is_found_where_the_runs_settings_say(upstream_run, tmp_path):
    run, folder = upstream_run
    moved = shutil.move(run, tmp_path / "moved")
    for place in (moved, moved / "weights" / "plain-seed0-fold1.safetensors"):
        assert Recognizer.load(place).upstream == folder
    assert str(folder).encode() not in (moved / "weights" / "plain-seed0-fold1.safetensors").read_bytes()


def test_an_upstream_that_moved_is_asked_for_by_its_name(upstream_run, tmp_path, monkeypatch):
    run, folder = upstream_run
    there = shutil.move(folder, tmp_path / "elsewhere" / "small")
    with pytest.raises(RunError, match=r"the upstream 'small'.*--upstream"):
        Recognizer.load(run)
    assert Recognizer.load(run, upstream=there).upstream == there
    monkeypatch.setenv("UNHEARD_MODELS", str(there.parent))
    assert Recognizer.load(run).upstream == there


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "not toml",
        "features = 3",
        "[features]\nsource = 3",
        '[features]\nsource = "small"',
        '[features]\nsource = "/gone/small"',
        '[features]\nsource = "{other}"',
    ],
)
def test_settings_that_name_no_such_folder_are_not_followed(tmp_path, settings):
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "settings.toml").write_text(settings.format(other=other), encoding="utf-8")
    assert upstream_of_run(tmp_path, {"features": {"source": "small"}}) is None


def test_a_header_without_an_upstream_looks_nowhere(tmp_path):
    (tmp_path / "settings.toml").write_text(f'[features]\nsource = "{tmp_path}"', encoding="utf-8")
    for header in ({}, {"features": 3}, {"features": {}}, {"features": {"source": 3}}):
        assert upstream_of_run(tmp_path, header) is None
    assert upstream_of_run(tmp_path, {"features": {"source": tmp_path.name}}) == tmp_path
    assert upstream_of_run(tmp_path, {"features": {"source": f"/older/{tmp_path.name}"}}) == tmp_path
