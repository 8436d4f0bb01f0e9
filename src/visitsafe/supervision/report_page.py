"""A team's report as markdown, as rows of a CSV file, and as JSON. Pure.

Text that somebody wrote is escaped. In the CSV a cell never begins with a sign that a spreadsheet takes for a
formula.
"""

import csv
import io
from collections.abc import Iterator
from typing import Any

from visitsafe.supervision.report import Report, View, day
from visitsafe.supervision.report_shape import Line, Section
from visitsafe.text.clean import markdown, markdown_line, one_line

COLUMNS = ("period_from", "period_to", "section", "figure", "value", "unit")
FOR_WHOM = {
    View.TEAM: "For the team. It names no worker.",
    View.NAMED: "For managers only: it names workers.",
    View.OUTSIDE: "For outside the team.",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def head(report: Report) -> tuple[str, str]:
    """Two sentences below the title: whose report it is and for whom, and when it was made."""
    return f"{one_line(report.team)}. {FOR_WHOM[report.view]}", f"Made on {day(report.made)} by visitsafe."


def report_markdown(report: Report) -> str:
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


def _markdown_section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    if section.lines:
        rows = (f"| {_label(line)} | {line.shown} |" for line in section.lines)
        yield "\n".join([f"| {section.what} | How many |", "|:--|--:|", *rows])
    yield from section.about
    if section.quotes:
        yield "In the managers' words:"
        yield "\n".join(f"- {ref}: {markdown(text, '  ')}" for ref, text in section.quotes)


def _label(line: Line) -> str:
    note = f" ({markdown_line(line.note)})" if line.note else ""
    return f"{'- ' if line.part else ''}{markdown_line(line.label)}{note}"


def report_csv(report: Report) -> str:
    """The figures, a row each, with a heading row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    first, last = report.period.first.isoformat(), report.period.last.isoformat()
    for section in report.sections:
        for line in section.lines:
            cells = first, last, section.id, _figure(line), _value(line), line.unit
            writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _figure(line: Line) -> str:
    """The figure's name; for one about a worker with the worker."""
    named = line.private and line.id.startswith(("carried_", "never_reported_"))
    return one_line(f"{line.id}: {line.label}" if named else line.id)


def _value(line: Line) -> str:
    if line.hidden is not None:
        return line.hidden.value
    return "" if line.value is None else str(line.value)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def report_json(report: Report) -> dict[str, Any]:
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


def _json_section(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "figures": [
            {
                "id": line.id,
                "label": line.label,
                "value": line.value,
                "unit": line.unit,
                "hidden": line.hidden.value if line.hidden else None,
                "note": line.note or None,
            }
            for line in section.lines
        ],
        "about": list(section.about),
        "quotes": [{"ref": ref, "text": text} for ref, text in section.quotes],
    }
