"""`predict` over files, folders and tables: one line a recording, in order, whatever stands between the good ones."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from cli.typed import made_run, unheard


@pytest.fixture(scope="module")
def weights(tmp_path_factory, recipe_text):
    """The file of a model."""
    run = made_run(
        tmp_path_factory.mktemp("labels"), recipe_text[: recipe_text.index("[objectives.dat]")], "--set",
        "leakage.measure=false",
    )  # fmt: skip
    return next((run / "weights").iterdir())


@pytest.fixture
def calls(tmp_path, tones):
    """A folder with recordings at several depths, and things that are none."""
    good = sorted((tones / "corpus").glob("*.wav"))
    folder = tmp_path / "calls"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for name, source in zip(("b.wav", "deep/A.WAV", "deep/er/c.wav", ".hidden/no.wav"), good, strict=False):
        shutil.copy(source, folder / name)
    (folder / "deep" / "broken.flac").write_bytes(b"fLaC")
    (folder / "deep" / "notes.txt").write_text("no sound")
    (folder / "deep" / "circle").symlink_to(folder)
    return folder


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_folders_tables_and_files_are_labeled_in_their_order_and_bad_ones_say_why(weights, calls, tmp_path, capsys):
    table = tmp_path / "parts.csv"
    table.write_text(
        "file;start;end;emotion;speaker\n"
        "calls/deep/A.WAV;0.1;0.4;a mood nobody knows;\n"
        "calls/none.wav;;;;\n"
        "calls/b.wav;;;;anna\n"
        "calls/b.wav;30;31;;anna\n"
    )
    command = [
        "predict",
        weights,
        calls,
        table,
        calls / "b.wav",
        tmp_path / "no.wav",
        tmp_path / "no.csv",
        "--skip-bad",
    ]
    assert unheard(*command) == 0
    said = capsys.readouterr()
    rows = rows_of(said.out)
    names = [os.path.relpath(row["file"], tmp_path) for row in rows]
    assert names == [
        "calls/b.wav", "calls/deep/A.WAV", "calls/deep/broken.flac", "calls/deep/er/c.wav",
        "calls/deep/A.WAV", "calls/none.wav", "calls/b.wav", "calls/b.wav", "calls/b.wav", "no.wav", "no.csv",
    ]  # fmt: skip
    assert list(rows[0]) == ["file", "start", "end", "emotion", "anger", "neutral", "sadness", "error"]
    assert [bool(row["error"]) for row in rows] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
        True,
        False,
        True,
        True,
    ]
    for row in rows:
        assert bool(row["emotion"]) != bool(row["error"])
    assert (rows[4]["start"], rows[4]["end"]) == ("0.1", "0.4")
    assert "line 3" in rows[5]["error"]
    assert "5 of 11 were skipped" in said.err
    assert unheard(*command, "--format", "json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["error"] or "" for row in found] == [row["error"] for row in rows]
    assert found[0]["probabilities"]["anger"] == pytest.approx(float(rows[0]["anger"]), abs=1e-4)


def test_without_tables_and_without_skip_bad_columns_are_what_they_were(weights, calls, capsys):
    assert unheard("predict", weights, calls / "b.wav") == 0
    assert capsys.readouterr().out.splitlines()[0] == "file,emotion,anger,neutral,sadness"


def test_the_first_bad_recording_ends_it_unless_it_may_be_skipped_and_all_bad_is_no_success(weights, calls, capsys):
    assert unheard("predict", weights, calls) == 2
    said = capsys.readouterr()
    assert [row["file"].rpartition("/")[2] for row in rows_of(said.out)] == ["b.wav", "A.WAV"]
    assert "broken.flac" in said.err
    assert unheard("predict", weights, calls / "deep" / "broken.flac", "--skip-bad") == 2
    said = capsys.readouterr()
    assert rows_of(said.out)[0]["error"]
    assert "Not one recording could be labeled" in said.err


def test_a_folder_without_recordings_and_a_table_without_files_say_so(weights, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.csv").write_text("name,speaker\na.wav,b\n")
    for place, said in ((tmp_path / "empty", "no recording"), (tmp_path / "other.csv", "no column 'file'")):
        assert unheard("predict", weights, place) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_name_that_is_not_utf8_is_labeled_and_shown_by_its_bytes(form, weights, tones, tmp_path, capsys):
    source = next((tones / "corpus").glob("*.wav"))
    strange = tmp_path / os.fsdecode(b"K\xf6ln.wav")
    shutil.copy(source, strange)
    shutil.copy(source, tmp_path / "plain.wav")
    assert unheard("predict", weights, tmp_path, "--format", form, "--skip-bad") == 0
    said = capsys.readouterr().out
    rows = rows_of(said) if form == "csv" else [json.loads(line) for line in said.splitlines()]
    assert [row["file"] for row in rows] == [f"{tmp_path}/K\\xf6ln.wav", f"{tmp_path}/plain.wav"]
    assert rows[0]["emotion"] == rows[1]["emotion"] != ""


def test_each_line_is_there_as_soon_as_it_is_known(weights, tones):
    """A reader at the other end of a pipe need not wait for the last recording, which comes from a pipe as well."""
    good = sorted((tones / "corpus").glob("*.wav"))[:2]
    code = (
        "import sys, time\n"
        "from unheard.inference.recognizer import Recognizer\n"
        "first = Recognizer.recognize_stretches\n"
        "def slow(self, file, stretches):\n"
        "    if file.name == sys.argv[-1].rpartition('/')[2]: time.sleep(600)\n"
        "    return first(self, file, stretches)\n"
        "Recognizer.recognize_stretches = slow\n"
        "from unheard.cli.main import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "predict", weights, *map(str, good)], stdout=subprocess.PIPE
    ) as labeling:
        lines = [labeling.stdout.readline().decode() for _ in range(2)]
        labeling.kill()
    assert lines[1].startswith(str(good[0]))


def test_a_voice_may_be_a_folder(weights, tmp_path, capsys):
    wave = np.zeros(1600, dtype=np.float32)
    soundfile.write(tmp_path / "a.wav", wave, 16_000)
    (tmp_path / "a.csv").write_text("file,start,end\na.wav,0,0.05\n")
    assert unheard("predict", weights, tmp_path / "a.csv", "--voice") == 2
    assert "stretches" in capsys.readouterr().err
    assert unheard("predict", weights, tmp_path, "--voice") == 2
    assert "leave out --voice" in capsys.readouterr().err
