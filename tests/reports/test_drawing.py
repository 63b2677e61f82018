"""A drawing in a page and as a file: the same twice, without identifiers; no name is ever more than text."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from reports.drawn import page_svg, tips, words
from unheard.reports.figures.area import Area, Bar, Margins
from unheard.reports.figures.legend import lay_out, legend
from unheard.reports.figures.sheet import Sheet, Stroke
from unheard.reports.figures.style import PALETTE, house_style, hue

HOSTILE = [
    "</svg><script>alert(1)</script>",
    "$x^2$",
    r"$\frac{1}{0}$",
    "$unclosed",
    r"\textbf{x}",
    "a & b",
    '"quoted"',
    "#0072b2",
    "url(#tips0)",
    "line\nbreak",
    "\x1b[2Jscreen",
    "\u202eevil",
    "\ufffe\uffff",
    "\udcf6",
    "愤怒",
    "e\u0301 و 🙂",
    "]]>",
    "<!--",
]


@house_style()
def one_of_everything(name="plain"):
    """Every kind of mark once, with a name wherever one may stand."""
    sheet = Sheet(300, 200)
    area = Area(sheet, (0.0, 1.0), (0.0, 1.0), Margins())
    area.scale_x(name)
    area.scale_y(name)
    area.line((0.0, 0.5, 1.0), (0.1, None, 0.4), Stroke(hue(0)), name)
    area.bars([Bar((0.1, 0.2), (0.0, 0.5), PALETTE["heat"], name, alpha=0.5)])
    area.marks([(0.2, 0.3), (0.4, 0.5), (0.6, 0.2), (0.7, 0.9)], [0, 1, 2, 3], [name, "1", "2", "3"])
    area.discs([(0.5, 0.5), (0.6, 0.6)], [5.0, 9.0], 1, [name, "small"])
    area.dots([(0.9, 0.9)], 3.0, [name])
    area.whisker((0.1, 0.3), (0.3, 0.3), 2)
    area.level(0.25, name)
    area.upright(0.5, name)
    area.tick(0.4, (0.1, 0.2), name)
    area.names_x([name], [0.5], "small", turn=55)
    sheet.ring(100, 100, 9)
    sheet.mark(50, 50, 3)
    sheet.text(20, 20, name, "name")
    sheet.text(20, 40, name, "cell", over=True)
    return sheet.drawing(name, f"said: {name}")


def test_a_page_takes_it_as_svg_with_its_alternative_text_first():
    drawn = one_of_everything()
    assert escape(drawn) == drawn.__html__()
    root = page_svg(drawn)
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == ["title", "desc"]
    assert root[0].text == "plain"
    assert root[1].text == "said: plain"


def test_it_is_the_same_twice_from_one_figure_and_from_two():
    first, second = one_of_everything(), one_of_everything()
    assert first.__html__() == first.__html__() == second.__html__()
    assert first.document() == second.document()


def test_it_is_the_same_in_another_process():
    code = "from reports.test_drawing import one_of_everything as o; import sys; sys.stdout.write(o().document())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120, cwd="tests"
    )
    assert done.stdout == one_of_everything().document()


def test_two_of_them_on_a_page_share_no_identifier_and_point_at_nothing():
    text = one_of_everything().__html__()
    assert not re.search(r"\bid=|href|url\(|<use|<defs|clip-path|<style|<metadata", text)


def test_every_color_of_a_page_is_the_pages_own():
    for shape in page_svg(one_of_everything()).iter():
        assert not re.search(r"#[0-9a-fA-F]{3}", shape.get("style", ""))
        if shape.tag in ("path", "text"):
            assert re.search(r"(fill|stroke):var\(--\w+\)", shape.get("style"))


def test_a_file_has_the_colors_themselves_on_white():
    root = ET.fromstring(one_of_everything().document())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("300pt", "200pt")
    assert "var(" not in one_of_everything().document()
    rect = root[2]
    assert rect.tag.endswith("rect")
    assert rect.get("fill") == "#ffffff"
    used = set(re.findall("#[0-9a-f]{6}", one_of_everything().document()))
    assert used <= set(PALETTE.values())


def test_texts_are_texts_in_the_font_of_the_page():
    root = page_svg(one_of_everything())
    assert [text.text for text in root.iter("text")].count("plain") == 6
    assert "font-family" not in one_of_everything().__html__()


def test_a_name_on_lines_has_a_rim_and_one_on_a_cell_lets_the_pointer_through():
    texts = {text.get("y"): text.get("style") for text in page_svg(one_of_everything()).iter("text")}
    assert "paint-order:stroke;stroke:var(--paper);stroke-width:2.5px" in texts["20"]
    assert "pointer-events:none" in texts["40"]


def test_each_mark_has_the_hover_title_that_was_given_for_it():
    assert tips(one_of_everything()) == [
        "plain", "plain", "plain", "1", "2", "3", "plain", "small", "plain", "plain", "plain",
    ]  # fmt: skip


def test_a_missing_value_leaves_a_gap():
    @house_style()
    def broken(ys):
        sheet = Sheet(100, 100)
        Area(sheet, (0.0, 4.0), (0.0, 1.0), Margins(0, 0, 0, 0)).line(range(5), ys, Stroke(hue(0)))
        return sheet.drawing("t", "d")

    (path,) = page_svg(broken([0.1, 0.2, None, 0.4, 0.5])).iter("path")
    assert path.get("d").count("M") == 2
    (path,) = page_svg(broken([0.1, 0.2, 0.3, 0.4, 0.5])).iter("path")
    assert path.get("d").count("M") == 1
    assert all("L" not in path.get("d") for path in page_svg(broken([None] * 5)).iter("path"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_markup_mathematics_or_a_control(name):
    drawn = one_of_everything(name)
    plain = page_svg(one_of_everything())
    root = page_svg(drawn)
    assert [child.tag for child in root.iter()] == [child.tag for child in plain.iter()]
    seen = set(words(drawn)) - {"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}
    assert len(seen) == 1
    shown = seen.pop()
    assert not re.search(r"[\x00-\x1f\u202e\ufffe\uffff\ud800-\udfff]", shown)
    if name.isascii() and name.isprintable():
        assert shown == name
    assert len(set(tips(drawn))) == 5
    ET.fromstring(drawn.document())
    drawn.document().encode()


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=12))
def test_any_text_gives_whole_xml_with_as_many_shapes(name):
    root = page_svg(one_of_everything(name))
    assert len(list(root.iter("path"))) == len(list(page_svg(one_of_everything()).iter("path")))
    ET.fromstring(one_of_everything(name).document())


def test_a_legend_breaks_into_lines_and_holds_every_name():
    names = [f"speaker {number}" for number in range(40)]
    laid = lay_out(names, range(40), 368)
    assert [entry[3] for entry in laid.entries] == names
    assert laid.height > 5 * 15
    assert all(x < 368 for x, *_ in laid.entries)
    assert lay_out([], [], 100).height == 0
    assert legend([]) is None
    assert words(legend(["a<b", "dat"])) == ["a<b", "dat"]


def test_nothing_is_drawn_through_the_state_of_pyplot():
    code = (
        "import sys; sys.path.insert(0, 'tests'); from reports.test_drawing import one_of_everything as o;"
        "o().__html__(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
