"""One rule of sessions for all verbs, and everything about folds said before any recording is read."""

import csv
from pathlib import Path

import pytest

from unheard.cli.main import main
from unheard.errors import AudioError, SettingsError, SplitError
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.experiment.runner import save_plans
from unheard.experiment.split_plans import cautions_on_folds, sessions_of, tied_speakers_of
from unheard.results.protocols import under
from unheard.schemas.corpus import TiedSpeakers
from unheard.settings import read_document


def manifest(tones: Path, folder: Path, *, audio: bool = True, **columns) -> Path:
    """The table of the tones with more columns, each made of (number of the speaker, row)."""
    with (tones / "corpus" / "tones.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        target = folder / row["file"]
        target.write_bytes((tones / "corpus" / row["file"]).read_bytes() if audio else b"no recording")
        row |= {name: value(int(row["speaker"][1:]), row) for name, value in columns.items()}
    table = folder / "manifest.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return table


def read(recipe: Path, table: Path, *changes: str):
    return read_recipe(read_document(recipe, [f"corpus.folder={table}", *changes]))


def audit(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["audit", *map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("column", ["session", "dialogue"])
def test_run_keeps_sessions_apart_as_audit_asks(column, recipe, tones, tmp_path):
    table = manifest(tones, tmp_path, **{column: lambda who, _: f"day{who // 2}"})
    # A session a pair of speakers: three sets, of which two are tested in turn and one is left to choose on.
    ready = prepare(read(recipe, table, "split.groups=3"), default_cache())
    save_plans(ready, tmp_path / "run")
    assert ready.plans[0].sessions_matter
    assert audit(table, "--folds", tmp_path / "run" / "splits" / "seed0.json") == 0
    assert sessions_of(ready.recipe, list(ready.utterances.values()), ready.plans[0]) == "apart"


def test_ignored_sessions_are_said_and_are_a_leak_to_audit(recipe, tones, tmp_path):
    table = manifest(tones, tmp_path, session=lambda who, _: "all")
    with pytest.raises(SplitError, match=r"1 sets of speakers who share no session.*split.sessions = 'ignore'"):
        prepare(read(recipe, table), default_cache())
    ready = prepare(read(recipe, table, "split.sessions=ignore"), default_cache())
    save_plans(ready, tmp_path / "run")
    items = list(ready.utterances.values())
    assert sessions_of(ready.recipe, items, ready.plans[0]) == "ignored"
    assert cautions_on_folds(ready.recipe, items, ready.plans[0])[0].kind == "sessions-ignored"
    assert audit(table, "--folds", tmp_path / "run" / "splits" / "seed0.json") == 1
    assert audit(table, "--folds", tmp_path / "run" / "splits" / "seed0.json", "--no-sessions") == 0


def test_a_corpus_without_sessions_has_the_plan_that_it_had(recipe, tones, tmp_path):
    ready = prepare(read_recipe(read_document(recipe)), default_cache())
    plan = ready.plans[0]
    assert not plan.sessions_matter
    assert plan.settings == {"dev_speakers": 1, "groups": 2}
    items = list(ready.utterances.values())
    assert sessions_of(ready.recipe, items, plan) is None
    assert cautions_on_folds(ready.recipe, items, plan) == []
    assert tied_speakers_of(items, matter=False) == TiedSpeakers(by=[], sets=6, tied=[])


def test_other_protocols_follow_the_same_rule(recipe, tones, tmp_path):
    table = manifest(tones, tmp_path, session=lambda who, _: f"day{who // 2}")
    ready = prepare(read(recipe, table, "split.groups=3"), default_cache())
    assert under(ready, "sentences").plans[0].sessions_matter
    ignored = prepare(read(recipe, table, "split.sessions=ignore"), default_cache())
    assert not under(ignored, "sentences").plans[0].sessions_matter


def test_a_word_for_sessions_that_is_none_is_an_error(recipe):
    with pytest.raises(SettingsError, match=r"split.sessions: 'maybe' is not 'apart' or 'ignore'"):
        read_recipe(read_document(recipe, ["split.sessions=maybe"]))


def test_speakers_of_one_recording_are_named_in_the_result(recipe, tones, tmp_path):
    table = manifest(tones, tmp_path)
    rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        "\n".join([f"{rows[0]},start,end", *(f"{row},0.0,0.4" for row in rows[1:]), _partner(rows)]) + "\n",
        encoding="utf-8",
    )
    ready = prepare(read(recipe, table, "split.groups=3"), default_cache())
    items = list(ready.utterances.values())
    assert tied_speakers_of(items, matter=False) == TiedSpeakers(
        by=["recording"], sets=5, tied=[["table/s00", "table/s01"]]
    )
    (note,) = cautions_on_folds(ready.recipe, items, ready.plans[0])
    assert note.kind == "speakers-tied"
    assert "table/s00 + table/s01" in note.text


def _partner(rows: list[str]) -> str:
    """A stretch of the first row's recording in which the second speaker is heard."""
    first, other = rows[1].split(","), next(row.split(",") for row in rows if ",s01," in row)
    return ",".join([first[0], *other[1:], "0.4", "0.5"])


def lines(recipe: Path, old: str, new: str) -> None:
    recipe.write_text(recipe.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def parts(folder: Path, text: str) -> Path:
    file = folder / "folds.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "columns", "message"),
    [
        (["split.groups=7"], {}, "7 speaker groups asked for, but there are 6 speakers"),
        (["split.dev_speakers=5"], {}, "dev speakers asked for"),
        (
            [],
            {"emotion": lambda who, row: "fear" if who == 0 and row["sentence"] == "0" else row["emotion"]},
            "no fear",
        ),
        ([], {"emotion": lambda who, row: "anger"}, "train holds 1 emotions"),
        ([], {"session": lambda who, row: "" if who else "a"}, "utterances have no session"),
        (
            ["objectives.dat.domain=gender"],
            {"gender": lambda who, row: "m"},
            r"objectives.dat.*two values of gender, only",
        ),
        (
            ["objectives.dat.domain=gender"],
            {"gender": lambda who, row: ""},
            r"objectives.dat.*two values of gender, none",
        ),
        (
            ["objectives.dat.domain=color"],
            {},
            "objectives.dat: no domain is called 'color'. Known: corpus, dialogue, gender, language, sentence, ",
        ),
    ],
)
def test_what_is_wrong_with_folds_is_said_before_a_recording_is_read(
    change, columns, message, recipe, tones, tmp_path
):
    table = manifest(tones, tmp_path, audio=False, **columns)
    with pytest.raises(SplitError, match=message):
        prepare(read(recipe, table, *change), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speaker,fold\ns00,1\ns01,2\n", "has no fold for 4 speakers"),
        ("file,part\ns00-anger-0.wav,train\n", "has no test|none of it is in the corpus"),
        ("speaker,fold\n", "has 0 folds"),
    ],
)
def test_a_fold_file_that_does_not_fit_is_said_before_a_recording_is_read(text, message, recipe, tones, tmp_path):
    table = manifest(tones, tmp_path, audio=False)
    lines(recipe, 'name = "speaker_groups"\ngroups = 2', f'name = "from_file"\nfile = "{parts(tmp_path, text)}"')
    with pytest.raises(SplitError, match=message):
        prepare(read(recipe, table), tmp_path / "cache")


def test_what_recordings_are_wrong_with_is_said_after_folds(recipe, tones, tmp_path):
    with pytest.raises(AudioError):
        prepare(read(recipe, manifest(tones, tmp_path, audio=False)), tmp_path / "cache")


def test_other_protocols_are_tried_before_a_recording_is_read(recipe, tones, tmp_path):
    table = manifest(tones, tmp_path, audio=False, sentence=lambda who, row: "")
    with pytest.raises(SplitError, match="have no sentence"):
        prepare(read(recipe, table), tmp_path / "cache", check=lambda early: under(early, "sentences") and None)


def test_a_split_that_does_not_test_everything_cannot_be_paired_with_one_that_does(recipe, tones, tmp_path):
    table = manifest(tones, tmp_path, part=lambda who, _: "test" if who > 3 else "train")
    lines(recipe, 'name = "speaker_groups"\ngroups = 2', f'name = "from_file"\nfile = "{table}"')
    ready = prepare(read(recipe, table), default_cache())
    with pytest.raises(SplitError, match="tests 18 of 54 utterances, and --also random would test all"):
        under(ready, "random")
    assert under(ready, "adaptive").plans[0].digest == ready.plans[0].digest
