"""docs/reference/corpora.md lists what the registry has, with the languages and emotions of cards and label map."""

from pathlib import Path

import pytest

from unheard import registry
from unheard.corpora import table as tables
from unheard.data.labels import known

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/corpora.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`*"): cells
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}
OWN = {"table", "audformat", "audiofolder", "kaldi", "superb"}
"""Forms of a user's own recordings, which have no owner."""


def test_the_page_lists_every_corpus_and_no_other() -> None:
    assert set(ROWS) == set(registry.names("corpora")) - OWN
    assert tables.CARD.name in OWN


@pytest.mark.parametrize("name", ROWS)
def test_languages_and_emotions_are_those_of_card_and_label_map(name: str) -> None:
    card = registry.load("corpora", name).CARD
    spoken = ", ".join(language for language in card.languages if " " not in language)
    assert ROWS[name][1] == (spoken or "not found out")
    emotions = ROWS[name][4]
    if "class" not in emotions and "level" not in emotions and emotions != "none":
        assert emotions == ", ".join(sorted(set(known(name).values())))
