"""The page of an audit: whole without network, escaped, and there whatever is not known."""

import re

import pytest

from unheard.reports.pages.audit import render_audit, unheard_answers, write_audit_page

REPORT = {
    "corpora": ["made"],
    "has_leak": True,
    "findings": [{"severity": "leak", "kind": "speaker", "text": "1 of 4 <speakers>", "examples": ["made/<b>"]}],
    "utterances": 8,
    "speakers": 4,
    "chance": 0.5,
    "class_counts": {"anger": 4, "joy": 4},
    "speaker_class_counts": {"made/<b>": {"anger": 2, "joy": 0}},
    "ties": {
        "speaker": {
            "utterances": 8, "values": 4, "bits": 0.1, "shuffled_bits": 0.2, "emotion_bits": 1.0,
            "lookup_uar": 0.25, "folds_uar": None,
        }
    },
    "confounds": [
        {"trait": "peak", "of": "emotion", "uar": 0.75, "chance": 0.5, "p": 0.005, "medians": {}, "gives_away": True}
    ],
    "answered": "asked of unseen speakers",
    "traits": {"emotion": {"anger": {"peak": None, "rate": 16000.0}}, "corpus": {}},
    "folds": {"source": "folds.csv", "form": "CSV", "sizes": {"1": {"train": 4, "dev": 0, "test": 4}}},
    "sharing": {
        "speaker": {"grave": True, "known": 4, "shared": 1, "folds": ["1"]},
        "session": {"grave": False, "known": None, "shared": 0, "folds": []},
    },
    "leaks": [{"fold": "1", "column": "speaker", "value": "made/<b>", "parts": ["train", "test"], "utterances": []}],
}  # fmt: skip


def test_the_page_says_what_was_found_and_escapes_every_name() -> None:
    page = render_audit(REPORT)
    assert "The folds leak." in page
    assert "1 of 4 &lt;speakers&gt;" in page
    assert "<b>" not in page
    assert "not compared: the corpus does not say it" in page
    assert "16.00 kHz" in page
    assert "built-in method" not in page


def test_the_page_needs_no_network_and_its_figure_has_words() -> None:
    page = render_audit(REPORT)
    assert not re.search(r"""(?:src|href)=|https?://|@import|url\(""", page)
    assert "<desc>speaker 0.25; peak level 0.75</desc>" in page
    assert unheard_answers({}) == ""


@pytest.mark.parametrize("key", sorted(set(REPORT) - {"corpora"}))
def test_the_page_is_made_whatever_is_not_known(key: str) -> None:
    page = render_audit({name: value for name, value in REPORT.items() if name != key})
    assert page.rstrip().endswith("</html>")


def test_no_leak_and_no_folds_are_told_apart() -> None:
    assert "No leak was found" in render_audit(REPORT | {"has_leak": False})
    assert "No folds were compared" in render_audit(REPORT | {"has_leak": False, "folds": None, "sharing": {}})


def test_the_page_is_written_whole(tmp_path) -> None:
    write_audit_page(REPORT, tmp_path / "new" / "audit.html")
    assert (tmp_path / "new" / "audit.html").read_text(encoding="utf-8") == render_audit(REPORT)
