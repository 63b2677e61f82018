"""How figures look: colors that all can tell apart, and settings that nobody's taste and no name can change."""

import itertools
import os
import re
import subprocess
import sys
from importlib.resources import files

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from unheard.reports.figures.style import HUES, LETTERS, PALETTE, house_style, hue, outline, shortened, width_of

CSS = (files("unheard.reports.pages") / "page.css").read_text(encoding="utf-8")
BLOCKS = re.findall(r"--paper:.*?\n\}", CSS, re.DOTALL)
LIGHT, DARK, _ = (dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in BLOCKS)

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
VISION = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def seen(color, vision):
    """CIE L*a*b* of a color, as someone with that vision sees it."""
    shade = np.array([int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(vision @ linear, 0, 1) / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_hues_can_be_told_apart_by_who_is_color_blind(colors, vision):
    shades = [seen(colors[f"c{number}"], VISION[vision]) for number in range(HUES)]
    for (one, first), (other, second) in itertools.combinations(enumerate(shades), 2):
        assert np.linalg.norm(first - second) > (22 if other < 4 else 14), (one, other)


def test_colors_are_the_pages_light_ones_and_each_is_there_once():
    assert len(set(PALETTE.values())) == len(PALETTE)
    assert "#000000" not in PALETTE.values()  # SVG of matplotlib leaves black out
    assert set(PALETTE) <= set(LIGHT)
    assert set(PALETTE) <= set(DARK)
    for name in set(PALETTE) - {"paper", "cell", "strong"}:
        assert PALETTE[name] == LIGHT[name]
    assert [hue(number) for number in (0, 8, 9)] == [PALETTE["c0"], PALETTE["c8"], PALETTE["c0"]]


def test_thirty_six_things_have_marks_of_their_own_and_neighbors_differ_in_shape():
    marks = [(hue(number), outline(number).vertices.tobytes()) for number in range(4 * HUES)]
    assert len(set(marks)) == 36
    assert all(one[1] != other[1] for one, other in itertools.pairwise(marks))


def test_marks_are_about_as_large_as_each_other():
    for number in range(4):
        (left, low), (right, high) = outline(number).get_extents().get_points()
        assert 0.8 < right - left < 1.4
        assert 0.8 < high - low < 1.4


def test_what_a_user_has_set_in_matplotlib_changes_nothing_and_is_left_as_it_was():
    with mpl.rc_context({"text.usetex": True, "font.size": 40, "svg.fonttype": "path", "path.sketch": (1, 2, 3)}):
        before = dict(mpl.rcParams)
        with house_style():
            assert not mpl.rcParams["text.usetex"]
            assert not mpl.rcParams["text.parse_math"]
            assert mpl.rcParams["svg.fonttype"] == "none"
            assert mpl.rcParams["path.sketch"] is None
            assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]
        assert dict(mpl.rcParams) == before


def test_settings_are_left_as_they_were_when_drawing_fails():
    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError), house_style():
        1 / 0  # noqa: B018
    assert dict(mpl.rcParams) == before


def test_a_first_drawing_says_nothing_of_fonts_or_folders(tmp_path):
    code = "from unheard.reports.figures.legend import legend; legend(['\u6124']).__html__()"
    for folder in (tmp_path / "fresh", "/proc/nowhere"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={**os.environ, "MPLCONFIGDIR": str(folder)},
        )
        assert done.stderr == ""
        assert done.stdout == ""


@pytest.mark.parametrize(
    "text",
    ["plain", "speaker_normalization", "WWWWmmmm", "0.123", "chance, emotion code", "-0.03", "iiilll", "Ärger"],
)
@pytest.mark.parametrize("kind", LETTERS)
def test_room_that_is_left_for_a_text_holds_it(text, kind):
    letters = LETTERS[kind]
    with house_style():
        figure = Figure(dpi=720)
        drawn = figure.text(0, 0, text, fontsize=letters.size, fontweight="bold" if letters.bold else "normal")
        wide = drawn.get_window_extent(FigureCanvasAgg(figure).get_renderer()).width / 10
    assert 0.97 * wide <= width_of(text, letters) <= 1.9 * wide


def test_a_letter_of_a_script_without_an_alphabet_takes_a_whole_square():
    assert width_of("愤怒", LETTERS["tick"]) == 2 * LETTERS["tick"].size


@pytest.mark.parametrize(
    ("name", "longest", "said"),
    [
        ("plain", 5, "plain"),
        ("plainer", 5, "plai…"),
        (7, 5, "7"),
        ("a\nb", 9, "a\\nb"),
        ("\u202eevil", 16, "\\u202eevil"),
    ],
)
def test_a_name_is_cut_and_every_sign_of_it_is_seen(name, longest, said):
    assert shortened(name, longest) == said
