"""`unheard sweep` and `unheard run --also`, typed as a user would."""

import csv
import json
import os
from pathlib import Path

import pytest
from safetensors import safe_open

from cli.typed import unheard
from unheard.experiment import runner as running
from unheard.sweeps.sweep import read_sweep

FAST = ["--jobs", "1", "--set", "training.epochs=1", "--set", "leakage.measure=false"]


@pytest.fixture(scope="module")
def grid(tmp_path_factory, recipe_text):
    """A finished sweep of one run, not to be changed."""
    folder = tmp_path_factory.mktemp("grid")
    file = folder / "recipe.toml"
    file.write_text(recipe_text, encoding="utf-8")
    os.environ["UNHEARD_CACHE"] = str(folder / "cache")
    assert unheard("sweep", file, "--out", folder / "sweep", "--jobs", 1, "--vary", "objective.weight=0,-1") == 0
    return folder / "sweep"


def test_a_sweep_leaves_everything_that_is_documented(grid):
    drawn = ("pareto.svg", "pareto.pdf", "pareto.png")
    for name in ("sweep.json", "sweep.html", *drawn, "result.json", "report.html"):
        assert (grid / name).stat().st_size > 0
    assert read_sweep(grid).split.fold_count == 2
    sweep = json.loads((grid / "sweep.json").read_text())
    assert [row["point"] for row in sweep["points"]] == ["plain", "dat.weight_0", "dat.weight_-1"]
    result = json.loads((grid / "result.json").read_text())
    for row in sweep["points"]:
        own = result["objectives"][row["label"]]
        assert row["uar"] == own["uar"]
        assert row["leakage"]["best"] == own["leakage"]["best"]
        assert row["seconds"] > 0
        assert len(row["dev_uar"]["per_seed"]) == 1
    assert sum(row["chosen"] for row in sweep["points"]) == 1
    assert any(row["front"] for row in sweep["points"])
    assert sweep["nested"]["uar"]["mean"] is not None
    assert {"chance", "raw_features", "untrained", "emotion_code"} == set(sweep["references"])
    assert "Which point dev speakers chose" in (grid / "report.html").read_text()


def test_weight_zero_is_the_plain_point(grid):
    plain, zero, _ = json.loads((grid / "sweep.json").read_text())["points"]
    assert zero["uar"] == plain["uar"]
    assert zero["dev_uar"] == plain["dev_uar"]


def test_the_same_command_again_trains_nothing_and_says_the_same(grid, monkeypatch):
    monkeypatch.setenv("UNHEARD_CACHE", str(grid.parent / "cache"))
    before = json.loads((grid / "sweep.json").read_text())
    monkeypatch.setattr(running, "run_job", lambda *_: pytest.fail("a job was run again"))
    recipe = grid.parent / "recipe.toml"
    assert unheard("sweep", recipe, "--out", grid, "--jobs", 1, "--vary", "objective.weight=0,-1") == 0
    after = json.loads((grid / "sweep.json").read_text())
    assert after["points"] == before["points"]
    assert after["nested"] == before["nested"]


def test_a_stopped_sweep_goes_on_to_the_same_points(recipe, tmp_path, monkeypatch):
    command = ["sweep", recipe, *FAST, "--only", "dat", "--vary", "training.learning_rate=1e-3,1e-2"]
    assert unheard(*command, "--out", tmp_path / "whole") == 0
    real, calls = running.run_job, []

    def dies(prepared, job, report):
        calls.append(job)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(prepared, job, report)

    with monkeypatch.context() as patched:
        patched.setattr(running, "run_job", dies)
        assert unheard(*command, "--out", tmp_path / "killed") == 130
    assert not (tmp_path / "killed" / "sweep.html").exists()
    assert unheard(*command, "--out", tmp_path / "killed") == 0
    whole, killed = (json.loads((tmp_path / name / "sweep.json").read_text()) for name in ("whole", "killed"))
    assert [row["point"] for row in whole["points"]] == ["learning_rate_1e-3/dat", "learning_rate_1e-2/dat"]
    for one, other in zip(whole["points"], killed["points"], strict=True):
        assert {key: one[key] for key in one if key != "seconds"} == {
            key: other[key] for key in other if key != "seconds"
        }


def test_a_search_tests_the_chosen_point_only_and_goes_on(recipe, tmp_path, monkeypatch):
    pytest.importorskip("optuna")
    command = ["sweep", recipe, *FAST, "--only", "dat", "--vary", "objective.weight=-3..-0.01:log"]
    assert unheard(*command, "--out", tmp_path / "search", "--search", 2) == 0
    sweep = json.loads((tmp_path / "search" / "sweep.json").read_text())
    tested = [row["point"] for row in sweep["points"] if row["uar"] is not None]
    assert tested == [sweep["chosen"]]
    assert list(json.loads((tmp_path / "search" / "result.json").read_text())["objectives"]) == tested
    first = sweep["search"]["trials"]
    assert unheard(*command, "--out", tmp_path / "search", "--search", 3) == 0
    assert json.loads((tmp_path / "search" / "sweep.json").read_text())["search"]["trials"][:2] == first
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    assert unheard(*command, "--out", tmp_path / "other", "--search", 2) == 2
    assert not (tmp_path / "other").exists()


def test_other_protocols_stand_beside_the_recipes_own(recipe, tmp_path, capsys):
    run = tmp_path / "run"
    assert unheard("run", recipe, "--out", run, *FAST, "--also", "random,sentences=3") == 0
    said = capsys.readouterr().err
    assert "random split (inflated)" in said
    found = json.loads((run / "inflation.json").read_text())
    assert {name: about["folds"] for name, about in found["protocols"].items()} == {
        "own": 2,
        "random": 2,
        "sentences": 6,
    }
    assert {name: about["inflated"] for name, about in found["protocols"].items()} == {
        "own": False,
        "random": True,
        "sentences": False,
    }
    assert {(row["objective"], row["protocol"]) for row in found["differences"]} == {
        (label, name) for label in ("plain", "dat") for name in ("random", "sentences")
    }
    assert found["closed_form"] == {}  # references were not measured
    for row in found["differences"]:
        scores = found["objectives"][row["objective"]]
        gap = scores[row["protocol"]]["mean"] - scores["own"]["mean"]
        assert row["difference"] == pytest.approx(gap)
    assert "INFLATED</strong>, random split" in (run / "report.html").read_text()
    confound = json.loads((run / "result.json").read_text())["confound"]
    assert all(0 < confound[key] <= 1 for key in ("level_only_uar", "length_only_uar"))
    plan = json.loads((run / "sentences" / "splits" / "seed0.json").read_text())
    own = json.loads((run / "splits" / "seed0.json").read_text())
    groups = {frozenset(name[:3] for name in fold["test"]) for fold in plan["folds"]}
    assert groups == {frozenset(name[:3] for name in fold["test"]) for fold in own["folds"]}


def _predicts_a_voice_as_in_the_run(run, corpus, capsys):
    """Given all recordings of a test speaker, the fold's own model says what the run says of them."""
    weights = next((run / "weights").glob("plain-*.safetensors"))
    with safe_open(weights, framework="np") as stored:
        number = json.loads(stored.metadata()["unheard"])["fold"]
    speaker = json.loads((run / "result.json").read_text())["split"]["folds"][number - 1]["test_speakers"][0]
    with (run / "predictions.csv").open() as stream:
        expected = {
            row["file"]: row
            for row in csv.DictReader(stream)
            if row["speaker"] == speaker and row["objective"] == "plain"
        }
    capsys.readouterr()
    assert unheard("predict", weights, *(corpus / name for name in expected), "--voice", "--raw") == 0
    for row in csv.DictReader(capsys.readouterr().out.splitlines()):
        truth = expected[Path(row["file"]).relative_to(corpus).as_posix()]
        for emotion in set(row) - {"file", "emotion"}:
            assert float(row[emotion]) == pytest.approx(float(truth[emotion]), abs=2e-4)
    assert unheard("predict", weights, corpus / next(iter(expected))) == 2
    assert "several recordings of one voice" in capsys.readouterr().err


def test_the_adaptive_protocol_keeps_the_split_and_says_what_it_knows(tones, recipe, tmp_path, capsys):
    run = tmp_path / "run"
    assert unheard("run", recipe, "--out", run, *FAST, "--also", "adaptive,adaptive-sentences=3") == 0
    assert "unseen speakers, adaptive" in capsys.readouterr().err
    found = json.loads((run / "inflation.json").read_text())
    assert {name: about["adaptation"] for name, about in found["protocols"].items()} == {
        "own": "none",
        "adaptive": "speaker",
        "adaptive-sentences": "speaker",
    }
    own, adaptive = (json.loads((folder / "result.json").read_text()) for folder in (run, run / "adaptive"))
    assert own["split"]["digest"] == adaptive["split"]["digest"]
    assert "adaptive" not in {caution["kind"] for caution in own["cautions"]}
    assert "adaptive" in {caution["kind"] for caution in adaptive["cautions"]}
    assert (run / "predictions.csv").read_text() != (run / "adaptive" / "predictions.csv").read_text()
    _predicts_a_voice_as_in_the_run(run / "adaptive", tones / "corpus", capsys)
    changed = [*FAST, "--set", 'adaptation="speaker"', "--also", "adaptive"]
    assert unheard("run", recipe, "--out", tmp_path / "other", *changed) == 2
    assert "adaptive already" in capsys.readouterr().err


def test_a_protocol_that_cannot_be_drawn_is_refused_before_anything_is_trained(tones, recipe, tmp_path, capsys):
    with (tones / "corpus" / "tones.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    bare = tmp_path / "bare.csv"
    with bare.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "speaker", "emotion"])
        writer.writerows([tones / "corpus" / row["file"], row["speaker"], row["emotion"]] for row in rows)
    run = tmp_path / "run"
    changes = ["--set", f"corpus.folder={bare}", *FAST]
    assert unheard("run", recipe, "--out", run, *changes, "--also", "sentences") == 2
    assert "no sentence" in capsys.readouterr().err
    assert not run.exists()
    assert unheard("run", recipe, "--out", run, *FAST, "--also", "randon") == 2
    assert "did you mean 'random'" in capsys.readouterr().err


def test_help_has_examples(capsys):
    assert unheard("sweep", "--help") == 0
    assert "Examples" in capsys.readouterr().out
