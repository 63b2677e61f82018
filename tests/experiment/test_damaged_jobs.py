"""What a task left is whole, or it runs again; what a run left is whole, or an error with its name and key."""

import json

import pytest

from unheard.data.folds.plan import Fold
from unheard.documents import DamageError, opened, parse_json, read_json, sealed
from unheard.errors import MachineError, RunError
from unheard.experiment.job_results import read_task, write_task
from unheard.experiment.preparation import Task
from unheard.files import write_document
from unheard.results.files import read_predictions, read_result

TASK = {
    "label": "plain",
    "seed": 0,
    "fold": "a",
    "fingerprint": "x",
    "total_seconds": 1.0,
    "peak_memory_bytes": 1,
    "predictions": [["a.wav", [0.25, 0.75]]],
    "leakage": {"best": 0.5, "eer": float("nan")},
}
RESULT = {"schema": 1, "name": "made", "classes": ["joy", "fear"], "objectives": {"plain": {"name": "plain"}}}


def task(folder):
    return Task("plain", 0, Fold("a", (), (), ("a.wav",), ()), folder, "x")


def test_a_whole_one_comes_back_less_its_digest(tmp_path):
    write_task(TASK, tmp_path / "task.json")
    assert str(task(tmp_path).result()) == str(TASK)
    assert "digest" in json.loads((tmp_path / "task.json").read_text())


def test_one_of_an_older_version_has_no_digest_and_is_read(tmp_path):
    (tmp_path / "task.json").write_text(json.dumps(TASK))
    assert str(task(tmp_path).result()) == str(TASK)


def test_a_changed_figure_sets_it_aside(tmp_path, caplog):
    write_task(TASK, tmp_path / "task.json")
    text = (tmp_path / "task.json").read_text()
    (tmp_path / "task.json").write_text(text.replace("0.75", "0.76"))
    assert task(tmp_path).result() is None
    assert [one.name for one in tmp_path.iterdir()] == ["task.json.damaged"]
    assert "task.json: damaged (it does not match its digest" in caplog.text
    assert "runs again" in caplog.text


@pytest.mark.parametrize(
    "changes",
    [
        {"predictions": [["a.wav", [0.25, "x"]]]},
        {"predictions": [["a.wav", [0.25, float("nan")]]]},
        {"predictions": [["a.wav", [1.0]], ["a.wav", [1.0]]]},
        {"predictions": [["a.wav", [1.0]], ["b.wav", [0.5, 0.5]]]},
        {"predictions": {}},
        {"groups": {"train": []}},
        {"leakage": 3},
        {"seed": "0"},
    ],
    ids=str,
)
def test_without_a_digest_the_shape_is_held(tmp_path, changes):
    (tmp_path / "task.json").write_text(json.dumps({**TASK, **changes}))
    with pytest.raises(DamageError):
        read_task(tmp_path / "task.json")


def test_what_the_machine_refuses_is_not_damage(tmp_path, monkeypatch):
    write_task(TASK, tmp_path / "task.json")

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(MachineError):
        task(tmp_path).result()
    assert (tmp_path / "task.json").exists()


def test_a_result_is_written_with_a_digest_that_layout_does_not_matter_to(tmp_path):
    file = tmp_path / "result.json"
    write_document(RESULT, file)
    assert read_result(tmp_path) == RESULT
    file.write_text(json.dumps(json.loads(file.read_text()), indent=7, sort_keys=True))
    assert read_result(tmp_path) == RESULT
    file.write_text(file.read_text().replace("made", "mode"))
    with pytest.raises(RunError, match=r"result\.json: .*does not match its digest"):
        read_result(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": []}, "classes"),
        ({"classes": ["joy", "joy"]}, "names one thing twice"),
        ({"objectives": []}, "objectives"),
        ({"objectives": {"plain": {"uar": 3}}}, "objectives.plain.uar"),
        ({"schema": True}, "schema 1"),
        ({"seeds": [0, 0]}, "names one thing twice"),
    ],
    ids=str,
)
def test_a_damaged_result_is_named_with_the_key(tmp_path, changes, said):
    (tmp_path / "result.json").write_text(json.dumps({**RESULT, **changes}))
    with pytest.raises(RunError, match=said) as caught:
        read_result(tmp_path)
    assert "result.json" in str(caught.value)


def test_what_a_reader_needs_is_named_where_it_is_missing(tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(RESULT))
    with pytest.raises(RunError, match=r"corpus\.digest is missing"):
        read_result(tmp_path, needs=("corpus.digest",))


HEADER = "objective,file,speaker,fold,seed,truth,prediction\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column objective"),
        (b"objective,file\n", "no column speaker"),
        ((HEADER + "plain,a\n").encode(), "line 2 has 2 cells, the header 7"),
        ((HEADER * 2).replace("objective", "x", 1).encode(), "no column objective"),
        (HEADER.encode("utf-16"), "codec"),
        ((HEADER + '"' + "x" * 200_000).encode(), "field larger"),
    ],
    ids=["empty", "columns", "cells", "renamed", "encoding", "long"],
)
def test_damaged_predictions_are_named_with_the_line(tmp_path, content, said):
    (tmp_path / "predictions.csv").write_bytes(content)
    with pytest.raises(RunError, match=said) as caught:
        read_predictions(tmp_path)
    assert "predictions.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "deeper"),
        ("[" * 70 + "]" * 70, "deeper"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ("NaN", "no number of JSON"),
        ("1e999", "beyond every number"),
        ("9" * 10_000, "digits"),
        ("[" + "[]," * 100 + "[]]", "more than 50 values"),
    ],
    ids=["deep", "deeper than ours", "twice", "nan", "beyond", "long", "many"],
)
def test_documents_have_limits(text, said):
    with pytest.raises(DamageError, match=said):
        parse_json(text, most=50 if said.startswith("more") else 5_000_000)


def test_a_pipe_is_not_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "task.json")
    with pytest.raises(DamageError, match="no file"):
        read_json(tmp_path / "task.json")


def test_a_digest_that_lost_its_name_is_missed():
    document = sealed({"a": 1})
    with pytest.raises(DamageError, match="lost its name"):
        opened({"a": 1, "digfst": document["digest"]})
    assert opened({"a": 1}) == {"a": 1}
    read = json.loads(json.dumps(sealed({2: (1.5, None), 10: "x"})))
    assert opened(read) == {"2": [1.5, None], "10": "x"}
