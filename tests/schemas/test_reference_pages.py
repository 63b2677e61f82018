"""docs/reference holds the tables that the schemas give, and the script that makes them says when it does not."""

import runpy
from pathlib import Path
from typing import Annotated, Literal

import pytest

from unheard.schemas.record import Count, Interval, Number, Share, Text
from unheard.schemas.scores import Spread

SCRIPT = Path(__file__).parents[2] / "scripts" / "reference_pages.py"
MADE = runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize("name", MADE["PAGES"])
def test_a_page_is_up_to_date(name):
    text = (MADE["REFERENCE"] / name).read_text(encoding="utf-8")
    assert MADE["page_of"](name) == text, "run scripts/reference_pages.py"


@pytest.mark.parametrize("name", MADE["PAGES"])
def test_every_field_of_every_record_stands_on_its_page_once(name):
    text = (MADE["REFERENCE"] / name).read_text(encoding="utf-8")
    for root in MADE["PAGES"][name]:
        for record in MADE["records_below"](root):
            assert text.count(f"### {record.__name__}\n") == 1
            for field in record.model_fields:
                assert f"| `{field}` |" in text


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Text, "text"),
        (Count, "whole number"),
        (Share, "number in [0, 1] or null"),
        (Number, "number or null"),
        (Interval, "[low, high] or null"),
        (Text | None, "text or null"),
        (list[list[Count]], "list of list of whole number"),
        (dict[Text, Spread], "table of text to [Spread](#spread)"),
        (Literal["a", "b"] | None, "`a`, `b` or null"),
        (Annotated[bool, "no words"], "true or false"),
    ],
    # Not the annotation: its text holds an address, which differs between two workers.
    ids=lambda value: value if isinstance(value, str) else "annotation",
)
def test_a_type_is_called_by_its_meaning(annotation, words):
    assert MADE["words_of"](annotation) == words
