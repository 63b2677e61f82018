"""The figures: inside their frame, readable, and true to the numbers."""

import itertools
import re

import pytest

from unheard.reports.figures import scores as figures
from unheard.reports.figures import training as courses
from unheard.reports.figures.svg import COLORS, apart, mark_at, ticks
from unheard.reports.figures.uar_and_leakage import pair


def test_ticks_are_round_and_inside():
    assert ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(3 <= tick <= 17 for tick in ticks(3, 17))
    assert ticks(1, 1) == [1]
    assert ticks(float("nan"), 1) == []


@pytest.mark.parametrize("places", [[], [5.0], [5.0, 5.0, 5.0], [90.0, 10.0, 12.0, 30.0, 24.0]])
def test_names_are_moved_apart_in_their_order(places):
    moved = apart(places, 14.0)
    order = sorted(range(len(places)), key=places.__getitem__)
    assert all(moved[b] - moved[a] >= 14 - 1e-9 for a, b in itertools.pairwise(order))
    assert sum(moved) == pytest.approx(sum(places))


def test_thirty_six_things_have_marks_of_their_own():
    marks = {mark_at(0, 0, number, "") for number in range(4 * COLORS)}
    assert len(marks) == 36


def numbers(svg, name):
    return [float(value) for value in re.findall(rf'\b{name}="(-?[\d.]+)"', svg)]


def inside(svg):
    """Every anchor of the drawing lies in its view box."""
    for drawn in re.findall(r'<svg role="img".*?</svg>', svg, re.DOTALL):
        width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn).groups())
        body = drawn.split(">", 1)[1]
        for name, limit in (("x", width), ("x1", width), ("x2", width), ("cx", width), ("y", height), ("cy", height)):
            assert all(-1 <= value <= limit + 1 for value in numbers(body, name)), name
        for points in re.findall(r'points="([^"]+)"', body):
            pairs = [tuple(map(float, point.split(","))) for point in points.split()]
            assert all(-1 <= x <= width + 1 and -1 <= y <= height + 1 for x, y in pairs)


@pytest.mark.parametrize("kind", ["result", "nasty"])
def test_everything_drawn_lies_inside_its_figure(kind, request):
    result = request.getfixturevalue(kind)
    inside(pair(result))
    inside(figures.differences(result))
    for key in courses.CURVES:
        inside(courses.curve(result, key))
    for label in list(result["objectives"])[:2]:
        for draw in (figures.gauge, figures.confusion, figures.speakers):
            inside(draw(result, label))
        inside(courses.embedding_map(result, label, "emotion"))
        inside(courses.embedding_map(result, label, "speaker"))


def test_a_confusion_matrix_gives_each_row_in_per_cent(result):
    result["classes"], own = ["anger", "calm"], result["objectives"]["dat"]
    own["confusion"] = [[3, 1], [0, 0]]
    drawn = figures.confusion(result, "dat")
    assert "anger heard as calm: 1 of 4" in drawn
    assert re.findall(r'class="cell[^>]*>([^<]*)<', drawn) == ["75", "25", "", ""]
    assert "strong" in drawn


def test_speakers_are_sorted_and_marked_with_their_gender(result):
    drawn = figures.speakers(result, "dat")
    bars = [float(height) for height in re.findall(r'<rect[^>]*height="([\d.]+)"', drawn)]
    assert bars == sorted(bars, reverse=True)
    assert len(bars) == 12
    assert len(re.findall(r">[fm]</text>", drawn)) == 12


def test_the_mean_of_curves_is_of_those_that_got_so_far():
    assert courses.mean_over([[1.0, 2.0, None], [3.0]]) == [2.0, 2.0, None]
    assert courses.mean_over([]) == []


def test_a_difference_that_is_not_shown_is_gray(result):
    assert "var(--c0)" in figures.differences(result)
    for row in result["comparisons"]:
        row["shown"] = False
    assert "var(--c0)" not in figures.differences(result)


def test_an_emotion_keeps_its_hue_on_a_map_that_lacks_others(result):
    kept = result["maps"]["dat"]
    whole = re.search(
        r'<(\w+) class="mark"[^>]*style="([^"]*)"><title>sadness', courses.embedding_map(result, "dat", "emotion")
    )
    rows = [number for number, name in enumerate(kept["emotion"]) if name == "sadness"]
    result["maps"]["dat"] = {key: [column[number] for number in rows] for key, column in kept.items()}
    alone = re.search(
        r'<(\w+) class="mark"[^>]*style="([^"]*)"><title>sadness', courses.embedding_map(result, "dat", "emotion")
    )
    assert whole.groups() == alone.groups()
