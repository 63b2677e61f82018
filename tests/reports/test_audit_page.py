"""The page of an audit: whole without network, escaped, and there whatever is not known."""

import re

import pytest

from unheard.reports.pages.audit import answers_without_voices, render_audit, write_audit_page
from unheard.schemas.audit import AuditReport

REPORT = AuditReport.model_validate({
    "unheard": "0.1.0",
    "created": "2026-01-02T03:04:05+00:00",
    "command": "unheard audit made",
    "corpora": ["made"],
    "has_leak": True,
    "findings": [{"severity": "leak", "kind": "speaker", "text": "1 of 4 <speakers>", "examples": ["made/<b>"]}],
    "utterances": 8,
    "speakers": 4,
    "chance": 0.5,
    "emotion_bits": 1.0,
    "class_counts": {"anger": 4, "joy": 4},
    "speaker_class_counts": {"made/<b>": {"anger": 2, "joy": 0}},
    "ties": {
        "speaker": {
            "column": "speaker", "utterances": 8, "values": 4, "bits": 0.1, "chance_bits": 0.2, "emotion_bits": 1.0,
            "lookup_uar": 0.25, "folds_uar": None,
        }
    },
    "confounds": [
        {
            "trait": "peak", "of": "emotion", "items": 8, "uar": 0.75, "chance": 0.5, "p": 0.005, "medians": {},
            "gives_away": True,
        }
    ],
    "answered": "tested on unseen speakers",
    "traits": {
        "emotion": {
            "anger": dict.fromkeys(("seconds", "level", "peak", "silence", "clipped", "bandwidth", "channels"))
            | {"rate": 16000.0}
        },
        "corpus": {},
    },
    "duplicates": [["a", "b"]],
    "near_duplicates": [{"first": "c", "second": "d", "likeness": 0.93, "offset": 0.1}],
    "folds": {
        "source": "folds.csv", "form": "CSV", "sizes": {"1": {"train": 4, "dev": 0, "test": 4}}, "strangers": [],
        "left_out": [], "sessions_matter": False,
    },
    "sharing": {
        "speaker": {"grave": True, "known": 4, "shared": 1, "folds": ["1"]},
        "session": {"grave": False, "known": None, "shared": 0, "folds": []},
    },
    "leaks": [{"fold": "1", "column": "speaker", "value": "made/<b>", "parts": ["train", "test"], "utterances": []}],
    "unusable": [],
    "set_aside": [],
})  # fmt: skip
NOTHING = {
    "findings": [],
    "chance": None,
    "emotion_bits": None,
    "class_counts": {},
    "speaker_class_counts": {},
    "ties": {},
    "confounds": [],
    "traits": {"emotion": {}, "corpus": {}},
    "duplicates": [],
    "near_duplicates": [],
    "folds": None,
    "sharing": {},
    "leaks": [],
}
"""What each part of a report is where nothing is known."""


def _but(**changes) -> AuditReport:
    return AuditReport.model_validate(REPORT.model_dump() | changes)


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
    assert answers_without_voices(_but(ties={}, confounds=[])) is None


@pytest.mark.parametrize("key", sorted(NOTHING))
def test_the_page_is_made_whatever_is_not_known(key: str) -> None:
    page = render_audit(_but(**{key: NOTHING[key]}))
    assert page.rstrip().endswith("</html>")
    assert "None" not in page


def test_no_leak_and_no_folds_are_told_apart() -> None:
    assert "No leak was found" in render_audit(_but(has_leak=False))
    assert "No folds were compared" in render_audit(_but(has_leak=False, folds=None, sharing={}))


def test_the_page_is_written_whole(tmp_path) -> None:
    write_audit_page(REPORT, tmp_path / "new" / "audit.html")
    assert (tmp_path / "new" / "audit.html").read_text(encoding="utf-8") == render_audit(REPORT)
