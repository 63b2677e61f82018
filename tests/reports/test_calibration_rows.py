"""Calibration and fairness on the page: what is known is there, what is not is left out."""

from schemas.changes import changed
from unheard.reports.findings.calibration import calibration_rows, few_emotions, group_rows, temperature_sentences
from unheard.reports.pages.report import render


def without(result, *keys):
    for label in result.objectives:
        for key in keys:
            result = changed(result, f"objectives.{label}.{key}", None)
    return result


def test_rows_are_those_of_what_is_known(result):
    assert [row.label for row in calibration_rows(result)] == ["plain", "dat", "cgt"]
    assert [(row.group, row.scores.speakers) for row in group_rows(result)][:2] == [("f", 6), ("m", 6)]
    bare = without(result, "calibration", "fairness")
    assert calibration_rows(bare) == []
    assert group_rows(bare) == []
    assert temperature_sentences(bare) == []
    assert "whom it fails" not in render(bare)
    assert "whom it fails" in render(result)


def test_half_of_it_is_no_error(result):
    assert "whom it fails" in render(without(result, "fairness"))
    assert "whom it fails" in render(without(result, "calibration"))


def test_each_temperature_is_said_with_its_objective(result):
    said = temperature_sentences(result)
    assert said[0] == "plain: T = 1.40, fitted on 8 speakers."
    assert len(said) == 3


def test_speakers_with_few_emotions_are_counted_once_over_all_objectives(result):
    assert few_emotions(result) is None
    one = few_emotions(changed(result, "objectives.dat.worst_speaker.left_out", 1))
    assert one.startswith("1 of 12 test speakers has no more than half")
    two = few_emotions(changed(result, "objectives.dat.worst_speaker.left_out", 2))
    assert two.startswith("2 of 12 test speakers have")
