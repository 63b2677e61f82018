"""Names of files: two different things never share one, and ordinary names are what they were."""

import re
import string
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unheard.files import file_name, file_names, objective_file_name, one_to_a_file_system

ORDINARY = string.ascii_letters + string.digits + "-_"
TRICKY = [
    "a b", "a_b", "a/b", "a:b", "a\\b", "a%20b", "a%b", "a~b", "a*b", "A B", "a b.", "a b ", ".", "..", "...", "",
    "con", "CON", "nul.txt", "lpt1", "e\u0301", "\u00e9", "a\n", "\x1b[1m", "straße", "strasse", "x" * 300,
    "x" * 299 + "y", "ü" * 90, "\udce9",
]  # fmt: skip
anything = st.text(max_size=130) | st.sampled_from(TRICKY) | st.text("aA_/ %~.é", max_size=4)


@given(st.text(ORDINARY, min_size=1, max_size=60))
def test_an_ordinary_name_is_its_own_file_name(name):
    if one_to_a_file_system(name) not in {"con", "prn", "aux", "nul"} and not re.fullmatch(r"(?i)(com|lpt)\d", name):
        assert file_name(name) == name
        assert file_name(f"{name}.5") == f"{name}.5"


@given(st.lists(anything, unique=True, max_size=12))
def test_no_two_names_become_one_file_on_any_file_system(names):
    files = file_names(names)
    assert list(files) == names
    assert len(set(map(one_to_a_file_system, files.values()))) == len(names)
    assert len({file_name(name) for name in names}) == len(names)


@given(anything)
def test_any_file_system_can_hold_a_file_name(name):
    made = file_name(name)
    assert 1 <= len(made.encode()) <= 100
    assert not set(made) & set('/\\:*?"<>| \n\0')
    assert made.strip(".")
    assert not made.endswith(".")
    assert made.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}
    if "~" not in made and name and "\udce9" not in name and name.isascii():
        assert unquote(made) == name


@given(st.lists(st.text("aAbs-ed01fol._", min_size=1, max_size=12), unique=True, max_size=6), st.integers(-3, 20))
def test_the_label_stands_before_the_first_seed_of_the_name_of_weights(labels, seed):
    for label in labels:
        made = objective_file_name(label)
        assert f"{made}-seed{seed}-foldx-seed1-foldy".partition("-seed")[0] == made
    assert len(set(map(objective_file_name, labels))) == len(labels)


@pytest.mark.parametrize("label", ["references", "References", "REFERENCES"])
def test_no_label_becomes_the_folder_of_the_references(label):
    assert one_to_a_file_system(objective_file_name(label)) != "references"
