"""A command that fills in the form `mine` about a plan and signs it as an incident: a process for tests.

`--die` ends the process between the signature and the end of the draft, as a crash would.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from visitsafe.checklists.files import starting_file
from visitsafe.cli import app, main
from visitsafe.cli.forms import How, Recorded, Task, fill_in
from visitsafe.followup.forms import filled_in
from visitsafe.opening import desk_of
from visitsafe.record.bodies import IncidentBody
from visitsafe.record.kinds import Kind

if TYPE_CHECKING:
    from visitsafe.checklists.assessment import Value
    from visitsafe.checklists.form_flow import Answered
    from visitsafe.desk import Desk

CRASHED = 9
FORM = starting_file("form", "mine") + "share: information-sharing\n"


def mine(
    context: typer.Context,
    ref: str,
    answers: Annotated[Path | None, typer.Option()] = None,
    yes: Annotated[bool, typer.Option("--yes")] = False,
    plain: Annotated[bool, typer.Option("--plain")] = False,
    print_answers: Annotated[bool, typer.Option("--print-answers")] = False,
    known: Annotated[str, typer.Option()] = "",
    die: Annotated[bool, typer.Option("--die")] = False,
) -> None:
    """Fill in the form and sign it."""
    with desk_of(context) as desk:
        plan = desk.plan(desk.resolve(ref))
        command = f"visitsafe mine {plan.ref}"
        before: dict[str, Value] = {"what": known} if known else {}

        def sign(signing: "Desk", done: "Answered") -> Recorded:
            body = IncidentBody(
                of=plan.version.id,
                form=done.form,
                answers=done.answers,
                shown=done.shown,
                findings=done.findings,
                sharing=done.sharing,
            )
            signing.record(plan, Kind.INCIDENT, body)
            if die:
                os._exit(CRASHED)
            return Recorded("it is recorded", list, lambda: msgspec.to_builtins(done))

        asked = Task("mine", plan.ref, command, before, signed=filled_in(plan))
        fill_in(context, desk, asked, How(answers, yes, print_answers, json=True, plain=plain), sign)


if __name__ == "__main__":
    app.app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.app.callback()(lambda: None)
    app.app.command()(mine)
    sys.exit(main(sys.argv[1:]))
