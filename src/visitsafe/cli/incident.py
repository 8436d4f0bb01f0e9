"""`visitsafe incident`: the four steps, then the form, then what happens now (7.5).

Nothing here holds up whoever reports: any plan will do, in whatever state, and the record behind it need not
hold. What is said afterwards is the same whatever else is on the record (D15).
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.cli.forms import Correct, How, KnownBy, Told, fill_in_about, takes_a_form, told
from visitsafe.cli.output import say
from visitsafe.errors import UsageError, VisitsafeError
from visitsafe.opening import desk_of, invocation, library_of, zone_of

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import IncidentBody
    from visitsafe.state.fold import PlanState

SHOULD_NOT, RIDDOR = "should-not", "riddor-"


@takes_a_form
def incident(
    context: typer.Context,
    ref: Annotated[
        str | None, typer.Argument(help="The plan's reference; none for your only visit under way.")
    ] = None,
    near_miss: Annotated[
        bool, typer.Option("--near-miss", help="Nothing came of it, but it might have.")
    ] = False,
    who: Told = "",
    known_by: KnownBy = "",
    happened: Annotated[
        str, typer.Option("--happened", help="When, if not just now: 15:40, or yesterday 15:40.")
    ] = "",
    correct: Correct = False,
    *,
    how: How,
) -> None:
    """Write down an incident or a near miss: what to do first, then what happened."""
    from visitsafe.followup.incident import Incident

    with desk_of(context) as desk:
        state = _meant(context, desk, ref or "", who.strip(), how)
        at = _happened(context, desk, happened)
        kind = Incident(**told(who, known_by), near_miss=near_miss, happened=at, correct=correct)
        kind.check(desk, state)
        fill_in_about(context, desk, state, kind, how, _lines, _shape)


def _meant(context: typer.Context, desk: "Desk", ref: str, who: str, how: How) -> "PlanState":
    """The visit that it is about. What to do first is told before anything, also if no visit is found."""
    from visitsafe.record.kinds import Kind
    from visitsafe.visits.report import Report, find_visit

    try:
        state = find_visit(desk, Report(kind=Kind.OK, who=who), zone_of(desk.roster), ref)
    except VisitsafeError:
        _first_steps(context, desk, None, how)
        raise
    _first_steps(context, desk, state, how)
    if not ref:
        say(f"this is about {state.ref}, the visit under way; for another one: visitsafe incident REF")
    return state


def _happened(context: typer.Context, desk: "Desk", typed: str) -> str:
    """When it happened, UTC text; empty for now."""
    if not typed.strip():
        return ""
    from visitsafe.cli.doorstep import happened

    try:
        return happened(typed, invocation(context).now, zone_of(desk.roster))
    except UsageError as error:
        hint = "give a time that has passed, like: --happened 15:40, or: --happened 'yesterday 15:40'"
        raise UsageError(error.message, hint=hint) from error


def _first_steps(context: typer.Context, desk: "Desk", state: "PlanState | None", how: How) -> None:
    """What to do if it is happening now, before anything is asked; nothing where nobody is asked."""
    if how.print_answers or how.answers is not None:
        return
    phone = desk.roster.settings.desk_phone
    say("if it is still going on:")
    for number, step in enumerate(_steps(context, state), start=1):
        say(f"{number}. {step}")
    if phone:
        say(f"the duty desk: {phone}")


def _steps(context: typer.Context, state: "PlanState | None") -> list[str]:
    """The four steps of the list that the plan was made with, else of the one that ships."""
    from visitsafe.checklists.model import ShouldNotChecklist

    library = library_of(context)
    made = state.body.checklists if state is not None else ()
    for name in (*(one.id for one in made), SHOULD_NOT):
        try:
            found = library.load(name).checklist
        except VisitsafeError:
            continue  # a list that is gone must not keep anybody from reporting
        if isinstance(found, ShouldNotChecklist):
            return [step.text for step in found.if_it_happens]
    return ["In danger, leave and dial 999.", "Ring your manager."]


def _watched(desk: "Desk") -> bool | None:
    """Whether somebody is watching, so that a message goes out; None if that cannot be told."""
    from visitsafe.watch.heartbeat import anybody_watches

    try:
        return anybody_watches(desk)
    except VisitsafeError:
        return None


def _lines(desk: "Desk", state: "PlanState", body: "IncidentBody") -> list[str]:
    """What was recorded, and what happens now: whether somebody watches is asked when it is told."""
    from visitsafe.record.terms import Answer
    from visitsafe.state.duties import ALERT
    from visitsafe.watch.heartbeat import the_desk

    what = "near miss" if body.near_miss else "incident"
    lines = [f"The {what} is recorded on {state.ref}. What happens now:"]
    listed = "It stands on your managers' list (visitsafe) until it has been talked over."
    if adds := _only_adds(desk, state, body):
        lines.append(f"- {adds}")
    elif watched := _watched(desk):
        lines.append(f"- {listed} The watch sends them a message too.")
    else:
        nobody = "Nobody is watching just now, so no message goes out" if watched is False else "If in doubt"
        lines.append(f"- {listed} {nobody}: ring your manager or {the_desk(desk)} yourself.")
    if any(duty.trigger == ALERT for duty in body.sharing):
        lines.append(
            f"- Others may meet the same: ring them today, then say so:  visitsafe share {state.ref}"
        )
    lines += _planned_before(desk, state)
    lines.append(f"- When you are ready, talk it over:  visitsafe debrief {state.ref}")
    lines.append(f"- To add or correct something:  visitsafe incident {state.ref} --correct")
    law = [f"- {one.text}" for one in body.findings if one.rule.startswith(RIDDOR)]
    hurt = "was hurt" if body.hurt == Answer.YES else "may be hurt"
    return [*lines, *([f"For your manager, because somebody {hurt}:"] if law else []), *law]


def _planned_before(desk: "Desk", state: "PlanState") -> list[str]:
    """The visits of the case that were planned without knowing of this, and are still to come."""
    from visitsafe.find import case_history
    from visitsafe.text.clock import short_span, to_text

    try:
        plans = case_history(desk, state.body.visit.case).plans
    except VisitsafeError:
        return []  # it is recorded; what cannot be looked at must not look as if that had failed
    zone, now = zone_of(desk.roster), to_text(desk.now)
    coming = [one for one in plans if one.plan != state.plan and not one.closed and not one.started(now)]
    visits = [(one.ref, one.body.visit) for one in coming]
    return [
        f"- {ref}, {short_span(visit.start, visit.due_back, zone)}, was planned before this: plan it anew"
        f" (visitsafe plan --revise {ref}), or withdraw it"
        for ref, visit in visits
    ]


def _only_adds(desk: "Desk", state: "PlanState", body: "IncidentBody") -> str:
    """What happens with a correction that only completes; empty for all others."""
    from visitsafe.state.duress_redaction import hides_duress

    after = hides_duress(state, desk.me, desk.now).after
    said = next((one for one in reversed(after.incidents) if one.body.replaces == body.replaces), None)
    if said is None or not body.replaces or said.id not in after.same:
        return ""
    if said.id in after.not_talked_over:
        return (
            "It completes what was recorded before: it stands on your managers' list (visitsafe) until it "
            "has been talked over, and who was told of it is not told again."
        )
    return "It completes what was talked over before: nobody is told again."


def _shape(desk: "Desk", state: "PlanState", body: "IncidentBody") -> dict[str, Any]:
    from visitsafe.followup.forms import raised_shape
    from visitsafe.state.duress_redaction import hides_duress

    return {
        "ref": state.ref,
        "plan": state.plan,
        "near_miss": body.near_miss,
        "behaviours": list(body.behaviours),
        "hurt": body.hurt,
        "happened": body.happened,
        **raised_shape(body),
        "incidents": len(hides_duress(state, desk.me, desk.now).after.incidents),
    }
