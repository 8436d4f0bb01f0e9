"""Duties to share in words and as JSON: what, to whom, by when, and what became of it. Pure, unescaped."""

from datetime import datetime, tzinfo

from visitsafe.domain.duties import DutyState, Met, duties_of
from visitsafe.domain.fold import PlanState
from visitsafe.domain.phrases import date_only, day, moment
from visitsafe.domain.way_shape import Shape


def state_words(one: DutyState, now: datetime, zone: tzinfo) -> str:
    """What became of a duty, in a few words."""
    met = one.met(now)
    if met is Met.DUE:
        return f"due by {day(one.duty.by, zone)}"
    if met is Met.OVERDUE:
        return f"OVERDUE since {day(one.duty.by, zone)}"
    if one.said is None:
        return f"the plan decided not to share it: {one.duty.reason}"
    body, who, when = one.said.body, one.said.author.person.name, moment(one.said.happened, zone)
    if met is Met.NOT_SHARED:
        return f"{who} decided not to share it, {when}: {body.reason}"
    return f"shared by {who} with {'; '.join(body.recipients)}, {body.how}, {when}"


def duty_lines(one: DutyState, now: datetime, zone: tzinfo) -> list[str]:
    """A duty for a screen."""
    named = "; ".join(one.duty.recipients) or "nobody is named yet"
    lines = [
        f"{one.number}  {one.duty.label}: {state_words(one, now, zone)}",
        f"   Why: {one.duty.ground}",
    ]
    if one.open:
        lines.append(f"   To: {named}")
    elif one.said is not None and one.said.body.what.strip():
        lines.append(f"   Said: {one.said.body.what}")
    return lines


def overdue_line(state: PlanState, one: DutyState, zone: tzinfo) -> str:
    """A duty whose day has passed, on one line of a list of many plans."""
    who = state.author.person.name
    return (
        f"{state.ref}  {one.duty.label}, due {date_only(one.duty.by, zone)}, {who}:  "
        f"visitsafe share {state.ref} --duty {one.number}"
    )


def duty_shape(one: DutyState, now: datetime) -> Shape:
    """A duty as JSON."""
    said = one.said
    return {
        "number": one.number,
        "trigger": one.duty.trigger,
        "label": one.duty.label,
        "ground": one.duty.ground,
        "recipients": list(one.duty.recipients),
        "by": one.duty.by,
        "state": str(one.met(now)),
        "of": one.of,
        "said": said
        and {
            "entry": said.id,
            "by": said.author.person.name,
            "at": said.at,
            "happened": said.happened,
            "decision": said.body.decision,
            "recipients": list(said.body.recipients),
            "how": said.body.how,
            "what": said.body.what,
            "reason": said.body.reason or one.duty.reason,
        },
    }


def sharing_shape(state: PlanState, now: datetime) -> Shape:
    """What `share --json` prints."""
    without = [one for one in state.after.shared if not one.body.trigger]
    return {
        "ref": state.ref,
        "plan": state.plan,
        "case": state.body.visit.case,
        "duties": [duty_shape(one, now) for one in duties_of(state)],
        "shared_without_a_duty": [
            {
                "entry": one.id,
                "at": one.happened,
                "recipients": list(one.body.recipients),
                "how": one.body.how,
                "what": one.body.what,
            }
            for one in without
        ],
    }
