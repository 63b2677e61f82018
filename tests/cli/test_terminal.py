"""Whatever a name holds, what reaches the terminal is a picture of it: every verb, its tables and its messages."""

import ast
import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.typed import made_run, unheard
from unheard.cli import _progress
from unheard.cli._terminal import Grid, Terminal
from unheard.results.files import read_predictions
from unheard.testing.tones import write_tones

HOSTILE = ("[/b]", "[bold red]x", "\x1b[2J\x1b]0;title\x07", "\u202egnp.exe", "=HYPERLINK(0)", "n" * 300)
FORBIDDEN = set("\x07\x1b\x9b\u202e")


def harmless(text):
    return not FORBIDDEN & set(text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, recipe_text):
    """A finished run whose speakers, objectives, class and folder have names that a prankster gave them."""
    folder = tmp_path_factory.mktemp("hostile") / "[bold] \x1b]0;x\x07"
    table = write_tones(folder / "corpus")
    text = table.read_text()
    for number, name in enumerate(HOSTILE):
        text = text.replace(f",s{number:02d},", f',"{name}",')
    table.write_text(text)
    text = recipe_text[: recipe_text.index("[objectives.plain]")]
    text = text.replace(next(line for line in text.splitlines() if line.startswith("folder")), "")
    text += "[objectives.plain]\n[objectives.-x]\nname = 'dat'\nweight = -0.5\n"
    return made_run(folder, text, "--set", f"corpus.folder={table}")


def test_every_verb_shows_hostile_names_as_they_are(hostile, capfd, tmp_path):
    table = hostile.parent / "corpus" / "tones.csv"
    recording = next(table.parent.glob("*.wav"))
    weights = next((hostile / "weights").iterdir())
    recipe = hostile.parent / "recipe.toml"
    bad = tmp_path / "\x1b[2J[red].wav"
    bad.write_text("no sound")
    sweep = ["sweep", recipe, "--out", tmp_path / "[bold]", "--jobs", 1, "--set", f"corpus.folder={table}"]
    for code, *command in (
        (0, "run", recipe, "--out", hostile, "--jobs", 1, "--set", f"corpus.folder={table}"),
        (0, "audit", table),
        (0, "audit", table, "--format", "json"),
        (2, "audit", hostile.parent / "none.csv"),
        (0, "compare", hostile),
        (0, "compare", hostile, "--format", "json"),
        (0, "card", hostile),
        (0, "probe", hostile, "--jobs", 1),
        (0, "predict", weights, recording),
        (2, "predict", weights, bad),
        (2, "predict", hostile, recording),
        (2, "predict", hostile, recording, "--objective", "[/red]\x1b[0m"),
        (2, "corpora", "[/]\x1b[0m"),
        (2, "audit", "--format", "[/]\x1b[0m", table),
        (2, "card", bad),
        (2, "--[/]\x1b[0m"),
        (2, "run", recipe, "--out", bad, "--set", f"corpus.folder={table}"),
        (0, *sweep, "--vary", "objective.weight=0", "--set", "leakage.measure=false"),
    ):
        assert unheard(*command) == code, capfd.readouterr()
        said, told = capfd.readouterr()
        assert harmless(told)
        assert "MarkupError" not in told
        if command[0] != "predict":  # whose output names files as they are called, for programs
            assert harmless(said)
        if "json" in command:
            assert [json.loads(line) for line in said.splitlines()]
    assert "[bold]" in told


def test_what_people_open_is_harmless_and_reads_back(hostile):
    for file in ("report.html", "model-card.md", "predictions.csv"):
        assert harmless((hostile / file).read_text()) == (file != "predictions.csv")
    rows = list(csv.reader(io.StringIO((hostile / "predictions.csv").read_text(), newline="")))
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    assert {row["speaker"] for row in read_predictions(hostile)} == set(HOSTILE)


def test_the_card_keeps_its_tables_whatever_a_speaker_is_called(hostile):
    lines = (hostile / "model-card.md").read_text().splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in tables if "worst tenth" in line or "[" in line}) == 1


def test_a_line_end_in_a_name_counterfeits_no_line(capsys):
    terminal = Terminal()
    grid = Grid("speaker", title="a\nno leak")
    grid.add_row("x\nno leak")
    terminal.show(grid)
    terminal.say("x\nno leak")
    assert "no leak" not in [line.strip("│| ") for line in capsys.readouterr().out.splitlines()]


def test_nothing_in_the_command_prints_beside_the_door():
    """No verb can forget to escape a name: what could print is not there."""
    for file in Path(_progress.__file__).parent.glob("*.py"):
        if file.name in ("_terminal.py", "_progress.py", "_watcher.py"):
            continue
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "rich.console", file
                assert (node.module, "Table") not in [(node.module, name.name) for name in node.names], file
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "typer.echo", "typer.secho", "csv.writer", "sys.stdout.write"), file
                assert not called.endswith(("console.print", "page.print")), file


@pytest.mark.parametrize("setting", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}, {"LANG": "C"}])
def test_a_terminal_that_cannot_print_a_name_shows_its_escape(setting, tmp_path):
    table = write_tones(tmp_path / "corpus", speakers=2, each=1)
    table.write_text(table.read_text().replace(",s00,", ",Zoë,"), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONIO"))}
    code = "from unheard.cli.main import main; main()"
    for form in ("text", "json"):
        command = [sys.executable, "-c", code, "audit", table, "--format", form]
        ran = subprocess.run(command, env=environment | setting, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert b"Traceback" not in ran.stderr
        ran.stdout.decode("ascii" if "PYTHONIOENCODING" in setting else "utf-8")
        if form == "json":
            assert json.loads(ran.stdout)["utterances"]


def test_output_that_nobody_reads_ends_it_and_a_full_disk_behind_it_is_said(tmp_path):
    table = write_tones(tmp_path / "corpus", speakers=2, each=1)
    code = "from unheard.cli.main import main; main()"
    command = [sys.executable, "-c", code, "audit", str(table)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        left.stdout.close()
        assert b"Traceback" not in left.stderr.read()
    assert left.returncode == 0
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 2
    assert b"no space is left" in ran.stderr
    assert b"standard output" in ran.stderr


def test_long_work_says_a_line_when_it_begins_one_a_minute_and_one_at_its_end(capsys, monkeypatch):
    monkeypatch.setattr(_progress, "_EVERY", 0.05)
    with _progress.bar("features") as update:
        update(3, 7)
        _progress.time.sleep(0.2)
        update(7, 7)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "features: begun"
    assert said[1].startswith("features: 3/7, after 0:00 min")
    assert said[-1].startswith("features: 7/7, after 0:00 min, done")
    assert len(said) > 3


def test_a_log_holds_no_bar_even_where_colors_are_forced(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not _progress.is_watched()


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "goes on where it stood"),
        (MemoryError(), 2, "--jobs"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"), 2, "--jobs"),
        (OSError(28, "No space left on device", "out/result.json"), 2, "out/result.json"),
        (OSError(24, "Too many open files"), 2, "ulimit -n"),
        (OSError(13, "Permission denied", "out"), 2, "no permission for out"),
        (OSError(36, "File name too long", "n" * 300), 2, "shorter"),
        (UnicodeEncodeError("utf-8", "K\udcf6ln", 1, 2, "surrogates not allowed"), 2, "K\\xf6ln"),
        (BrokenPipeError(32, "Broken pipe"), 3, "fault of unheard"),
        (KeyError("ours"), 3, "fault of unheard"),
    ],
)
def test_what_is_the_machines_or_the_users_is_no_fault_of_the_program(problem, code, said, capsys, monkeypatch):
    def fail(*arguments, **named):
        raise problem

    monkeypatch.setattr("unheard.cli.corpora.names", fail)
    assert unheard("corpora") == code
    told = capsys.readouterr().err
    assert said in told
    assert ("fault" in told) == (code == 3)
