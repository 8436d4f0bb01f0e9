"""Signing a plan: a new one, one that repeats another, or a new version of one."""

import secrets
from collections.abc import Callable
from datetime import tzinfo

from msgspec.structs import replace

from visitsafe.checklists.facts import Known
from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire
from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError
from visitsafe.find import case_history, newest_by
from visitsafe.planning.compose import Intent, compose_plan, standing_in_date
from visitsafe.record.bodies import Companion, PlanBody, WithdrawnBody
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import SHORT
from visitsafe.record.terms import Role, Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import raised_before
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import own_plan_id
from visitsafe.team.people import has_left
from visitsafe.team.roster import Roster
from visitsafe.text.clock import to_text

SPARE_IDS = 20


def check_may_plan(desk: Desk) -> None:
    """Refuse, before anything is asked, somebody whose plan would not count.

    Raises:
        NotPermittedError: With the role that is missing.
    """
    desk.check_role(Kind.PLANNED, "planning visits", "ask an admin of the team for it")


def sign_new(
    desk: Desk,
    checklists: ChecklistSet,
    questionnaire: Questionnaire,
    intent: Intent,
    nonce: str = "",
    known: Known = Known(),  # noqa: B008 - a tuple, which nobody can change
) -> PlanState:
    """Sign a new plan and append it.

    Args:
        desk: Who signs, where and when.
        checklists: The checklists that it is made with.
        questionnaire: Their questions and rules, compiled.
        intent: What the practitioner has settled.
        nonce: A draft's own; the same draft signed twice is one plan (`signed_already`).
        known: What is known of the visit and its case.
    """
    check_may_plan(desk)
    nonce = nonce or _free_nonce(desk)
    body = compose_plan(checklists, questionnaire, intent, desk.now, companions_in(desk.roster), nonce, known)
    plan = own_plan_id(desk.member().fingerprint, nonce)
    return desk.begin(plan, _once(desk, body))


def _once(desk: Desk, body: PlanBody, but: str = "") -> PlanBody:
    """The plan without what its case's other plans have to share already; it is read by all (D15)."""
    if not body.sharing:
        return body
    history = case_history(desk, body.visit.case)
    others = tuple(hides_duress(one, None, desk.now) for one in history.plans if one.plan != but)
    return replace(body, sharing=raised_before(replace(history, plans=others), body.sharing))


def signed_already(desk: Desk, nonce: str) -> PlanState | None:
    """The plan that was signed from a draft's nonce: the draft outlived a crash after signing."""
    plan = own_plan_id(desk.member().fingerprint, nonce)
    return desk.plan(plan) if desk.store.find(plan) else None


def signed_with(
    desk: Desk,
    checklists: ChecklistSet,
    questionnaire: Questionnaire,
    intent: Intent,
    old: PlanState | None = None,
) -> PlanState | None:
    """The open plan that this person has signed with just these answers: the command was killed after it.

    Who was told nothing gives the answers once more, and one visit must not become two. The same for a new
    version of a plan: it is `old` itself, unless somebody has held its newest version back.
    """
    body = compose_plan(checklists, questionnaire, intent, desk.now, companions_in(desk.roster))
    if old is None:
        plans = case_history(desk, body.visit.case).plans
        found = [one for one in plans if not one.settled]
    else:
        revised = old.version.content.kind == Kind.REVISED
        found = [old] if revised and old.status in {Status.AWAITING, Status.COUNTERSIGNED} else []
    me = desk.member().fingerprint
    mine = [one for one in found if one.version.content.by == me]
    return next((one for one in mine if _said_in(one.body) == _said_in(body)), None)


def _said_in(body: PlanBody) -> tuple[object, ...]:
    return body.visit, body.answers, body.controls, body.urgent, body.repeats


def _free_nonce(desk: Desk) -> str:
    """A nonce whose plan id has a short reference that no plan of this store has yet."""
    by = desk.member().fingerprint
    tries = (secrets.token_hex(16) for _ in range(SPARE_IDS))
    return next(
        (nonce for nonce in tries if not desk.store.find(own_plan_id(by, nonce)[:SHORT])),
        secrets.token_hex(16),
    )


def sign_revision(
    desk: Desk,
    state: PlanState,
    checklists: ChecklistSet,
    questionnaire: Questionnaire,
    intent: Intent,
    known: Known = Known(),  # noqa: B008 - a tuple, which nobody can change
) -> PlanState:
    """Sign a new version of a plan; it needs a new decision. For `known` see `sign_new`."""
    check_may_revise(desk, state)
    companion = companions_in(desk.roster)
    body = compose_plan(checklists, questionnaire, intent, desk.now, companion, known=known)
    return desk.record(state, Kind.REVISED, _once(desk, body, but=state.plan))


def check_may_revise(desk: Desk, state: PlanState) -> None:
    """Only the author changes a plan, and only until somebody has set out or the visit was to start.

    After that a new version could change nothing about the watch; it would only look as if it did.

    Raises:
        NotPermittedError: It is somebody else's, or too late.
    """
    _check_author(desk, state)
    ref, seen = state.ref, hides_duress(state, desk.me, desk.now)
    anew = f"visitsafe plan --repeat {ref}"
    if seen.visit.closed:
        raise NotPermittedError(f"the visit of {ref} is over", hint=f"plan the next one: {anew}")
    longer = f"if you need longer: visitsafe extend {ref} --by 30m"
    if seen.visit.out:
        raise NotPermittedError(
            f"setting out on {ref} was reported, so its plan is not changed any more",
            hint=f"{longer}; for a visit at another time: {anew}",
        )
    if seen.visit.start > to_text(desk.now):
        return
    off = f"if the visit is off: visitsafe withdraw {ref} --reason 'why'"
    raise NotPermittedError(
        f"the visit of {ref} was to start already, so its plan is not changed any more",
        hint=f"{f'{longer}; ' if seen.visit.watched else ''}{off}; for a visit at another time: {anew}",
    )


def _check_author(desk: Desk, state: PlanState) -> None:
    if not desk.member().same_person(state.author):
        raise NotPermittedError(
            f"{state.ref} is the plan of {state.author.person.name}",
            hint="only its author can change it; you can plan a visit of your own: visitsafe plan",
        )


def costs_of_revising(state: PlanState, zone: tzinfo) -> str:
    """What a new version of a plan costs its author; empty if nobody expects them yet."""
    from visitsafe.text.clock import short_span

    if not state.visit.watched or state.closed:
        return ""
    agreed = short_span(state.facts.start, state.visit.due_back, zone)
    return (
        f"a new version needs a manager's decision; until then you are expected as agreed ({agreed}),"
        f" and depart is about that. If the visit is off: visitsafe withdraw {state.ref} --reason 'why'"
    )


def withdraw(desk: Desk, state: PlanState, reason: str) -> PlanState:
    """Withdraw a plan: the visit will not be made as planned. For errors see `check_may_withdraw`."""
    check_may_withdraw(desk, state)
    return desk.record(state, Kind.WITHDRAWN, WithdrawnBody(reason=reason))


def check_may_withdraw(desk: Desk, state: PlanState) -> None:
    """The author withdraws a plan; a manager that of somebody who has left the team.

    Raises:
        NotPermittedError: It is somebody else's, or withdrawn already.
    """
    left = has_left(state.author, desk.roster.members.values())
    if not (left and Role.MANAGER in desk.member().roles):
        _check_author(desk, state)
    if state.status is Status.WITHDRAWN:
        raise NotPermittedError(f"{state.ref} is withdrawn already", hint=f"see: visitsafe show {state.ref}")


def ends_a_watch_by(desk: Desk, state: PlanState) -> str:
    """Since when somebody may be at the visit that is to be withdrawn, UTC text; empty if nobody is expected.

    They have not reported setting out, or a withdrawal would end nothing; but forgetting that is ordinary.
    """
    seen = hides_duress(state, desk.me, desk.now)
    expected = bool(seen.visit.watched) and not (seen.closed or seen.visit.out)
    return seen.visit.start if expected and seen.visit.start <= to_text(desk.now) else ""


def last_plan_of_mine(desk: Desk) -> PlanBody | None:
    """The newest plan that this person signed; standing answers are taken from it (D8).

    A plan that does not hold is passed over with a warning.
    """
    states = newest_by(desk, desk.member(), SPARE_IDS)
    return max(states, key=lambda state: state.version.content.at).body if states else None


def standing_answers(desk: Desk, questionnaire: Questionnaire) -> dict[str, tuple[str, str]]:
    """Standing answers still in date: question id to the answer and when it was given (UTC text)."""
    last = last_plan_of_mine(desk)
    return standing_in_date(questionnaire, last, desk.now) if last else {}


def companions_in(roster: Roster) -> Callable[[str], Companion]:
    """Finds a companion in the team, so that they cannot countersign; others are kept by name."""

    def companion(name: str) -> Companion:
        found = [one for one in roster.members.values() if one.answers_to(name)]
        if len({one.mail for one in found}) != 1:
            return Companion(name=name)
        return Companion(name=found[0].person.name, key=found[0].fingerprint)

    return companion
