"""What a task left is whole, or it runs again; what a run left is whole, or an error with its name and key."""

import json
import math

import pytest

from experiment.made_jobs import leakage, references, training
from reports.conftest import made_result
from unheard.data.folds.plan import Fold
from unheard.documents import DamageError, opened, parse_json, read_json, sealed
from unheard.errors import MachineError, RunError
from unheard.experiment.job import Job
from unheard.experiment.job_result import (
    TrainingResult,
    read_job_result,
    references_of,
    trainings_of,
    write_job_result,
)
from unheard.files import write_document
from unheard.results.files import read_predictions, read_result, write_record
from unheard.schemas.result import Result

JOB = training([("a.wav", [0.25, 0.75])], leakage=leakage(float("nan"), linear=0.5))
RESULT = made_result()


def job(folder):
    return Job("plain", 0, Fold("a", (), (), ("a.wav",), ()), folder, "x")


def write_changed(file, **changes):
    """A job with other values, and a digest that holds."""
    file.write_text(json.dumps(sealed({**JOB.model_dump(), **changes})))


def test_a_whole_one_comes_back_as_it_was(tmp_path):
    write_job_result(JOB, tmp_path / "job.json")
    found = job(tmp_path).result()
    assert str(found) == str(JOB)  # nan is not equal to itself
    assert isinstance(found, TrainingResult)
    assert "digest" in json.loads((tmp_path / "job.json").read_text())


def test_references_come_back_as_references(tmp_path):
    made = references([("a.wav", [1.0])])
    write_job_result(made, tmp_path / "job.json")
    assert read_job_result(tmp_path / "job.json") == made
    assert references_of([JOB, made]) == [made]
    assert trainings_of([JOB, made], "plain") == [JOB]
    assert trainings_of([JOB, made], "dat") == []


def test_one_without_a_digest_or_of_another_layout_runs_again(tmp_path, caplog):
    (tmp_path / "job.json").write_text(json.dumps(JOB.model_dump()))
    assert job(tmp_path).result() is None
    assert "it has no digest" in caplog.text
    write_changed(tmp_path / "job.json", kind="older")
    assert job(tmp_path).result() is None
    assert "its kind is none of training, references (came: 'older')" in caplog.text


def test_the_result_of_another_recipe_is_not_taken_and_not_touched(tmp_path):
    write_changed(tmp_path / "job.json", fingerprint="y")
    assert job(tmp_path).result() is None
    assert (tmp_path / "job.json").exists()


def test_a_changed_figure_sets_it_aside(tmp_path, caplog):
    write_job_result(JOB, tmp_path / "job.json")
    text = (tmp_path / "job.json").read_text()
    (tmp_path / "job.json").write_text(text.replace("0.75", "0.76"))
    assert job(tmp_path).result() is None
    assert [one.name for one in tmp_path.iterdir()] == ["job.json.damaged"]
    assert "job.json: damaged (it does not match its digest" in caplog.text
    assert "runs again" in caplog.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"predictions": {"names": ["a.wav"], "probabilities": [[0.25, "x"]]}}, "predictions.probabilities.0.1"),
        ({"predictions": {"names": ["a.wav"], "probabilities": [[0.25, math.nan]]}}, "a probability is no number"),
        ({"predictions": {"names": ["a.wav"] * 2, "probabilities": [[1.0]] * 2}}, "a name stands twice"),
        ({"predictions": {"names": ["a.wav", "b.wav"], "probabilities": [[1.0], [0.5, 0.5]]}}, "several lengths"),
        ({"predictions": {"names": ["a.wav"], "probabilities": []}}, "1 names and 0 rows"),
        ({"predictions": []}, "predictions"),
        ({"groups": {"train": []}}, "groups.withheld"),
        ({"leakage": 3}, "leakage"),
        ({"leakage": {**JOB.leakage.model_dump(), "probes": {"oracle": 0.5}}}, "leakage.probes.oracle"),
        ({"seed": "0"}, "seed"),
        ({"best_epoch": -1}, "best_epoch"),
        ({"kind": "references"}, "raw_features"),
        ({"more": 1}, "more"),
    ],
    ids=str,
)
def test_the_shape_is_held_and_the_key_named(tmp_path, changes, said):
    write_changed(tmp_path / "job.json", **changes)
    with pytest.raises(DamageError, match=said):
        read_job_result(tmp_path / "job.json")


def test_what_the_machine_refuses_is_not_damage(tmp_path, monkeypatch):
    write_job_result(JOB, tmp_path / "job.json")

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(MachineError):
        job(tmp_path).result()
    assert (tmp_path / "job.json").exists()


def test_a_result_is_written_with_a_digest_that_layout_does_not_matter_to(tmp_path):
    file = tmp_path / "result.json"
    whole = Result.model_validate(RESULT)
    write_record(whole, file)
    assert read_result(tmp_path) == whole
    file.write_text(json.dumps(json.loads(file.read_text()), indent=7, sort_keys=True))
    assert read_result(tmp_path) == whole
    file.write_text(file.read_text().replace("made", "mode"))
    with pytest.raises(RunError, match=r"result\.json: .*does not match its digest"):
        read_result(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classes": []}, "classes"),
        ({"classes": ["joy", "joy"]}, "names one thing twice"),
        ({"objectives": []}, "objectives"),
        (
            {"objectives": RESULT["objectives"] | {"dat": RESULT["objectives"]["dat"] | {"uar": 3}}},
            "objectives.dat.uar",
        ),
        ({"schema_version": True}, "schema 2"),
        ({"schema_version": 1}, "schema 2. Run it again"),
        ({"corpus": {}}, "corpus.name"),
        ({"corpse": {}}, "corpse"),
        ({"seeds": [0, 0]}, "names one thing twice"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_damaged_result_is_named_with_the_key(tmp_path, changes, said):
    write_document({**RESULT, **changes}, tmp_path / "result.json")
    with pytest.raises(RunError, match=said) as caught:
        read_result(tmp_path)
    assert "result.json" in str(caught.value)


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

    os.mkfifo(tmp_path / "job.json")
    with pytest.raises(DamageError, match="no file"):
        read_json(tmp_path / "job.json")


def test_a_digest_that_lost_its_name_is_missed():
    document = sealed({"a": 1})
    for without in ({"a": 1, "digfst": document["digest"]}, {"a": 1}):
        with pytest.raises(DamageError, match="no digest"):
            opened(without)
    assert opened(document) == {"a": 1}
    read = json.loads(json.dumps(sealed({2: (1.5, None), 10: "x"})))
    assert opened(read) == {"2": [1.5, None], "10": "x"}
