"""What to distrust: each rule speaks when its figure is there, and only then."""

import copy

import pytest

from unheard.reports.findings.cautions import Caution, cautions


def texts(result):
    return [caution.text for caution in cautions(result)]


def changed(result, path, value):
    """The result with one value put elsewhere; the path's keys are joined by dots."""
    other = copy.deepcopy(result)
    *way, last = path.split(".")
    place = other
    for key in way:
        place = place[key]
    place[last] = value
    return other


CASES = [
    ("objectives.plain.calibration", {"before": {"ece": {"mean": 0.2}}}, "off by more than a tenth"),
    ("objectives.dat.fairness.speakers.p", 0.01, "beyond luck: dat"),
    ("split.inflated", True, "INFLATED"),
    ("split.selection", "oracle", "ceiling"),
    ("split.disjoint", ["speaker"], "test sentences"),
    ("confound.emotion_speaker_bits", 1.4, "depend on each other"),
    ("confound.level_only_uar", 0.4, "Loudness alone"),
    ("confound.length_only_uar", 0.4, "Length alone"),
    ("references.raw_features.uar", {"mean": 0.99}, "Not above it: plain"),
    ("corpus.speakers", 9, "Only 9 speakers"),
    ("corpus.speakers", 1, "Only 1 speaker:"),
    ("seeds", [0], "1 seed:"),
    ("seeds", None, "No seeds are listed:"),
    ("objectives.plain.uar.interval", [0.4, 0.7], "wide: plain 30 points"),
    ("objectives.plain.uar.interval", [0.1, 0.2], "better than guessing"),
    ("objectives.dat.recall", {"anger": 0.9, "fear": 0.01}, "dat hardly ever hears fear (0.01)"),
    ("objectives.plain.per_fold", [{"absent": ["fear", "calm"]}], "no calm, fear"),
    ("objectives.plain.leakage.best.mean", 0.95, "as well as from the raw features: plain 95 %"),
    ("objectives.cgt.leakage", {}, "Not measured"),
    ("objectives.dat.curves", [{"speaker_accuracy": [0.5, 0.01]}], "below chance (dat)"),
    ("objectives.plain.worst_speaker", {"speaker": "x", "uar": 0.1}, "worst speaker gets far less"),
    ("objectives.plain.gender", {"f": 0.7, "m": 0.5}, "Women and men"),
    ("comparisons", [{"shown": False}], "The comparison does not show"),
    ("comparisons", [{"shown": False}] * 3, "All 3 comparisons do not show"),
    ("warnings", ["2 recordings were set aside."], "2 recordings were set aside."),
]


@pytest.mark.parametrize(("path", "value", "said"), CASES, ids=[f"{path}={value}"[:50] for path, value, _ in CASES])
def test_a_rule_speaks_when_its_figure_is_there_and_only_then(result, path, value, said):
    assert not any(said in text for text in texts(result))
    assert any(said in text for text in texts(changed(result, path, value)))


def test_what_stays_true_of_a_leaking_embedding_and_of_cgt_is_said(result):
    found = texts(result)
    assert any("still names the speaker: plain 60 %, dat 45 %, cgt 30 %" in text for text in found)
    assert any("removes nothing" in text and "(cgt)" in text for text in found)
    assert len(found) == 2


def test_a_lonely_objective_at_chance_level_leakage_is_left_alone(result):
    other = changed(result, "objectives", {"plain": result["objectives"]["plain"]})
    assert texts(changed(other, "objectives.plain.leakage.best.mean", 0.1)) == []


def test_what_the_run_itself_warned_of_is_not_said_twice(result):
    warned = "Emotion and speaker depend on each other here (1.40 of 2.58 bits)."
    other = changed(changed(result, "confound.emotion_speaker_bits", 1.4), "warnings", [warned])
    assert sum("depend on each other" in text for text in texts(other)) == 1
    other = changed(changed(result, "split.inflated", True), "warnings", ["INFLATED: shared speakers."])
    assert sum("INFLATED" in text for text in texts(other)) == 1


def test_the_grave_ones_come_first(result):
    found = cautions(changed(result, "objectives.cgt.uar.interval", [0.1, 0.6]))
    assert found[0].grave
    assert isinstance(found[0], Caution)
    assert not found[-1].grave


FOOLED = "The adversary ended below chance"


@pytest.mark.parametrize(
    ("settings", "curve", "said"),
    [
        ({"weight": -1.0}, {"speaker_accuracy": [0.5, 0.01], "weight": [0.0, -1.0]}, True),
        ({"weight": -1.0}, {"speaker_accuracy": [0.5, 0.01]}, True),
        ({}, {"speaker_accuracy": [0.5, 0.01], "weight": [0.0, -0.4]}, True),
        ({"weight": -1.0, "form": "confusion"}, {"speaker_accuracy": [0.5, 0.01], "weight": [0.0, -1.0]}, False),
        ({"weight": 1.0}, {"speaker_accuracy": [0.5, 0.01], "weight": [0.0, 1.0]}, False),
        ({}, {"speaker_accuracy": [0.5, 0.01]}, False),
        ({"weight": -1.0}, {"emotion_accuracy": [0.5, 0.01]}, False),
        ({"weight": -1.0}, {"speaker_accuracy": [0.5, 0.3], "gender_accuracy": [0.5, 0.3]}, True),
        ({"weight": -1.0}, {"language_accuracy": [0.5, 0.3]}, True),
        ({"weight": -1.0}, {"dialect_accuracy": [0.5, 0.0]}, False),
    ],
)
@pytest.mark.parametrize("name", ["dat", "speaker_normalization", "a plug-in of somebody's"])
def test_an_adversary_is_known_by_what_was_logged_and_not_by_its_name(result, name, settings, curve, said):
    own = {"name": name, "settings": settings, "curves": [curve]}
    objectives = {label: result["objectives"][label] | own for label in ("plain",)}
    assert any(FOOLED in text for text in texts(result | {"objectives": objectives})) is said


def test_an_adversary_below_chance_is_only_a_symptom_where_it_is_reversed(result):
    other = changed(result, "objectives.dat.curves", [{"speaker_accuracy": [0.5, 0.01]}])
    other["objectives"]["dat"]["settings"]["weight"] = 0.0
    assert not any("below chance" in text for text in texts(other))


def test_a_gap_between_women_and_men_that_is_not_shown_is_not_claimed(result):
    for own in result["objectives"].values():
        own["gender"] = {"f": 0.7, "m": 0.5}
    gap = {"better": "f", "worse": "m", "difference": 0.2, "interval": [-0.05, 0.45]}
    result["objectives"]["plain"]["fairness"]["groups"]["gender"]["gap"] = gap
    shown = gap | {"interval": [0.05, 0.35]}
    result["objectives"]["dat"]["fairness"]["groups"]["gender"]["gap"] = shown
    said = [caution.text for caution in cautions(result)]
    (claimed,) = [text for text in said if "not heard equally well" in text and "Women" in text]
    (open_,) = [text for text in said if "differ by more than a tenth here" in text]
    assert "dat 0.70" in claimed
    assert "plain" not in claimed
    assert "plain 0.70" in open_
