"""What lies beside a result is shown where it belongs to it, and named where it does not; never a traceback."""

import copy
import re
from collections import defaultdict

import pytest
from markupsafe import escape

from reports.made_probes import made_inflation, made_probes, made_sweep
from reports.test_page import branches, check, small, without
from unheard.errors import RunError
from unheard.files import write_document
from unheard.reports.documents.run_folder import Evidence, belongs, read_evidence, read_piece
from unheard.reports.figures.drawing import Drawing
from unheard.reports.pages.report import render, write_run_report
from unheard.results.provenance import training_digest

MADE = {"probes.json": made_probes, "sweep.json": made_sweep, "inflation.json": made_inflation}


@pytest.fixture
def folder(result, tmp_path):
    """A run's folder with everything that may lie in it."""
    write_document(result, tmp_path / "result.json")
    for name, make in MADE.items():
        write_document(make(result), tmp_path / name)
    return tmp_path


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
    write_document(result, tmp_path / "result.json")
    assert read_evidence(tmp_path, result) == Evidence()
    assert write_run_report(tmp_path).read_text(encoding="utf-8") == render(result)


@pytest.mark.parametrize("name", sorted(MADE))
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": 1, "objec', "cannot be read"),
        ("", "cannot be read"),
        ("\xff\xfe", "not of schema 1|cannot be read"),
        ("[1, 2]", "not of schema 1"),
        ('{"schema": 99}', "not of schema 1"),
        ('{"schema": 1}', "is missing or damaged"),
        ('{"schema": 1, "objectives": [], "points": {}, "protocols": 3}', "is missing or damaged"),
        ('{"schema": 1, "objectives": {"dat": 3}, "points": [3], "protocols": {"own": 1}}', "is missing or damaged"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_broken_piece_is_left_out_and_named_among_the_cautions(folder, name, text, said):
    (folder / name).write_text(text, encoding="latin-1")
    page = write_run_report(folder).read_text(encoding="utf-8")
    check(page)
    distrust = page[page.index('id="distrust"') : page.index("</section>", page.index('id="distrust"'))]
    assert name in distrust
    assert re.search(f"{said}|no digest", distrust)
    with pytest.raises(RunError, match=re.escape(name)):
        read_piece(folder / name, {"objectives": dict, "points": list})


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_piece_of_another_result_is_left_out_and_named(folder, result, name):
    other = copy.deepcopy(result)
    for own in other["objectives"].values():
        own["uar"]["mean"] += 0.01
        for row in own["per_fold"]:
            row["uar"] += 0.01
    write_document(MADE[name](other), folder / name)
    found = read_evidence(folder, result)
    assert not getattr(found, name.removesuffix(".json"))
    assert len(found.cautions) == 1
    assert f"{name} belongs to another state" in found.cautions[0]


def test_probes_stay_with_their_trainings_when_a_run_is_resumed_or_extended(result):
    probes = made_probes(result)
    later = copy.deepcopy(result) | {"created": "2031-01-01T00:00:00+00:00", "seeds": [0, 1, 2, 3]}
    later["objectives"]["new"] = later["objectives"]["cgt"]
    later["objectives"]["dat"]["per_fold"].append({"fold": "0", "seed": 3, "uar": 0.1, "wa": 0.1})
    assert belongs(probes, later)
    later["objectives"]["dat"]["per_fold"][0]["uar"] += 1e-3
    assert not belongs(probes, later)


def test_what_the_digest_of_a_training_stands_on(result):
    digest = training_digest(result, "dat", [0])
    assert digest != training_digest(result, "dat", [0, 1])
    assert digest != training_digest(result, "cgt", [0])
    assert training_digest(result, "gone", [0]) is None
    assert training_digest(result, "dat", [7]) is None
    for path in (("corpus", "digest"), ("split", "digest", "0"), ("objectives", "dat", "settings")):
        assert training_digest(without(result, path, "other"), "dat", [0]) != digest
    assert training_digest(without(result, ("created",), "other"), "dat", [0]) == digest


def test_probes_of_an_older_version_are_believed_where_they_are_younger_and_of_the_same_folds(result):
    probes = made_probes(result)
    del probes["trainings"]
    assert belongs(probes, result)
    for key, value in (
        ("created", "2020-01-01"),
        ("folds", ["0", "1"]),
        ("seeds", [9]),
        ("objectives", {"gone": {}}),
    ):
        assert not belongs(probes | {key: value}, result)


@pytest.mark.parametrize("piece", ["probes", "inflation", "sweep"])
def test_no_null_nan_or_strange_value_anywhere_breaks_the_page_or_is_printed(result, piece, monkeypatch):
    # Figures are asked by themselves, see test_figures: a page of them a value would take minutes.
    monkeypatch.setattr("unheard.reports.pages.report._drawn", lambda result: defaultdict(dict))
    monkeypatch.setattr("unheard.reports.pages.leakage.forest", lambda *about, **more: None)
    monkeypatch.setattr(Drawing, "__html__", lambda drawing: f"<svg>{escape(drawing.description)}</svg>")
    result = small(result)
    made = MADE[f"{piece}.json"](result)
    if piece == "probes":
        made["references"] = {"raw_features": made["references"]["raw_features"]}
    shown = {"result": {key: result[key] for key in ("name", "classes", "split", "seeds")}}
    least = shown["result"] | {
        "objectives": {"dat": {key: result["objectives"]["dat"][key] for key in ("uar", "leakage")}}
    }
    whole = {("schema",), ("objectives",), ("references",), ("protocols",), ("differences",), ("points",)}
    paths = [path for path in branches(made) if path not in whole]
    assert len(paths) > 30
    for number, path in enumerate(paths):
        # A row that is no table is refused when the file is read.
        values = [None, float("nan"), "strange", {}] if len(path) > 2 else [None]
        value = values[number % len(values)]
        if piece == "sweep" and value is not None:
            continue
        page = render(least, Evidence(**{piece: without(made, path, value)}))
        assert page.rstrip().endswith("</html>"), path
        assert not re.search(r"\bnan\b|\binf\b|>None<|None ", page.split("<script>")[0]), path
