"""`visitsafe debrief`: a visit is talked over in one to three minutes, by those who made it (9.1).

Gentle, and short: what is said here is not measured. What it leaves to do is said with its command.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.cli.forms import Correct, How, KnownBy, Told, fill_in_about, takes_a_form, told
from visitsafe.cli.output import say
from visitsafe.opening import desk_of, zone_of

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import DebriefedBody
    from visitsafe.state.fold import PlanState


@takes_a_form
def debrief(
    context: typer.Context,
    ref: Annotated[
        str | None, typer.Argument(help="The plan's reference; none if only one visit of yours waits.")
    ] = None,
    who: Told = "",
    known_by: KnownBy = "",
    correct: Correct = False,
    *,
    how: How,
) -> None:
    """Talk a visit over: how it went, how it left you, what changes next time."""
    from visitsafe.followup.debrief import Debrief, find_debrief, never_set_out

    kind = Debrief(**told(who, known_by), correct=correct)
    with desk_of(context) as desk:
        state = find_debrief(desk, zone_of(desk.roster), ref or "")
        kind.check(desk, state)
        if never_set_out(state) and not how.print_answers:
            say(f"nobody ever reported setting out on {state.ref}; it is recorded all the same, and shows")
        fill_in_about(context, desk, state, kind, how, _lines, _shape)


def _lines(desk: "Desk", state: "PlanState", body: "DebriefedBody") -> list[str]:
    """Thanks, what becomes of it, and what is still to be done about this visit."""
    from visitsafe.followup.debrief import is_unrecorded
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import duties_of
    from visitsafe.text.clean import things
    from visitsafe.text.clock import day

    state = hides_duress(state, desk.me, desk.now)
    lines = [f"Thank you. {state.ref} has been talked over."]
    if body.next_time.strip() or body.not_seen.strip():
        lines.append(f"- The next plan for case {state.body.visit.case} will show what you said for it.")
    duties = [one for one in duties_of(state) if one.open]
    if duties:
        first = day(min(one.by for one in duties), zone_of(desk.roster))
        what = things(len(duties), "thing")
        lines.append(f"- Still to tell others: {what}, by {first}:  visitsafe share {state.ref}")
    if is_unrecorded(desk, state, body):
        lines.append(f"- What happened is not written down yet:  visitsafe incident {state.ref}")
    if state.after.not_talked_over:
        lines.append(f"- Something was recorded meanwhile; talk it over too:  visitsafe debrief {state.ref}")
    lines.append(f"- To add or correct something:  visitsafe debrief {state.ref} --correct")
    return lines


def _shape(desk: "Desk", state: "PlanState", body: "DebriefedBody") -> dict[str, Any]:
    from visitsafe.followup.forms import raised_shape
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import owed

    seen = hides_duress(state, desk.me, desk.now)
    return {
        "ref": state.ref,
        "plan": state.plan,
        "next_time": body.next_time,
        "not_seen": body.not_seen,
        "effects": list(body.effects),
        **raised_shape(body),
        "debriefs": len(seen.after.debriefs),
        "owed": owed(seen) or None,
    }
