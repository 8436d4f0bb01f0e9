"""`visitsafe report`: a team's figures for its health and safety agenda (8.2)."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import (
    LIST,
    QUIET,
    deliver,
    heading,
    item,
    make_console,
    put,
    result_json,
    say,
    to_stdout,
)
from visitsafe.cli.show import Json, Plain
from visitsafe.errors import NotPermittedError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, invocation, library_of, zone_of
from visitsafe.record.terms import Role
from visitsafe.text.clean import one_line, terminal

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.checklists.library import Library
    from visitsafe.desk import Desk
    from visitsafe.supervision.report import Audience, Figure, FigureSection, TeamReport
    from visitsafe.text.days import Period

FORM = "incident"
"""The form whose behaviours are put into words."""
WIDE = 64
"""From this many columns on a bar stands beside its figure, else below it."""
BLOCK, HASH = "█", "#"
NOTHING = "None."
_MOST_LABEL = 34
_LONGEST_BAR = 40


class ReportFormat(StrEnum):
    """What a report is written as."""

    MD = "md"
    HTML = "html"
    CSV = "csv"


def report(
    context: typer.Context,
    first: Annotated[
        str | None, typer.Option("--from", help="The first day: 2026-11-01 or 1 November.", metavar="DAY")
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="The last day. Without both: the last full month.", metavar="DAY"),
    ] = None,
    form: Annotated[
        ReportFormat | None, typer.Option("--format", help="md, html (with charts) or csv.")
    ] = None,
    json: Json = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="For managers: who carries most of the hostile cases.")
    ] = False,
    outside: Annotated[
        bool, typer.Option("--outside", help="For outside the team: no small numbers, nobody's words.")
    ] = False,
    plain: Plain = False,
) -> None:
    """The team's figures: visits, who was late, incidents, what was passed on; for a safety meeting."""
    from visitsafe.text.days import period_of

    form = _form(form, out, json=json)
    if names and outside:
        raise UsageError("outside the team nobody is named", hint="leave out --names or --outside")
    with desk_of(context) as desk:
        zone = zone_of(desk.roster)
        period = period_of(first, last, desk.now, zone)
        found = _report(context, desk, period, _view(desk, names=names, outside=outside))
    if outside and not period.whole_months:
        say(
            "whoever has two reports over overlapping days can work small numbers out from them: "
            "give out whole months, and each only once"
        )
    if json:
        _write_json(found, out)
    elif form is None:
        draw(make_console(plain=plain, environ=invocation(context).environ), found, plain=plain)
    else:
        deliver(out, _written(found, form))


def _form(form: ReportFormat | None, out: Path | None, *, json: bool) -> ReportFormat | None:
    """What is written: as was said, or by the file's name."""
    if json:
        if form is not None:
            raise UsageError("--json and --format are two ways of writing it", hint="leave one of them out")
        return None
    if form is None and out is not None and not to_stdout(out):
        ending = out.suffix.removeprefix(".").lower()
        if ending not in set(ReportFormat):
            raise UsageError(f"{out} does not say what to write", hint="add --format md, html or csv")
        return ReportFormat(ending)
    return form


def _view(desk: "Desk", *, names: bool, outside: bool) -> "Audience":
    """For whom it is made.

    Raises:
        NotPermittedError: Names are for managers (D14).
    """
    from visitsafe.supervision.report import Audience

    me = desk.member()
    if names and Role.MANAGER not in me.roles:
        raise NotPermittedError("only a manager sees what each worker carries", hint="run it without --names")
    return Audience.NAMED if names else Audience.OUTSIDE if outside else Audience.TEAM


def _report(context: typer.Context, desk: "Desk", period: "Period", view: "Audience") -> "TeamReport":
    from visitsafe.supervision.figures import gather
    from visitsafe.supervision.report import report_of

    library = library_of(context)
    found = gather(desk, period, kept_for(library))
    prompts = Role.MANAGER in desk.member().roles
    return report_of(found, desk.roster.name, view, words=_words(library), prompts=prompts)


def kept_for(library: "Library") -> dict[str, int]:
    """For how many days each visit checklist takes an answer about training."""
    from visitsafe.record.meanings import Meaning

    kept: dict[str, int] = {}
    for name in library.ids("visit"):
        try:
            visit = library.checklist_set(name).visit
        except VisitsafeError as error:
            say(f"training is counted without {name}: {error.message}")
            continue
        asked = (question for section in visit.sections for question in section.questions)
        days = next((one.valid_for for one in asked if one.meaning == Meaning.TRAINING), None)
        if days:
            kept[name] = days
    return kept


def _words(library: "Library") -> dict[str, str]:
    """Behaviours in words, as the incident form has them; none if it cannot be used."""
    from visitsafe.record.meanings import Meaning

    try:
        sections = library.form_set(FORM).form.sections
    except VisitsafeError as error:
        say(f"behaviours are named by their ids: {error.message}")
        return {}
    asked = (question for section in sections for question in section.questions)
    return {
        choice.id: choice.text for one in asked if one.meaning == Meaning.BEHAVIOURS for choice in one.choices
    }


def _written(found: "TeamReport", form: ReportFormat) -> str:
    if form is ReportFormat.HTML:
        from visitsafe.supervision.report_page import report_html

        return report_html(found)
    from visitsafe.supervision.report_page import report_csv, report_markdown

    return report_csv(found) if form is ReportFormat.CSV else report_markdown(found)


def _write_json(found: "TeamReport", out: Path | None) -> None:
    import json

    from visitsafe.supervision.report_page import report_json
    from visitsafe.text.clean import json_text

    shape = report_json(found)
    if out is None:
        result_json(shape)
    else:
        deliver(out, json_text(json.dumps(shape, indent=2, ensure_ascii=False)) + "\n")


def draw(console: "Console", report: "TeamReport", *, plain: bool) -> None:
    """Write the report: each figure on a line, with a bar where figures are to be compared.

    Readable at 40 columns, without colour, and read aloud: the number comes before its bar. Where the output
    cannot show blocks, and with --plain, bars are made of `#`.
    """
    from visitsafe.supervision.report_page import head

    first, second = head(report)
    put(console, (report.title, "bold"))
    put(console, first)
    put(console, (second, QUIET))
    for remark in report.remarks:
        put(console, (remark, QUIET))
    mark = HASH if plain or not _shows(console, BLOCK) else BLOCK
    for section in report.sections:
        _section(console, section, mark)


def _section(console: "Console", section: "FigureSection", mark: str) -> None:
    heading(console, section.title)
    if section.figures and not any(line.value or line.hidden for line in section.figures):
        put(console, NOTHING)
        return
    drawn = {line.id: _length(line, section) for line in section.bars}
    width = max((len(_label(line)) for line in section.figures if line.id in drawn), default=0)
    for line in section.figures:
        if line.id in drawn:
            _bar(console, line, min(width, _MOST_LABEL), mark * _fitted(console, drawn[line.id]))
        else:
            put(console, f"{_label(line)}: {line.shown}", indent=2 if line.under else 0)
    for sentence in section.about:
        put(console, (sentence, QUIET))
    for ref, text in section.quotes:
        item(console, f"{ref}: {text}")


def _label(line: "Figure") -> str:
    note = f" ({one_line(line.note)})" if line.note else ""
    return terminal(one_line(line.label)) + note


def _length(line: "Figure", section: "FigureSection") -> float:
    """How much of the longest bar, from 0 to 1."""
    return (line.value or 0) / max(one.value or 0 for one in section.bars)


def _fitted(console: "Console", part: float) -> int:
    """Characters of a bar; one at least for what is not nothing."""
    room = min(console.width - 4, _LONGEST_BAR) if console.width < WIDE else _beside(console)
    return max(round(part * room), 1) if part else 0


def _beside(console: "Console") -> int:
    return min(console.width - _MOST_LABEL - 12, _LONGEST_BAR)


def _bar(console: "Console", line: "Figure", width: int, bar: str) -> None:
    """`label  number  bar`, or the bar below where there is no room beside."""
    indent = 2 if line.under else 0
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
