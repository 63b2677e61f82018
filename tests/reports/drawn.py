"""What lies on a drawing, for tests: its texts with their boxes, its hover titles, its shapes."""

from xml.etree import ElementTree as ET

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from unheard.reports.figures.style import house_style

__all__ = ["crossings", "outside", "page_svg", "tips", "words"]


def page_svg(drawing):
    """The parsed SVG that a page holds."""
    return ET.fromstring(drawing.__html__())


def tips(drawing):
    """All hover titles, in their order."""
    return [title.text for shape in page_svg(drawing) for title in shape.iter("title") if shape.tag != "title"]


def words(drawing):
    """All texts that are drawn, in their order."""
    return [text.text for text in page_svg(drawing).iter("text")]


def _boxes(drawing):
    """Text, its box in points (as wide as in DejaVu Sans, which few fonts exceed), and whether it is turned."""
    with house_style():
        renderer = FigureCanvasAgg(drawing.figure).get_renderer()
        texts = [text for text in drawing.figure.findobj(Text) if text.get_text()]
        return [(text.get_text(), text.get_window_extent(renderer), text.get_rotation() % 180) for text in texts]


def outside(drawing, room=1.0):
    """Texts that are cut off at the edge."""
    width, height = drawing.size
    return [
        text
        for text, box, _ in _boxes(drawing)
        if box.x0 < -room or box.y0 < -room or box.x1 > width + room or box.y1 > height + room
    ]


def crossings(drawing, room=0.5):
    """Pairs of level texts, or of upright ones, that cover each other."""
    boxes, found = _boxes(drawing), []
    for place, (text, box, turn) in enumerate(boxes):
        for other, beside, turned in boxes[place + 1 :]:
            wide = min(box.x1, beside.x1) - max(box.x0, beside.x0)
            tall = min(box.y1, beside.y1) - max(box.y0, beside.y0)
            if turn in (0, 90) and turned in (0, 90) and wide > room and tall > 2.5:
                found.append((text, other))
    return found
