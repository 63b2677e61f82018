"""Names are the files of a folder; nothing is imported but what is asked for."""

import importlib.metadata
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

from unheard import registry
from unheard.errors import UnknownNameError

MEMBERS = [(kind, name) for kind in registry.KINDS for name in registry.names(kind)]


def plug(monkeypatch, group, name, value):
    point = importlib.metadata.EntryPoint(name, value, group)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: [point] if group == point.group else [])


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_names_are_sorted_and_hold_no_shared_parts(kind):
    names = registry.names(kind)
    assert names
    assert names == sorted(set(names))
    assert not [name for name in names if name.startswith("_")]


def test_the_known_ones_are_there():
    assert {"plain", "dat", "cgt"} <= set(registry.names("objectives"))
    assert {"logmel", "mfcc", "functionals"} <= set(registry.names("features"))
    assert {"emodb", "ravdess", "urdu", "ased", "table"} <= set(registry.names("corpora"))
    assert {"tdnn_lstm", "pooled", "upstream"} <= set(registry.names("encoders"))
    assert set(registry.names("upstreams")) >= {"wav2vec2", "hubert", "wavlm", "data2vec_audio", "whisper"}


def test_the_feature_cache_is_not_a_feature():
    assert "cache" not in registry.names("features")
    with pytest.raises(UnknownNameError):
        registry.load("features", "cache")


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_every_member_loads(kind, name):
    module = registry.load(kind, name)
    assert isinstance(module, ModuleType)
    assert module.__name__ == f"{registry.KINDS[kind]}.{name}"
    assert module.__doc__


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_every_file_is_a_member_or_a_part(kind):
    package = sys.modules.get(registry.KINDS[kind]) or __import__(registry.KINDS[kind], fromlist=["x"])
    files = {module.name for module in pkgutil.iter_modules(package.__path__)}
    others = {name for name in files - set(registry.names(kind)) if not name.startswith("_")}
    parts = {
        "cache",
        "checkpoints",
        "confusion",
        "extracting",
        "ledger",
        "loading",
        "suitability",
        "upstream",
        "speaker_statistics",
        "stored",
    }
    parts |= {"auxiliary", "losses", "objective", "reversal", "schedules"}
    assert others <= parts


def test_unknown_kind():
    with pytest.raises(UnknownNameError, match=r"no kind is called 'feature'\. Did you mean 'features'\?"):
        registry.names("feature")
    with pytest.raises(KeyError):
        registry.load("feature", "logmel")


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("features", "logmell", "no feature is called 'logmell'. Did you mean 'logmel'?"),
        ("corpora", "ravdes", "no corpus is called 'ravdes'. Did you mean 'ravdess'?"),
        ("encoders", "tdnn", "no encoder is called 'tdnn'. Did you mean 'tdnn_lstm'?"),
        ("objectives", "losses", "no objective is called 'losses'."),
        ("metrics", "os", "no metric is called 'os'."),
        ("splits", "../random", "no split is called '../random'."),
        ("features", "", "no feature is called ''."),
    ],
)
def test_unknown_name(kind, name, message):
    with pytest.raises(UnknownNameError) as caught:
        registry.load(kind, name)
    assert str(caught.value).startswith(message)


def test_a_plug_in_adds_a_member(monkeypatch):
    plug(monkeypatch, "unheard.features", "colors", "colorsys")
    assert "colors" in registry.names("features")
    assert registry.load("features", "colors").__name__ == "colorsys"
    assert "colors" not in registry.names("metrics")


def test_a_plug_in_cannot_take_a_name_of_the_house(monkeypatch):
    plug(monkeypatch, "unheard.features", "logmel", "colorsys")
    assert registry.names("features").count("logmel") == 1
    assert registry.load("features", "logmel").__name__ == "unheard.features.logmel"


def test_listing_imports_no_member():
    code = (
        "import sys; from unheard import registry; before = set(sys.modules);"
        "[registry.names(kind) for kind in registry.KINDS];"
        "bad = [f'{package}.{name}' for kind, package in registry.KINDS.items() for name in registry.names(kind)"
        " if f'{package}.{name}' in sys.modules];"
        "sys.exit(' '.join(bad) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
