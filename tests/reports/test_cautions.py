"""What to distrust: each rule speaks when its figure is there, and only then."""

from typing import get_args

import pytest

from schemas.changes import changed
from unheard.reports.findings.cautions import cautions
from unheard.results.cautions import DEPENDENT, dependence_caution
from unheard.schemas.caution import Caution, CautionKind
from unheard.schemas.corpus import Confound


def texts(result):
    return [caution.text for caution in cautions(result)]


def kinds(result):
    return [caution.kind for caution in cautions(result)]


def logged(columns):
    return [{"fold": "0", "seed": 0, "logged": columns}]


def scores(mean):
    return {"mean": mean, "std": None, "per_seed": [mean]}


def fold(absent):
    row = {"fold": "0", "seed": 0, "uar": 0.5, "wa": 0.5, "best_epoch": 1, "epochs": 1, "seconds": 1.0}
    return row | {"absent": absent}


def comparison(result):
    return result.comparisons[0].model_dump() | {"shown": False}


CASES = [
    ("objectives.dat.fairness.tails.p", 0.01, "beyond luck: dat"),
    ("split.selection", "oracle", "ceiling"),
    ("split.disjoint", ["speaker"], "test sentences"),
    ("confound.level_only_uar", 0.4, "Loudness alone"),
    ("confound.length_only_uar", 0.4, "Length alone"),
    ("references.raw_features.uar", scores(0.99) | {"interval": None}, "Not above it: plain"),
    ("corpus.speakers", 9, "Only 9 speakers"),
    ("corpus.speakers", 1, "Only 1 speaker:"),
    ("seeds", [0], "1 seed:"),
    ("objectives.plain.uar.interval", [0.4, 0.7], "wide: plain 30 points"),
    ("objectives.plain.uar.interval", [0.1, 0.2], "better than guessing"),
    ("objectives.dat.recall", {"anger": 0.9, "fear": 0.01}, "dat hardly ever hears fear (0.01)"),
    ("objectives.plain.per_fold", [fold(["fear", "calm"])], "no calm, fear"),
    ("objectives.plain.leakage.best.mean", 0.95, "as well as from the raw features: plain 95 %"),
    ("objectives.cgt.leakage", None, "Not measured"),
    ("objectives.dat.curves", logged({"speaker_accuracy": [0.5, 0.01]}), "below chance (dat)"),
    ("objectives.plain.worst_speaker", {"speaker": "x", "uar": 0.1}, "worst speaker gets far less"),
    ("objectives.plain.gender", {"f": 0.7, "m": 0.5}, "Women and men"),
    (
        "cautions",
        [{"kind": "skipped-recordings", "text": "2 recordings were set aside."}],
        "2 recordings were set aside.",
    ),
]


@pytest.mark.parametrize(("path", "value", "said"), CASES, ids=[f"{path}={value}"[:50] for path, value, _ in CASES])
def test_a_rule_speaks_when_its_figure_is_there_and_only_then(result, path, value, said):
    assert not any(said in text for text in texts(result))
    assert any(said in text for text in texts(changed(result, path, value)))


def test_probabilities_are_distrusted_where_no_temperature_mends_them(result):
    raw = changed(result, "objectives.plain.calibration.before.ece", scores(0.2))
    assert "uncalibrated" not in kinds(raw)
    assert any(
        "off by more than a tenth" in text for text in texts(changed(raw, "objectives.plain.calibration.after", None))
    )


def test_what_stays_true_of_a_leaking_embedding_and_of_cgt_is_said(result):
    found = texts(result)
    assert any("still names the speaker: plain 60 %, dat 45 %, cgt 30 %" in text for text in found)
    assert any("removes nothing" in text and "(cgt)" in text for text in found)
    assert len(found) == 2


@pytest.mark.parametrize(("count", "words"), [(1, "The comparison does"), (3, "All 3 comparisons do")])
def test_objectives_that_no_comparison_tells_apart_are_not_ranked(result, count, words):
    none = changed(result, "comparisons", [comparison(result)] * count)
    assert any(text.startswith(f"{words} not show") for text in texts(none))
    some = changed(result, "comparisons", [comparison(result), result.comparisons[0].model_dump()])
    assert "no-difference-shown" not in kinds(some)


def test_a_lonely_objective_at_chance_level_leakage_is_left_alone(result):
    other = changed(result, "objectives", {"plain": result.objectives["plain"].model_dump()})
    assert texts(changed(other, "objectives.plain.leakage.best.mean", 0.1)) == []


def test_what_the_run_itself_knew_is_said_once_and_as_it_said_it(result):
    known = [{"kind": "inflated", "text": "shared speakers."}, {"kind": "adaptive", "text": "adapted."}]
    found = cautions(changed(changed(result, "split.inflated", True), "cautions", known))
    assert [one.text for one in found if one.kind in ("inflated", "adaptive")] == ["shared speakers.", "adapted."]
    assert found[0].kind == "inflated"


def test_every_caution_has_a_kind_of_the_list(result):
    found = cautions(changed(result, "corpus.speakers", 2))
    assert {one.kind for one in found} <= set(get_args(CautionKind))
    assert len({one.kind for one in found}) == len(found)


@pytest.mark.parametrize(("beyond", "said"), [(DEPENDENT - 0.01, False), (DEPENDENT + 0.01, True)])
def test_emotion_and_speaker_are_called_dependent_beyond_one_threshold(beyond, said):
    made = Confound(
        emotion_bits=2.0, emotion_speaker_bits=0.1 + 2.0 * beyond, chance_bits=0.1, speaker_lookup_uar=0.3
    )
    found = dependence_caution(made)
    assert [one.kind for one in found] == ["emotion-depends-on-speaker"] * said
    assert all("UAR of 0.30" in one.text for one in found)


def test_nothing_depends_on_a_speaker_who_is_not_known():
    made = Confound(emotion_bits=2.0, emotion_speaker_bits=None, chance_bits=None, speaker_lookup_uar=None)
    assert dependence_caution(made) == []


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
    own = {"name": name, "settings": settings, "curves": logged(curve)}
    objectives = {"plain": result.objectives["plain"].model_dump() | own}
    assert any(FOOLED in text for text in texts(changed(result, "objectives", objectives))) is said


def test_an_adversary_below_chance_is_only_a_symptom_where_it_is_reversed(result):
    other = changed(result, "objectives.dat.curves", logged({"speaker_accuracy": [0.5, 0.01]}))
    other = changed(other, "objectives.dat.settings.weight", 0.0)
    assert not any("below chance" in text for text in texts(other))


def test_a_gap_between_women_and_men_that_is_not_shown_is_not_claimed(result):
    for label in result.objectives:
        result = changed(result, f"objectives.{label}.gender", {"f": 0.7, "m": 0.5})
    gap = {"better": "f", "worse": "m", "difference": 0.2}
    for label, ends in (("plain", [-0.05, 0.45]), ("dat", [0.05, 0.35])):
        result = changed(result, f"objectives.{label}.fairness.groups.gender.gap", gap | {"interval": ends})
    said = [caution.text for caution in cautions(result)]
    (claimed,) = [text for text in said if "not heard equally well" in text and "Women" in text]
    (open_,) = [text for text in said if "differ by more than a tenth here" in text]
    assert "dat 0.70" in claimed
    assert "plain" not in claimed
    assert "plain 0.70" in open_
