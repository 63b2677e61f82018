"""`unheard probe`, typed as a user would: a run, tables, and rubbish."""

import json
import shutil

import numpy as np
import pytest

from cli.typed import made_run, unheard
from unheard.documents import sealed
from unheard.leakage.probe_kinds import KINDS
from unheard.probing.probe_run import read_probes
from unheard.testing.codes import make_codes


@pytest.fixture(scope="module")
def finished(tmp_path_factory, recipe_text):
    """A finished run, not to be changed."""
    return made_run(tmp_path_factory.mktemp("probed"), recipe_text)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of it to play with."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def table(tmp_path):
    """An .npz with a plain speaker code."""
    codes = make_codes(speakers=6, unseen=4, each=16, size=12, strength=2.0)
    part = np.where(codes.part == "train", "train", "test")
    np.savez(tmp_path / "codes.npz", embeddings=codes.embeddings, part=part, **codes.columns)
    return tmp_path / "codes.npz"


def finite(value):
    """Every number of a nested value is finite or None."""
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or np.isfinite(value)


def test_a_run_is_probed_beside_all_its_references(run, tmp_path, capsys):
    assert unheard("probe", run, "--jobs", 1, "--out", tmp_path / "all.json") == 0
    result = json.loads((run / "probes.json").read_text())
    assert result == json.loads((tmp_path / "all.json").read_text())
    assert read_probes(run / "probes.json").command.split()[0] == "unheard"
    assert (result["kind"], result["weight_zero"], result["notes"]) == ("run", "plain", [])
    assert set(result["objectives"]) == {"plain", "dat"}
    assert all(result["references"][name] for name in ("raw_features", "untrained", "emotion_code"))
    assert finite(result)
    for own in (*result["objectives"].values(), *result["references"].values()):
        for protocol in ("utterances", "sentences"):
            read = own["leakage"]["speaker"][protocol]
            assert read["best"]["mean"] == max(read["probes"][kind]["mean"] for kind in KINDS)
            assert read["best"]["jobs"] == 2
        assert own["erasure"]["uar_lost"]["mean"] == pytest.approx(
            own["erasure"]["uar_before"]["mean"] - own["erasure"]["uar_after"]["mean"]
        )
    said = capsys.readouterr().out
    assert "names the speaker of a new sentence in" in said
    assert "50 is full invariance" in said
    assert "luck" in said
    assert "…" not in said  # nothing is cut off at 80 columns
    page = (run / "report.html").read_text()
    assert "What leaks, in every way we know" in page
    assert result["sentences"][0].split(" in ")[0] in page


def test_without_its_corpus_a_run_is_probed_and_says_what_is_missing(run, tmp_path):
    settings = run / "settings.toml"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("folder")]
    settings.write_text(
        "\n".join([line.replace("[corpus]", f'[corpus]\nfolder = "{tmp_path}/gone.csv"') for line in lines])
    )
    assert unheard("probe", run, "--jobs", 1, "--objective", "plain") == 0
    result = json.loads((run / "probes.json").read_text())
    assert "gone.csv" in result["notes"][0]
    assert result["references"]["raw_features"] is None
    assert result["references"]["emotion_code"]["leakage"]["speaker"]["utterances"]["best"]["mean"] is not None
    assert set(result["objectives"]["plain"]["leakage"]["speaker"]) == {"utterances"}


def test_where_weight_zero_was_left_out_a_note_says_so(run):
    assert unheard("probe", run, "--jobs", 1, "--objective", "dat") == 0
    assert "'plain' was not probed" in json.loads((run / "probes.json").read_text())["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--objective", "dta"), "no objective 'dta'. It has: plain, dat"),
        (("--seeds", "7"), "no seed '7'"),
        (("--seeds", "some"), "first, all or numbers"),
        (("--out", "x.txt"), "does not end in .json"),
    ],
)
def test_what_a_run_does_not_have_is_an_error(finished, capsys, arguments, words):
    assert unheard("probe", finished, *arguments) == 2
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_run_without_groups_or_embeddings_says_what_to_do(run, capsys):
    file = next((run / "jobs" / "dat").glob("*/job.json"))
    text = file.read_text()
    document = json.loads(text)
    del document["groups"]
    file.write_text(json.dumps(sealed(document)))
    assert unheard("probe", run, "--jobs", 1) == 2
    assert "Remove that folder and give the same run again" in " ".join(capsys.readouterr().err.split())
    file.write_text(text)
    (file.parent / "embeddings.safetensors").write_bytes(b"rubbish")
    assert unheard("probe", run, "--jobs", 1, "--objective", "dat") == 2
    assert "embeddings.safetensors" in capsys.readouterr().err.replace("\n", "")


def test_a_table_is_probed(table, tmp_path, capsys):
    assert unheard("probe", table, "--jobs", 1, "--out", tmp_path / "found.json") == 0
    result = json.loads((tmp_path / "found.json").read_text())
    own = result["objectives"]["codes"]
    assert own["leakage"]["speaker"]["utterances"]["best"]["mean"] > 0.7
    assert own["verification"]["utterances"]["best"]["mean"] < 0.4
    assert result["references"]["raw_features"] is None
    assert "names the speaker of a new sentence" in capsys.readouterr().out


def test_tables_for_runs_and_runs_for_tables(table, capsys):
    assert unheard("probe", table, "--objective", "dat") == 2
    assert "--objective is for runs" in capsys.readouterr().err
