"""A team's report at a terminal: each figure on a line, with a bar where figures are to be compared.

Readable at 40 columns, without colour, and read aloud: the number comes before its bar. Where the output
cannot show blocks, and with --plain, bars are made of `#`.
"""

from typing import TYPE_CHECKING

from visitsafe.cli.output import LIST, QUIET, heading, item, put
from visitsafe.supervision.report_page import head
from visitsafe.supervision.report_shape import Line, Section
from visitsafe.text.clean import one_line, terminal

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.supervision.report import Report

WIDE = 64
"""From this many columns on a bar stands beside its figure, else below it."""
BLOCK, HASH = "█", "#"
NOTHING = "None."
_MOST_LABEL = 34
_LONGEST_BAR = 40


def draw(console: "Console", report: "Report", *, plain: bool) -> None:
    """Write the report."""
    first, second = head(report)
    put(console, (report.title, "bold"))
    put(console, first)
    put(console, (second, QUIET))
    for remark in report.remarks:
        put(console, (remark, QUIET))
    mark = HASH if plain or not _shows(console, BLOCK) else BLOCK
    for section in report.sections:
        _section(console, section, mark)


def _section(console: "Console", section: Section, mark: str) -> None:
    heading(console, section.title)
    if section.lines and not any(line.value or line.hidden for line in section.lines):
        put(console, NOTHING)
        return
    drawn = {line.id: _length(line, section) for line in section.bars}
    width = max((len(_label(line)) for line in section.lines if line.id in drawn), default=0)
    for line in section.lines:
        if line.id in drawn:
            _bar(console, line, min(width, _MOST_LABEL), mark * _fitted(console, drawn[line.id]))
        else:
            put(console, f"{_label(line)}: {line.shown}", indent=2 if line.part else 0)
    for sentence in section.about:
        put(console, (sentence, QUIET))
    for ref, text in section.quotes:
        item(console, f"{ref}: {text}")


def _label(line: Line) -> str:
    note = f" ({one_line(line.note)})" if line.note else ""
    return terminal(one_line(line.label)) + note


def _length(line: Line, section: Section) -> float:
    """How much of the longest bar, from 0 to 1."""
    return (line.value or 0) / max(one.value or 0 for one in section.bars)


def _fitted(console: "Console", part: float) -> int:
    """Characters of a bar; one at least for what is not nothing."""
    room = min(console.width - 4, _LONGEST_BAR) if console.width < WIDE else _beside(console)
    return max(round(part * room), 1) if part else 0


def _beside(console: "Console") -> int:
    return min(console.width - _MOST_LABEL - 12, _LONGEST_BAR)


def _bar(console: "Console", line: Line, width: int, bar: str) -> None:
    """`label  number  bar`, or the bar below where there is no room beside."""
    indent = 2 if line.part else 0
    if console.width < WIDE or len(_label(line)) > _MOST_LABEL:
        put(console, f"{_label(line)}: {line.shown}", indent=indent)
        put(console, bar, indent=indent + len(LIST))
    else:
        put(console, f"{_label(line):<{width}}  {line.shown:>4}  {bar}", indent=indent)


def _shows(console: "Console", text: str) -> bool:
    try:
        text.encode(console.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
