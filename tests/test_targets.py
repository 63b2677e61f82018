"""What a target may be, and what of it is refused."""

import pytest
from pydantic import ValidationError

from unheard.targets import EMOTION, Target


def test_the_default_is_the_emotion():
    assert Target() == EMOTION == Target(name="emotion", kind="classes", loss="cross-entropy")


@pytest.mark.parametrize(("kind", "loss"), [("classes", "cross-entropy"), ("numbers", "ccc")])
def test_the_loss_follows_the_kind(kind, loss):
    assert Target(name="x", kind=kind).loss == loss


def test_what_is_stored_comes_back():
    for target in (EMOTION, Target(name="valence", kind="numbers", loss="mse", range=(-1.0, 1.0), weight=0.3)):
        assert Target(**target.model_dump(mode="json")) == target


REFUSED = [
    ({"kind": "numbers", "loss": "cross-entropy"}, "must be 'ccc' or 'mse'"),
    ({"kind": "classes", "loss": "mse"}, "must be 'cross-entropy'"),
    ({"kind": "numbers", "classes": ("low", "high")}, "has no classes: leave them out"),
    ({"classes": ("a", "b", "a")}, "a class stands twice"),
    ({"kind": "numbers", "range": (1.0, 1.0)}, "must rise"),
    ({"kind": "numbers", "range": (1.0, 0.0)}, "must rise"),
    ({"name": ""}, "at least 1 character"),
    ({"weight": 0.0}, "greater than 0"),
    ({"weights": 1.0}, "Extra inputs"),
    ({"kind": "ranks"}, "'classes' or 'numbers'"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=str)
def test_what_cannot_be_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        Target(**given)


def test_a_target_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        EMOTION.weight = 2.0
