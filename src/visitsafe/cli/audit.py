"""`visitsafe audit`: managers look once a year at what they owe to those whom they send (8.1, 8.2).

What the record can say stands beside each question and is signed with the answers. It is about how the work
is run: nobody is named, and no number is a verdict.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.forms import How, PageFormat, Recorded, Task, fill_in, takes_a_form
from visitsafe.cli.output import deliver, result_json, say, to_stdout
from visitsafe.errors import UsageError
from visitsafe.opening import desk_of, invocation, library_of, zone_of
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from visitsafe.checklists.form_flow import Answered
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import AuditedBody
    from visitsafe.state.visit import Event
    from visitsafe.supervision.auditing import Evidence

COMMAND = "visitsafe audit"
INDENT = 2


@takes_a_form
def audit(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Show the newest one that was signed.")] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Only print what the record says, and sign nothing.")
    ] = False,
    form: Annotated[PageFormat | None, typer.Option("--format", help="With --show: md or html.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
    *,
    how: How,
) -> None:
    """For managers, once a year: what you owe to those whom you send, with what the record says about it."""
    if show and evidence:
        raise UsageError("--show is what was signed, --evidence what the record says now", "leave one out")
    if (form is not None or out is not None) and not show:
        raise UsageError("--format and --out go with --show", hint="visitsafe audit --show --format html")
    if how.json and form is not None:
        raise UsageError("--json and --format are two ways of writing it", hint="leave one of them out")
    with desk_of(context) as desk:
        if show:
            _show(context, desk, form, out, json=how.json, plain=how.plain)
        elif evidence:
            _print_evidence(context, desk, json=how.json, plain=how.plain)
        else:
            _fill_in(context, desk, how)


def _fill_in(context: typer.Context, desk: "Desk", how: How) -> None:
    from visitsafe.checklists.form_flow import compile_form
    from visitsafe.supervision import auditing as use
    from visitsafe.supervision.audit_page import audit_shape
    from visitsafe.supervision.audits import audits
    from visitsafe.text.clock import to_text

    use.check_may_audit(desk)
    found = _evidence(context, desk)
    for remark in found.remarks:
        say(remark)
    if how.print_answers:
        say(f"what the record says beside the questions: {COMMAND} --evidence")
    questionnaire = compile_form(library_of(context).form_set(use.AUDIT))

    def sign(signing: "Desk", answered: "Answered") -> Recorded:
        body = use.audited_body(answered, found, use.wanting(questionnaire, answered.answers))
        entry = use.record_audit(signing, body)
        return Recorded(
            f"it is recorded; see: {COMMAND} --show",
            lambda: [f"Signed. Everybody in the team can read it:  {COMMAND} --show"],
            lambda: audit_shape(entry.id, to_text(signing.now), signing.member().person.name, body),
        )

    asked = Task(use.AUDIT, desk.roster.name, COMMAND, said=found.said, signed=audits(desk.roster))
    fill_in(context, desk, asked, how, sign)


def _evidence(context: typer.Context, desk: "Desk") -> "Evidence":
    from visitsafe.cli.report import kept_for
    from visitsafe.supervision.auditing import gather_evidence

    return gather_evidence(desk, zone_of(desk.roster), kept_for(library_of(context)))


def _print_evidence(context: typer.Context, desk: "Desk", *, json: bool, plain: bool) -> None:
    from visitsafe.checklists.form_flow import compile_form
    from visitsafe.supervision.auditing import AUDIT

    desk.member()
    asked = list(compile_form(library_of(context).form_set(AUDIT)))
    found = _evidence(context, desk)
    if json:
        first, last = found.period.first.isoformat(), found.period.last.isoformat()
        questions = [
            {"id": one.meaning, "label": one.label, "evidence": list(found.said.get(one.meaning, ()))}
            for one in asked
        ]
        result_json({"from": first, "to": last, "remarks": list(found.remarks), "questions": questions})
        return
    from visitsafe.cli.output import make_console

    console = make_console(plain=plain, environ=invocation(context).environ)
    _draw_evidence(console, found, [(one.meaning, one.label) for one in asked if one.worse])


def _show(
    context: typer.Context,
    desk: "Desk",
    form: PageFormat | None,
    out: Path | None,
    *,
    json: bool,
    plain: bool,
) -> None:
    from visitsafe.supervision.audits import newest_audit

    desk.member()
    found = newest_audit(desk.roster)
    if json:
        from visitsafe.supervision.audit_page import audit_shape

        result_json(audit_shape(found.id, found.at, found.author.person.name, found.body))
    elif form is None and out is None:
        from visitsafe.cli.output import make_console

        console = make_console(plain=plain, environ=invocation(context).environ)
        _draw(console, desk.roster.name, found, zone_of(desk.roster))
    else:
        deliver(out, _written(desk, found, _form(form, out)))


def _form(form: PageFormat | None, out: Path | None) -> PageFormat:
    """What is written: as was said, or by the file's name."""
    if form is not None or out is None or to_stdout(out):
        return form or PageFormat.MD
    ending = out.suffix.removeprefix(".").lower()
    if ending not in set(PageFormat):
        raise UsageError(f"{out} does not say what to write", hint="add --format md or html")
    return PageFormat(ending)


def _written(desk: "Desk", found: "Event[AuditedBody]", form: PageFormat) -> str:
    from visitsafe.supervision.audit_page import TITLE, audit_markdown

    zone, name = zone_of(desk.roster), found.author.person.name
    page = audit_markdown(desk.roster.name, found.id, found.at, name, found.body, zone)
    if form is PageFormat.MD:
        return page
    from visitsafe.text.html import html_page

    return html_page(page, TITLE)


def _draw(console: "Console", team: str, found: "Event[AuditedBody]", zone: "ZoneInfo") -> None:
    """Write an audit, what is not as it should be first."""
    from visitsafe.cli.output import QUIET, heading, item, put
    from visitsafe.supervision.audit_page import (
        ALL_WELL,
        RECORD,
        TITLE,
        WANTING,
        by_section,
        head,
        labels_wanting,
        will_change,
    )

    body = found.body
    put(console, (TITLE, "bold"))
    for line in head(team, found.at, found.author.person.name, body, zone):
        put(console, line)
    for remark in body.remarks:
        put(console, (remark, QUIET))
    labels = labels_wanting(body)
    heading(console, WANTING if labels else ALL_WELL)
    for label in labels:
        item(console, one_line(label))
    if change := will_change(body):
        heading(console, one_line(change.label))
        put(console, change.answer)
        for sentence in body.evidence.get(change.id, ()):
            item(console, one_line(sentence))
    for section, asked in by_section(body):
        heading(console, one_line(section))
        for shown in asked:
            put(console, f"{one_line(shown.ask)} ", (one_line(shown.answer) or "not answered", "bold"))
            for sentence in body.evidence.get(shown.id, ()):
                item(console, f"{RECORD}: {one_line(sentence)}", indent=INDENT)


def _draw_evidence(console: "Console", found: "Evidence", asked: "Sequence[tuple[str, str]]") -> None:
    """Write what the record says.

    Args:
        console: Where.
        found: The evidence.
        asked: The questions: their ids and labels, in order.
    """
    from visitsafe.cli.output import QUIET, heading, item, put
    from visitsafe.supervision.audit_page import days_of

    days = days_of(found.period.first.isoformat(), found.period.last.isoformat())
    put(console, (f"What the record says, {days}", "bold"))
    for remark in found.remarks:
        put(console, (remark, QUIET))
    for name, label in asked:
        if said := found.said.get(name, ()):
            heading(console, one_line(label))
            for sentence in said:
                item(console, sentence)
    silent = [one_line(label) for name, label in asked if not found.said.get(name)]
    if found.said and silent:
        heading(console, "Only you can say")
        for label in silent:
            item(console, label)
