"""`unheard audit`, typed as a user would: exit codes, text, JSON, page, several corpora, rubbish."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from cli.typed import unheard
from unheard.schemas.audit import AuditReport
from unheard.testing.faults import FAULTS, write_sound_corpus


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    return write_sound_corpus(tmp_path_factory.mktemp("clean"), speakers=4)


@pytest.fixture
def own(clean, tmp_path) -> Path:
    return Path(shutil.copytree(clean.parent, tmp_path / "own")) / clean.name


def test_a_clean_manifest_leaves_with_0_even_if_strict(clean, capsys) -> None:
    assert unheard("audit", clean, "--strict") == 0
    said = capsys.readouterr().out
    assert "24 utterances, 4 speakers" in said
    assert "LEAK" not in said
    assert "caution" not in said


def test_a_leak_leaves_with_1_and_is_named(own, capsys) -> None:
    text = own.read_text()
    own.write_text(text.replace("s03-anger-0.wav,s03", "s03-anger-0.wav,s00"))
    assert unheard("audit", own) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "LEAK: 1 of 4 speakers stands in more than one part of 2 of 2 folds" in said
    assert "table/s00" in said


def test_a_caution_leaves_with_1_only_if_strict(own, capsys) -> None:
    FAULTS["an emotion-specific sampling rate"].plant(own)
    assert unheard("audit", own) == 0
    assert unheard("audit", own, "--strict") == 1
    assert "sampling rate alone answers for the emotion" in capsys.readouterr().out


def test_json_and_page_hold_what_was_found(own, tmp_path, capsys) -> None:
    FAULTS["a duplicate as OGG Vorbis"].plant(own)
    figures, page = tmp_path / "out" / "audit.json", tmp_path / "out" / "audit.html"
    text = own.read_text()
    own.write_text(text.replace("s03,m,anger", "<b>s03</b>,m,anger"))
    assert unheard("audit", own, "--json", figures, "--html", page, "--format", "json") == 1
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    found = json.loads(figures.read_text())
    body = {key: value for key, value in found.items() if key != "digest"} | {"created": printed["created"]}
    assert AuditReport.model_validate(body) == AuditReport.model_validate(printed)
    assert printed["findings"] == found["findings"]
    assert found["has_leak"]
    assert {leak["column"] for leak in found["leaks"]} >= {"near-duplicate"}
    (pair,) = found["near_duplicates"]
    assert pair["likeness"] > 0.9
    assert set(found["traits"]["emotion"]) == {"anger", "neutral", "sadness"}
    assert found["ties"]["speaker"]["folds_uar"] is not None
    shown = page.read_text()
    assert "The folds leak." in shown
    assert "s03-anger-0.ogg" in shown
    assert "<b>s03</b>" not in shown
    assert not re.search(r"""(?:src|href)=|https?://|@import|url\(""", shown)
    assert shown.count("<svg") == shown.count("</svg>") >= 1


def test_folds_of_emobox_are_read(clean, tmp_path, capsys) -> None:
    place = tmp_path / "made" / "fold_1"
    place.mkdir(parents=True)
    for part, who in (("train", ("s00", "s01", "s02")), ("test", ("s02", "s03"))):
        rows = [
            {"wav": f"downloads/{file.name}"} for file in sorted(clean.parent.glob("*.wav")) if file.name[:3] in who
        ]
        file = place / f"made_{part}_fold_1.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert unheard("audit", clean, "--folds", tmp_path / "made", "--format", "json") == 1
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    leaks = {leak["column"]: leak["value"] for leak in found["leaks"] if leak["column"] == "speaker"}
    assert leaks == {"speaker": "table/s02"}
    assert found["folds"]["sizes"] == {"1": {"train": 18, "dev": 0, "test": 12}}


def audformat_database(folder: Path, clean: Path) -> Path:
    """The clean corpus as a database whose tables are of a split each, with every speaker in both."""
    shutil.copytree(clean.parent, folder)
    rows = list(csv.DictReader(clean.open(encoding="utf-8")))
    columns = "{speaker: {scheme_id: speaker}, emotion: {scheme_id: emotion}}"
    tables = "".join(
        f"  gold.{number}: {{type: filewise, split_id: {part}, columns: {columns}}}\n"
        for number, part in enumerate(("train", "test"))
    )
    schemes = "schemes:\n  speaker: {dtype: str}\n  emotion: {dtype: str}\n"
    splits = "splits:\n  train: {type: train}\n  test: {type: test}\n"
    (folder / "db.yaml").write_text(f"name: made\n{schemes}{splits}tables:\n{tables}")
    for number in range(2):
        lines = [f"{row['file']},{row['speaker']},{row['emotion']}" for row in rows[number::2]]
        (folder / f"db.gold.{number}.csv").write_text("\n".join(["file,speaker,emotion", *lines, ""]))
    return folder


def test_the_split_of_an_audformat_database_is_found_and_audited(clean, tmp_path, capsys) -> None:
    folder = audformat_database(tmp_path / "database", clean)
    for typed in ([folder], [folder, "--folds", folder], ["audformat", "--folder", folder]):
        assert unheard("audit", *typed) == 1
        said = " ".join(capsys.readouterr().out.split())
        assert "LEAK: 4 of 4 speakers stand in more than one part of 1 of 1 fold" in said


def test_folders_of_other_programs_are_recognized(clean, tmp_path, capsys) -> None:
    rows = list(csv.DictReader(clean.open(encoding="utf-8")))
    parts = {"train": rows[::2], "test": rows[1::2]}
    for part, own in parts.items():
        for form in ("kaldi", "audio"):
            (tmp_path / form / part).mkdir(parents=True)
        for name, said in {"wav.scp": "{clean}/{file}", "utt2spk": "{speaker}", "utt2emo": "{emotion}"}.items():
            lines = [f"{row['file']} {said.format(clean=clean.parent, **row)}\n" for row in own]
            (tmp_path / "kaldi" / part / name).write_text("".join(lines))
        for row in own:
            shutil.copy(clean.parent / row["file"], tmp_path / "audio" / part)
        records = [{"file_name": row["file"], "label": row["emotion"], "speaker_id": row["speaker"]} for row in own]
        lines = [json.dumps(record) for record in records]
        (tmp_path / "audio" / part / "metadata.jsonl").write_text("\n".join(lines))
        meta = [{"path": row["file"], "label": row["emotion"], "speaker": row["speaker"]} for row in own]
        (tmp_path / "superb").mkdir(exist_ok=True)
        (tmp_path / f"superb/{part}_meta_data.json").write_text(json.dumps({"labels": {}, "meta_data": meta}))
        for row in own:
            shutil.copy(clean.parent / row["file"], tmp_path / "superb")
    for form in ("kaldi", "audio", "superb"):
        assert unheard("audit", tmp_path / form) == 1
        said = " ".join(capsys.readouterr().out.split())
        assert "24 utterances, 4 speakers" in said
        assert "LEAK: 4 of 4 speakers stand in more than one part of 1 of 1 fold" in said
        assert unheard("audit", clean, "--folds", tmp_path / form) == 1


def test_a_name_that_no_file_can_have_is_no_corpus(capsys) -> None:
    for name in ("x" * 5000, "x" * 5000 + ".json", "x" * 5000 + ".csv"):
        assert unheard("audit", name) == 2


def test_an_audformat_database_runs_nothing(clean, tmp_path, capsys) -> None:
    folder, mark = audformat_database(tmp_path / "database", clean), tmp_path / "ran"
    trap = f"cos\nsystem\n(S'touch {mark}'\ntR."
    (folder / "db.gold.0.pkl").write_text(trap)
    assert unheard("audit", folder) == 1
    (folder / "db.gold.0.csv").unlink()
    assert unheard("audit", folder) == 2
    assert "only in .pkl" in " ".join(capsys.readouterr().err.split())
    (folder / "db.yaml").write_text(f"a: !!python/object/apply:os.system ['touch {mark}']\n")
    assert unheard("audit", clean, "--folds", folder) == 2
    assert not mark.exists()


def test_a_split_of_our_own_can_be_audited(clean, capsys) -> None:
    assert unheard("audit", clean, "--split", "leave_one_speaker_out", "--format", "json") == 0
    assert len(json.loads(capsys.readouterr().out.splitlines()[-1])["folds"]["sizes"]) == 4
    assert unheard("audit", clean, "--split", "random", "--format", "json") == 1


def test_sessions_matter_if_the_manifest_names_them_unless_told_otherwise(own, capsys) -> None:
    own.write_text(own.read_text().replace("day 3", "day 0"))
    assert unheard("audit", own) == 1
    assert unheard("audit", own, "--no-sessions") == 0
    assert "session" in capsys.readouterr().out


def test_several_corpora_are_compared(clean, tmp_path, capsys) -> None:
    other = write_sound_corpus(tmp_path / "other", speakers=2, seed=5).rename(tmp_path / "other" / "second.csv")
    FAULTS["an emotion-specific bandwidth"].plant(other)
    assert unheard("audit", clean, other, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["corpora"] == ["manifest", "second"]
    assert {own["of"] for own in found["confounds"]} == {"emotion", "corpus"}
    assert set(found["traits"]["corpus"]) == {"manifest", "second"}


def test_unusable_recordings_are_listed_if_asked(own, capsys) -> None:
    (own.parent / "s00-joy-9.wav").write_bytes(b"RIFF")
    own.write_text(own.read_text() + "s00-joy-9.wav,s00,f,joy,day 0,1\n")
    assert unheard("audit", own) == 2
    assert "s00-joy-9.wav" in capsys.readouterr().err
    assert unheard("audit", own, "--skip-bad") == 0
    assert "1 recording could not be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--folds", "gone.csv"], "gone.csv"),
        (["--folds", "x", "--split", "random"], "not both"),
        (["--split", "randm"], "random"),
        (["--split", "from_file"], "file"),
    ],
)
def test_rubbish_is_named(clean, options, said, capsys) -> None:
    assert unheard("audit", clean, *options) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
