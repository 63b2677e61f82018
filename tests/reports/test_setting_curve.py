"""What one setting does to accuracy and leakage, as a figure."""

import pytest

from reports.drawn import crossings, outside, tips, words
from reports.made_probes import made_sweep
from schemas.changes import changed
from unheard.reports.figures.setting_curve import setting_curve, varied_alone
from unheard.reports.pages.sweep import render_sweep


def point(objective, key, value, uar, leak, low=None):
    return {
        "point": f"{value}/{objective}",
        "objective": objective,
        "varied": {key: value},
        "settings": {},
        "uar": None if uar is None else {"mean": uar, "interval": [low or uar - 0.05, uar + 0.05]},
        "dev_uar": {"mean": uar, "std": None, "per_seed": []},
        "leakage": {} if leak is None else {"best": {"mean": leak, "std": 0.02}},
        "front": False,
        "chosen": False,
        "seconds": 1.0,
    }


def made(key="features.states", values=([0], [1], [2], [2, 3]), measured=True):
    points = []
    for position, value in enumerate(values):
        for shift, objective in enumerate(("plain", "speaker_normalization")):
            points.append(
                point(objective, key, value, 0.4 + 0.1 * position - 0.01 * shift, 0.9 if measured else None)
            )
    return {"name": "layers", "measure": "uar", "chance": 0.125, "points": points, "classes": list("abcd")}


def test_every_value_has_a_mark_for_each_objective_in_both_figures():
    drawing = setting_curve(made())
    for name in ("0", "1", "2", "2+3"):
        assert sum(tip.startswith(f"{name}: ") for tip in tips(drawing)) == 4
    assert {"a fresh probe names the speaker", "UAR on unseen speakers (up is better)", "states"} <= set(
        words(drawing)
    )
    assert "2+3 0.70" in drawing.description
    assert not outside(drawing)
    assert not crossings(drawing)


def test_without_leakage_the_accuracy_stands_alone():
    drawing = setting_curve(made(measured=False))
    assert len(drawing.figure.axes) == 1
    assert "UAR on unseen speakers (up is better)" in words(drawing)
    assert "a fresh probe names the speaker" not in words(drawing)


def test_a_value_that_was_not_measured_is_left_out():
    sweep = made()
    sweep["points"][0]["uar"] = None
    assert len(tips(setting_curve(sweep))) == len(tips(setting_curve(made()))) - 1


def test_numbers_are_ordered_and_lists_keep_their_order():
    assert varied_alone(made("training.labeled", (1.0, 0.1, 0.5))) == ("training.labeled", [0.1, 0.5, 1.0])
    assert varied_alone(made(values=([3], [1]))) == ("features.states", [[3], [1]])


@pytest.mark.parametrize("key", ["objectives.dat.weight"])
def test_an_objectives_own_setting_is_left_to_the_front(key):
    assert setting_curve(made(key, (0.0, -1.0))) is None


def test_two_settings_or_one_value_are_no_curve():
    two = made()
    two["points"][0]["varied"]["training.epochs"] = 3
    assert setting_curve(two) is None
    assert setting_curve(made(values=([1],))) is None
    assert setting_curve({"points": []}) is None


def swept(result, key, values):
    """A sweep of one objective over one setting."""
    sweep = made_sweep(result)
    points = [
        sweep.points[0].model_dump() | {"point": f"{value}/plain", "varied": {key: value}, "front": True}
        for value in values
    ]
    return changed(sweep, "points", points)


def test_the_page_shows_it_with_the_area_under_a_learning_curve(result):
    learning = {"plain": {"shares": [0.1, 1.0], "uar": [0.4, 0.5], "auc": 0.45, "interval": [0.4, 0.51]}}
    page = render_sweep(changed(swept(result, "training.labeled", (0.1, 1.0)), "learning", learning))
    assert "What the setting does" in page
    assert "area under the learning curve 0.450 (95 % over speakers 0.400 to 0.510)" in page
    assert "What the setting does" not in render_sweep(swept(result, "objectives.dat.weight", (0.0, -1.0)))
