"""`visitsafe audit`: managers look once a year at what they owe to those whom they send (8.1, 8.2).

What the record can say stands beside each question and is signed with the answers. It is about how the work
is run: nobody is named, and no number is a verdict.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.form_options import Answers, PrintAnswers, Yes
from visitsafe.cli.output import deliver, result, result_json, say, stands, to_stdout
from visitsafe.cli.show import Json, Plain
from visitsafe.errors import UsageError
from visitsafe.opening import desk_of, invocation, later, library_of, zone_of

if TYPE_CHECKING:
    from visitsafe.cli.form_talk import How
    from visitsafe.desk import Desk
    from visitsafe.supervision.auditing import Evidence
    from visitsafe.supervision.audits import Audit

COMMAND = "visitsafe audit"


class Format(StrEnum):
    """What an audit is written as."""

    MD = "md"
    HTML = "html"


def audit(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--show", help="Show the newest one that was signed.")] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Only print what the record says, and sign nothing.")
    ] = False,
    form: Annotated[Format | None, typer.Option("--format", help="With --show: md or html.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
    json: Json = False,
    answers: Answers = None,
    yes: Yes = False,
    print_answers: PrintAnswers = False,
    plain: Plain = False,
) -> None:
    """For managers, once a year: what you owe to those whom you send, with what the record says about it."""
    from visitsafe.cli.form_talk import How

    if show and evidence:
        raise UsageError("--show is what was signed, --evidence what the record says now", "leave one out")
    if (form is not None or out is not None) and not show:
        raise UsageError("--format and --out go with --show", hint="visitsafe audit --show --format html")
    if json and form is not None:
        raise UsageError("--json and --format are two ways of writing it", hint="leave one of them out")
    with desk_of(context) as desk:
        if show:
            _show(context, desk, form, out, json=json, plain=plain)
        elif evidence:
            _print_evidence(context, desk, json=json, plain=plain)
        else:
            how = How(answers=answers, yes=yes, plain=plain, print_answers=print_answers)
            _fill_in(context, desk, how, json=json)


def _fill_in(context: typer.Context, desk: "Desk", how: "How", *, json: bool) -> None:
    from visitsafe.checklists.form_flow import compile_form
    from visitsafe.cli.form_talk import fill_in, signed
    from visitsafe.opening import patient
    from visitsafe.supervision import auditing as use

    use.check_may_audit(desk)
    found = _evidence(context, desk)
    for remark in found.remarks:
        say(remark)
    if how.print_answers:
        say(f"what the record says beside the questions: {COMMAND} --evidence")
    about = desk.roster.name
    answered = fill_in(context, desk, use.AUDIT, about, COMMAND, how, said=found.said)
    unsafe = use.wanting(compile_form(library_of(context).form_set(use.AUDIT)), answered.answers)
    body = use.audited_body(answered, found, unsafe)
    signing = patient(later(context, desk), f"run it again: {COMMAND}")
    entry = use.record_audit(signing, body)
    with stands(f"it is recorded; see: {COMMAND} --show"):
        if json:
            from visitsafe.supervision.audit_page import audit_shape
            from visitsafe.text.clock import to_text

            result_json(audit_shape(entry.id, to_text(signing.now), signing.member().person.name, body))
        else:
            result(f"Signed. Everybody in the team can read it:  {COMMAND} --show")
    signed(context, use.AUDIT, about)


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
            {"id": one.id, "label": one.label, "evidence": list(found.said.get(one.id, ()))} for one in asked
        ]
        result_json({"from": first, "to": last, "remarks": list(found.remarks), "questions": questions})
        return
    from visitsafe.cli.audit_screen import draw_evidence
    from visitsafe.cli.output import make_console

    console = make_console(plain=plain, environ=invocation(context).environ)
    draw_evidence(console, found, [(one.id, one.label) for one in asked if one.worse])


def _show(
    context: typer.Context, desk: "Desk", form: Format | None, out: Path | None, *, json: bool, plain: bool
) -> None:
    from visitsafe.supervision.audits import newest_audit

    desk.member()
    found = newest_audit(desk.roster)
    if json:
        from visitsafe.supervision.audit_page import audit_shape

        result_json(audit_shape(found.id, found.at, found.author.person.name, found.body))
    elif form is None and out is None:
        from visitsafe.cli.audit_screen import draw
        from visitsafe.cli.output import make_console

        console = make_console(plain=plain, environ=invocation(context).environ)
        draw(console, desk.roster.name, found, zone_of(desk.roster))
    else:
        deliver(out, _written(desk, found, _form(form, out)))


def _form(form: Format | None, out: Path | None) -> Format:
    """What is written: as was said, or by the file's name."""
    if form is not None or out is None or to_stdout(out):
        return form or Format.MD
    ending = out.suffix.removeprefix(".").lower()
    if ending not in set(Format):
        raise UsageError(f"{out} does not say what to write", hint="add --format md or html")
    return Format(ending)


def _written(desk: "Desk", found: "Audit", form: Format) -> str:
    from visitsafe.supervision.audit_page import TITLE, audit_markdown

    zone, name = zone_of(desk.roster), found.author.person.name
    page = audit_markdown(desk.roster.name, found.id, found.at, name, found.body, zone)
    if form is Format.MD:
        return page
    from visitsafe.text.html import html_page

    return html_page(page, TITLE)
