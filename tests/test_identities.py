"""One name is one person however it is stored, and a word for a missing value is nobody."""

import unicodedata
from pathlib import Path

import pytest

from unheard.identities import IDENTITIES, alike, known
from unheard.records import Utterance


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\u00a0", "\u200b", "nan", "NaN", "NAN", "None", "none", "NA", "na", "N/A", "n/a", "#N/A", "null",
        "NULL", "<NA>", "<null>", "NaT", "-nan", "-", "--", "?", "...", "unknown", "Unknown", "(unknown)",
    ],
)  # fmt: skip
def test_a_word_for_a_missing_value_names_nobody(text: str) -> None:
    assert known(text) is None
    assert known(f" {text}\t") is None


@pytest.mark.parametrize(
    "text", ["0", "anna", "Nana", "Nonet", "Nathan", "n", "-1", "無名", "unknown 3", "null01", "😀"]
)
def test_other_words_name_somebody(text: str) -> None:
    assert known(text) == text


def test_white_space_at_the_ends_and_the_form_of_letters_make_no_other_person() -> None:
    name = "Zoë Ångström"
    for form in ("NFC", "NFD"):
        for before, after in ((" ", "\n"), ("\u00a0", "\u2003"), ("\ufeff", "\u200b \u200b")):
            assert known(before + unicodedata.normalize(form, name) + after) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("column", IDENTITIES)
def test_every_utterance_holds_identities_in_one_spelling_whoever_made_it(column: str) -> None:
    made = Utterance(Path("a.wav"), "a.wav", "x", **{column: " Zoe\u0308 "})
    assert getattr(made, column) == getattr(made.replace(**{column: "Zoë\u200b"}), column) == "Zoë"
    assert getattr(made.replace(**{column: "nan"}), column) is None


@pytest.mark.parametrize(
    "group",
    [
        ("Anna", "anna"), ("Anna B", "anna  b"), ("anna b", "annab"), ("anna-b", "anna_b"), ("01", "1"), ("1", "1.0"),
        ("001", "01", "1", "1.0"), ("S1", "s01"), ("\uff11", "1"), ("spk 1", "spk1"), ("an\u200dna", "anna"),
    ],
)  # fmt: skip
def test_names_that_one_person_may_have_are_alike(group: tuple[str, ...]) -> None:
    assert alike([*group, "other"]) == [tuple(sorted(group))]


def test_names_of_different_numbers_are_not_alike() -> None:
    assert (
        alike(["1", "10", "100", "0", "1-1", "11", "1.5", "15", "1.05", "s1", "s11", "s1_1", "anna", "hanna"]) == []
    )
