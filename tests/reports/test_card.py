"""The model card: it says what the result says and what law and license ask, and escapes what it is given."""

import itertools
import re

import pytest

from schemas.changes import changed, leaves, nulled
from unheard.reports.pages.model_card import escape, license_notes, render_card


def scores(mean):
    return {"mean": mean, "std": None, "per_seed": [mean]}


@pytest.fixture
def judged(result):
    """The made result with figures that are easy to find again."""
    rows = {"f": {"uar": 0.6, "interval": [0.55, 0.65], "speakers": 6, "utterances": 360}}
    rows["m"] = {"uar": 0.5, "interval": [0.44, 0.56], "speakers": 6, "utterances": 360}
    gap = {"better": "f", "worse": "m", "difference": 0.1, "interval": [0.02, 0.18]}
    for label in result.objectives:
        own = f"objectives.{label}"
        result = changed(result, f"{own}.calibration.before.ece", scores(0.123))
        result = changed(result, f"{own}.calibration.before.accuracy_at_80", scores(0.678))
        result = changed(result, f"{own}.calibration.after.ece", scores(0.045))
        result = changed(result, f"{own}.fairness.tails.worst", 0.321)
        result = changed(result, f"{own}.fairness.groups", {"gender": {"scores": rows, "gap": gap}})
    return result


def test_it_says_what_the_result_says(judged):
    text = render_card(judged)
    for said in ("Made-up voices", "CC0 1.0", "de, en", "720 utterances of 12 speakers, 0.6 hours", "source-dev"):
        assert said in text
    assert "| plain | 0.550 (0.510 to 0.590) | 0.570 | 0.321 |" in text
    assert "| 0.123 | 0.045 | 0.678 |" in text
    assert "| dat | gender | f | 6 | 0.600 (0.550 to 0.650) |" in text
    assert "dat, gender: f is heard better than m by 10.0 points (95 % interval 2.0 to 18.0): shown." in text
    assert "dat is better than plain by 3.0 points" in text
    assert "| (raw features) |" in text


def test_it_names_the_law_the_license_and_says_that_it_is_no_legal_advice(judged):
    text = render_card(judged)
    for said in (
        "2024/1689",
        "Article 5(1)(f)",
        "work or in education",
        "medical or safety",
        "Annex III",
        "Article 50(3)",
    ):
        assert said in text
    assert "no legal advice" in text
    assert "Public domain" in text


def test_it_says_what_was_not_measured(judged):
    text = render_card(judged)
    assert "Whether the speech is acted or spontaneous is not recorded" in text
    assert "Other languages than de, en were not tested" in text
    acted = render_card(changed(judged, "corpus.speech", "acted"))
    assert "The speech is acted: nothing here tells how emotions of daily life are heard." in acted


def test_what_distrusts_the_report_distrusts_the_card(judged):
    known = [{"kind": "emotion-depends-on-speaker", "text": "Emotion and speaker depend on each other here."}]
    text = render_card(changed(changed(judged, "cautions", known), "split.inflated", True))
    assert "**INFLATED.**" in text.split("## Data")[0]
    assert "Emotion and speaker depend on each other here." in text


def test_a_result_that_knows_next_to_nothing_still_has_a_card(bare):
    text = render_card(bare)
    assert "| plain | – | – |" in text  # noqa: RUF001 (a dash in a table)
    assert "None" not in text
    assert "Undefined" not in text


@pytest.mark.parametrize("number", range(7))
def test_no_null_anywhere_is_printed(judged, number):
    nullable = [path for path in leaves(judged.model_dump()) if nulled(judged, path) is not None]
    assert len(nullable) > 200
    for path in nullable[number::7]:
        assert "None" not in render_card(nulled(judged, path)), path


def test_every_line_of_a_table_has_as_many_cells(nasty, judged):
    for made in (judged, nasty):
        lines = re.sub(r"\\.", "", render_card(made)).splitlines()
        tables = [line for line in lines if line.startswith("|")]
        assert tables
        for line, following in itertools.pairwise(lines):
            if line.startswith("|") and following.startswith("|"):
                assert line.count("|") == following.count("|")


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("inflated", [True, False])
def test_every_bullet_heading_and_table_has_a_line_of_its_own(judged, refit, inflated):
    judged = changed(changed(judged, "split.refit", refit), "split.inflated", inflated)
    for label in judged.objectives:
        judged = changed(judged, f"objectives.{label}.worst_speaker.left_out", 3)
    # A code span or an escaped sign may hold anything; what is left is the card's own markup.
    lines = re.sub(r"`[^`]*`|\\.", "", render_card(judged)).splitlines()
    for line, following in itertools.pairwise([*lines, ""]):
        assert not re.search(r"[.!?][A-Z]", line), line
        assert not re.search(r"\S\s*(- [A-Z]|#+ |\| ---)", line.lstrip("-# |")), line
        if line.startswith("#"):
            assert following == ""
        if line.startswith("- "):
            assert following == "" or following.startswith(("- ", "  ")), following
        if line and not line.startswith(("- ", "|", "#", "  ")):
            assert not following.startswith(("- ", "|", "#")), (line, following)
    bullets = [line for line in lines if line.startswith("- ")]
    assert sum("Every utterance was tested once a seed" in line for line in bullets) == 1
    assert sum(line.startswith("- Every utterance was tested once a seed") for line in bullets) == 1
    assert "3 of 12 test speakers have no more than half of the emotions" in " ".join(lines)


def test_no_name_becomes_markup(nasty):
    title = "*bold* [link](https://example.org) `code` a|b\n# heading\n- item <b>"
    text = render_card(changed(nasty, "corpus.title", title))
    assert "<script" not in re.sub(r"\\.", "", text)
    assert "\n# heading" not in text
    assert r"\*bold\* \[link\](https://example.org) \`code\` a\|b \# heading - item \<b\>" in text


@pytest.mark.parametrize(
    ("given", "shown"),
    [(None, "–"), ("- item", r"\- item"), ("1. one", r"1\. one"), ("-0.3 to 2", "-0.3 to 2"), ("a & b", "a &amp; b")],  # noqa: RUF001
)
def test_escaping(given, shown):
    assert escape(given) == shown


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ("CC BY-NC-SA 4.0", ["Non-commercial", "Share-alike", "Attribution"]),
        ("CC BY 4.0", ["Attribution"]),
        ("CC0 1.0", ["Public domain"]),
        ("Open Database License 1.0", ["Open database"]),
        ("owners' license, research use, on request", ["Research use"]),
        ("yours", ["Your own"]),
        ("freely available (owners' paper); no license text", ["The license is not one"]),
        (None, ["The license is not one"]),
    ],
)
def test_what_a_license_asks(terms, words):
    notes = license_notes(terms)
    assert [any(note.startswith(word) for note in notes) for word in words] == [True] * len(words)
    assert len(notes) == len(words)


def test_every_corpus_has_a_license_that_is_spoken_of():
    from unheard import registry

    for name in registry.names("corpora"):
        assert license_notes(registry.load("corpora", name).CARD.license)
