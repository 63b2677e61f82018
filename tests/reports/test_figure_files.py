"""Files for a paper: three of one figure, whole, white, and the same bytes for the same numbers."""

import io
import re
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from reports.test_drawing import HOSTILE, one_of_everything
from unheard.errors import MachineError
from unheard.reports.figures.files import FORMATS, write_drawing


@pytest.fixture
def written(tmp_path):
    """The three files of a drawing."""
    return {file.suffix[1:]: file for file in write_drawing(one_of_everything("<b>"), tmp_path / "new", "front")}


def test_there_is_one_of_each_kind_and_nothing_beside(written):
    assert tuple(written) == FORMATS
    folder = written["svg"].parent
    assert sorted(file.name for file in folder.iterdir()) == ["front.pdf", "front.png", "front.svg"]


def test_the_svg_is_whole(written):
    root = ET.fromstring(written["svg"].read_text(encoding="utf-8"))
    assert root[0].text == "<b>"
    assert root[1].text == "said: <b>"


def test_the_png_is_white_and_has_300_dots_an_inch(written):
    with Image.open(written["png"]) as image:
        assert image.size == (300 * 300 // 72, 200 * 300 // 72)
        assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        assert image.info["Title"] == "<b>"
        assert image.info["Description"] == "said: <b>"
        assert round(image.info["dpi"][0]) == 300


def test_the_pdf_has_its_size_its_fonts_and_no_date(written):
    body = written["pdf"].read_bytes()
    assert body.startswith(b"%PDF-")
    assert re.search(rb"/MediaBox\s*\[\s*0 0 300 200\s*\]", body)
    assert b"/FontFile2" in body
    assert b"CreationDate" not in body
    assert body.rstrip().endswith(b"%%EOF")


def test_the_same_drawing_gives_the_same_bytes(written, tmp_path):
    again = write_drawing(one_of_everything("<b>"), tmp_path / "again", "front")
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in written.values()]


def test_files_change_nothing_of_what_a_page_shows(tmp_path):
    drawing = one_of_everything()
    before = drawing.__html__()
    write_drawing(drawing, tmp_path, "front")
    assert drawing.__html__() == before


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_written(name, tmp_path):
    for file in write_drawing(one_of_everything(name), tmp_path, "front"):
        assert file.stat().st_size > 1000
    assert Image.open(io.BytesIO((tmp_path / "front.png").read_bytes())).size == (1250, 833)


def test_nothing_to_draw_writes_nothing(tmp_path):
    assert write_drawing(None, tmp_path / "new", "front") == []
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="file"):
        write_drawing(one_of_everything(), tmp_path / "file", "front")
