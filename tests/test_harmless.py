"""A name that others chose is data, on a terminal, on a page and in a spreadsheet."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unheard.harmless import csv_line, read_cell, visible, whole_characters

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "'=1",
    "''=1",
    "'",
    "\uff1d1",
    "-",
    "+",
    "a;=1",
]


@given(st.text())
def test_what_is_visible_holds_no_control_and_no_mark_of_direction(text):
    shown = visible(text)
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")
    assert visible(shown) == shown
    shown.encode()


@pytest.mark.parametrize("name", ["Zoë", "김민준", "علی‌رضا", "नेहा", "O'Brien-Łukasz_3.wav", "😀👩‍🔬"])
def test_names_of_people_are_left_alone(name):
    assert visible(name) == whole_characters(name) == name
    assert csv_line([name]) == f"{name}\n"


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(HOSTILE))
)
def test_what_is_written_as_csv_reads_back_as_it_was(cells):
    line = csv_line(["first", *cells])
    (row,) = csv.reader(io.StringIO(line, newline=""))
    assert [read_cell(cell) for cell in row] == ["first", *cells]


@pytest.mark.parametrize("cell", HOSTILE)
def test_no_cell_begins_as_a_formula_does(cell):
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(csv_line([cell, "b"]), newline=""), delimiter=delimiter):
            assert not any(own.lstrip(" \t\r\n").startswith(("=", "+", "-", "@")) for own in row), row


@pytest.mark.parametrize("cell", ["-1", "+49170123", "-0.5", "1e-3", -0.25])
def test_numbers_stay_numbers(cell):
    assert csv_line([cell]) == f"{cell}\n"
