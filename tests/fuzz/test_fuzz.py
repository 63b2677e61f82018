"""A few damaged files of every kind; `make fuzz` tries thousands."""

import pytest
from harness import fuzz
from subject import subjects

COUNT = 12


@pytest.fixture(scope="module")
def found():
    return fuzz(dict.fromkeys(subjects(), COUNT))


@pytest.mark.parametrize("name", sorted(subjects()))
def test_a_damaged_file_is_a_value_or_a_named_error(found, name):
    assert found[name].faults == []
    assert found[name].values + found[name].errors == COUNT
    assert found[name].chatter == 0
