"""Duties to share in words and as JSON: what, to whom, by when, and what became of it. Pure, unescaped."""

from datetime import datetime, tzinfo
from typing import Any

from visitsafe.record.bodies import SharedBody
from visitsafe.state.duties import ALERT, DutyState, Met, duties_of
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import called
from visitsafe.state.rules import NOT_SHARE
from visitsafe.state.visit import Event
from visitsafe.text.clean import members, plain
from visitsafe.text.clock import date_only, day, moment


def by_when(one: DutyState, when: str) -> str:
    """`by 2 December`; of what cannot wait that long `now, and by 2 December at the latest`."""
    return f"now, and by {when} at the latest" if one.duty.trigger == ALERT else f"by {when}"


def state_words(one: DutyState, now: datetime, zone: tzinfo) -> str:
    """What became of a duty, in a few words."""
    met = one.met(now)
    if one.apart:
        words = "; ".join(_said_words(said, zone) for said in one.apart)
        return f"STILL OPEN, for two said otherwise and neither knew of the other: {words}"
    if met is Met.DUE:
        return f"due {by_when(one, day(one.by, zone))}"
    if met is Met.OVERDUE:
        return f"OVERDUE since {day(one.by, zone)}"
    if met is Met.NOT_YET:
        return "not yet, for nobody has decided on this plan and nobody set out"
    if one.said is not None:
        return _said_words(one.said, zone)
    if met is Met.BEFORE and isinstance(one.duty.before, dict):
        refs = ", ".join(dict.fromkeys(map(called, one.duty.before.values())))
        return f"the same as in {refs}, and nothing new has happened since"
    return f"the plan decided not to share it: {one.duty.reason}"


def _said_words(said: Event[SharedBody], zone: tzinfo) -> str:
    body, who, when = said.body, said.author.person.name, moment(said.happened, zone)
    if body.decision == NOT_SHARE:
        return f"{who} decided not to share it, {when}: {body.reason}"
    return f"shared by {who} with {'; '.join(body.recipients)}, {body.how}, {when}"


def duty_lines(one: DutyState, now: datetime, zone: tzinfo) -> list[str]:
    """A duty for a screen."""
    lines = [
        f"{one.number}  {one.duty.label}: {state_words(one, now, zone)}",
        f"   Why: {one.duty.ground}",
    ]
    if one.left:
        lines.append(f"   {'Still to' if one.said is not None else 'To'}: {to_words(one)}")
    if one.left and one.said is not None:
        lines.append(f"   So far: {_said_words(one.said, zone)}")
    if one.said is not None and one.said.body.what.strip():
        lines.append(f"   Said: {one.said.body.what}")
    return lines


def to_words(one: DutyState) -> str:
    """Who is still to be told."""
    return one.named_left or "nobody is named yet"


def open_line(state: PlanState, one: DutyState, now: datetime, zone: tzinfo) -> str:
    """An open duty on one line of a list of many plans."""
    when = date_only(one.by, zone)
    due = f"OVERDUE since {when}" if one.met(now) is Met.OVERDUE else f"due {by_when(one, when)}"
    return (
        f"{state.ref}  {one.duty.label}, {due}, {state.author.person.name}, to {to_words(one)}:  "
        f"visitsafe share {state.ref} --duty {one.number}"
    )


def duty_shape(one: DutyState, now: datetime) -> dict[str, Any]:
    """A duty as JSON."""
    before = one.duty.before if isinstance(one.duty.before, dict) else {}
    return {
        "number": one.number,
        **members(one.duty, "trigger label ground"),
        "recipients": list(one.duty.recipients),
        "left": list(filter(None, one.left)),
        "before": {who: called(plan) for who, plan in before.items()},
        "by": one.by,
        "state": str(one.met(now)),
        "of": one.of,
        "said": one.said and _said_shape(one, one.said),
        "said_apart": [_said_shape(one, said) for said in one.apart],
    }


def _said_shape(one: DutyState, said: Event[SharedBody]) -> dict[str, Any]:
    return {
        "entry": said.id,
        "by": said.author.person.name,
        **members(said, "at happened"),
        **plain(members(said.body, "decision recipients how what")),
        "reason": said.body.reason or one.duty.reason,
    }


def sharing_shape(state: PlanState, now: datetime) -> dict[str, Any]:
    """What `share --json` prints."""
    without = (one for one in state.after.shared if not one.body.trigger)
    return {
        **members(state, "ref plan"),
        "case": state.body.visit.case,
        "duties": [duty_shape(one, now) for one in duties_of(state)],
        "shared_without_a_duty": [
            {"entry": one.id, "at": one.happened, **plain(members(one.body, "recipients how what"))}
            for one in without
        ],
    }
