"""What holds for the records of all documents: closed, strict, documented, and None for what is not known."""

import importlib
import json
import math
import pkgutil
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import unheard.schemas
from unheard.schemas.caution import GRAVE, Caution, CautionKind
from unheard.schemas.record import Record
from unheard.schemas.scores import GroupScores, IntervalScores, Spread

MODULES = [
    importlib.import_module(f"unheard.schemas.{one.name}") for one in pkgutil.iter_modules(unheard.schemas.__path__)
]
RECORDS = {
    own.__name__: own
    for module in MODULES
    for own in vars(module).values()
    if isinstance(own, type) and issubclass(own, Record) and own is not Record
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=str)
def test_every_record_and_field_is_documented(record):
    assert record.__doc__
    for name, field in record.model_fields.items():
        assert field.description, f"{record.__name__}.{name}"
        assert field.description.endswith((".", "…", '"')), f"{record.__name__}.{name}: no sentence"


@pytest.mark.parametrize("record", RECORDS.values(), ids=str)
def test_a_key_that_is_not_declared_is_refused(record):
    with pytest.raises(ValidationError, match="Extra inputs"):
        record.model_validate({"no-such-key": 1})


@pytest.mark.parametrize("record", RECORDS.values(), ids=str)
def test_names_are_spelled_as_in_the_field(record):
    british = ("isation", "colour", "labelled", "neighbour", "favour")
    assert not [name for name in record.model_fields if any(part in name for part in british)]


def test_no_number_is_none():
    made = Spread(mean=math.nan, std=np.float64("inf"))
    assert made.mean is None
    assert made.std is None


def test_an_interval_that_is_not_known_is_none():
    made = IntervalScores(mean=0.5, std=None, per_seed=[0.5], interval=(math.nan, math.nan))
    assert made.interval is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_an_interval_of_a_file_is_that_of_the_record(ends):
    made = GroupScores(uar=0.5, interval=ends, speakers=3, utterances=9, classes=4)
    assert GroupScores.model_validate(json.loads(json.dumps(made.model_dump()))) == made
    assert made.interval == tuple(ends)


@pytest.mark.parametrize("value", ["0.5", True, [0.5], {"mean": 0.5}, 10**400], ids=str)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValidationError):
        Spread(mean=value, std=None)


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_share_lies_between_nothing_and_all(value):
    with pytest.raises(ValidationError):
        GroupScores(uar=value, interval=None, speakers=1, utterances=1, classes=1)


def test_half_an_interval_is_refused():
    with pytest.raises(ValidationError):
        GroupScores.model_validate(
            {"uar": 0.5, "interval": [0.1, None], "speakers": 1, "utterances": 1, "classes": 1}
        )


def test_a_text_may_hold_half_a_character():
    assert Caution(kind="inflated", text="\udcf6.wav").text == "\udcf6.wav"


def test_a_caution_is_grave_by_its_kind():
    assert set(get_args(CautionKind)) > GRAVE
    assert [Caution(kind=kind, text="").grave for kind in get_args(CautionKind)] == [
        kind in GRAVE for kind in get_args(CautionKind)
    ]
    with pytest.raises(ValidationError):
        Caution(kind="no such kind", text="")
