"""The page: whole, self-contained, safe against names from users' files, and silent about what is not there."""

import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest

import unheard.reports
from schemas.changes import changed, leaves, nulled
from unheard.reports.figures.scores import STRONG
from unheard.reports.pages.report import render, write_report
from unheard.reports.pages.templates import environment
from unheard.schemas.result import Result

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


def small(result):
    """One objective and a map of two points: every kind of value once."""
    whole = result.model_dump()
    own = whole["objectives"]["dat"]
    curves = [
        one | {"logged": {key: values[:3] for key, values in one["logged"].items()}} for one in own["curves"][:2]
    ]
    found = {key: column[:2] for key, column in whole["maps"]["dat"].items()}
    return Result.model_validate(whole | {"objectives": {"dat": own | {"curves": curves}}, "maps": {"dat": found}})


@pytest.mark.parametrize("number", range(7))
def test_no_null_anywhere_breaks_the_page_or_is_printed(result, number, monkeypatch):
    # What figures do then is asked of each alone, see test_figures: a page of them a value would take minutes.
    monkeypatch.setattr("unheard.reports.pages.report._drawn", lambda result: defaultdict(dict))
    result = small(result)
    paths = [path for path in leaves(result.model_dump()) if nulled(result, path) is not None]
    assert len(paths) > 80
    for path in paths[number::7]:
        page = render(nulled(result, path))
        assert page.rstrip().endswith("</html>"), path
        assert not re.search(r"\bnan\b|\binf\b|>None<|None ", page.split("<script>")[0]), path


def test_what_a_result_does_not_know_is_left_out(bare):
    page = render(bare)
    check(page)
    for name in ("probes", "better", "confused", "voices", "believed", "training", "maps"):
        assert f'id="{name}"' not in page


def test_a_template_that_asks_for_what_no_record_has_is_a_mistake_and_not_an_empty_cell(result):
    pages = environment()
    assert pages.from_string("{{ result.corpus.title }}").render(result=result) == "Made-up voices"
    assert pages.from_string("{{ result.corpus.speech.word }}").render(result=result) == ""
    for text in ("{{ result.corpus.titel }}", "{{ nobody_gave_this }}", "{{ result.seeds[17] }}"):
        with pytest.raises(jinja2.UndefinedError):
            pages.from_string(text).render(result=result)


def test_an_inflated_split_is_the_first_thing_one_sees(result):
    page = render(changed(result, "split.inflated", True))
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
    linear = {"mean": 0.0, "std": 0.0}
    assert render(changed(result, "references.raw_features.probes.linear", linear)).count(said) == 1


def test_speakers_with_few_emotions_are_said_and_none_is_named(result):
    for label in result.objectives:
        nobody = {"speaker": None, "uar": None, "left_out": 12}
        result = changed(result, f"objectives.{label}.worst_speaker", nobody)
    page = render(result)
    assert "none can be judged alone" in page
    assert "12 of 12 test speakers have no more than half of the emotions" in page
