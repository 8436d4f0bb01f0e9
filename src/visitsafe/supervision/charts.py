"""Bars as inline SVG, drawn by pygal (docs/adr/0022): no script, no style, no link, nothing from elsewhere.

Of what pygal makes only shapes and texts are kept, by a list of what may stay; how they look is the page's
affair, so a chart is dark on light paper and light on dark. Each bar has its label and its number: nothing is
told by colour. The same figures stand in a table beside it, which screen readers are sent to.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from visitsafe.supervision.report_shape import Line

WIDTH, FONT = 440, 13
_ROW, _EDGE, _TALL = 26, 24, 190
_LONGEST_LABEL = 24
_MOST_LABELS = 7
"""How many labels there is room for below a chart of weeks."""
_HOOK = "PluginImportFixer"
_SVG = "{http://www.w3.org/2000/svg}"
_KEPT = {
    "g": {"class", "transform"},
    "rect": {"class", "x", "y", "width", "height", "transform"},
    "path": {"class", "d"},
    "text": {"class", "x", "y", "transform"},
}
"""The elements that stay, and their attributes."""
_DROPPED = frozenset({"tooltip-overlay", "titles"})
CHART_STYLE = """\
.chart { display: block; width: 100%; max-width: 32rem; height: auto; }
.chart text { fill: var(--ink); font: 13px system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
.chart .background { fill: none; }
.chart path { fill: none; stroke: var(--line); stroke-width: 1; }
.chart .guide { display: none; }
.chart .bar rect { fill: var(--line); stroke: var(--ink); stroke-width: 1; }
.chart.across .axis text { text-anchor: end; }
.chart.across .text-overlay text { text-anchor: start; }
.chart.up text { text-anchor: middle; }
"""


def across(lines: "Sequence[Line]", title: str, name: str) -> str:
    """Bars from left to right, a line each, the first at the top.

    Args:
        lines: The figures; those that have no number are left out.
        title: What they are, for screen readers.
        name: What the ids in the SVG begin with; another one for each chart of a page.
    """
    shown = [line for line in reversed(lines) if line.value is not None]
    chart = _pygal().HorizontalBar(**_settings(_EDGE + _ROW * len(shown)), margin_right=40)
    chart.x_labels = [_short(line.label) for line in shown]
    chart.add("", [line.value for line in shown])
    return _inline(chart, "chart across", title, name, "axis x")


def upwards(lines: "Sequence[Line]", title: str, name: str) -> str:
    """Bars from the bottom up, one beside another, such as weeks. Arguments as for `across`."""
    shown = [line for line in lines if line.value is not None]
    every = -(-len(shown) // _MOST_LABELS)
    labels = {"x_labels_major_every": every, "show_minor_x_labels": False} if every > 1 else {}
    chart = _pygal().Bar(**_settings(_TALL), **labels, show_y_labels=False)
    chart.x_labels = [line.label.rsplit(" ", 1)[0] for line in shown]
    chart.add("", [line.value for line in shown])
    return _inline(chart, "chart up", title, name, "axis y")


def _pygal() -> Any:
    """The library, without the hook for maps that it leaves among Python's finders of modules.

    That hook has an interface of Python 2: Python 3.11 warns of it at each import of anything that follows.
    """
    import pygal  # type: ignore[import-untyped]

    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != _HOOK]
    return pygal


def _settings(height: int) -> dict[str, Any]:
    """A chart without anything around the bars; the look comes from the page."""
    return {
        "js": [],
        "css": [],
        "disable_xml_declaration": True,
        "width": WIDTH,
        "height": height,
        "margin": 8,
        "show_legend": False,
        "print_values": True,
        "print_values_position": "top",
        "print_zeroes": True,
        "include_x_axis": True,
        "spacing": 6,
        "truncate_label": -1,
        "style": _pygal().style.Style(label_font_size=FONT, major_label_font_size=FONT, value_font_size=FONT),
    }


def _short(label: str) -> str:
    """A label for which there is room; the table has the whole of it."""
    line = one_line(label)
    return line if len(line) <= _LONGEST_LABEL else line[: _LONGEST_LABEL - 1].rstrip(" ,") + "…"


def _inline(chart: Any, classes: str, title: str, name: str, numbers: str) -> str:
    """What pygal drew as an element for an HTML page.

    Args:
        chart: Of pygal.
        classes: Of the element.
        title: What it shows.
        name: What its ids begin with.
        numbers: The class of the axis whose numbers stand at the bars already.
    """
    drawn = ET.fromstring(chart.render(is_unicode=True))  # noqa: S314 - made here, a moment ago
    svg = ET.Element("svg", {"class": classes, "viewBox": drawn.get("viewBox", ""), "role": "img"})
    svg.set("aria-labelledby", f"{name}-title {name}-desc")
    for tag, text in (("title", title), ("desc", f"A bar chart of the table: {title}.")):
        ET.SubElement(svg, tag, {"id": f"{name}-{tag}"}).text = one_line(text)
    svg.extend(_kept(drawn, numbers))
    return ET.tostring(svg, encoding="unicode", short_empty_elements=False)


def _kept(element: ET.Element, numbers: str) -> Iterator[ET.Element]:
    """What of an element's content may stand in the page."""
    for child in element:
        tag = str(child.tag).removeprefix(_SVG)
        classes = child.get("class", "")
        if tag not in _KEPT or classes.startswith(numbers) or not _DROPPED.isdisjoint(classes.split()):
            continue
        copy = ET.Element(tag, {key: value for key, value in child.items() if key in _KEPT[tag] and value})
        copy.text = child.text
        copy.extend(_kept(child, numbers))
        if tag != "g" or len(copy):
            yield copy
