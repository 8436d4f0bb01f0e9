"""A team's report as one HTML page to read, print and hand round: charts, and the numbers in a table beside.

As every page of visitsafe (`html`): no script, nothing from elsewhere, and a policy in it that forbids them.
All text is escaped here.
"""

from collections.abc import Iterator
from html import escape

from visitsafe.supervision.charts import CHART_STYLE, across, upwards
from visitsafe.supervision.report import Report
from visitsafe.supervision.report_page import head
from visitsafe.supervision.report_shape import Line, Section
from visitsafe.text.clean import lines_of, one_line
from visitsafe.text.html import document

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


def report_html(report: Report) -> str:
    """The page."""
    first, second = head(report)
    parts = [
        f"<h1>{escape(report.title)}</h1>",
        _paragraph(f"{first} {second}"),
        *(_paragraph(remark) for remark in report.remarks),
        *("".join(_section(section)) for section in report.sections),
    ]
    return document("\n".join(parts) + "\n", f"{one_line(report.team)}: {report.title}", style=_STYLE)


def _section(section: Section) -> Iterator[str]:
    long = ' class="long"' if len(section.lines) > _LONG else ""
    yield f"<section{long}>\n<h2>{escape(section.title)}</h2>\n"
    chart = _chart(section)
    if section.lines:
        yield f'<div class="beside">\n{chart}{_table(section)}</div>\n'
    yield from (_paragraph(sentence) for sentence in section.about)
    if section.quotes:
        yield "<p>In the managers' words:</p>\n<ul>\n"
        for ref, text in section.quotes:
            words = "<br>".join(escape(line) for line in lines_of(text))
            yield f"<li>{escape(ref)}: {words}</li>\n"
        yield "</ul>\n"
    yield "</section>"


def _chart(section: Section) -> str:
    if not section.bars:
        return ""
    draw = upwards if section.id.startswith(WEEKS) else across
    return f"<div>{draw(section.bars, section.title, f'chart-{section.id}')}</div>\n"


def _table(section: Section) -> str:
    rows = "".join(map(_row, section.lines))
    return (
        f"<table>\n<caption>{escape(section.title)}</caption>\n"
        f'<thead><tr><th scope="col">{escape(section.what)}</th>'
        '<th scope="col" class="number">How many</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody>\n</table>\n"
    )


def _row(line: Line) -> str:
    part = ' class="part"' if line.part else ""
    note = f" <em>{escape(one_line(line.note))}</em>" if line.note else ""
    label = escape(one_line(line.label))
    return f'<tr{part}><th scope="row">{label}{note}</th><td>{escape(line.shown)}</td></tr>\n'


def _paragraph(text: str) -> str:
    return f"<p>{escape(one_line(text))}</p>\n"
