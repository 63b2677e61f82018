"""What a member says of itself is asked of any, those of plug-ins too, and by the name of none."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel, ConfigDict

from test_registry import plug
from unheard import registry
from unheard.errors import SettingsError, UnknownNameError
from unheard.experiment.recipe import notes_on_members
from unheard.experiment.recipe_file import from_here, read_recipe
from unheard.features import logmel
from unheard.members import Member, member_of
from unheard.settings import Document, read_document


class Settings(BaseModel):
    """Settings of a plug-in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights: str = ""
    map: Path | None = None
    depth: int = 1


@pytest.fixture
def plugged(monkeypatch):
    """Makes a feature of a plug-in called 'colors', with these functions beside what a feature must have."""

    def make(**own):
        module = ModuleType("made_colors")
        module.KIND, module.Settings = "frames", Settings
        module.channel_names, module.extract = (lambda settings: ["one"]), logmel.extract
        for name, value in own.items():
            setattr(module, name, value)
        monkeypatch.setitem(sys.modules, "made_colors", module)
        plug(monkeypatch, "unheard.features", "colors", "made_colors")

    return make


@pytest.fixture
def read(recipe):
    def reader(*changes, features='name = "colors"'):
        text = recipe.read_text(encoding="utf-8")
        before, _, after = text.partition("[features]")
        rest = after[after.index("[split]") :]
        recipe.write_text(f"{before}[features]\n{features}\n\n{rest}", encoding="utf-8")
        return read_recipe(read_document(recipe, changes))

    return reader


def demand_telephones(recipe, member, document):
    assert member.at == ("features",)
    assert recipe.feature == member
    assert (recipe.encoder.name, recipe.model.noise, recipe.adaptation) == ("tdnn_lstm", 0.0, "none")
    if recipe.audio.rate != 8000:
        raise document.blame((*member.at, "depth"), "this feature hears telephones: set audio.rate = 8000")


def test_the_check_of_a_plug_in_is_asked_with_the_whole_recipe(plugged, read):
    plugged(check=demand_telephones)
    with pytest.raises(SettingsError, match=r"recipe\.toml, line 11: features\.depth: this feature hears telephones"):
        read(features='name = "colors"\ndepth = 2')
    assert read("audio.rate=8000").feature.settings == Settings()


def test_a_plug_in_without_a_check_is_good(plugged, read):
    plugged()
    assert read().feature.name == "colors"


def test_an_objective_of_a_plug_in_is_asked_too(recipe, monkeypatch):
    from unheard.objectives import plain

    module = ModuleType("made_objective")
    module.Settings, module.Objective = plain.Settings, plain.Objective

    def check(recipe, member, document):
        raise document.blame(
            (*member.at, "smoothing"), f"{member.name} wants another feature than {recipe.feature.name}"
        )

    module.check = check
    monkeypatch.setitem(sys.modules, "made_objective", module)
    plug(monkeypatch, "unheard.objectives", "mine", "made_objective")
    changes = ["objectives={mine={smoothing=0.1}}"]
    with pytest.raises(
        SettingsError, match=r"--set: objectives\.mine\.smoothing: mine wants another feature than logmel"
    ):
        read_recipe(read_document(recipe, changes))


def test_what_identifies_a_member_is_what_it_says(plugged, read):
    plugged(identity=lambda settings: {"digest": settings.weights.rpartition("/")[2]}, PLACES=("weights",))
    prints = [read(f"features.weights={place}").fingerprint() for place in ("a/w", "b/w", "a/v")]
    assert prints[0] == prints[1] != prints[2]
    assert member_of("features", {"name": "colors", "weights": "a/w"}).identity == {"name": "colors", "digest": "w"}
    assert member_of("features", {"name": "logmel"}).identity["channels"] == logmel.Settings().channels


def test_places_are_relative_to_the_recipe_and_to_the_user_where_he_gave_them(plugged, read, recipe, tmp_path):
    plugged(PLACES=("weights",))
    (tmp_path / "models").mkdir()
    own = read(features='name = "colors"\nweights = "models"\nmap = "gone.csv"').features
    assert own["weights"] == str((tmp_path / "models").resolve())
    assert own["map"] == str((tmp_path / "gone.csv").resolve())
    assert read(features='name = "colors"\nweights = "owner/name"').features["weights"] == "owner/name"
    document = from_here(read_document(recipe, ['split={name="from_file"}', "split.file=folds.csv"]))
    assert document.data["split"]["file"] == str(Path("folds.csv").resolve())


def test_notes_stand_once_whoever_says_them(plugged, read):
    plugged(notes=lambda settings, corpus: [f"heard {corpus}", f"heard {corpus}"])
    assert notes_on_members(read()) == ["heard this corpus, if it was ever published,"]
    assert notes_on_members(read("corpus.name=emodb")) == ["heard emodb"]


def test_leave_to_use_the_network_is_for_whoever_can_use_it(plugged, read):
    class Asking(Settings):
        download: bool = False

    plugged(Settings=Asking)
    assert read("download=true").feature.settings.download
    assert not read().feature.settings.download
    with pytest.raises(SettingsError, match=r"line 11: features\.download: no file can ask for the network"):
        read(features='name = "colors"\ndownload = true')


def test_a_member_that_is_not_there_is_named_with_its_line(recipe):
    with pytest.raises(UnknownNameError, match="no feature is called 'logmell'"):
        member_of("features", {"name": "logmell"})
    document = Document("made.toml", Path(), {}, '[features]\nname = "logmell"\n')
    with pytest.raises(SettingsError, match=r"made\.toml, line 2: features\.name: no feature is called 'logmell'"):
        member_of("features", {"name": "logmell"}, at=("features",), document=document)


def test_what_a_module_does_not_say_is_the_default():
    member = Member("features", "logmel", logmel.Settings())
    assert member.says("stacked", default=1) == 1
    assert member.says("channel_names") == logmel.channel_names(logmel.Settings())
    assert member.places == frozenset()
    assert member.check(None, None) is None


@pytest.mark.parametrize("kind", ["features", "encoders", "objectives", "splits"])
def test_every_optional_name_of_the_house_is_public(kind):
    for name in registry.names(kind):
        module = registry.load(kind, name)
        said = {one for one in ("check", "identity", "notes", "PLACES", "SCALED") if hasattr(module, one)}
        assert said <= set(module.__all__), name
