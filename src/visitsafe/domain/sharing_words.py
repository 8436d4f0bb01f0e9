"""Duties to share in words and as JSON: what, to whom, by when, and what became of it. Pure, unescaped."""

from datetime import datetime, tzinfo

from visitsafe.domain.afterwards import SharedBody
from visitsafe.domain.duties import DutyState, Met, duties_of
from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging_after import NOT_SHARE
from visitsafe.domain.likeness import seen_text
from visitsafe.domain.phrases import date_only, day, moment
from visitsafe.domain.said import Said
from visitsafe.domain.way_shape import Shape


def state_words(one: DutyState, now: datetime, zone: tzinfo) -> str:
    """What became of a duty, in a few words."""
    met = one.met(now)
    if one.apart:
        words = "; ".join(_said_words(said, zone) for said in one.apart)
        return f"STILL OPEN, for two said otherwise and neither knew of the other: {words}"
    if met is Met.DUE:
        return f"due by {day(one.duty.by, zone)}"
    if met is Met.OVERDUE:
        return f"OVERDUE since {day(one.duty.by, zone)}"
    if one.said is None:
        return f"the plan decided not to share it: {one.duty.reason}"
    return _said_words(one.said, zone)


def _said_words(said: Said[SharedBody], zone: tzinfo) -> str:
    body, who, when = said.body, said.author.person.name, moment(said.happened, zone)
    if body.decision == NOT_SHARE:
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
    if others := not_named(one):
        lines.append(f"   Not named among those told: {'; '.join(others)}. Have they been told?")
    return lines


def not_named(one: DutyState) -> list[str]:
    """Of those who were to be told, the ones whom nobody names; one may be called in two ways."""
    if one.said is None or one.said.body.decision == NOT_SHARE:
        return []
    told = {seen_text(who) for who in one.said.body.recipients}
    return [who for who in one.duty.recipients if seen_text(who) not in told]


def overdue_line(state: PlanState, one: DutyState, zone: tzinfo) -> str:
    """A duty whose day has passed, on one line of a list of many plans."""
    who = state.author.person.name
    return (
        f"{state.ref}  {one.duty.label}, due {date_only(one.duty.by, zone)}, {who}:  "
        f"visitsafe share {state.ref} --duty {one.number}"
    )


def duty_shape(one: DutyState, now: datetime) -> Shape:
    """A duty as JSON."""
    return {
        "number": one.number,
        "trigger": one.duty.trigger,
        "label": one.duty.label,
        "ground": one.duty.ground,
        "recipients": list(one.duty.recipients),
        "by": one.duty.by,
        "state": str(one.met(now)),
        "of": one.of,
        "said": one.said and _said_shape(one, one.said),
        "said_apart": [_said_shape(one, said) for said in one.apart],
    }


def _said_shape(one: DutyState, said: Said[SharedBody]) -> Shape:
    return {
        "entry": said.id,
        "by": said.author.person.name,
        "at": said.at,
        "happened": said.happened,
        "decision": said.body.decision,
        "recipients": list(said.body.recipients),
        "how": said.body.how,
        "what": said.body.what,
        "reason": said.body.reason or one.duty.reason,
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
