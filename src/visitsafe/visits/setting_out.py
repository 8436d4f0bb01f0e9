"""Whether somebody may set out now: on a plan that was agreed to, or because it cannot wait (7.3, 8.2).

A watched visit is better than a hidden one, so an urgent departure is never refused. But it is not held out
to somebody whose visit was refused or withdrawn: they are told who said no and why, and whom to ring.
"""

from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError, VerificationError
from visitsafe.record.bodies import PlanBody
from visitsafe.record.terms import Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import is_earlier
from visitsafe.state.visit import EARLY
from visitsafe.text.clock import from_text, to_text


def seen_by_worker(state: PlanState) -> PlanState:
    """A visit as its worker may see it: somebody else may be reading over their shoulder (D15).

    What a watch would have raised is taken up to the newest report and no further: so the report of the
    phrase itself is answered like any other, whether anybody is watching or not.
    """
    return hides_duress(state, state.author)


def goes_first(state: PlanState) -> str:
    """Why a plan was signed as one that cannot wait for a decision; empty if it can, or has one."""
    return state.body.urgent if state.status is Status.AWAITING else ""


def check_may_depart(desk: Desk, state: PlanState, *, urgent: bool, happened: str = "") -> None:
    """Refuse setting out twice, before there was a plan, and on a visit that nobody has agreed to.

    Raises:
        NotPermittedError: With the way on.
        VerificationError: The plan's record does not hold.
    """
    if state.visit.departed and not seen_by_worker(state).closed:
        raise NotPermittedError(
            f"setting out on {state.ref} was reported already, and the visit is watched",
            hint=f"what comes next: visitsafe arrive {state.ref}",
        )
    planned = min(one.entry.content.at for one in state.judged if isinstance(one.body, PlanBody))
    # an urgent plan may be signed on the way, when its visit was to start already
    begins = to_text(from_text(state.body.visit.start) - EARLY)
    first = min(planned, begins) if state.body.urgent else planned
    if happened and is_earlier(happened, first):
        raise NotPermittedError(
            f"that time is before {state.ref} was signed: a time of day is the last one that has passed",
            hint="report it when it happens; if it has just happened, leave out --at",
        )
    reason, hint = why_not_ready(desk, state)
    if not reason or urgent:
        return
    if state.status not in {Status.REFUSED, Status.WITHDRAWN}:
        hint += f"; or, if it cannot wait: visitsafe depart {state.ref} --urgent --reason 'why'"
    error = VerificationError if state.problems else NotPermittedError
    raise error(reason, hint=hint)


def why_not_ready(desk: Desk, state: PlanState) -> tuple[str, str]:
    """Why a visit may not begin now unless it is urgent, and what else to do; both empty if it may."""
    if state.status in {Status.REFUSED, Status.WITHDRAWN}:
        return _said_no(state)
    if state.problems:
        return f"the record of {state.ref} does not hold: {state.problems[0]}", "tell your manager"
    if state.status is not Status.COUNTERSIGNED and not (goes_first(state) or state.overtaken):
        return _not_agreed(desk, state)
    if state.visit.due_back <= to_text(desk.now):
        return (
            f"the time due back of {state.ref} has passed, so nobody could tell when you are late",
            f"plan it anew: visitsafe plan --repeat {state.ref}",
        )
    return "", ""


def who_decided(state: PlanState) -> str:
    """The name of whoever made the decision in force."""
    return state.decision.name if state.decision else "a manager"


def _said_no(state: PlanState) -> tuple[str, str]:
    if state.status is Status.WITHDRAWN:
        return (
            f"{state.ref} was withdrawn: {_in_line(state.withdrawn)}",
            f"if it goes ahead after all, ring your manager; then: visitsafe plan --repeat {state.ref}",
        )
    name, decided = who_decided(state), state.decided
    why = _in_line(decided.rationale) if decided else ""
    instead = f"; instead: {_in_line(decided.purpose_met)}" if decided and decided.purpose_met.strip() else ""
    return f"{name} refused {state.ref}: {why}{instead}", f"ring {name} or another manager before you go"


def _not_agreed(desk: Desk, state: PlanState) -> tuple[str, str]:
    from visitsafe.state.phrases import how_to_change, plain_words

    change = f"change it and have it signed again: {how_to_change(state, desk.now)}"
    if state.status is Status.RETURNED and state.decided:
        return f"{who_decided(state)} returned {state.ref}: {_in_line(state.decided.rationale)}", change
    waits = state.status is Status.AWAITING and not state.started(to_text(desk.now))
    return (
        f"{state.ref} is not countersigned ({plain_words(state, desk.now)})",
        "ask a manager to decide now" if waits else change,
    )


def _in_line(text: str) -> str:
    return " ".join(text.split())
