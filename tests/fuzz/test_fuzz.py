"""A few damaged files of every kind; `make fuzz` tries thousands."""

import pytest
from harness import fuzz
from subject import subjects


@pytest.mark.parametrize("name", sorted(subjects()))
def test_a_damaged_file_is_a_value_or_a_named_error(name):
    figures = fuzz(subjects()[name], 20)
    assert figures.faults == []
    assert figures.values + figures.errors == 20
