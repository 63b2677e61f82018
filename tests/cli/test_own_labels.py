"""Labels and names of somebody's own, typed as a user would: audit and run alike."""

import json
from pathlib import Path

import pytest

from cli.typed import unheard
from unheard.errors import CorpusError, LabelError, SettingsError
from unheard.experiment.corpora import CorpusSettings
from unheard.experiment.corpus_data import read_corpus
from unheard.experiment.recipe_file import read_recipe
from unheard.settings import Document
from unheard.testing.faults import write_sound_corpus


@pytest.fixture
def own(tmp_path) -> Path:
    path = write_sound_corpus(tmp_path / "own", speakers=2)
    path.write_text(path.read_text().replace(",anger,", ",Stressed,"))
    return path


def counts(capsys) -> dict[str, int]:
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["class_counts"]
    assert isinstance(found, dict)
    return found


def recipe(corpus: dict[str, object]):
    data = {"name": "x", "corpus": {"name": "table", **corpus}, "split": {"name": "leave_one_speaker_out"}}
    return read_recipe(Document("x.toml", Path("/"), data | {"objectives": {"plain": {}}}, ""))


def test_labels_may_be_given_one_by_one_or_in_a_file(own, tmp_path, capsys) -> None:
    as_csv, as_toml = tmp_path / "labels.csv", tmp_path / "recipe.toml"
    as_csv.write_text("sep=;\nlabel;emotion\nSTRESSED;tense\n")
    as_toml.write_text('[corpus]\nname = "table"\n[corpus.labels]\n"stressed " = "tense"\n')
    for given in (["--label", "STRESSED=tense"], ["--labels", as_csv], ["--labels", as_toml]):
        assert unheard("audit", own, "--format", "json", *given) in {0, 1}
        assert "tense" in counts(capsys)


def test_an_unknown_label_says_what_to_write_and_is_never_an_unreadable_recording(own, capsys) -> None:
    assert unheard("audit", own) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert 'under [corpus], labels = { "Stressed" = "Stressed" }; to audit, --label Stressed=Stressed' in said
    unheard("audit", own, "--skip-bad")
    said = " ".join(capsys.readouterr().out.split())
    assert "caution: 1 label of" in said
    assert "('Stressed': " in said
    assert "could not be read" not in said


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--label", "stressed"], "is not OWN=NAME"),
        (["--label", "stressed=happy"], "usual word for 'happiness'"),
        (["--labels", "a.csv"], "a.csv, line 3: 'x' = '' lacks a label or a class"),
        (["--labels", "b.csv"], "b.csv, line 1: has the columns own, emotion, expected label and emotion"),
        (["--labels", "c.toml"], "c.toml: corpus.labels: is missing"),
        (["--labels", "gone.csv"], "gone.csv: there is no such file"),
    ],
)
def test_labels_that_are_none_are_refused(own, monkeypatch, capsys, given: list[str], says: str) -> None:
    monkeypatch.chdir(own.parent)
    Path("a.csv").write_text("label,emotion\na,anger\nx,\n")
    Path("b.csv").write_text("own,emotion\na,anger\n")
    Path("c.toml").write_text("[corpus]\nname = 'table'\n")
    assert unheard("audit", own, *given) == 2
    assert says in " ".join(capsys.readouterr().err.replace("│", "").split())


def test_a_run_takes_the_same_labels(own) -> None:
    with pytest.raises(LabelError, match=r"labels = \{ \"Stressed\" = \"Stressed\" \}"):
        read_corpus(recipe({"folder": str(own)}))
    kept = read_corpus(recipe({"folder": str(own), "labels": {"STRESSED": "tense"}})).utterances
    assert "tense" in {item.emotion for item in kept}


def test_a_recipe_with_labels_that_cannot_be_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"corpus.labels: .*differ in case"):
        recipe({"labels": {"a": "Tense", "b": "tense"}})
    with pytest.raises(SettingsError, match=r"corpus.options: .*\[corpus.labels\]"):
        recipe({"options": {"labels": {"a": "b"}}})
    others = recipe({}).model_copy(update={"corpus": CorpusSettings(name="emodb", labels={"a": "b"})})
    with pytest.raises(SettingsError, match=r"corpus.labels: emodb has its owner's labels"):
        read_corpus(others)


def test_a_run_knows_its_voices_or_names_the_rows(own) -> None:
    lines = own.read_text().replace("Stressed", "anger").splitlines()
    lines[3] = lines[3].replace(",s00,", ",nan,")
    own.write_text("\n".join(lines))
    with pytest.raises(
        CorpusError, match=r"1 of \d+ utterances have no speaker \(.*; .*, line 4\).*words such as nan"
    ):
        read_corpus(recipe({"folder": str(own)}))
    read = read_corpus(recipe({"folder": str(own), "skip_bad": True}))
    kept, skipped = read.utterances, read.skipped
    assert None not in {item.speaker for item in kept}
    assert [problem for _, problem in skipped] == [f"no speaker is named ({own}, line 4)"]


def test_names_that_are_alike_are_a_caution_that_lists_them(own, capsys) -> None:
    lines = own.read_text().replace("Stressed", "anger").splitlines()
    lines[2] = lines[2].replace(",s00,", ",S0,")
    lines[3] = lines[3].replace(",s00,", ",-,")
    own.write_text("\n".join(lines))
    unheard("audit", own)
    said = " ".join(capsys.readouterr().out.split())
    assert "caution: 2 speaker names differ in case, white space or the form of a number only" in said
    assert "(S0 / s00)" in said
    assert f"have no speaker, so that it is not compared. ({lines[3].split(',')[0]}; {own}, line 4)" in said


def test_two_corpora_of_one_name_share_no_speaker(tmp_path, capsys) -> None:
    first, second = (write_sound_corpus(tmp_path / place, speakers=2) for place in ("one", "two"))
    unheard("audit", first, second, "--format", "json")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["speakers"] == 4
    assert len(found["corpora"]) == 2
