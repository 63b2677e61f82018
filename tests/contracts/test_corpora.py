"""What every corpus keeps, plug-ins too: a whole card, a documented reader, an error that helps."""

import dataclasses
import inspect

import pytest

from unheard import registry
from unheard.errors import CorpusError
from unheard.records import CorpusCard

NAMES = registry.names("corpora")
FOLDERS = [name for name in NAMES if name != "table"]


@pytest.mark.parametrize("name", NAMES)
def test_card_is_whole(name: str) -> None:
    module = registry.load("corpora", name)
    assert isinstance(module.CARD, CorpusCard)
    assert module.CARD.name == name
    values = dataclasses.asdict(module.CARD)
    assert isinstance(values.pop("sessions_matter"), bool)
    assert values.pop("speech") is None or module.CARD.speech.split()[0].rstrip(",") in ("acted", "spontaneous")
    notes = values.pop("notes")
    assert notes is None or notes.endswith(".")
    assert all(values.values())
    assert all(module.CARD.languages)


@pytest.mark.parametrize("name", NAMES)
def test_module_and_reader_are_documented_and_public(name: str) -> None:
    module = registry.load("corpora", name)
    assert {"CARD", "read"} <= set(module.__all__)
    assert all(hasattr(module, member) for member in module.__all__)
    assert inspect.getdoc(module)
    documentation = inspect.getdoc(module.read) or ""
    assert "Args:" in documentation
    assert "Raises:" in documentation


@pytest.mark.parametrize("name", NAMES)
def test_reader_takes_a_place_and_options_with_defaults(name: str) -> None:
    place, *options = inspect.signature(registry.load("corpora", name).read).parameters.values()
    assert place.default is inspect.Parameter.empty
    assert all(option.kind is inspect.Parameter.KEYWORD_ONLY for option in options)
    assert all(option.default is not inspect.Parameter.empty for option in options)
    assert "bad" in {option.name for option in options}


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_place_tells_how_to_get_the_corpus(name: str, tmp_path) -> None:
    module = registry.load("corpora", name)
    with pytest.raises(CorpusError) as caught:
        module.read(tmp_path / "nowhere")
    assert "nowhere" in str(caught.value)
    assert module.CARD.obtain in str(caught.value)


@pytest.mark.parametrize("name", FOLDERS)
def test_an_empty_folder_tells_how_to_get_the_corpus(name: str, tmp_path) -> None:
    module = registry.load("corpora", name)
    with pytest.raises(CorpusError) as caught:
        module.read(tmp_path)
    assert module.CARD.obtain in str(caught.value)
