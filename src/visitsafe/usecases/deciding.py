"""A manager's decision: the queue, whether it may be made, and making it (7.3; D5, D12)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from visitsafe.domain.entries import to_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging import is_companion
from visitsafe.domain.plan import Attested, DecidedBody, Made, PlanBody
from visitsafe.domain.roster import Member
from visitsafe.domain.terms import Decision, Kind, Level, Role, Status
from visitsafe.errors import NotPermittedError, VerificationError
from visitsafe.usecases.desk import Desk, worst

if TYPE_CHECKING:
    from visitsafe.domain.kinds import NeedsConditions, ReviewChecklist


def queue(desk: Desk) -> list[PlanState]:
    """The plans awaiting a decision that this person may make: urgent, then soonest, then worst first."""
    me = desk.member()
    states = [
        desk.plan(row.plan) for row in desk.store.plans(open_only=True) if row.status == Status.AWAITING
    ]
    mine = [state for state in states if why_not_me(desk, me, state) is None and not _too_late(desk, state)]
    return sorted(mine, key=_pressing)


def _pressing(state: PlanState) -> tuple[bool, str, int]:
    level = worst(state.body)
    return not state.body.urgent, state.body.visit.start, level.weight if isinstance(level, Level) else 9


def _too_late(desk: Desk, state: PlanState) -> bool:
    return state.started(to_text(desk.now)) and not state.body.urgent


def why_not_me(desk: Desk, me: Member, state: PlanState) -> NotPermittedError | None:
    """Why a member may not decide on a plan at all; None if they may."""
    if Role.MANAGER not in me.roles:
        return NotPermittedError("deciding on plans needs the role manager", hint="ask an admin for it")
    if me.same_person(state.author):
        return NotPermittedError("nobody decides on their own plan", hint="ask another manager")
    if is_companion(me, state.body, desk.roster.members.values()):
        return NotPermittedError(
            "you go along on this visit, so somebody else has to decide", hint="ask another manager"
        )
    return None


def check_may_decide(desk: Desk, state: PlanState) -> None:
    """Refuse a decision that would not count.

    Raises:
        NotPermittedError: Not this person, not this plan, or too late.
        VerificationError: The plan's record does not hold.
    """
    reason = why_not_me(desk, desk.member(), state)
    if reason is not None:
        raise reason
    if state.problems:
        raise VerificationError(
            f"the record of {state.ref} does not hold: {state.problems[0]}",
            hint=f"run: visitsafe verify {state.ref}",
        )
    if state.status is Status.WITHDRAWN:
        raise NotPermittedError(f"{state.ref} was withdrawn", hint="there is nothing to decide")
    if _too_late(desk, state):
        raise NotPermittedError(
            f"the visit of {state.ref} was to start already",
            hint="ask for a new version: visitsafe plan --revise " + state.ref,
        )


def conditions_needed(review: "ReviewChecklist", body: PlanBody) -> "tuple[NeedsConditions, ...]":
    """The rules by which countersigning this plan needs conditions."""
    return tuple(
        rule
        for rule in review.conditions
        if any(finding.level in rule.levels or finding.rule in rule.rules for finding in body.findings)
    )


def decided_body(
    review: "ReviewChecklist",
    digest: str,
    state: PlanState,
    decision: Decision,
    rationale: str,
    conditions: Sequence[str] = (),
    purpose_met: str = "",
) -> DecidedBody:
    """What a decision says, checked for what it must carry.

    Raises:
        NotPermittedError: Reasons, conditions or the way in which the purpose will be met are missing.
    """
    if not rationale.strip():
        raise NotPermittedError("a decision needs reasons in your own words", hint="add: --reason '...'")
    if decision is Decision.COUNTERSIGN and not conditions:
        for rule in conditions_needed(review, state.body):
            raise NotPermittedError(rule.text, hint="add: --condition '...' (7.3)")
    if decision is Decision.REFUSE and not purpose_met.strip():
        raise NotPermittedError(
            "a refusal says how the purpose of the visit will be met instead",
            hint="add: --instead 'how the child or adult will be seen'",
        )
    attest = review.attest if decision is Decision.COUNTERSIGN else ()
    return DecidedBody(
        of=state.version.id,
        decision=decision,
        rationale=rationale,
        conditions=tuple(conditions),
        purpose_met=purpose_met,
        attested=tuple(Attested(id=item.id, text=item.text) for item in attest),
        checklist=Made(id=review.id, version=review.version, digest=digest),
    )


def decide(desk: Desk, state: PlanState, body: DecidedBody) -> PlanState:
    """Sign the decision and append it."""
    check_may_decide(desk, state)
    desk.append(state.plan, Kind.DECIDED, state.heads, body)
    return desk.plan(state.plan)


def previous_plan(desk: Desk, state: PlanState) -> PlanState | None:
    """The last plan before this one for the same case, to show what has changed; None if there is none."""
    rows = [row for row in desk.store.plans(case=state.body.visit.case) if row.plan != state.plan]
    earlier = [desk.plan(row.plan) for row in rows if row.start <= state.body.visit.start]
    return max(earlier, key=lambda other: other.body.visit.start, default=None)
