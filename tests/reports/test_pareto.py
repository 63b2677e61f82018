"""The Pareto front of a sweep: true to its numbers, inside its frame, and safe on its page."""

import re

import pytest

from reports.drawn import crossings, outside, tips, words
from unheard.reports.figures.pareto_front import dots, front_of, limits, lines_of, name_of, pareto_front
from unheard.reports.pages.sweep import render_sweep, write_sweep_page
from unheard.schemas.sweep import Sweep
from unheard.sweeps.sweep import pareto_front as unbeaten

EVIL = "<script>alert('x')</script>\"&"


def spread(mean, std=0.02):
    return {"mean": mean, "std": std}


def row(objective, varied, good, leak, **more):
    value = ".".join(map(str, varied.values()))
    interval = [good - 0.03, good + 0.03]
    return {
        "point": f"{objective}.{value}" if varied else objective,
        "run": ".",
        "label": objective,
        "objective": objective,
        "method": objective,
        "varied": varied,
        "settings": {},
        "dev_uar": spread(good) | {"per_seed": [good]},
        "uar": spread(good) | {"per_seed": [good], "interval": interval},
        "leakage": {
            "best": spread(leak),
            "probes": {"linear": spread(leak), "mlp": spread(leak)},
            "eer": spread(leak),
        },
        "seconds": 12.0,
        "chosen": False,
    } | more


@pytest.fixture
def sweep():
    weights = {-10: (0.33, 0.12), -3: (0.43, 0.21), -1: (0.46, 0.30), -0.1: (0.475, 0.338), 0: (0.472, 0.332)}
    rows = [row("plain", {}, 0.472, 0.332)]
    rows += [row("dat", {"objectives.dat.weight": key}, *pair) for key, pair in weights.items()]
    rows[4]["chosen"] = True
    front = unbeaten([(one["uar"]["mean"], one["leakage"]["best"]["mean"]) for one in rows])
    references = {"chance": 0.06, "raw_features": 0.95, "untrained": 0.65, "emotion_code": 0.064}
    return {
        "name": "made",
        "unheard": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "command": "unheard sweep",
        "corpus": {"name": "made", "title": "Made up", "utterances": 60, "speakers": 6, "digest": "d"},
        "split": {
            "protocol": "speaker_groups",
            "disjoint": ["speaker"],
            "selection": "source-dev",
            "inflated": False,
            "fold_count": 5,
            "folds": [],
            "digest": {"0": "s"},
        },
        "classes": ["anger", "joy", "sadness", "neutral"],
        "seeds": [0, 1],
        "chance": 0.25,
        "references": {key: {"best": spread(value), "probes": {}} for key, value in references.items()},
        "vary": ["objectives.dat.weight=0,-0.1,-1,-3,-10"],
        "search": None,
        "measure": "uar",
        "points": [one | {"front": own} for one, own in zip(rows, front, strict=True)],
        "chosen": "dat.-0.1",
        "chosen_of": {"plain": "plain", "dat": "dat.-0.1"},
        "learning": None,
        "nested": {
            "uar": spread(0.47) | {"per_seed": [0.47], "interval": [0.44, 0.5]},
            "picked": {"dat.-0.1": 4, "plain": 1},
        },
        "cautions": [],
    }


@pytest.fixture
def nasty(sweep):
    """Names of a user's file, numbers that are missing, points that coincide."""
    sweep["name"] = sweep["corpus"]["title"] = EVIL
    sweep["points"] += [row(EVIL, {"objectives.x.form": EVIL}, 0.472, 0.332, front=False) for _ in range(8)]
    sweep["points"].append(row("lost", {}, 0.5, 0.2, front=False) | {"uar": None})
    sweep["points"].append(row("mute", {}, 0.5, 0.2, front=False) | {"leakage": None})
    sweep["points"].append(
        row("one", {}, 1.0, 0.0, front=True)
        | {"uar": {"mean": 1.0, "std": None, "per_seed": [1.0], "interval": None}}
    )
    sweep |= {"references": {}, "nested": None, "chance": None, "chosen": None}
    return sweep


def test_every_point_stands_where_its_numbers_say(sweep):
    drawing = pareto_front(sweep)
    said = tips(drawing)
    for one in sweep["points"]:
        good, leak = one["uar"]["mean"], one["leakage"]["best"]["mean"]
        assert f"{one['point']}: UAR {good:.3f}, speaker probe {leak:.3f}" in said
    (marks,) = drawing.figure.axes[0].collections
    places = {tuple(place) for place in marks.get_offsets()}
    assert places == {(one["leakage"]["best"]["mean"], one["uar"]["mean"]) for one in sweep["points"]}
    assert {"plain", "dat", "-10", "-3", "-1", "-0.1", "0"} <= set(words(drawing))


def test_the_front_rises_from_the_least_leakage_to_the_most(sweep):
    front = front_of(dots(sweep))
    leaks, goods = [dot.leak for dot in front], [dot.good for dot in front]
    assert leaks == sorted(leaks)
    assert goods == sorted(goods)
    assert len(front) == 6  # plain equals weight 0: neither beats the other


def test_a_line_joins_one_objectives_points_in_the_order_of_the_setting(sweep):
    (line,) = lines_of(dots(sweep))
    assert [name_of(dot.row) for dot in line] == ["-10", "-3", "-1", "-0.1", "0"]


def test_points_fill_three_quarters_of_an_axis_or_more():
    low, high = limits([0.4, 0.5], [0.0625, 0.38, 0.95])
    assert low < 0.38
    assert high < 0.6
    assert (0.5 - 0.38) / (high - low) > 0.75
    assert limits([0.3], []) != (0.3, 0.3)
    assert limits([0.0, 1.0], []) == (0.0, 1.0)


def test_references_that_lie_outside_are_named_at_the_edge(sweep):
    said = words(pareto_front(sweep))
    assert any(text.endswith("raw features 0.95 →") for text in said)
    assert "chance, emotion code" in said
    assert "chance" in said
    assert "↓ UAR of chance 0.100" in words(pareto_front(sweep | {"chance": 0.1}))


@pytest.mark.parametrize("kind", ["sweep", "nasty"])
def test_no_text_is_cut_off(kind, request):
    assert not outside(pareto_front(request.getfixturevalue(kind)))


def test_no_text_covers_another_where_there_is_room(sweep):
    assert not crossings(pareto_front(sweep))
    assert not crossings(pareto_front(sweep | {"chance": 0.1}))


def test_the_chosen_point_has_a_ring_and_the_legend_explains_it(sweep):
    drawing = pareto_front(sweep)
    rings = len(drawing.figure.artists)
    assert {"Pareto front", "chosen by dev speakers"} <= set(words(drawing))
    for point in sweep["points"]:
        point["chosen"] = False
    assert len(pareto_front(sweep).figure.artists) == rings - 1


def test_nothing_to_draw_gives_no_figure(sweep):
    sweep["points"] = [one | {"leakage": None} for one in sweep["points"]]
    assert pareto_front(sweep) is None
    assert "there is no curve" in render_sweep(Sweep.model_validate(sweep))


def test_a_search_is_drawn_over_dev_speakers_and_has_no_test_figures(sweep):
    trials = [{"settings": {"x": "1"}, "dev_uar": 0.5, "done": True}] * 2
    sweep |= {"measure": "dev_uar", "search": {"trials": trials, "sampler": "TPE", "seed": 0}, "nested": None}
    sweep["points"] = [one | {"uar": None} for one in sweep["points"]]
    page = render_sweep(Sweep.model_validate(sweep))
    assert "UAR on dev speakers" in page
    assert "2 trials" in page


@pytest.mark.parametrize("kind", ["sweep", "nasty"])
def test_the_page_is_whole_safe_and_says_every_point(kind, request, tmp_path):
    made = request.getfixturevalue(kind)
    write_sweep_page(Sweep.model_validate(made), tmp_path / "sweep.html")
    page = (tmp_path / "sweep.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert not re.search(r">\s*(None|nan|null)\s*<", page)
    assert page.count("<tr") >= len(made["points"]) + 1
    for figure in re.findall(r'<svg role="img".*?</svg>', page, re.DOTALL):
        assert re.search(r"<title>.+?</title><desc>.+?</desc>", figure)
