"""The evidence that a run leaves, typed as a user would: calibration, fairness, card, comparison to a file."""

import json

import pytest

from cli.typed import made_run, unheard
from unheard.documents import opened
from unheard.results.files import read_result
from unheard.schemas.comparison import ComparisonDocument


@pytest.fixture(scope="module")
def finished(tmp_path_factory, recipe_text):
    """A finished run of two seeds, not to be changed."""
    fast = ["--set", "leakage.measure=false", "--set", "seeds=[0,1]"]
    return made_run(tmp_path_factory.mktemp("evidence"), recipe_text, *fast)


def test_every_objective_has_its_calibration_and_fairness(finished):
    for own in read_result(finished).objectives.values():
        found = own.calibration
        assert len(found.fold_temperatures) == 2 * 2
        for scores in (found.before, found.after):
            assert 0 <= scores.ece.mean <= 1
            assert len(scores.ece.per_seed) == 2
            assert scores.accuracy_at_80.mean is not None
            assert sum(one.count for one in scores.reliability) > 0
        tails, gender = own.fairness.tails, own.fairness.groups["gender"]
        assert tails.worst <= own.uar.mean <= tails.best
        assert {name: row.uar for name, row in gender.scores.items()} == pytest.approx(own.gender)
        assert "language" not in own.fairness.groups


def test_the_card_and_the_page_say_what_the_temperature_is(finished):
    result = read_result(finished)
    card, page = ((finished / name).read_text() for name in ("model-card.md", "report.html"))
    for label, own in result.objectives.items():
        sentence = own.calibration.run_temperature.sentence
        assert f"- {label}: {sentence}" in card
        assert f"{label}: {sentence}" in page
    assert "for other corpora, languages or microphones no temperature was fitted" in " ".join(card.split())


def test_the_card_of_a_run_is_the_card_that_is_asked_for(finished, tmp_path, capsys):
    written = (finished / "model-card.md").read_text()
    assert unheard("card", finished) == 0
    assert capsys.readouterr().out == written
    assert unheard("card", finished, "--out", tmp_path / "deep" / "card.md") == 0
    assert (tmp_path / "deep" / "card.md").read_text() == written
    assert unheard("card", tmp_path) == 2
    assert "not a result" in capsys.readouterr().err


def test_a_comparison_goes_to_a_file_as_well(finished, tmp_path, capsys):
    assert unheard("compare", finished, "--json", tmp_path / "said.json", "--points", 5) == 0
    said = capsys.readouterr().out
    whole = ComparisonDocument.model_validate(opened(json.loads((tmp_path / "said.json").read_text())))
    (one,) = whole.comparisons
    assert one.sentence in said
    assert one.power.planned.sentence in said
    assert one.power.planned.difference == 0.05
    assert len(one.by_speaker) == one.speakers == 6
    assert one == read_result(finished).comparisons[0].model_copy(update={"power": one.power})


def test_one_seed_and_another_metric_can_be_asked_for(finished, capsys):
    assert unheard("compare", finished, "--seeds", 1, "--metric", "wa", "--format", "json") == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["metric"], row["seeds"]) == ("wa", 1)


@pytest.mark.parametrize("wrong", [["--seeds", "one"], ["--metric", "ccc"], ["--format", "xml"], ["--seeds", "9"]])
def test_what_cannot_be_compared_is_said(finished, wrong, capsys):
    assert unheard("compare", finished, *wrong) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("verb", ["card", "compare"])
def test_help_has_examples(verb, capsys):
    assert unheard(verb, "--help") == 0
    assert "Examples" in capsys.readouterr().out
