"""Calibration and fairness on the page: what is known is there, what is not is left out."""

import copy

from unheard.reports.findings.calibration import calibration_rows, group_rows
from unheard.reports.pages.report import render


def without(result, key):
    other = copy.deepcopy(result)
    for own in other["objectives"].values():
        own.pop(key)
    return other


def test_rows_are_those_of_what_is_known(result):
    assert [row["label"] for row in calibration_rows(result)] == ["plain", "dat", "cgt"]
    assert [(row["group"], row["speakers"]) for row in group_rows(result)][:2] == [("f", 6), ("m", 6)]
    bare = without(without(result, "calibration"), "fairness")
    assert calibration_rows(bare) == []
    assert group_rows(bare) == []
    assert "whom it fails" not in render(bare)
    assert "whom it fails" in render(result)


def test_half_of_it_is_no_error(result):
    assert "whom it fails" in render(without(result, "fairness"))
    assert "whom it fails" in render(without(result, "calibration"))
