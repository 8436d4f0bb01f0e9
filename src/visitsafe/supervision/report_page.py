"""A team's report as a page of HTML with charts, as markdown, as rows of a CSV file, and as JSON. Pure.

Text that somebody wrote is escaped. In the CSV a cell never begins with a sign that a spreadsheet takes for a
formula.
"""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from visitsafe.supervision.report import NOT_SHOWN, Audience, Figure, FigureSection, TeamReport, day
from visitsafe.text.clean import lines_of, markdown, markdown_line, members, one_line
from visitsafe.text.html import document

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


def across(lines: Sequence[Figure], title: str, name: str) -> str:
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


def upwards(lines: Sequence[Figure], title: str, name: str) -> str:
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


COLUMNS = ("period_from", "period_to", "section", "figure", "value", "unit")
FOR_WHOM = {
    Audience.TEAM: "For the team. It names no worker.",
    Audience.NAMED: "For managers only: it names workers.",
    Audience.OUTSIDE: "For outside the team.",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def head(report: TeamReport) -> tuple[str, str]:
    """Two sentences below the title: whose report it is and for whom, and when it was made."""
    return f"{one_line(report.team)}. {FOR_WHOM[report.view]}", f"Made on {day(report.made)} by visitsafe."


def report_markdown(report: TeamReport) -> str:
    """The report as markdown, with a table for each section."""
    first, second = head(report)
    blocks = [
        f"# {report.title}",
        f"{markdown_line(first)} {second}",
        *(markdown_line(remark) for remark in report.remarks),
    ]
    for section in report.sections:
        blocks += _markdown_section(section)
    return "\n\n".join(blocks) + "\n"


def _markdown_section(section: FigureSection) -> Iterator[str]:
    yield f"## {section.title}"
    if section.figures:
        rows = (f"| {_label(line)} | {line.shown} |" for line in section.figures)
        yield "\n".join([f"| {section.what} | How many |", "|:--|--:|", *rows])
    yield from section.about
    if section.quotes:
        yield "In the managers' words:"
        yield "\n".join(f"- {ref}: {markdown(text, '  ')}" for ref, text in section.quotes)


def _label(line: Figure) -> str:
    note = f" ({markdown_line(line.note)})" if line.note else ""
    return f"{'- ' if line.under else ''}{markdown_line(line.label)}{note}"


def report_csv(report: TeamReport) -> str:
    """The figures, a row each, with a heading row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    first, last = report.period.first.isoformat(), report.period.last.isoformat()
    for section in report.sections:
        for line in section.figures:
            cells = first, last, section.id, _figure(line), _value(line), line.unit
            writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _figure(line: Figure) -> str:
    """The figure's name; for one about a worker with the worker."""
    named = line.id.startswith(("carried_", "never_reported_"))
    return one_line(f"{line.id}: {line.label}" if named else line.id)


def _value(line: Figure) -> str:
    return NOT_SHOWN if line.hidden else "" if line.value is None else str(line.value)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def report_json(report: TeamReport) -> dict[str, Any]:
    """What `--json` prints (docs/json.md)."""
    return {
        "team": report.team,
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "made": report.made.isoformat(),
        "view": report.view.value,
        "remarks": list(report.remarks),
        "sections": [_json_section(section) for section in report.sections],
    }


def _json_section(section: FigureSection) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "figures": [
            {
                **members(line, "id label value unit"),
                "hidden": NOT_SHOWN if line.hidden else None,
                **members(line, "note?"),
            }
            for line in section.figures
        ],
        "about": list(section.about),
        "quotes": [{"ref": ref, "text": text} for ref, text in section.quotes],
    }


WEEKS = "weeks_"
_STYLE = (
    CHART_STYLE
    + """\
body { max-width: 60rem; }
.beside { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.beside > * { flex: 1 1 20rem; min-width: 0; }
table { border-collapse: collapse; width: 100%; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 0.3rem 0.4rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { text-align: left; font-weight: normal; }
thead th { font-weight: 600; }
td, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.part th { padding-left: 1.6rem; }
@media print {
  .beside { flex-wrap: nowrap; }
  th, td { padding: 0.15rem 0.3rem; }
  .beside > * { flex-basis: 0; }
  section, tr, svg { break-inside: avoid; }
  section.long { break-inside: auto; }
}
"""
)
_LONG = 16
"""A table with more lines may run over to the next page."""


def report_html(report: TeamReport) -> str:
    """The page."""
    first, second = head(report)
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        _paragraph(f"{first} {second}"),
        *(_paragraph(remark) for remark in report.remarks),
        *("".join(_section(section)) for section in report.sections),
    ]
    return document("\n".join(parts) + "\n", f"{one_line(report.team)}: {report.title}", style=_STYLE)


def _section(section: FigureSection) -> Iterator[str]:
    long = ' class="long"' if len(section.figures) > _LONG else ""
    yield f"<section{long}>\n<h2>{escape(section.title)}</h2>\n"
    chart = _chart(section)
    if section.figures:
        yield f'<div class="beside">\n{chart}{_table(section)}</div>\n'
    yield from (_paragraph(sentence) for sentence in section.about)
    if section.quotes:
        yield "<p>In the managers' words:</p>\n<ul>\n"
        for ref, text in section.quotes:
            words = "<br>".join(escape(line) for line in lines_of(text))
            yield f"<li>{escape(ref)}: {words}</li>\n"
        yield "</ul>\n"
    yield "</section>"


def _chart(section: FigureSection) -> str:
    if not section.bars:
        return ""
    draw = upwards if section.id.startswith(WEEKS) else across
    return f"<div>{draw(section.bars, section.title, f'chart-{section.id}')}</div>\n"


def _table(section: FigureSection) -> str:
    rows = "".join(map(_row, section.figures))
    return (
        f"<table>\n<caption>{escape(section.title)}</caption>\n"
        f'<thead><tr><th scope="col">{escape(section.what)}</th>'
        '<th scope="col" class="number">How many</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n"
    )


def _row(line: Figure) -> str:
    part = ' class="part"' if line.under else ""
    note = f" <em>{escape(one_line(line.note))}</em>" if line.note else ""
    label = escape(one_line(line.label))
    return f'<tr{part}><th scope="row">{label}{note}</th><td>{escape(line.shown)}</td></tr>\n'


def _paragraph(text: str) -> str:
    return f"<p>{escape(one_line(text))}</p>\n"
