"""Calibration and fairness on the page: what is known is drawn, what is not is left out."""

import copy
import re

from unheard.reports.figures.reliability import abstention, group_rows, reliability, trust_rows
from unheard.reports.pages.report import render


def without(result, key):
    other = copy.deepcopy(result)
    for own in other["objectives"].values():
        own.pop(key)
    return other


def test_a_disc_a_bin_that_has_answers_and_a_line_for_the_temperature(result):
    drawn = reliability(result, "plain")
    assert drawn.count("<circle") == 14
    assert drawn.count('class="thick"') == 1
    result["objectives"]["plain"]["calibration"]["after"] = None
    assert 'class="thick"' not in reliability(result, "plain")


def test_a_perfectly_calibrated_bin_lies_on_the_diagonal(result):
    rows = [{"confidence": 0.25, "accuracy": 0.25, "count": 5}, {"confidence": 1.0, "accuracy": 1.0, "count": 5}]
    result["objectives"]["plain"]["calibration"]["before"]["reliability"] = rows
    drawn = reliability(result, "plain")
    ends = re.search(r'class="reference" points="([\d.]+),([\d.]+) ([\d.]+),([\d.]+)"', drawn).groups()
    left, bottom, right, top = map(float, ends)
    for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn):
        across, up = (float(x) - left) / (right - left), (bottom - float(y)) / (bottom - top)
        assert abs(across - up) < 0.01


def test_abstention_is_drawn_for_each_objective_that_has_it(result):
    assert abstention(result).count('class="thick"') == 3
    assert abstention(without(result, "calibration")) == ""


def test_rows_are_those_of_what_is_known(result):
    assert [row["label"] for row in trust_rows(result)] == ["plain", "dat", "cgt"]
    assert [(row["group"], row["speakers"]) for row in group_rows(result)][:2] == [("f", 6), ("m", 6)]
    bare = without(without(result, "calibration"), "fairness")
    assert trust_rows(bare) == []
    assert group_rows(bare) == []
    assert "whom it fails" not in render(bare)
    assert "whom it fails" in render(result)


def test_half_of_it_is_no_error(result):
    assert "whom it fails" in render(without(result, "fairness"))
    assert "whom it fails" in render(without(result, "calibration"))
