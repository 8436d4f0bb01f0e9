"""`visitsafe report`: a team's figures for its health and safety agenda (8.2)."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import deliver, result_json, say, to_stdout
from visitsafe.cli.show import Json, Plain
from visitsafe.errors import NotPermittedError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, invocation, library_of, zone_of
from visitsafe.record.terms import Role

if TYPE_CHECKING:
    from visitsafe.checklists.library import Library
    from visitsafe.desk import Desk
    from visitsafe.supervision.report import Report, View
    from visitsafe.text.days import Period

FORM = "incident"
"""The form whose behaviours are put into words."""
BEHAVIOURS = "behaviours"


class Form(StrEnum):
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
    form: Annotated[Form | None, typer.Option("--format", help="md, html (with charts) or csv.")] = None,
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
        from visitsafe.cli.output import make_console
        from visitsafe.cli.report_screen import draw

        draw(make_console(plain=plain, environ=invocation(context).environ), found, plain=plain)
    else:
        deliver(out, _written(found, form))


def _form(form: Form | None, out: Path | None, *, json: bool) -> Form | None:
    """What is written: as was said, or by the file's name."""
    if json:
        if form is not None:
            raise UsageError("--json and --format are two ways of writing it", hint="leave one of them out")
        return None
    if form is None and out is not None and not to_stdout(out):
        ending = out.suffix.removeprefix(".").lower()
        if ending not in set(Form):
            raise UsageError(f"{out} does not say what to write", hint="add --format md, html or csv")
        return Form(ending)
    return form


def _view(desk: "Desk", *, names: bool, outside: bool) -> "View":
    """For whom it is made.

    Raises:
        NotPermittedError: Names are for managers (D14).
    """
    from visitsafe.supervision.report import View

    me = desk.member()
    if names and Role.MANAGER not in me.roles:
        raise NotPermittedError("only a manager sees what each worker carries", hint="run it without --names")
    return View.NAMED if names else View.OUTSIDE if outside else View.TEAM


def _report(context: typer.Context, desk: "Desk", period: "Period", view: "View") -> "Report":
    from visitsafe.supervision.report import report_of
    from visitsafe.supervision.report_gathered import gather

    library = library_of(context)
    found = gather(desk, period, kept_for(library))
    return report_of(
        found.figures,
        desk.roster.name,
        view,
        left_out=found.left_out,
        removed=found.removed,
        words=_words(library),
        prompts=Role.MANAGER in desk.member().roles,
    )


def kept_for(library: "Library") -> dict[str, int]:
    """For how many days each visit checklist takes an answer about training."""
    from visitsafe.supervision.figures import TRAINING

    kept: dict[str, int] = {}
    for name in library.ids("visit"):
        try:
            visit = library.checklist_set(name).visit
        except VisitsafeError as error:
            say(f"training is counted without {name}: {error.message}")
            continue
        asked = (question for section in visit.sections for question in section.questions)
        days = next((one.valid_for for one in asked if one.id == TRAINING), None)
        if days:
            kept[name] = days
    return kept


def _words(library: "Library") -> dict[str, str]:
    """Behaviours in words, as the incident form has them; none if it cannot be used."""
    try:
        sections = library.form_set(FORM).form.sections
    except VisitsafeError as error:
        say(f"behaviours are named by their ids: {error.message}")
        return {}
    asked = (question for section in sections for question in section.questions)
    return {choice.id: choice.text for one in asked if one.id == BEHAVIOURS for choice in one.choices}


def _written(found: "Report", form: Form) -> str:
    if form is Form.HTML:
        from visitsafe.supervision.report_page import report_html

        return report_html(found)
    from visitsafe.supervision.report_page import report_csv, report_markdown

    return report_csv(found) if form is Form.CSV else report_markdown(found)


def _write_json(found: "Report", out: Path | None) -> None:
    import json

    from visitsafe.supervision.report_page import report_json
    from visitsafe.text.clean import json_text

    shape = report_json(found)
    if out is None:
        result_json(shape)
    else:
        deliver(out, json_text(json.dumps(shape, indent=2, ensure_ascii=False)) + "\n")
