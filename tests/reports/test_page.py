"""The page: whole, self-contained, safe against names from users' files, and silent about what is not there."""

import copy
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest

import unheard.reports
from unheard.reports.figures.scores import STRONG
from unheard.reports.pages.report import render, write_report

VOID = {"meta", "link", "br", "img", "input", "hr"}
CSS = (Path(unheard.reports.__file__).parent / "pages" / "page.css").read_text(encoding="utf-8")


class Checker(HTMLParser):
    """Every tag is closed in its order; every drawn figure begins with a title and a description."""

    def __init__(self):
        super().__init__()
        self.open, self.problems, self.tags, self.ids = [], [], [], []
        self.expected = []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        self.tags.append(tag)
        self.problems += [
            f"<{tag} {key}>" for key in names if key in ("src", "href", "srcset") or key.startswith("on")
        ]
        self.ids += [names["id"]] if "id" in names else []
        if self.expected:
            wanted = self.expected.pop(0)
            self.problems += [] if tag == wanted else [f"<{tag}> where a figure wants <{wanted}>"]
        if tag == "svg":
            self.problems += (
                [] if names.get("role") == "img" or "aria-hidden" in names else ["a figure without a role"]
            )
            self.expected = ["title", "desc"] if names.get("role") == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        if self.expected:
            self.problems.append(f"<{tag}/> where a figure wants a title")
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}>")


def check(page):
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert not checker.problems
    assert not checker.open
    assert len(checker.ids) == len(set(checker.ids))
    assert not re.search(r"https?:|@import|url\(|\bnan\b|\bNaN\b|\bNone\b|\binf\b", page.split("<script>")[0])
    return checker


def test_the_page_is_well_formed_and_every_figure_has_alternative_text(result):
    checker = check(render(result))
    # Six of each objective, five curves, three of all, and two legends.
    assert render(result).count('role="img"') == 6 * 3 + 5 + 3 + 2
    assert checker.tags.count("table") == 7


def test_the_page_needs_no_network(result):
    page = render(result)
    assert "default-src 'none'" in page
    assert "<link" not in page
    assert not re.search(r"https?://", page)


def test_names_from_files_are_text_and_never_markup(nasty):
    page = render(nasty)
    assert check(page).tags.count("script") == 1
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") > 100


def branches(value, path=()):
    """The path of every table and every list of tables below a result, and of every leaf, a few of each list."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else []
    for key, below in items:
        yield (*path, key)
        yield from branches(below, (*path, key))


def without(result, path, value):
    other = copy.deepcopy(result)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return other


def small(result):
    """One objective and a map of two points: every kind of value once."""
    result["objectives"] = {"dat": result["objectives"]["dat"]}
    result["maps"] = {"dat": {key: column[:2] for key, column in result["maps"]["dat"].items()}}
    own = result["objectives"]["dat"]
    own["curves"] = [{k: v[:3] if isinstance(v, list) else v for k, v in one.items()} for one in own["curves"][:2]]
    return result


def test_no_null_nan_or_infinity_anywhere_breaks_the_page_or_is_printed(result, monkeypatch):
    # What figures do then is asked of each alone, see test_figures: a page of them a value would take minutes.
    monkeypatch.setattr("unheard.reports.pages.report._drawn", lambda result: defaultdict(dict))
    result = small(result)
    paths = [path for path in branches(result) if path not in {("name",), ("classes",), ("objectives",)}]
    assert len(paths) > 200
    for number, path in enumerate(paths):
        leaf = path[-1]
        values = [None]
        place = result
        for key in path:
            place = place[key]
        if isinstance(place, float):
            values += [(float("nan"), float("inf"), float("-inf"))[number % 3]]
        for value in values:
            page = render(without(result, path, value))
            assert page.rstrip().endswith("</html>"), leaf
            assert not re.search(r"\bnan\b|\binf\b|>None<|None ", page.split("<script>")[0]), path


@pytest.mark.parametrize(
    "gone", ["corpus", "split", "confound", "references", "comparisons", "maps", "seeds", "versions"]
)
def test_what_the_result_lacks_is_left_out(result, gone):
    del result[gone]
    check(render(result))


def test_the_least_result_gives_a_page():
    least = {"schema": 1, "name": "x", "classes": ["a"], "objectives": {"plain": {"uar": {"mean": None}}}}
    check(render(least))
    check(render(least | {"objectives": {"plain": {}}}))
    check(render(least | {"objectives": {}}))


def test_an_inflated_split_is_the_first_thing_one_sees(result):
    result["split"]["inflated"] = True
    page = render(result)
    assert page.index('role="alert"') < page.index("How good")
    assert "voices it has never heard" not in page


def test_the_first_screen_says_how_good_how_sure_what_leaks_and_what_to_distrust(result):
    page = render(result)
    order = [page.index(f'id="{name}"') for name in ("good", "leaks", "distrust", "better", "confused", "data")]
    assert order == sorted(order)


def test_it_is_written_whole(result, tmp_path):
    file = tmp_path / "a" / "report.html"
    write_report(result, file)
    write_report(result, file)
    assert file.read_text(encoding="utf-8") == render(result)
    assert [entry.name for entry in file.parent.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_rendered_leaves_the_old_one(result, tmp_path, monkeypatch):
    file = tmp_path / "report.html"
    write_report(result, file)
    monkeypatch.setattr("unheard.reports.pages.report.cautions", lambda result: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(result, file)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
    assert file.read_text(encoding="utf-8").rstrip().endswith("</html>")


def palettes():
    """Light, dark by the system and dark by the button: name to (red, green, blue) in [0, 1]."""
    blocks = re.findall(r"--paper:.*?\n\}", CSS, re.DOTALL)
    return [
        {name: tuple(int(code[at : at + 2], 16) / 255 for at in (0, 2, 4)) for name, code in found}
        for found in (re.findall(r"--(\w+): #(\w{6})", block) for block in blocks)
    ]


def contrast(one, other):
    """WCAG 2 contrast ratio."""
    bright = []
    for shade in (one, other):
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shade]
        bright.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(bright) / min(bright)


def test_text_and_marks_stand_out_light_and_dark():
    light, dark, chosen = palettes()
    assert dark == chosen
    for shades in (light, dark):
        for ground in ("paper", "panel", "soft"):
            assert contrast(shades["ink"], shades[ground]) >= 7
            assert contrast(shades["warn"], shades[ground]) >= 4.5
        assert min(contrast(shades["quiet"], shades[ground]) for ground in ("paper", "panel")) >= 4.5
        assert min(contrast(shades[f"c{hue}"], shades["paper"]) for hue in range(9)) >= 3


@pytest.mark.parametrize("share", [0.0, 0.3, STRONG - 0.001, STRONG + 0.001, 0.8, 1.0])
def test_the_text_of_a_cell_can_be_read_on_its_shade(share):
    for shades in palettes()[:2]:
        cover = 0.05 + 0.95 * share
        ground = tuple(
            cover * heat + (1 - cover) * paper for heat, paper in zip(shades["heat"], shades["paper"], strict=True)
        )
        assert contrast(shades["strong" if share > STRONG else "cell"], ground) >= 4.45


def test_a_linear_probe_below_chance_is_explained_and_only_then(result):
    said = "A linear probe far below chance is to be read as chance"
    assert said not in render(result)
    result["references"]["raw_features"]["linear"] = {"mean": 0.0, "std": 0.0}
    assert render(result).count(said) == 1


def test_speakers_with_few_emotions_are_said_and_none_is_named(result):
    for own in result["objectives"].values():
        own["worst_speaker"] = {"speaker": None, "uar": None, "left_out": 12}
    page = render(result)
    assert "none can be judged alone" in page
    assert "12 of 12 test speakers have no more than half of the emotions" in page
