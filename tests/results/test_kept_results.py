"""What is kept in docs/results are documents as any other: each is read by its reader, and holds what tables need."""

import runpy
from pathlib import Path

import pytest

from reports.conftest import made_result
from reports.made_probes import made_probes
from unheard.probing.probe_run import read_probes
from unheard.reports.pages.model_card import render_card
from unheard.results.files import read_result
from unheard.results.protocols import OWN, read_protocols
from unheard.schemas.result import Result
from unheard.sweeps.sweep import read_sweep

KEPT = Path(__file__).parents[2] / "docs" / "results"
MEASURED = {"costs.json", "tu2019-leakage.json", "upstream-costs.json"}
"""Figures of benchmarks and tables of their own, which are no documents of a run."""
RESULTS = sorted(file for file in KEPT.glob("*.json") if file.name.count(".") == 1 and file.name not in MEASURED)


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.stem)
def test_a_kept_result_is_read_and_has_a_card(file):
    result = read_result(file)
    assert result.command is None
    assert not result.maps
    assert result.split.fold_count > 1
    assert result.objectives["plain"].uar.mean > result.chance
    assert render_card(result).startswith("# Model card:")


@pytest.mark.parametrize("file", sorted(KEPT.glob("*.sweep.json")), ids=lambda file: file.stem)
def test_a_kept_sweep_is_read(file):
    sweep = read_sweep(file)
    assert sweep.chosen in {point.point for point in sweep.points}
    assert all(point.uar is not None and point.uar.interval is not None for point in sweep.points)


@pytest.mark.parametrize("file", sorted(KEPT.glob("*.inflation.json")), ids=lambda file: file.stem)
def test_a_kept_comparison_of_protocols_is_read(file):
    found = read_protocols(file)
    assert OWN in found.protocols
    assert all(OWN in scores for scores in found.objectives.values())
    assert {one.protocol for one in found.differences} <= set(found.protocols)


def test_what_is_kept_of_a_run_is_a_document_without_what_only_a_report_shows(tmp_path):
    keep = runpy.run_path(str(KEPT.parents[1] / "scripts" / "keep_result.py"))
    whole = Result.model_validate(made_result() | {"settings_text": 'name = "made"\nfolder = "/home/me"\n'})
    keep["write"](keep["kept_result"](whole), tmp_path / "made.json")
    kept = read_result(tmp_path / "made.json")
    assert (kept.command, kept.maps, kept.split.folds, kept.corpus.duplicates) == (None, {}, [], [])
    assert kept.settings_text == 'name = "made"'
    assert kept.corpus.duplicate_count == whole.corpus.duplicate_count
    for label, own in kept.objectives.items():
        assert (own.curves, own.per_fold, own.calibration.fold_temperatures) == ([], [], [])
        assert own.uar.mean == round(whole.objectives[label].uar.mean, 5)
    keep["write"](keep["kept_probes"](made_probes(whole)), tmp_path / "made.probes.json")
    probes = read_probes(tmp_path / "made.probes.json")
    assert list(probes.objectives["dat"].leakage["speaker"]["sentences"].probes) == ["linear"]
    assert (probes.source, probes.objectives["dat"].erasure.speaker_after) == (None, None)
