"""The figures of a report: true to the numbers, readable, in their frame, and there whatever is not known."""

import copy
import itertools
import re

import numpy as np
import pytest

from reports.conftest import made_nasty, made_result
from reports.drawn import crossings, outside, page_svg, tips, words
from schemas.changes import leaves
from unheard.reports.figures.area import as_numbers, round_values
from unheard.reports.figures.bar_chart import NamedShare, bar_chart
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.embedding_map import embedding_map
from unheard.reports.figures.labels import Box, apart, best_places
from unheard.reports.figures.reliability import reliability_diagram, risk_coverage_curves
from unheard.reports.figures.scores import confusion_matrix, differences, speaker_bars, uar_gauge
from unheard.reports.figures.style import hue
from unheard.reports.figures.training_curves import CURVES, mean_over, training_curve
from unheard.reports.figures.uar_and_leakage import uar_and_leakage


@pytest.fixture
def result():
    """The made result as plain values, which figures read."""
    return made_result()


@pytest.fixture
def nasty():
    """The same with names that are markup."""
    return made_nasty()


def without(result, path, value):
    """The result with another value at a path."""
    other = copy.deepcopy(result)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return other


def small(result):
    """One objective and a map of two points: every kind of value once."""
    own = result["objectives"]["dat"]
    curves = [
        one | {"logged": {key: column[:3] for key, column in one["logged"].items()}} for one in own["curves"][:2]
    ]
    points = {key: column[:2] for key, column in result["maps"]["dat"].items()}
    return result | {"objectives": {"dat": own | {"curves": curves}}, "maps": {"dat": points}}


def of_emotions(result, label):
    return embedding_map(result, label, "emotion")


def of_speakers(result, label):
    return embedding_map(result, label, "speaker")


OF_AN_OBJECTIVE = (uar_gauge, confusion_matrix, speaker_bars, reliability_diagram, of_emotions, of_speakers)
OF_ALL = (uar_and_leakage, differences, risk_coverage_curves)


def drawings(result, objectives=2):
    """Every figure of a result, by its name."""
    found = {draw.__name__: draw(result) for draw in OF_ALL}
    found |= {key: training_curve(result, key) for key in CURVES}
    for label in list(result["objectives"])[:objectives]:
        found |= {f"{draw.__name__} {label}": draw(result, label) for draw in OF_AN_OBJECTIVE}
    return found


def test_round_values_lie_inside():
    assert round_values((0.0, 1.0)) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(3 <= value <= 17 for value in round_values((3, 17)))
    assert round_values((1.0, 3.0), whole=True) == [1.0, 2.0, 3.0]
    assert as_numbers([-0.05, 0.0, 0.05]) == ["\u22120.05", "0.00", "0.05"]


@pytest.mark.parametrize("places", [[], [5.0], [5.0, 5.0, 5.0], [90.0, 10.0, 12.0, 30.0, 24.0]])
def test_names_are_moved_apart_in_their_order(places):
    moved = apart(places, 14.0)
    order = sorted(range(len(places)), key=places.__getitem__)
    assert all(moved[b] - moved[a] >= 14 - 1e-9 for a, b in itertools.pairwise(order))
    assert sum(moved) == pytest.approx(sum(places))


def test_a_name_takes_the_first_place_that_covers_nothing():
    frame, free, taken = Box(0, 0, 100, 100), Box(20, 20, 30, 30), Box(10, 10, 15, 15)
    assert best_places([[taken, free]], [taken], frame) == [1]
    assert best_places([[free, taken], [free, taken]], [], frame) == [0, 1]
    assert best_places([[Box(95, 0, 105, 5), taken]], [taken], frame) == [1]


@pytest.mark.parametrize("kind", ["result", "nasty"])
def test_every_figure_is_drawn_and_says_itself_in_words(kind, request):
    found = drawings(request.getfixturevalue(kind))
    assert len(found) == 3 + len(CURVES) + 12
    for name, drawing in found.items():
        assert isinstance(drawing, Drawing), name
        assert drawing.title
        assert re.search(r"\d", drawing.description), name
        root = page_svg(drawing)
        assert root[0].text
        assert root[1].text


@pytest.mark.parametrize("kind", ["result", "nasty"])
def test_no_text_is_cut_off(kind, request):
    for name, drawing in drawings(request.getfixturevalue(kind)).items():
        assert not outside(drawing), name


def test_no_text_covers_another(result):
    for name, drawing in drawings(result, 3).items():
        assert not crossings(drawing), name


def test_figures_of_one_result_are_the_same_bytes(result):
    first, second = drawings(result), drawings(copy.deepcopy(result))
    assert {name: one.__html__() for name, one in first.items()} == {
        name: one.__html__() for name, one in second.items()
    }


def test_without_its_numbers_there_is_no_figure(result):
    for own in result["objectives"].values():
        own.update(dict.fromkeys(("uar", "confusion", "speakers", "calibration", "curves", "leakage")))
    result |= {"maps": {}, "comparisons": []}
    assert set(drawings(result).values()) == {None}


def curves(result):
    return [drawing for key in CURVES if (drawing := training_curve(result, key))]


READERS = {
    "uar": (uar_gauge, lambda result, label: uar_and_leakage(result)),
    "confusion": (confusion_matrix,),
    "recall": (confusion_matrix,),
    "speakers": (speaker_bars,),
    "curves": (lambda result, label: curves(result),),
    "leakage": (lambda result, label: uar_and_leakage(result),),
    "calibration": (reliability_diagram, lambda result, label: risk_coverage_curves(result)),
    "maps": (of_emotions, of_speakers),
    "comparisons": (lambda result, label: differences(result),),
    "references": (lambda result, label: uar_and_leakage(result), lambda result, label: curves(result)),
}
"""Part of a result, or of an objective in it, to the figures that are drawn of it."""


@pytest.mark.parametrize("part", READERS)
def test_no_null_nan_or_infinity_anywhere_breaks_a_figure_or_is_drawn(result, part):
    result = small(result)
    whole = [draw(result, "dat") for draw in READERS[part]]
    paths = [path for path in leaves(result) if part in (path[0], path[2:3] and path[2])]
    assert paths
    for number, path in enumerate(paths):
        place = result
        for key in path:
            place = place[key]
        worse = (float("nan"), float("inf"), float("-inf"))[number % 3] if isinstance(place, float) else None
        for draw in READERS[part]:
            found = draw(without(result, path, worse), "dat")
            for drawing in found if isinstance(found, list) else [found]:
                said = drawing.description if drawing else ""
                assert not re.search(r"\bnan\b|\binf\b|None", said), path
                if drawing and number % 8 == 0:
                    assert not re.search(r"\bnan\b|\binf\b|None", drawing.__html__()), path
    assert all(whole)


def test_a_gauge_shows_chance_the_interval_and_every_seed(result):
    drawing = uar_gauge(result, "dat")
    assert tips(drawing) == ["0.570", "0.580", "0.590", "UAR 0.580"]
    assert "chance" in words(drawing)
    assert drawing.description == "UAR 0.58, chance 0.17, interval 0.54 to 0.62"
    result["objectives"]["dat"]["uar"]["interval"] = [None, 0.5]
    assert "interval" not in uar_gauge(result, "dat").description
    assert len(uar_gauge(result, "dat").figure.axes[0].lines) == len(drawing.figure.axes[0].lines) - 1


def test_a_confusion_matrix_gives_each_row_in_per_cent(result):
    result["classes"], own = ["anger", "calm"], result["objectives"]["dat"]
    own["confusion"] = [[3, 1], [0, 0]]
    drawing = confusion_matrix(result, "dat")
    assert tips(drawing)[:2] == ["anger heard as anger: 3 of 4", "anger heard as calm: 1 of 4"]
    assert words(drawing) == ["anger", "calm", "anger", "calm", "75", "25"]
    shades = [text.get("style") for text in page_svg(drawing).iter("text") if text.text in ("75", "25")]
    assert "fill:var(--strong)" in shades[0]
    assert "fill:var(--cell)" in shades[1]
    alphas = [patch.get_alpha() for patch in drawing.figure.axes[0].patches]
    assert alphas == pytest.approx([0.05 + 0.95 * share for share in (0.75, 0.25, 0, 0)], abs=0.01)


def test_speakers_are_sorted_and_marked_with_their_gender(result):
    drawing = speaker_bars(result, "dat")
    bars = [bar.get_height() for bar in drawing.figure.axes[0].patches]
    assert bars == sorted(bars, reverse=True)
    assert len(bars) == 12
    assert sum(text in ("f", "m") for text in words(drawing)) == 12
    assert bars[0] == max(row["uar"] for row in result["objectives"]["dat"]["speakers"])


def test_a_speaker_with_few_emotions_has_a_bar_but_is_named_by_nobody(result):
    rows = result["objectives"]["dat"]["speakers"]
    rows[0] |= {"uar": 0.0, "emotions": 1, "speaker": "rare"}
    drawing = speaker_bars(result, "dat")
    assert "rare" in words(drawing)
    assert "rare" not in drawing.description
    assert any("of 1 emotions" in tip for tip in tips(drawing))


def test_the_mean_of_curves_is_of_those_that_got_so_far():
    assert mean_over([[1.0, 2.0, None], [3.0]]) == [2.0, 2.0, None]
    assert mean_over([]) == []


def test_a_curve_has_a_mean_a_mark_and_the_thin_lines_of_each_objective(result):
    drawing = training_curve(result, "dev_uar")
    axes = drawing.figure.axes[0]
    assert len(axes.collections) == 3
    colors = [line.get_color() for line in axes.lines]
    for place in range(3):
        assert colors.count(hue(place)) == 2
    assert "chance" in words(drawing)
    assert "chance" not in words(training_curve(result, "emotion_loss"))


def test_a_curve_with_a_missing_epoch_has_a_gap(result):
    whole = training_curve(result, "weight").figure.axes[0].lines[-1].get_ydata()
    for curve in result["objectives"]["cgt"]["curves"]:
        weights = curve["logged"]["weight"]
        curve["logged"]["weight"] = [*weights[:5], None, *weights[6:]]
    broken = training_curve(result, "weight").figure.axes[0].lines[-1].get_ydata()
    assert np.isnan(broken).sum() == 1
    assert len(whole) == len(broken)


def test_the_first_curve_shows_below_one_that_covers_it(result):
    widths = {
        line.get_color(): line.get_linewidth() for line in risk_coverage_curves(result).figure.axes[0].lines[-3:]
    }
    assert widths[hue(0)] > widths[hue(1)] > widths[hue(2)]


def test_a_difference_that_is_not_shown_is_gray(result):
    assert "var(--c0)" in differences(result).__html__()
    for row in result["comparisons"]:
        row["shown"] = False
    drawn = differences(result).__html__()
    assert "var(--c0)" not in drawn
    assert "var(--c8)" in drawn


def test_an_emotion_keeps_its_mark_on_a_map_that_lacks_others(result):
    kept = result["maps"]["dat"]

    def mark():
        shapes = [one for one in page_svg(of_emotions(result, "dat")) if "sadness" in (one.findtext("title") or "")]
        return {(one.get("style"), one.get("d").count("L"), one.get("d").count("C")) for one in shapes}

    whole = mark()
    rows = [number for number, name in enumerate(kept["emotion"]) if name == "sadness"]
    result["maps"]["dat"] = {key: [column[number] for number in rows] for key, column in kept.items()}
    assert len(whole) == 1
    assert mark() == whole


def test_speakers_of_a_map_are_listed_as_people_count(result):
    assert words(of_speakers(result, "dat")) == [str(number) for number in range(1, 13)]


def test_names_that_nearly_coincide_share_a_line(result):
    result["references"]["emotion_code"]["best"]["mean"] = 0.11
    assert "chance, emotion code" in words(uar_and_leakage(result))
    result["references"]["emotion_code"]["best"]["mean"] = 0.4
    assert {"chance", "emotion code"} <= set(words(uar_and_leakage(result)))


def test_an_inflated_uar_is_called_so(result):
    result["split"]["inflated"] = True
    assert "UAR, inflated" in words(uar_and_leakage(result))


def test_a_disc_a_bin_that_has_answers_and_a_line_for_the_temperature(result):
    drawing = reliability_diagram(result, "plain")
    assert len(tips(drawing)) == 14
    lines = len(drawing.figure.axes[0].lines)
    result["objectives"]["plain"]["calibration"]["after"] = None
    assert len(reliability_diagram(result, "plain").figure.axes[0].lines) == lines - 1


def test_a_perfectly_calibrated_bin_lies_on_the_diagonal(result):
    rows = [{"confidence": 0.25, "accuracy": 0.25, "count": 5}, {"confidence": 1.0, "accuracy": 1.0, "count": 5}]
    result["objectives"]["plain"]["calibration"]["before"]["reliability"] = rows
    (discs,) = reliability_diagram(result, "plain").figure.axes[0].collections
    assert all(x == y for x, y in discs.get_offsets())
    assert reliability_diagram(result, "plain").figure.axes[0].get_xlim() == (0.0, 1.0)


def test_risk_is_drawn_for_each_objective_that_has_it(result):
    assert len(risk_coverage_curves(result).figure.axes[0].collections) == 3
    del result["objectives"]["dat"]["calibration"]
    assert len(risk_coverage_curves(result).figure.axes[0].collections) == 2


def test_bars_stand_below_each_other_with_their_numbers():
    shares = [NamedShare("speaker <b>", 0.25, 0), NamedShare("a very long name of a trait of recordings", 1.0, 2)]
    drawing = bar_chart("t", "UAR", shares, 0.5)
    assert words(drawing)[-2:] == ["0.250", "1.000"]
    assert tips(drawing)[-1] == "chance: 0.500"
    assert drawing.description == "speaker <b> 0.25; a very long name of a trait of recordings 1.00"
    assert not outside(drawing)
    assert not crossings(drawing)
    assert bar_chart("t", "UAR", [], 0.5) is None
    assert len(tips(bar_chart("t", "UAR", shares, None))) == 2
