"""An audit finds each planted fault, and finds nothing in the clean corpus."""

import csv
import shutil
from pathlib import Path

import pytest

from unheard.corpora import table as manifest
from unheard.data.audit.examination import Examination, examine
from unheard.data.audit.findings import Finding, findings
from unheard.data.audit.recordings import measure_recordings
from unheard.data.folds.files import read_folds
from unheard.testing.faults import FAULTS, write_sound_corpus


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    return write_sound_corpus(tmp_path_factory.mktemp("clean"))


def audited(table: Path, *, folds: bool = True) -> tuple[Examination, list[Finding]]:
    utterances = manifest.read(table)
    given = read_folds(table, utterances) if folds else None
    seen = examine(utterances, measure_recordings(utterances), given, sessions_matter=True)
    return seen, findings(seen)


def kinds(found: list[Finding], severity: str) -> set[str]:
    return {finding.kind for finding in found if finding.severity == severity}


@pytest.mark.parametrize("folds", [True, False])
def test_nothing_is_found_in_the_clean_corpus(clean, folds: bool) -> None:
    seen, found = audited(clean, folds=folds)
    assert not seen.has_leak
    assert [finding for finding in found if finding.severity != "note"] == []
    assert (len(seen.utterances), seen.twins) == (36, ())


@pytest.mark.parametrize("name", FAULTS)
def test_each_planted_fault_is_found_and_nothing_else(clean, tmp_path, name: str) -> None:
    fault = FAULTS[name]
    table = Path(shutil.copytree(clean.parent, tmp_path / "spoilt")) / clean.name
    fault.plant(table)
    seen, found = audited(table)
    assert seen.has_leak is fault.leak
    assert kinds(found, "leak") == ({fault.kind} if fault.leak else set())
    copied = {"recording": {"duplicate"}, "near-duplicate": {"near-duplicate"}}
    expected = copied.get(fault.kind, set()) if fault.leak else {fault.kind}
    if fault.kind == "rate":
        expected |= {"bandwidth"}  # a file of 8 kHz ends at 4 kHz
    if name in {"a duplicate at another level", "a duplicate with other ends"}:
        found = [finding for finding in found if finding.kind not in {"level", "peak"}]
    assert kinds(found, "caution") == expected


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.kind == "near-duplicate"])
def test_copies_are_found_without_any_folds_and_their_labels_are_compared(clean, tmp_path, name: str) -> None:
    table = Path(shutil.copytree(clean.parent, tmp_path / "spoilt")) / clean.name
    FAULTS[name].plant(table)
    seen, found = audited(table, folds=False)
    (pair,) = seen.twins
    assert (pair.first, Path(pair.second).stem) == ("s00-anger-0.wav", "s03-anger-0")
    (finding,) = [finding for finding in found if finding.kind == "near-duplicate"]
    assert "1 of them with another speaker or emotion" in finding.text


def test_a_session_is_no_leak_where_sessions_do_not_matter(clean, tmp_path) -> None:
    table = Path(shutil.copytree(clean.parent, tmp_path / "spoilt")) / clean.name
    FAULTS["a leaking session"].plant(table)
    utterances = manifest.read(table)
    seen = examine(utterances, measure_recordings(utterances), read_folds(table, utterances), sessions_matter=False)
    assert not seen.has_leak
    assert "session" in kinds(findings(seen), "caution")


def test_what_the_corpus_does_not_say_is_said_to_be_unchecked(clean, tmp_path) -> None:
    with clean.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    table = Path(shutil.copytree(clean.parent, tmp_path / "mute")) / "mute.csv"
    table.write_text("file,emotion,fold\n" + "".join(f"{r['file']},{r['emotion']},{r['fold']}\n" for r in rows))
    seen, found = audited(table)
    assert not seen.has_leak
    assert "unchecked" in kinds(found, "caution")
    assert {own.column: own.known for own in seen.sharing}["speaker"] is None


def test_speakers_and_test_parts_that_lack_an_emotion_are_said(clean, tmp_path) -> None:
    with clean.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if not (row["fold"] == "2" and row["emotion"] == "anger")]
    table = Path(shutil.copytree(clean.parent, tmp_path / "lacking")) / "lacking.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    _, found = audited(table)
    (note,) = [finding for finding in found if finding.kind == "lacking"]
    assert note.severity == "note"
    assert note.text.startswith("3 of 6 speakers lack an emotion that others have.")
    assert note.examples == ("anger: 3",)
    (caution,) = [finding for finding in found if finding.kind == "absent"]
    assert caution.severity == "caution"
    assert caution.text.startswith("The test part of 1 of 2 folds lacks an emotion.")
    assert caution.examples == ("2: anger",)
    _, found = audited(table, folds=False)
    assert {"lacking"} <= kinds(found, "note")
    assert "absent" not in {finding.kind for finding in found}
