"""No file gives leave to use the network: neither a recipe, nor a run's settings, nor the trials of a search."""

import shutil
import socket

import pytest

from experiment.test_upstream_recipes import FROZEN, TRAINED, read
from unheard.errors import RunError, SettingsError
from unheard.experiment.saved_settings import read_settings, write_settings

ASKING = FROZEN.replace("states = [1]", "states = [1]\ndownload = true").replace("models/hubert", "owner/name")
ASKING_TO_TRAIN = TRAINED.replace('"models/hubert"', '"owner/name"\ndownload = true')


@pytest.fixture
def folder(checkpoints, tmp_path):
    shutil.copytree(checkpoints("hubert group"), tmp_path / "models" / "hubert")
    return tmp_path


@pytest.fixture
def asked(monkeypatch):
    """Who was asked, in place of the hub; no socket opens."""
    hub, found = pytest.importorskip("huggingface_hub"), []

    def snapshot(source, *, local_files_only, **more):
        if not local_files_only:
            found.append(source)
        message = "not here"
        raise OSError(message)

    def refuse(*arguments):
        pytest.fail("a socket was opened")

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return found


@pytest.mark.parametrize("text", [ASKING, ASKING_TO_TRAIN], ids=["features", "encoder"])
@pytest.mark.parametrize("value", ["true", "1", '"yes"'])
def test_a_recipe_cannot_ask_for_the_network(tmp_path, asked, text, value):
    with pytest.raises(SettingsError, match=r"recipe\.toml, line \d+: .*download: no file can ask for the network"):
        read(tmp_path, text.replace("download = true", f"download = {value}"))
    assert asked == []


def test_a_recipe_may_say_that_it_does_not_ask(folder, asked):
    read(folder, FROZEN.replace("states = [1]", "states = [1]\ndownload = false"))
    assert asked == []


@pytest.mark.parametrize("changes", [["features.download=true"], ["download=true"]], ids=str)
def test_the_command_line_can(tmp_path, asked, changes):
    text = ASKING.replace("download = true\n", "")
    with pytest.raises(SettingsError, match="Pass --download"):
        read(tmp_path, text)
    assert asked == []
    with pytest.raises(SettingsError, match="Check the name and the network"):
        read(tmp_path, text, *changes)
    assert asked == ["owner/name"]


def test_leave_for_an_encoder_is_leave_for_it_alone(tmp_path, asked):
    with pytest.raises(SettingsError, match="Check the name and the network"):
        read(tmp_path, ASKING_TO_TRAIN, "download=true")
    assert asked == ["owner/name"]


def test_leave_means_nothing_where_there_is_no_upstream(recipe, asked):
    from unheard.experiment.recipe_file import read_recipe
    from unheard.settings import read_document

    own = read_recipe(read_document(recipe, ["download=true"]))
    assert own == read_recipe(read_document(recipe))


def test_leave_is_not_kept_with_the_run(folder, tmp_path):
    own = read(folder, FROZEN, "features.download=true")
    assert own.features["download"] is True
    write_settings(own, tmp_path / "run")
    assert "download" not in (tmp_path / "run" / "settings.toml").read_text(encoding="utf-8")
    kept = read_settings(tmp_path / "run")
    assert "download" not in kept.features
    assert kept.fingerprint() == own.fingerprint()


@pytest.mark.parametrize("text", [ASKING, ASKING_TO_TRAIN], ids=["features", "encoder"])
def test_settings_of_a_finished_run_do_not_ask_either(tmp_path, asked, text):
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    own = read_settings(tmp_path)
    assert "download" not in {**own.features, **own.model.encoder}
    with pytest.raises(SettingsError, match="was not downloaded before"):
        own.fingerprint()
    assert asked == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name = 3",
        "a = " + "[" * 5000,
        "name = " + "9" * 5000,
        FROZEN.replace("hubert", "none"),
        "\x00",
        "name = nan",
    ],
    ids=["empty", "type", "deep", "long", "unknown", "zero", "nan"],
)
def test_damaged_settings_of_a_run_are_named(tmp_path, text):
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"settings\.toml.*Restore what `unheard run` wrote there"):
        read_settings(tmp_path)
