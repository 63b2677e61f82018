"""TOML to typed settings: every mistake names its line and the nearest valid name."""

import math
import os
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from unheard.errors import SettingsError
from unheard.settings import read_document, to_toml, validate

TEXT = """\
# a comment
name = "here"
numbers = [1, 2]

[training]
epochs = 5
rate = 0.1

[training.copies]
speeds = [0.9, 1.1]

[inline]
table = { epochs = 3 }

["odd name"]
key = 1
"""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Copies(Strict):
    speeds: tuple[float, ...] = ()


class Training(Strict):
    epochs: int = Field(1, ge=1)
    rate: float = 0.1
    copies: Copies = Copies()


class Whole(Strict):
    name: str
    numbers: tuple[int, ...] = ()
    training: Training = Training()
    inline: dict[str, Training] = {}
    other: dict[str, int] = Field({}, alias="odd name")


@pytest.fixture
def read(tmp_path):
    def reader(text=TEXT, *overrides):
        file = tmp_path / "recipe.toml"
        file.write_text(text, encoding="utf-8")
        return read_document(file, overrides)

    return reader


def refused(read, text=TEXT, *overrides):
    with pytest.raises(SettingsError) as caught:
        validate(read(text, *overrides), Whole)
    assert isinstance(caught.value, ValueError)
    return caught.value


def test_a_good_document(read):
    whole = validate(read(), Whole)
    assert whole.training.epochs == 5
    assert whole.training.copies.speeds == (0.9, 1.1)
    assert whole.inline["table"].epochs == 3
    assert whole.other == {"key": 1}


def test_the_document_knows_its_folder(read, tmp_path):
    document = read()
    assert document.folder == tmp_path.resolve()
    assert document.source == str(tmp_path / "recipe.toml")


@pytest.mark.parametrize(
    ("old", "new", "key", "line", "words"),
    [
        ("epochs = 5", "epoch = 5", "training.epoch", 6, "did you mean 'epochs'?"),
        ("epochs = 5", "zzz = 5", "training.zzz", 6, "unknown key; known here: epochs, rate, copies"),
        ("numbers", "numbres", "numbres", 3, "did you mean 'numbers'?"),
        ("speeds", "speed", "training.copies.speed", 10, "did you mean 'speeds'?"),
        ("[training.copies]", "[training.copy]", "training.copy", 9, "did you mean 'copies'?"),
        ("[training]", "[trainig]", "trainig", 5, "did you mean 'training'?"),
        ("epochs = 5", 'epochs = "many"', "training.epochs", 6, '(came: "many")'),
        ("epochs = 5", "epochs = 2.5", "training.epochs", 6, "(came: 2.5)"),
        ("epochs = 5", "epochs = 0", "training.epochs", 6, "greater than or equal to 1 (came: 0)"),
        ("rate = 0.1", "rate = []", "training.rate", 7, "(came: [])"),
        ("[0.9, 1.1]", '[0.9, "fast"]', "training.copies.speeds.1", 10, '(came: "fast")'),
        ("epochs = 3", "epoks = 3", "inline.table.epoks", 13, "unknown key"),
        ("key = 1", 'key = "x"', "odd name.key", 16, '(came: "x")'),
    ],
)
def test_a_mistake_has_its_line(read, tmp_path, old, new, key, line, words):
    error = refused(read, TEXT.replace(old, new, 1))
    assert (error.key, error.line) == (key, line)
    assert words in str(error)
    assert str(error).startswith(f"{tmp_path / 'recipe.toml'}, line {line}: {key}: ")


def test_what_is_missing_is_named(read):
    error = refused(read, TEXT.replace('name = "here"', ""))
    assert (error.key, error.problem, error.line) == ("name", "Field required", None)


def test_windows_line_ends_keep_their_lines(read, tmp_path):
    (tmp_path / "crlf.toml").write_bytes(TEXT.replace("epochs = 5", "epoch = 5").replace("\n", "\r\n").encode())
    with pytest.raises(SettingsError, match="line 6"):
        validate(read_document(tmp_path / "crlf.toml"), Whole)


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = \n", 2), ("[x\n", 1), ("a = 1\n\n\na = 2\n", 4), ("a 3", 1)])
def test_what_is_not_toml_has_its_line(read, text, line):
    with pytest.raises(SettingsError, match="not valid TOML") as caught:
        read(text)
    assert caught.value.line == line


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read"):
        read_document(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_document(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'name = "J\xfcrgen"\n')
    with pytest.raises(SettingsError, match="cannot be read"):
        read_document(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("training.epochs=7", ("training", "epochs"), 7),
        (" training.epochs = 7 ", ("training", "epochs"), 7),
        ("training.rate=1e-3", ("training", "rate"), 1e-3),
        ("training.copies.speeds=[0.8, 1.2]", ("training", "copies", "speeds"), [0.8, 1.2]),
        ("name=there", ("name",), "there"),
        ('name="there"', ("name",), "there"),
        ("name=two words", ("name",), "two words"),
        ("name=a=b", ("name",), "a=b"),
        ("name=", ("name",), ""),
        ("name=/some/path.csv", ("name",), "/some/path.csv"),
        ("new.table.key=true", ("new", "table", "key"), True),
        ("training={epochs = 2}", ("training",), {"epochs": 2}),
        ('numbers=["a", "b"]', ("numbers",), ["a", "b"]),
        ("numbers=[]", ("numbers",), []),
    ],
)
def test_overrides(read, assignment, path, value):
    found = read(TEXT, assignment).data
    for part in path:
        found = found[part]
    assert found == value
    assert type(found) is type(value)


def test_the_last_override_counts_and_the_others_stay(read):
    data = read(TEXT, "training.epochs=7", "training.rate=0.5", "training.epochs=8").data
    assert data["training"] == {"epochs": 8, "rate": 0.5, "copies": {"speeds": [0.9, 1.1]}}


@pytest.mark.parametrize("assignment", ["training.epochs", "=3", "", " = 3"])
def test_an_override_without_key_or_value(read, assignment):
    with pytest.raises(SettingsError, match=r"--set: .*expected key=value"):
        read(TEXT, assignment)


def test_an_override_below_a_value(read):
    with pytest.raises(SettingsError, match=r"--set: training\.epochs\.x: 'epochs' is a value, not a table"):
        read(TEXT, "training.epochs.x=3")


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("training.epochs=many", "training.epochs"),
        ("training.epoch=3", "training.epoch"),
        ("training={epochs=0}", "training.epochs"),
        ("training.copies={speed=[1]}", "training.copies.speed"),
        ("training=5", "training"),
        ("trainig.epochs=5", "trainig"),
    ],
)
def test_a_wrong_override_is_blamed_on_set_and_has_no_line(read, assignment, key):
    error = refused(read, TEXT, assignment)
    assert error.key == key
    if key != "trainig":  # the table is a new one; its key came from --set, its name stands nowhere
        assert error.source == "--set"
    assert error.line is None


def test_a_part_is_checked_at_its_place(read):
    document = read(TEXT.replace("rate = 0.1", "rat = 0.1"))
    with pytest.raises(SettingsError, match=r"line 7: training\.rat: unknown key; did you mean 'rate'\?"):
        validate(document, Training, document.data["training"], ("training",))


def test_lines(read):
    document = read(TEXT, "name=x")
    assert document.line_of(["training"]) == 5
    assert document.line_of(["training", "epochs"]) == 6
    assert document.line_of(["training", "absent"]) == 5
    assert document.line_of(["inline", "table", "epochs"]) == 13
    assert document.line_of(["absent"]) is None
    assert document.line_of(["name"]) is None
    assert document.line_of([]) is None


VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=3), max_size=4),
    lambda below: st.dictionaries(KEYS, VALUES | below | st.lists(below, max_size=2), max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES)
def test_to_toml_comes_back_through_tomllib(data):
    assert tomllib.loads(to_toml(data)) == data


def test_to_toml_of_what_toml_has_no_word_for():
    assert tomllib.loads(to_toml({"a": None, "b": {"c": None}, "d": [1, None]})) == {"d": [1]}
    assert math.isnan(tomllib.loads(to_toml({"a": math.nan}))["a"])
    assert tomllib.loads(to_toml({"a": (1, 2)})) == {"a": [1, 2]}
    assert to_toml({}) == ""


def test_a_path_that_is_not_utf8_is_refused_where_it_is_given_and_not_when_it_is_saved(tmp_path):
    (tmp_path / "recipe.toml").write_text("")
    folder = os.fsdecode(b"K\xf6ln")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_document(tmp_path / "recipe.toml", [f"corpus.folder={folder}"])
    with pytest.raises(SettingsError, match="not UTF-8"):
        to_toml({"folder": folder})


MEMBERS = """
name = "run"
[corpus]
name = "table"
folder = "a.csv"
emotions = ["anger", "joy"]
[corpus.options]
delimiter = ";"
[split]
name = "speaker_groups"
groups = 5
sessions = "ignore"
[model]
dropout = 0.1
[model.encoder]
channels = 16
[objectives.dat]
weight = -1.0
"""


@pytest.mark.parametrize(
    ("sets", "place", "left"),
    [
        (["split.name=random"], "split", {"name": "random", "sessions": "ignore"}),
        (["split.name=speaker_groups"], "split", {"name": "speaker_groups", "groups": 5, "sessions": "ignore"}),
        (["split.name=random", "split.folds=3"], "split", {"name": "random", "folds": 3, "sessions": "ignore"}),
        (["split.folds=3", "split.name=random"], "split", {"name": "random", "folds": 3, "sessions": "ignore"}),
        (["split.groups=3", "split.name=x"], "split", {"name": "x", "groups": 3, "sessions": "ignore"}),
        (["corpus.name=emodb"], "corpus", {"name": "emodb", "emotions": ["anger", "joy"]}),
        (["corpus.name=b", "corpus.folder=c"], "corpus", {"name": "b", "folder": "c", "emotions": ["anger", "joy"]}),
        (["model.encoder.name=pooled"], "encoder", {"name": "pooled"}),
        (["model.encoder.name=tdnn_lstm"], "encoder", {"name": "tdnn_lstm", "channels": 16}),
        (["objectives.dat.name=cgt"], "dat", {"name": "cgt"}),
        (["objectives.dat.name=dat"], "dat", {"name": "dat", "weight": -1.0}),
        (["name=other"], "split", {"name": "speaker_groups", "groups": 5, "sessions": "ignore"}),
    ],
)
def test_another_name_takes_out_the_settings_of_the_one_that_it_replaces(sets, place, left, read):
    data = read(MEMBERS, *sets).data
    assert {**data, "encoder": data["model"]["encoder"], "dat": data["objectives"]["dat"]}[place] == left
    assert data["model"]["dropout"] == 0.1
