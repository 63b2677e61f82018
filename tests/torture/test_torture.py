"""The small version of `make torture`: a kill, a full disk, two writers; the result is that of a quiet run."""

import pytest

from cli.typed import unheard
from torture.bench import LIMITED, differences, kill, made_bench, wrecks


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A bench, and the run on it that nobody disturbed."""
    bench = made_bench(tmp_path_factory.mktemp("torture"), small=True)
    finish(bench, bench.folder / "quiet", bench.folder / "cache")
    return bench


def finish(bench, out, cache):
    """Run to the end in this process, which need not start first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNHEARD_CACHE", str(cache))
        assert unheard("run", bench.folder / "recipe.toml", "--out", out, "--jobs", 1) == 0


def test_a_killed_run_leaves_no_worker_and_ends_as_a_quiet_one(quiet, tmp_path):
    out = tmp_path / "run"
    found = kill(quiet.start(out, 2), 1.0, sign=out / "settings.toml")
    assert found.ran
    assert not found.left
    assert not wrecks(out)
    finish(quiet, out, quiet.folder / "cache")
    assert not differences(out, quiet.folder / "quiet")


def test_a_full_disk_is_said_leaves_nothing_half_and_costs_nothing(quiet, tmp_path):
    out = tmp_path / "run"
    found = quiet.finish(out, cache=tmp_path / "cache", code=LIMITED, before=[9_000])
    assert found.code == 2
    assert "error: the largest size of a file" in found.said
    assert str(tmp_path) in found.said
    assert "Traceback" not in found.said
    assert not wrecks(out)
    assert not list(tmp_path.rglob("*.part"))
    finish(quiet, out, tmp_path / "cache")
    assert not differences(out, quiet.folder / "quiet")


def test_two_runs_into_one_folder_and_one_empty_cache_end_as_one(quiet, tmp_path):
    both = [quiet.start(tmp_path / "run", 1, tmp_path / "cache") for _ in range(2)]
    for run in both:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    assert not differences(tmp_path / "run", quiet.folder / "quiet")
