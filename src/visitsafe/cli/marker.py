"""`visitsafe marker`: where a warning marker of a case stands, by reference only (D14)."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, result_json, say, stands
from visitsafe.cli.show import Json
from visitsafe.errors import UsageError
from visitsafe.opening import desk_of, later, zone_of

if TYPE_CHECKING:
    from visitsafe.record.bodies import MarkedBody
    from visitsafe.state.duties import CaseHistory
    from visitsafe.state.fold import PlanState
    from visitsafe.state.visit import Event

NEVER_NOTED = "Nobody has noted where a warning marker stands, or that there is none."


def marker(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(help="A plan's reference; or use --case.")] = "",
    case: Annotated[str, typer.Option("--case", help="The case's reference.")] = "",
    system: Annotated[str, typer.Option("--system", help="The system that holds the marker.")] = "",
    reference: Annotated[
        str,
        typer.Option("--reference", help="Its reference there: where the marker stands, never what it says."),
    ] = "",
    checked: Annotated[
        str, typer.Option("--checked", help="The day you looked: 2026-11-20; else today.", metavar="DAY")
    ] = "",
    review: Annotated[str, typer.Option("--review", help="The day its review is due.", metavar="DAY")] = "",
    none: Annotated[bool, typer.Option("--none", help="You looked, and there is none.")] = False,
    json: Json = False,
) -> None:
    """Show where a case's warning marker stands and how old that is, or note where you found it."""
    from visitsafe.find import find_case
    from visitsafe.followup.marker import Marking, marked_body
    from visitsafe.record.kinds import Kind

    if bool(ref) == bool(case):
        raise UsageError(
            "say which case: by a plan's reference, or by the case's own",
            hint="visitsafe marker K7Q2-M9, or: visitsafe marker --case CF-1; see: visitsafe list --all",
        )
    marking = Marking(none=none, system=system, reference=reference, checked=checked, review=review)
    with desk_of(context) as desk:
        zone, now = zone_of(desk.roster), desk.now
        today = now.astimezone(zone).date()
        state, history = find_case(desk, ref, case)
        if not marking.anything:
            _show(state, history, today, json=json)
            return
        body = marked_body(state, marking, now, zone)
        done = later(context, desk).record(state, Kind.MARKED, body)
        with stands(f"it is recorded on {done.ref}; see: visitsafe marker {done.ref}"):
            _recorded(done, body, today, json=json)


def _recorded(state: "PlanState", body: "MarkedBody", today: date, *, json: bool) -> None:
    if json:
        result_json(_shape(state, state.after.markers[-1], today))
        return
    from visitsafe.state.known import marker_says
    from visitsafe.text.clean import terminal

    lines = [
        f"Noted on {state.ref}. {marker_says(body, today)}",
        "- The next plan for this case will show it.",
    ]
    if body.found:
        lines.append("- It is only a pointer: read the marker itself, and do what it asks for.")
    result("\n".join(terminal(line) for line in lines))


def _show(state: "PlanState", history: "CaseHistory", today: date, *, json: bool) -> None:
    said = history.marker()
    if json:
        result_json(_shape(state, said, today))
        return
    from visitsafe.state.known import marker_says
    from visitsafe.text.clean import one_line, terminal

    name = one_line(state.body.visit.case)
    if said is None:
        result(terminal(f"Case {name}. {NEVER_NOTED}{_by_plans(history)}"))
    else:
        result(terminal(f"Case {name}. {marker_says(said.body, today)}"))
        say(f"noted by {one_line(said.author.person.name)}")
    say(
        f"to note what you found: visitsafe marker {state.ref} --system 'case system' --reference 4417, "
        "or --none (--checked DAY, --review DAY)"
    )


def _by_plans(history: "CaseHistory") -> str:
    """What the newest plan that was asked says: somebody may have looked and noted it only there."""
    from visitsafe.supervision.patterns import MARKER
    from visitsafe.text.clean import one_line

    for state in reversed(history.plans):
        for shown in state.body.shown:
            if shown.id == MARKER and state.body.answers.get(MARKER) and shown.answer.strip():
                return f" The newest plan ({state.ref}) says: {one_line(shown.answer).rstrip('.')}."
    return ""


def _shape(state: "PlanState", said: "Event[MarkedBody] | None", today: date) -> dict[str, object]:
    from visitsafe.state.known import why_out_of_date

    shape: dict[str, object] = {"ref": state.ref, "plan": state.plan, "case": state.body.visit.case}
    if said is None:
        return {**shape, "marker": None}
    body = said.body
    return {
        **shape,
        "marker": {
            "found": body.found,
            "system": body.system,
            "reference": body.reference,
            "checked": body.checked,
            "review": body.review,
            "out_of_date": bool(why_out_of_date(body, today)),
            "why": why_out_of_date(body, today),
            "at": said.at,
            "by": said.author.person.name,
            "entry": said.id,
        },
    }
