"""The page: whole, self-contained, safe against names from users' files, and silent about what is not there."""

import re
from html.parser import HTMLParser

import pytest

from unheard.reports import render, write_report
from unheard.reports.cautions import cautions
from unheard.reports.plots import ticks

_VOID = {"meta", "link", "br", "img", "input", "hr"}
EVIL = "<script>alert('x')</script>"


def made(label="plain", **own):
    """A small but whole result."""
    leak = {key: {"mean": 0.3, "std": 0.1} for key in ("linear", "mlp", "best", "eer")}
    objective = {
        "name": "dat",
        "settings": {"weight": -1.0},
        "uar": {"mean": 0.6, "std": 0.02, "per_seed": [0.6], "interval": [0.5, 0.7]},
        "wa": {"mean": 0.6, "std": None},
        "confusion": [[3, 1], [0, 0]],
        "recall": {"anger": 0.75, "calm": None},
        "speakers": [{"speaker": EVIL, "gender": "f", "utterances": 4, "uar": 0.3, "wa": 0.5}],
        "worst_speaker": {"speaker": EVIL, "uar": 0.3},
        "gender": {"f": 0.6},
        "per_fold": [
            {
                "fold": "1",
                "seed": 0,
                "uar": None,
                "wa": 0.5,
                "absent": ["calm"],
                "best_epoch": 2,
                "epochs": 3,
                "seconds": 1,
            }
        ],
        "curves": [{"fold": "1", "seed": 0, "emotion_loss": [2.0, 1.0, None], "speaker_accuracy": [0.5, 0.1, 0.01]}],
        "leakage": leak,
    }
    return {
        "schema": 1,
        "name": EVIL,
        "classes": ["anger", "calm"],
        "seeds": [0],
        "objectives": {label: objective | own},
        "corpus": {"title": EVIL, "utterances": 4, "speakers": 1, "skipped": [{"file": EVIL, "problem": "empty"}]},
        "split": {"protocol": "speaker_groups", "inflated": False, "disjoint": ["speaker"], "folds": []},
        "references": {
            "chance": {"best": {"mean": 0.1}, "eer": {"mean": 0.5}},
            "raw_features": {"best": {"mean": 0.9}},
        },
        "comparisons": [],
        "maps": {label: {"points": [[0, 0], [1, 1]], "emotion": ["anger", "calm"], "speaker": [EVIL, "b"]}},
    }


class Checker(HTMLParser):
    """Every tag is closed in its order; every drawn figure has a title."""

    def __init__(self):
        super().__init__()
        self.open, self.problems, self.untitled = [], [], 0
        self.in_figure = None

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        for key in ("src", "href"):
            if str(names.get(key, "")).startswith(("http", "//")):
                self.problems.append(f"{tag} {key}={names[key]}")
        if tag == "svg" and names.get("role") == "img":
            self.untitled += 1
            self.in_figure = True
        if tag == "title" and self.in_figure:
            self.untitled -= 1
            self.in_figure = None
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}>")


def check(page):
    checker = Checker()
    checker.feed(page)
    assert not checker.problems
    assert not checker.open
    assert checker.untitled == 0


def test_the_page_is_well_formed_and_every_figure_has_alternative_text():
    page = render(made())
    check(page)
    assert page.count('role="img"') >= 5


def test_the_page_needs_no_network():
    page = render(made())
    assert not re.search(r'(src|href)\s*=\s*["\']?(https?:)?//', page)
    assert "@import" not in page
    assert "url(" not in page


def test_names_from_files_are_text_and_never_markup():
    assert EVIL not in render(made())
    assert EVIL not in render(made(label="a"))


@pytest.mark.parametrize("gone", ["corpus", "split", "references", "comparisons", "maps", "seeds"])
def test_what_the_result_lacks_is_left_out(gone):
    result = made()
    del result[gone]
    check(render(result))


def test_the_least_result_gives_a_page():
    check(render({"schema": 1, "name": "x", "classes": ["a"], "objectives": {"plain": {"uar": {"mean": None}}}}))


def test_an_inflated_split_is_the_first_thing_one_sees():
    result = made()
    result["split"]["inflated"] = True
    page = render(result)
    assert page.index("INFLATED") < page.index("How good")


def test_it_is_written_whole(tmp_path):
    write_report(made(), tmp_path / "a" / "report.html")
    assert (tmp_path / "a" / "report.html").read_text().rstrip().endswith("</html>")
    assert len(list((tmp_path / "a").iterdir())) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"uar": {"mean": 0.6, "interval": [0.3, 0.9]}}, "spans 60 points"),
        ({"name": "cgt"}, "removes nothing"),
        ({"leakage": {"best": {"mean": 0.95}}}, "raw features"),
        ({"leakage": {"best": {"mean": 0.35}}}, "still names the speaker"),
        ({}, "below chance"),
        ({}, "worst speaker"),
        ({}, "1 seed"),
        ({}, "Only 1 speakers"),
        ({}, "no calm"),
        ({}, "test sentences"),
    ],
)
def test_cautions_say_what_to_distrust(change, said):
    assert any(said in caution for caution in cautions(made(**change)))


def test_ticks_are_round_and_inside():
    assert ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(3 <= tick <= 17 for tick in ticks(3, 17))
    assert ticks(1, 1) == [1]
    assert ticks(float("nan"), 1) == []
