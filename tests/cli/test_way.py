"""The whole way, typed as a user would: run, resume, compare, predict, audit; and rubbish."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from safetensors import safe_open
from safetensors.numpy import load_file

from cli.typed import made_run, unheard
from unheard.documents import opened
from unheard.experiment.job_result import read_job_result
from unheard.files import write_document
from unheard.inference.recognizer import Recognizer
from unheard.scores.calibration import with_temperature
from unheard.scores.temperature import fit_pooled, pool


@pytest.fixture(scope="module")
def finished(tmp_path_factory, recipe_text):
    """A finished run, not to be changed."""
    return made_run(tmp_path_factory.mktemp("finished"), recipe_text)


def test_a_run_leaves_everything_that_is_documented(finished):
    for name in ("result.json", "predictions.csv", "settings.toml", "report.html", "splits/seed0.json"):
        assert (finished / name).stat().st_size > 0
    result = json.loads((finished / "result.json").read_text())
    assert set(result["objectives"]) == {"plain", "dat"}
    for own in result["objectives"].values():
        low, high = own["uar"]["interval"]
        assert 0 <= low <= own["uar"]["mean"] <= high <= 1
        assert len(own["per_fold"]) == 2
        assert np.array(own["confusion"]).sum() == 54
        assert {"linear", "mlp"} <= set(own["leakage"]["probes"])
        assert all(own["leakage"][key] is not None for key in ("best", "eer", "chance"))
    assert {"chance", "raw_features", "untrained", "emotion_code"} == set(result["references"])
    assert 0 < result["references"]["raw_features"]["uar"]["mean"] <= 1
    assert result["versions"]["torch"]
    assert result["peak_memory_bytes"] > 0
    assert len(result["corpus"]["digest"]) == 64
    assert result["corpus"]["languages"] == ["en"]


def test_every_utterance_is_predicted_once_an_objective_and_seed(finished):
    with (finished / "predictions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    keys = [(row["objective"], row["seed"], row["file"]) for row in rows]
    assert len(keys) == len(set(keys)) == 2 * 54
    for row in rows:
        assert sum(float(row[name]) for name in ("anger", "neutral", "sadness")) == pytest.approx(1, abs=1e-4)


def test_no_test_speaker_was_trained_or_selected_on(finished):
    plan = json.loads((finished / "splits" / "seed0.json").read_text())
    for fold in plan["folds"]:
        speakers = {part: {name[:3] for name in fold[part]} for part in ("train", "dev", "test")}
        assert not speakers["train"] & speakers["test"]
        assert not speakers["dev"] & (speakers["test"] | speakers["train"])


def test_the_same_command_again_trains_nothing_and_says_the_same(finished, capsys):
    before = json.loads((finished / "result.json").read_text())
    stamps = {file: file.stat().st_mtime_ns for file in (finished / "weights").iterdir()}
    recipe = finished.parent / "recipe.toml"
    assert unheard("run", recipe, "--out", finished, "--jobs", 1) == 0
    after = json.loads((finished / "result.json").read_text())
    assert after["objectives"] == before["objectives"]
    assert stamps == {file: file.stat().st_mtime_ns for file in (finished / "weights").iterdir()}


def test_other_settings_may_not_overwrite_a_run(finished, capsys):
    recipe = finished.parent / "recipe.toml"
    assert unheard("run", recipe, "--out", finished, "--set", "training.epochs=3") == 2
    assert "other settings" in capsys.readouterr().err


def test_a_run_may_be_extended_by_an_objective_and_a_seed(recipe, tmp_path):
    run = tmp_path / "run"
    assert unheard("run", recipe, "--out", run, "--jobs", 1) == 0
    first = json.loads((run / "result.json").read_text())
    more = ["--set", "seeds=[0,1]", "--set", "objectives.watch.name=plain"]
    assert unheard("run", recipe, "--out", run, "--jobs", 1, *more) == 0
    second = json.loads((run / "result.json").read_text())
    assert set(second["objectives"]) == {"plain", "dat", "watch"}
    assert second["objectives"]["plain"]["uar"]["per_seed"][0] == first["objectives"]["plain"]["uar"]["mean"]


def test_two_jobs_give_the_numbers_of_one(recipe, finished, tmp_path):
    assert unheard("run", recipe, "--out", tmp_path / "run", "--jobs", 2) == 0
    assert (tmp_path / "run" / "predictions.csv").read_text() == (finished / "predictions.csv").read_text()


def test_a_killed_run_goes_on_to_the_same_weights(recipe, tmp_path):
    changes = ["--set", "training.epochs=12", "--set", "training.patience=12", "--set", "leakage.measure=false"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert unheard("run", recipe, "--out", whole, "--jobs", 1, *changes) == 0
    code = (
        "import unheard.training.loop as loop; loop._CHECKPOINT_EVERY = 0.0\n"
        "import sys; from unheard.cli.main import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "run", recipe, "--out", killed, "--jobs", "1", *changes]
    running = subprocess.Popen([str(part) for part in command], stderr=subprocess.DEVNULL)
    _wait_for(lambda: any(killed.rglob("checkpoint.safetensors")), running)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not (killed / "result.json").exists()
    assert unheard("run", recipe, "--out", killed, "--jobs", 1, *changes) == 0
    for file in sorted((whole / "weights").iterdir()):
        mine, theirs = load_file(file), load_file(killed / "weights" / file.name)
        assert all(np.array_equal(mine[key], theirs[key]) for key in mine)


def _wait_for(condition, process, limit=120.0):
    begun = time.monotonic()
    while not condition():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() - begun < limit
        time.sleep(0.01)


def test_compare_says_it_in_words(finished, capsys):
    assert unheard("compare", finished) == 0
    said = capsys.readouterr().out
    assert "dat" in said
    assert "6 speakers" in said


def test_compare_refuses_other_splits(recipe, finished, tmp_path, capsys):
    other = tmp_path / "other"
    assert unheard("run", recipe, "--out", other, "--jobs", 1, "--set", "split.groups=3") == 0
    assert unheard("compare", f"{finished}:plain", f"{other}:plain") == 2
    assert "folds or seeds" in capsys.readouterr().err


def test_predict_labels_any_recording(finished, tones, tmp_path, capsys):
    wave, rate = soundfile.read(next((tones / "corpus").glob("*.wav")))
    stereo = tmp_path / "clip.ogg"
    soundfile.write(stereo, np.stack([wave, wave], axis=1), rate)
    assert unheard("predict", finished, stereo, "--objective", "dat") == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert rows[0]["emotion"] in {"anger", "neutral", "sadness"}


def weights_of(run):
    """(objective, seed, fold) -> the file of each model, and what its header says."""
    names = {}
    for fold in json.loads((run / "result.json").read_text())["split"]["folds"]:
        names.setdefault(fold["seed"], []).append(fold["name"])
    for file in sorted((run / "weights").iterdir()):
        with safe_open(file, framework="np") as stored:
            header = json.loads(stored.metadata()["unheard"])
        seed = header["seed"]
        yield (header["objective"], seed, names[seed][header["fold"] - 1]), file, header


def test_a_run_keeps_the_temperatures_that_its_result_reports(finished, tones):
    result = json.loads((finished / "result.json").read_text())
    kept = opened(json.loads((finished / "temperatures.json").read_text()))
    reported = {label: own["calibration"]["run_temperature"] for label, own in result["objectives"].items()}
    assert kept == {"schema": 1, "corpus": "table", "objectives": reported}
    with (tones / "corpus" / "tones.csv").open() as stream:
        truth = {row["file"]: result["classes"].index(row["emotion"]) for row in csv.DictReader(stream)}
    for label, found in reported.items():
        jobs = [read_job_result(file) for file in (finished / "jobs" / label).glob("*/job.json")]
        rows = [row for job in jobs for row in job.dev_predictions.rows()]
        assert not any(set(job.dev_predictions.names) & set(job.predictions.names) for job in jobs)
        names = np.array([name for name, _ in rows])
        parts = {"speakers": np.array([name[:3] for name in names]), "names": names}
        probabilities = np.array([row for _, row in rows])
        expected = fit_pooled(pool(np.array([truth[name] for name in names]), probabilities, **parts))
        assert found["temperature"] == expected.value
        assert found["sentence"] == expected.sentence
        rows = result["objectives"][label]["calibration"]["fold_temperatures"]
        assert [(row["seed"], row["fold"]) for row in rows] == sorted((job.seed, job.fold) for job in jobs)
    assert not any("temperature" in header for _, _, header in weights_of(finished))


def test_what_is_shipped_names_no_speaker_and_no_place(finished, tones):
    result = json.loads((finished / "result.json").read_text())
    speakers = {name for fold in result["split"]["folds"] for name in (*fold["test_speakers"], *fold["dev_speakers"])}
    assert len(speakers) > 2
    for _, file, header in weights_of(finished):
        said = json.dumps(header)
        assert not {name for name in speakers if f'"{name}"' in said}
        assert set(header["classes"]) == {"emotion"}
        content = file.read_bytes()
        for place in (finished, finished.parent, tones, tones.parent):
            assert str(place).encode() not in content


def with_temperature_of(run, copy, temperature, **more):
    """A copy of a run that says this temperature of its `dat`."""
    shutil.copytree(run, copy)
    document = json.loads((copy / "temperatures.json").read_text())
    document["objectives"]["dat"] |= {"temperature": temperature, "kept": True, "speakers": 4, **more}
    write_document(document, copy / "temperatures.json")
    return copy


def test_a_model_predicts_its_test_speakers_as_calibration_has_them(finished, tones, tmp_path):
    with (finished / "predictions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    run = with_temperature_of(finished, tmp_path / "run", 1.7)
    for key, file, _ in weights_of(run):
        calibrated, raw = Recognizer.load(file), Recognizer.load(file, raw=True)
        temperature = 1.7 if key[0] == "dat" else calibrated.temperature
        assert calibrated.calibration is not None
        own = [row for row in rows if (row["objective"], int(row["seed"]), row["fold"]) == key]
        for row in own[:6]:
            kept = np.array([[float(row[name]) for name in calibrated.labels]])
            recording = tones / "corpus" / row["file"]
            assert list(raw(recording).probabilities.values()) == pytest.approx(kept[0].tolist(), abs=1e-5)
            found = calibrated(recording).probabilities
            expected = with_temperature(kept, temperature)[0]
            assert list(found.values()) == pytest.approx(expected.tolist(), abs=1e-5)
            assert max(found, key=found.get) == row["prediction"]


def test_predict_says_for_whom_it_is_calibrated(finished, tones, tmp_path, capsys):
    run = with_temperature_of(finished, tmp_path / "run", 1.7)
    asked = [next((tones / "corpus").glob("*.wav")), "--objective", "dat", "--format", "json"]
    assert unheard("predict", run, *asked) == 0
    said = capsys.readouterr()
    assert "the corpus of the run alone (table; T = 1.70, fitted on 4 dev speakers)" in said.err
    assert "other corpora, languages or microphones it was not fitted" in said.err
    row = json.loads(said.out)
    assert row["calibration"] == {"temperature": 1.7, "kept": True, "speakers": 4, "corpus": "table"}
    refused = with_temperature_of(finished, tmp_path / "refused", 1.0, kept=False, sentence="T = 1: and why.")
    assert unheard("predict", refused, *asked) == 0
    assert "as the networks give them (T = 1: and why.)" in capsys.readouterr().err
    assert unheard("predict", run, *asked, "--raw") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["calibration"] is None
    assert said.err == ""


def test_weights_alone_predict_raw_and_say_so(finished, tones, tmp_path, capsys):
    weights = next((finished / "weights").glob("dat*"))
    alone = shutil.copy(weights, tmp_path / "model.safetensors")
    recording = next((tones / "corpus").glob("*.wav"))
    assert unheard("predict", alone, recording) == 0
    said = capsys.readouterr()
    assert "no temperature of these models is known" in said.err
    assert unheard("predict", weights, recording, "--raw") == 0
    assert capsys.readouterr().out == said.out


def test_predict_asks_which_objective(finished, tones, capsys):
    assert unheard("predict", finished, next((tones / "corpus").glob("*.wav"))) == 2
    assert "--objective" in capsys.readouterr().err


def test_predict_sets_rubbish_aside_only_if_asked(finished, tones, tmp_path, capsys):
    bad = tmp_path / "bad.wav"
    bad.write_text("not audio")
    good = next((tones / "corpus").glob("*.wav"))
    assert unheard("predict", finished, bad, good, "--objective", "plain") == 2
    assert "bad.wav" in capsys.readouterr().err
    assert unheard("predict", finished, bad, good, "--objective", "plain", "--skip-bad") == 0
    said = capsys.readouterr()
    rows = list(csv.DictReader(said.out.splitlines()))
    assert [(row["file"], bool(row["emotion"]), bool(row["error"])) for row in rows] == [
        (str(bad), False, True),
        (str(good), True, False),
    ]
    assert "skipped" in said.err


def test_predict_on_rubbish_says_what_is_wrong_and_what_to_do(finished, tones, tmp_path, capsys):
    good = next((tones / "corpus").glob("*.wav"))
    weights = next((finished / "weights").glob("dat*"))
    (tmp_path / "half" / "weights").mkdir(parents=True)
    half = tmp_path / "half" / "weights" / weights.name
    half.write_bytes(weights.read_bytes()[:-50])
    text, empty, silent, folder = (tmp_path / name for name in ("notes.txt", "empty.wav", "silent.wav", "calls"))
    text.write_text("no model, no sound")
    empty.write_bytes(b"")
    soundfile.write(silent, np.zeros(0), 16_000)
    folder.mkdir()
    for run, recording, *said in (
        (folder, good, "calls", "no weights here"),
        (tmp_path / "half", good, weights.name, "not a model"),
        (text, good, "notes.txt", "not a model"),
        (finished / "result.json", good, "result.json", "not a model"),
        (weights, text, "notes.txt", "cannot be decoded"),
        (weights, empty, "empty.wav", "0 bytes"),
        (weights, silent, "silent.wav", "no samples"),
        (weights, folder, "calls", "no recording"),
        (weights, tmp_path / "none.wav", "none.wav", "no such file"),
    ):
        assert unheard("predict", run, recording) == 2
        error = capsys.readouterr().err
        assert all(part in error for part in said), error
        assert "Traceback" not in error


def test_skip_bad_lists_what_was_set_aside_and_loses_nothing_else(tmp_path, recipe):
    from unheard.testing.tones import write_tones

    table = write_tones(tmp_path / "own")
    (tmp_path / "own" / "s00-anger-0.wav").write_bytes(b"RIFF")
    change = ["--set", f"corpus.folder={table}", "--jobs", "1"]
    assert unheard("run", recipe, "--out", tmp_path / "stopped", *change) == 2
    assert unheard("run", recipe, "--out", tmp_path / "run", *change, "--skip-bad") == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert [item["file"] for item in result["corpus"]["skipped"]] == ["s00-anger-0.wav"]
    assert result["corpus"]["utterances"] == 53


def test_a_random_split_is_marked_as_inflated(recipe, tmp_path, capsys):
    run = tmp_path / "run"
    changes = ["--set", "split.name=random", "--set", "split.folds=2", "--set", "split.groups=2"]
    assert unheard("run", recipe, "--out", run, "--jobs", 1, *changes) == 2  # groups is no setting of random
    text = recipe.read_text().replace('name = "speaker_groups"\ngroups = 2', 'name = "random"\nfolds = 2')
    recipe.write_text(text)
    assert unheard("run", recipe, "--out", run, "--jobs", 1) == 0
    assert json.loads((run / "result.json").read_text())["split"]["inflated"]
    assert "INFLATED" in capsys.readouterr().err
    assert "inflated" in (run / "report.html").read_text().lower()


def test_audit_finds_a_speaker_in_two_folds(tones, tmp_path, capsys):
    table = tones / "corpus" / "tones.csv"
    with table.open() as stream:
        files = [row["file"] for row in csv.DictReader(stream)]
    clean, leaky = tmp_path / "clean.csv", tmp_path / "leaky.csv"
    clean.write_text("speaker,fold\n" + "".join(f"s{n:02d},{n % 2}\n" for n in range(6)))
    leaky.write_text("file,fold\n" + "".join(f"{name},{number % 2}\n" for number, name in enumerate(files)))
    assert unheard("audit", table, "--folds", clean) == 0
    assert unheard("audit", table, "--folds", leaky, "--format", "json") == 1
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["leaks"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "missing.toml", "--out", "x"], "missing.toml"),
        (["corpora", "ravdes"], "ravdess"),
        (["audit", "missing.csv"], "missing.csv"),
        (["compare", "nowhere"], "nowhere"),
        (["predict", "nowhere", "x.wav"], "nowhere"),
        (["audit", "ravdess", "--format", "xml"], "xml"),
    ],
)
def test_rubbish_gets_an_error_without_a_traceback(arguments, said, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNHEARD_CORPORA", raising=False)
    assert unheard(*arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_debug_shows_the_traceback(capsys):
    assert unheard("--debug", "corpora", "nothing") == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["demo", "corpora", "audit", "run", "sweep", "probe", "compare", "card", "predict"])
def test_help_has_examples(verb, capsys):
    assert unheard(verb, "--help") == 0
    assert "Examples" in capsys.readouterr().out


def test_a_run_that_could_not_begin_leaves_its_folder_free(recipe, tmp_path):
    lost = tmp_path / "lost.csv"
    lost.write_text("file,speaker,emotion\nx.wav,a,happy\n")
    run = tmp_path / "run"
    assert unheard("run", recipe, "--out", run, "--jobs", 1, "--set", f"corpus.folder={lost}") == 2
    assert unheard("run", recipe, "--out", run, "--jobs", 1, "--set", "training.epochs=1") == 0
