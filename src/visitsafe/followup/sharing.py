"""Telling other professionals: recording that a duty was met, or decided otherwise (4.6, 4.10).

Whoever may decide what is shared records it; what was said stands in the record as facts and precautions.
Nothing is sent from here.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.find_cases import case_history
from visitsafe.record.bodies import SharedBody
from visitsafe.record.entry import Content, to_text
from visitsafe.record.kinds import Kind
from visitsafe.state.duties import DutyState, duties_of, each_once, same_ground
from visitsafe.state.fold import PlanState
from visitsafe.state.rules_followup import NOT_SHARE, SHARE, WRITERS, why_not_after


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says about telling others. Members as in `afterwards.SharedBody`."""

    recipients: tuple[str, ...] = ()
    how: str = ""
    what: str = ""
    reason: str = ""
    happened: str = ""
    declined: bool = False


def duty_numbered(state: PlanState, number: int) -> DutyState:
    """The duty that a person names by its number.

    Raises:
        NotFoundError: The plan has no such duty.
    """
    found = next((one for one in duties_of(state) if one.number == number), None)
    if found is None:
        raise NotFoundError(
            f"{state.ref} has no duty {number} to share something", hint=f"see: visitsafe share {state.ref}"
        )
    return found


def the_open_duty(state: PlanState) -> DutyState | None:
    """The only duty of a plan that is still open; None if there is none.

    Raises:
        NotFoundError: Several are open.
    """
    waiting = [one for one in duties_of(state) if one.open]
    if len(waiting) > 1:
        raise NotFoundError(
            f"{state.ref} has {len(waiting)} duties to share something",
            hint=f"say which: visitsafe share {state.ref} --duty {waiting[0].number}",
        )
    return waiting[0] if waiting else None


def share(desk: Desk, state: PlanState, duty: DutyState | None, said: Sharing) -> PlanState:
    """Sign what became of a duty; the plan with it.

    Args:
        desk: Who says so.
        state: The plan.
        duty: The duty; None for something that was shared without one.
        said: What was shared or decided.

    Raises:
        NotPermittedError: It would not count; with what is missing.
    """
    me = desk.member()
    if not me.roles & WRITERS:
        raise NotPermittedError(
            "recording what was shared needs the role practitioner or manager", hint="ask an admin for it"
        )
    body = SharedBody(
        of=duty.of if duty else state.version.id,
        trigger=duty.duty.trigger if duty else "",
        decision=NOT_SHARE if said.declined else SHARE,
        recipients=() if said.declined else said.recipients or (duty.duty.recipients if duty else ()),
        how=said.how,
        what=said.what,
        reason=said.reason,
        happened=said.happened,
    )
    _check_complete(body, declined=said.declined)
    _check_counts(desk, state, body)
    done = desk.record(state.plan, Kind.SHARED, state.heads, body)
    if duty is not None and duty.of_plan:
        _share_copies(desk, state, duty, body)
    return done


def _share_copies(desk: Desk, state: PlanState, duty: DutyState, body: SharedBody) -> None:
    """The same in the other plans of the case that were signed before it was done: it is one duty."""
    for other in case_history(desk, state.body.visit.case).plans:
        for one in duties_of(other):
            mine = other.plan == state.plan
            if not mine and one.left and same_ground(state, duty, other, one.duty) and one.of_plan:
                desk.record(other.plan, Kind.SHARED, other.heads, replace(body, of=one.of))


def _check_complete(body: SharedBody, *, declined: bool) -> None:
    if declined and not body.reason.strip():
        raise NotPermittedError(
            "deciding not to share needs a reason in your own words", hint="add: --reason '...'"
        )
    if declined:
        return
    if not body.recipients:
        raise NotPermittedError(
            "say who was told, by role and agency", hint="add: --with 'health visitor, NHS'"
        )
    for value, what, flag in (
        (body.how, "how they were told", "--how"),
        (body.what, "what they were told", "--what"),
    ):
        if not value.strip():
            raise NotPermittedError(f"say {what}", hint=f"add: {flag} '...'")


def _check_counts(desk: Desk, state: PlanState, body: SharedBody) -> None:
    me = desk.member()
    content = Content(
        v=1, plan=state.plan, kind=Kind.SHARED, at=to_text(desk.now), by=me.fingerprint, after=(), body={}
    )
    counted = [one for one in state.judged if not one.why_not]
    reason = why_not_after(content, me, body, counted, desk.roster.everyone)
    if reason:
        raise NotPermittedError(f"that would not count: {reason}", hint=f"see: visitsafe share {state.ref}")


def overdue(states: Sequence[PlanState], now: str) -> list[tuple[PlanState, DutyState]]:
    """The open duties of these plans whose day has passed at `now` (UTC text), the longest overdue first."""
    return [pair for pair in still_open(states) if pair[1].by < now]


def still_open(states: Sequence[PlanState]) -> list[tuple[PlanState, DutyState]]:
    """The open duties of these plans, one for a case, ground and recipient, what is due first at the top."""
    found = [pair for pair in each_once(states) if pair[1].open]
    return sorted(found, key=lambda pair: (pair[1].by, pair[0].plan, pair[1].number))
