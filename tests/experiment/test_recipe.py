"""Recipes: those of the house are good, every mistake has its line, and the fingerprint says what ran."""

import tomllib
from pathlib import Path

import pytest

from unheard.errors import CorpusError, SettingsError
from unheard.experiment.corpora import CorpusSettings, corpus_folder
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.recipe_file import read_recipe
from unheard.settings import read_document

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.fixture
def read(recipe):
    """Reads the shared recipe, changed, and with overrides."""

    def reader(*overrides, old="", new=""):
        text = recipe.read_text(encoding="utf-8")
        assert old in text
        recipe.write_text(text.replace(old, new, 1), encoding="utf-8")
        return read_recipe(read_document(recipe, overrides))

    return reader


def line_of(file, text):
    return next(number for number, line in enumerate(file.read_text().splitlines(), start=1) if text in line)


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_the_recipes_of_the_house_are_good(file, request):
    def read():
        return read_recipe(read_document(file, changes))

    changes = []
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    for place, table in (("features", tables["features"]), ("model.encoder", tables["model"].get("encoder", {}))):
        if "source" in table:  # real weights are not at hand everywhere: a tiny member of the family stands in
            kind = {"wav2vec2": "wav2vec2 group"}.get(table["family"], table["family"])
            changes.append(f"{place}.source={request.getfixturevalue('checkpoints')(kind)}")
    whole = read()
    assert whole.name == file.stem
    assert whole.hop > 0
    assert whole.feature_recipe().settings
    for label in whole.objectives:
        own = whole.objective(label)
        assert own.module.__name__.endswith(own.name)
        assert own.module.Objective(own.settings, {})
    for key in ("file", "folds_file"):
        if key in whole.split:
            assert Path(whole.split[key]).is_file()
    assert whole.fingerprint() == read().fingerprint()


def test_there_are_recipes():
    assert {"own", "tu2019-emodb", "tu2019-ravdess"} <= {file.stem for file in RECIPES}


@pytest.mark.parametrize(
    ("old", "new", "key", "words", "at"),
    [
        ('"logmel"', '"logmell"', "features.name", "Did you mean 'logmel'?", "logmell"),
        ('"logmel"', '"cache"', "features.name", "no feature is called 'cache'", "cache"),
        ('"speaker_groups"', '"speaker_group"', "split.name", "Did you mean 'speaker_groups'?", "speaker_group"),
        ('"tdnn_lstm"', '"tdnnlstm"', "model.encoder.name", "Did you mean 'tdnn_lstm'?", "tdnnlstm"),
        ("[objectives.dat]", "[objectives.dta]", "objectives.dta.name", "Did you mean 'dat'?", "dta"),
        ("[objectives.dat]", '[objectives.mine]\nname = "dta"', "objectives.mine.name", "mean 'dat'?", '"dta"'),
        ('name = "table"', 'name = "tabel"', "corpus.name", "Did you mean 'table'?", "tabel"),
        ("hop = ", "hopp = ", "features.hopp", "did you mean 'hop'?", "hopp"),
        ("groups = 2", "gruops = 2", "split.gruops", "did you mean 'groups'?", "gruops"),
        ("recurrent = 8", "recurent = 8", "model.encoder.recurent", "did you mean 'recurrent'?", "recurent"),
        ("weight = -0.5", "wieght = -0.5", "objectives.dat.wieght", "did you mean 'weight'?", "wieght"),
        ("epochs = 2", "epoch = 2", "training.epoch", "did you mean 'epochs'?", "epoch ="),
        ("weight = -0.5", 'weight = "x"', "objectives.dat.weight", '(came: "x")', '"x"'),
        ("channels = 16", "channels = 0", "features.channels", "(came: 0)", "channels = 0"),
        ("seeds = [0]", "seeds = [1, 0, 1]", "seeds", "a seed stands twice", "seeds"),
        ("seeds = [0]", "seeds = []", "seeds", "at least 1", "seeds"),
        ('name = "tones"', 'name = ""', "name", "at least 1", 'name = ""'),
        ('[features]\nname = "logmel"', "[features]", "features.name", "is missing", "[features]"),
        ('[split]\nname = "speaker_groups"', "[split]", "split.name", "is missing", "[split]"),
        (
            "epochs = 2\n",
            "epochs = 2\naugmentation = { speeds = [99.0] }\n",
            "training.augmentation.speeds",
            "99.0 is out of range",
            "augmentation",
        ),
        (
            "epochs = 2\n",
            "epochs = 2\naugmentation = { semitones = [2, 99] }\n",
            "training.augmentation.semitones",
            "99.0 is out of range",
            "augmentation",
        ),
    ],
)
def test_a_mistake_has_its_line_and_the_nearest_name(read, recipe, old, new, key, words, at):
    with pytest.raises(SettingsError) as caught:
        read(old=old, new=new)
    error = caught.value
    assert error.key == key
    assert words in str(error)
    assert error.line == line_of(recipe, at)


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("features.name=logmell", "features.name"),
        ("corpus.name=nope", "corpus.name"),
        ("model.encoder.name=lstm", "model.encoder.name"),
        ("objectives.dat={wieght = -1}", "objectives.dat.wieght"),
        ("objectives.dat.name=dta", "objectives.dat.name"),
        ("training.augmentation.speeds=[99]", "training.augmentation.speeds"),
        ("split.name=speaker_group", "split.name"),
        ("model.constants=3", "model.constants"),
    ],
)
def test_a_wrong_override_is_blamed_on_set(read, assignment, key):
    with pytest.raises(SettingsError) as caught:
        read(assignment)
    assert (caught.value.source, caught.value.key, caught.value.line) == ("--set", key, None)


@pytest.mark.parametrize("label", ["a/b", "..", "", "a b", "a\\\\b", "../up"])
def test_a_label_that_cannot_name_a_folder_is_refused(read, label):
    with pytest.raises(SettingsError, match="becomes a folder's name"):
        read(old="[objectives.dat]", new=f'[objectives."{label}"]\nname = "dat"')


@pytest.mark.parametrize("label", ["dat-0.3", "my_dat", "DAT2", "v1.0"])
def test_a_label_of_ones_own(read, label):
    whole = read(old="[objectives.dat]", new=f'[objectives."{label}"]\nname = "dat"')
    own = whole.objective(label)
    name, module, own = own.name, own.module, own.settings
    assert name == "dat"
    assert module.__name__ == "unheard.objectives.dat"
    assert own.weight == -0.5


def test_paths_are_relative_to_the_recipe(read, recipe):
    text = recipe.read_text(encoding="utf-8")
    text = text.replace('name = "speaker_groups"\ngroups = 2', 'name = "from_file"\nfile = "folds/mine.csv"')
    recipe.write_text(text, encoding="utf-8")
    whole = read_recipe(read_document(recipe, ["corpus.folder=recordings/list.csv"]))
    assert whole.corpus.folder == str(recipe.parent.resolve() / "recordings" / "list.csv")
    assert whole.split["file"] == str(recipe.parent.resolve() / "folds" / "mine.csv")


def test_home_and_absolute_folders(read, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read("corpus.folder=~/speech").corpus.folder == str((tmp_path / "speech").resolve())
    assert read(f"corpus.folder={tmp_path / 'x'}").corpus.folder == str((tmp_path / "x").resolve())


def test_where_the_corpus_lies(tmp_path, monkeypatch):
    monkeypatch.delenv("UNHEARD_CORPORA", raising=False)
    with pytest.raises(CorpusError, match=r"emodb: no folder is given\. .*corpus\.folder=PATH.*UNHEARD_CORPORA"):
        corpus_folder(CorpusSettings(name="emodb"))
    monkeypatch.setenv("UNHEARD_CORPORA", str(tmp_path))
    assert corpus_folder(CorpusSettings(name="emodb")) == tmp_path / "emodb"
    assert corpus_folder(CorpusSettings(name="emodb", folder="/given")) == Path("/given")


def test_perturbed_copies_come_after_the_recording_itself(read):
    whole = read("training.augmentation.speeds=[0.9, 1.0, 1.1]", "training.augmentation.semitones=[0, -2]")
    names = [copy.name for copy in whole.feature_recipe().perturbations]
    assert names == ["speed1-pitch+0", "speed0.9-pitch+0", "speed1.1-pitch+0", "speed1-pitch-2"]


def test_the_hop_is_the_features_own(read):
    assert read().hop == 0.02
    whole = read("features={name = 'functionals', hop = 0.03}")
    assert whole.hop == 0.03


@pytest.mark.parametrize(
    "assignment",
    ["corpus.folder=elsewhere", "seeds=[3, 4]", "name=other", "objectives.cgt={}", "objectives.dat.weight=-1"],
)
def test_the_fingerprint_leaves_out_where_it_lies_and_what_a_task_adds_itself(read, assignment):
    assert read(assignment).fingerprint() == read().fingerprint()


@pytest.mark.parametrize(
    "assignment",
    [
        "corpus.emotions=['anger']",
        "corpus.skip_bad=true",
        "corpus.name=emodb",
        "corpus.options.classes=four",
        "audio.trim=30.0",
        "audio.rate=8000",
        "audio.level=rms",
        "features.channels=17",
        "features.hop=0.01",
        "features.name=mfcc",
        "split.groups=3",
        "split.dev_speakers=2",
        "model.embedding=17",
        "model.normalization=none",
        "model.encoder.recurrent=9",
        "training.epochs=3",
        "training.learning_rate=0.01",
        "training.augmentation.speeds=[0.9]",
        "leakage.trials=1000",
        "leakage.probes=['linear']",
    ],
)
def test_the_fingerprint_changes_with_everything_else(read, assignment):
    assert read(assignment).fingerprint() != read().fingerprint()


def test_a_default_written_out_is_the_same_run(read):
    assert read("training.clip=5.0").fingerprint() == read().fingerprint()


def test_the_fingerprint_holds_its_parts(read):
    whole = read()
    prints = [whole.fingerprint(), whole.fingerprint("a"), whole.fingerprint("b"), whole.fingerprint("a", "b")]
    assert len(set(prints)) == 4
    assert whole.fingerprint("a", 1) == whole.fingerprint("a", "1")


def test_the_fingerprint_reads_the_folds_and_not_where_they_lie(tmp_path):
    base = {
        "name": "x",
        "corpus": {"name": "ravdess"},
        "objectives": {"plain": {}},
    }
    prints = []
    for folder, text in (("a", "speaker,fold\n01,1\n"), ("b", "speaker,fold\n01,1\n"), ("c", "speaker,fold\n01,2\n")):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "folds.csv"
        file.write_text(text)
        prints.append(RunRecipe(**base, split={"name": "from_file", "file": str(file)}).fingerprint())
    assert prints[0] == prints[1] != prints[2]
