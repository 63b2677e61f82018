"""What one trait of a recording alone answers, on a run's own folds."""

from types import SimpleNamespace

import pytest

from unheard.results.result import trait_only


def prepared(levels, folds):
    """Utterances a0, b1, … whose first letter is their emotion, as far as the figure needs them."""
    utterances = {name: SimpleNamespace(emotion=name[0]) for name in levels}
    plan = SimpleNamespace(folds=[SimpleNamespace(train=train, dev=(), test=test) for train, test in folds])
    return SimpleNamespace(utterances=utterances, levels=levels, plans={0: plan})


def level_only(ready):
    return trait_only(ready, "level", ready.levels)


LOUD = {f"a{number}": -10.0 + 0.1 * (number % 10) for number in range(20)}
LOUD |= {f"b{number}": -40.0 + 0.1 * (number % 10) for number in range(20)}
FIRST = tuple(name for name in LOUD if int(name[1:]) < 10)
LAST = tuple(name for name in LOUD if int(name[1:]) >= 10)


def test_a_level_that_gives_the_emotion_away_answers_all():
    assert level_only(prepared(LOUD, [(FIRST, LAST), (LAST, FIRST)])) == 1.0


def test_a_level_that_says_nothing_answers_at_chance():
    flat = dict.fromkeys(LOUD, -20.0)
    assert level_only(prepared(flat, [(FIRST, LAST), (LAST, FIRST)])) == pytest.approx(0.5)


def test_digital_silence_is_a_level_like_any_other():
    silent = {name: (float("-inf") if name[0] == "b" else -10.0) for name in LOUD}
    assert level_only(prepared(silent, [(FIRST, LAST)])) == 1.0


def test_where_there_is_nothing_to_ask_the_figure_is_missing_and_not_zero():
    assert level_only(prepared({}, [(FIRST, LAST)])) is None
    assert level_only(prepared(LOUD, [(FIRST, ())])) is None
    assert level_only(prepared({name: -1.0 for name in LOUD if name[0] == "a"}, [(FIRST, LAST)])) is None
