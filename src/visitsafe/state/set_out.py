"""Who set out although no manager had agreed, in the words by which a manager is told. Pure and unescaped.

Whoever is out there without a countersignature must reach a manager, whatever was decided before and even if
the plan was withdrawn: somebody has to ring them (D13).
"""

from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.terms import Decision, Status
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import went_first
from visitsafe.state.rules import Judged
from visitsafe.team.people import Member


def went_without(state: PlanState) -> str:
    """Why the worker set out although no countersignature stands; empty if that is not so."""
    reason = went_first(state)
    if state.status is Status.COUNTERSIGNED or not reason:
        return ""
    if state.status is not Status.WITHDRAWN:
        return reason
    agreed = state.decided is not None and state.decided.decision is Decision.COUNTERSIGN
    return "" if state.closed or (agreed and _set_out_before(state)) else reason


def set_out_words(state: PlanState, me: Member | None = None) -> tuple[str, str]:
    """`has set out although you refused it`, and why they say that it could not wait.

    Args:
        state: A plan for which `went_without` gives a reason.
        me: Who reads it; None if that is not to be told apart.
    """
    reason, before = went_without(state), _set_out_before(state)
    inside = reason.strip().rstrip(".")
    gone, urgent = "has set out", "has set out already, urgent"
    if state.visit.back:
        gone, urgent = "is back and had set out", "is back and had set out first, urgent"
    if state.status is Status.WITHDRAWN:
        if before:
            return urgent, f"{inside}; the plan was withdrawn since"
        return f"{gone} on a plan that was withdrawn", reason
    if state.decision is None or state.status not in {Status.REFUSED, Status.RETURNED}:
        return urgent, reason
    mine = me is not None and state.decision.author is not None and me.same_person(state.decision.author)
    said = f"{'you' if mine else state.decision.name} {state.status} it"
    if before:
        return urgent, f"{inside}; {said} since"
    return f"{gone} although {said}", reason


def _set_out_before(state: PlanState) -> bool:
    """Whether they set out before the plan was withdrawn, or decided on as it is now."""
    left = state.visit.departed.id if state.visit.departed else ""
    of_interest = [one.entry.id for one in state.judged if one.entry.id == left or _is_no(state, one)]
    return bool(of_interest) and of_interest[-1] != left


def _is_no(state: PlanState, one: Judged) -> bool:
    if state.status is Status.WITHDRAWN:
        return isinstance(one.body, WithdrawnBody) and not one.why_not
    return state.decision is not None and one.entry.id == state.decision.entry.id
