"""The objective of the how-to page is one: its code is run, and keeps the laws."""

import re
import sys
import types
from pathlib import Path

import pytest

from unheard.objectives.objective import Phase
from unheard.testing.batches import SMALL_MODEL
from unheard.testing.objectives import LAWS, ObjectiveCase

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "own-objective.md"


@pytest.fixture(scope="module")
def blocks():
    """The two pieces of code on the page: the objective, and its tests."""
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def written(blocks):
    """The objective's module, as its reader has it."""
    module = types.ModuleType("my_objective")
    sys.modules["my_objective"] = module
    exec(compile(blocks[0], str(PAGE), "exec"), module.__dict__)  # the code is the page's
    yield module
    del sys.modules["my_objective"]


@pytest.mark.parametrize("law", LAWS)
def test_it_keeps_the_laws_as_its_own_test_says(law, written, blocks):
    own = {"my_objective": written}
    exec(compile(blocks[1], str(PAGE), "exec"), own)
    own["test_reconstruction"](law)


def test_its_decoder_learns(written):
    case = ObjectiveCase(written, {"reconstruction": 1.0}, model=SMALL_MODEL)
    assert [phase.name for phase in case.objective().phases] == ["rebuild", "classify"]
    model = case.fresh_model(case.objective())
    assert set(model.parts) == {"decoder"}


def test_the_page_names_every_law_and_every_word_of_a_phase():
    text = PAGE.read_text(encoding="utf-8")
    assert all(law in text for law in LAWS)
    words = ", ".join(Phase.__dataclass_fields__)
    assert f"Phase({words})" in text
