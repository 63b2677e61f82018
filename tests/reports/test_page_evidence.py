"""What lies beside a result is shown where it belongs to it, and named where it does not; never a traceback."""

import json
import re
from collections import defaultdict

import pytest
from markupsafe import escape

from reports.made_probes import made_probes, made_protocols, made_sweep
from reports.test_page import check, small
from schemas.changes import changed, leaves, nulled
from unheard.errors import RunError
from unheard.probing.probe_run import read_probes
from unheard.reports.documents.run_folder import Evidence, probes_are_of, read_evidence
from unheard.reports.figures.drawing import Drawing
from unheard.reports.pages.report import render, write_run_report
from unheard.results.files import write_record
from unheard.results.protocols import read_protocols
from unheard.results.provenance import training_digest
from unheard.schemas.result import Result
from unheard.sweeps.sweep import read_sweep

MADE = {"probes.json": made_probes, "sweep.json": made_sweep, "inflation.json": made_protocols}
READ = {"probes.json": read_probes, "sweep.json": read_sweep, "inflation.json": read_protocols}
FIELDS = {"probes.json": "probes", "sweep.json": "sweep", "inflation.json": "protocols"}


@pytest.fixture
def folder(result, tmp_path):
    """A run's folder with everything that may lie in it."""
    write_record(result, tmp_path / "result.json")
    for name, make in MADE.items():
        write_record(make(result), tmp_path / name)
    return tmp_path


def test_what_is_written_is_read_again(folder, result):
    found = read_evidence(folder, result)
    assert found == Evidence(made_probes(result), made_sweep(result), made_protocols(result))


def test_all_that_a_folder_holds_is_on_its_page(folder):
    page = write_run_report(folder).read_text(encoding="utf-8")
    checked = check(page)
    for name in ("probes", "protocols", "curve", "chosen", "points"):
        assert name in checked.ids
    assert "belongs to another state" not in page
    order = [
        page.index(f'id="{name}"') for name in ("good", "leaks", "distrust", "better", "probes", "curve", "confused")
    ]
    assert order == sorted(order)


def test_a_folder_with_a_result_alone_gives_the_page_of_the_result(result, tmp_path):
    write_record(result, tmp_path / "result.json")
    assert read_evidence(tmp_path, result) == Evidence()
    assert write_run_report(tmp_path).read_text(encoding="utf-8") == render(result)


@pytest.mark.parametrize("name", sorted(MADE))
@pytest.mark.parametrize(
    "text",
    [
        '{"schema_version": 2, "objec',
        "",
        "\xff\xfe",
        "[1, 2]",
        '{"schema": 1}',
        '{"schema_version": 1}',
        '{"schema_version": true}',
        '{"schema_version": 99}',
        '{"schema_version": 2}',
        '{"schema_version": 2, "objectives": [], "points": {}, "protocols": 3}',
        "[" * 100_000,
    ],
)
def test_a_broken_piece_is_left_out_and_named_among_the_cautions(folder, name, text):
    (folder / name).write_text(text, encoding="latin-1")
    page = write_run_report(folder).read_text(encoding="utf-8")
    check(page)
    distrust = page[page.index('id="distrust"') : page.index("</section>", page.index('id="distrust"'))]
    assert name in distrust
    assert "Until then it is not shown here" in distrust
    with pytest.raises(RunError, match=re.escape(name)):
        READ[name](folder / name)


@pytest.mark.parametrize("name", sorted(MADE))
def test_any_key_that_is_not_declared_is_refused_with_its_name(folder, name):
    document = json.loads((folder / name).read_text())
    del document["digest"]
    (folder / name).write_text(json.dumps(document | {"objektives": {}}))
    with pytest.raises(RunError, match=r"objektives|digest"):
        READ[name](folder / name)


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_piece_of_another_result_is_left_out_and_named(folder, result, name):
    other = result
    for label, own in result.objectives.items():
        other = changed(other, f"objectives.{label}.uar.mean", own.uar.mean + 0.01)
        other = changed(other, ("objectives", label, "per_fold", 0, "uar"), own.per_fold[0].uar + 0.01)
    write_record(MADE[name](other), folder / name)
    found = read_evidence(folder, result)
    assert getattr(found, FIELDS[name]) is None
    (caution,) = found.cautions
    assert caution.kind == "beside-not-shown"
    assert f"{name} belongs to another state" in caution.text


def test_probes_stay_with_their_trainings_when_a_run_is_resumed_or_extended(result):
    probes, whole = made_probes(result), result.model_dump()
    later = whole | {"created": "2031-01-01T00:00:00+00:00", "seeds": [0, 1, 2, 3]}
    later["objectives"] = dict(whole["objectives"], new=whole["objectives"]["cgt"])
    dat = whole["objectives"]["dat"]
    more = dat["per_fold"][0] | {"seed": 3, "uar": 0.1}
    later["objectives"]["dat"] = dat | {"per_fold": [*dat["per_fold"], more]}
    later = Result.model_validate(later)
    assert probes_are_of(probes, later)
    assert not probes_are_of(probes, changed(later, ("objectives", "dat", "per_fold", 0, "uar"), 0.123))
    assert not probes_are_of(changed(probes, "trainings", {}), later)


def test_what_the_digest_of_a_training_stands_on(result):
    digest = training_digest(result, "dat", [0])
    assert digest != training_digest(result, "dat", [0, 1])
    assert digest != training_digest(result, "cgt", [0])
    assert training_digest(result, "gone", [0]) is None
    assert training_digest(result, "dat", [7]) is None
    others = {"corpus.digest": "other", "split.digest.0": "other", "objectives.dat.settings": {"weight": 3}}
    for path, value in others.items():
        assert training_digest(changed(result, path, value), "dat", [0]) != digest
    assert training_digest(changed(result, "created", "other"), "dat", [0]) == digest


@pytest.mark.parametrize("name", sorted(MADE))
def test_no_null_anywhere_breaks_the_page_or_is_printed(result, name, monkeypatch):
    # Figures are asked by themselves, see test_figures: a page of them a value would take minutes.
    monkeypatch.setattr("unheard.reports.pages.report._drawn", lambda result: defaultdict(dict))
    monkeypatch.setattr("unheard.reports.pages.leakage.forest", lambda *about, **more: None)
    monkeypatch.setattr(Drawing, "__html__", lambda drawing: f"<svg>{escape(drawing.description)}</svg>")
    result = small(result)
    made = MADE[name](result)
    paths = [path for path in leaves(made.model_dump()) if nulled(made, path) is not None]
    assert len(paths) > 20
    for path in paths:
        page = render(result, Evidence(**{FIELDS[name]: nulled(made, path)}))
        assert page.rstrip().endswith("</html>"), path
        assert not re.search(r"\bnan\b|\binf\b|>None<|None ", page.split("<script>")[0]), path
