"""Whether a form that somebody had said yes to signing is in the record already, after a crash."""

from collections.abc import Iterator

from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, UsageError
from visitsafe.find import case_history
from visitsafe.record.bodies import Filled
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Event
from visitsafe.supervision.audits import Audit, audits


def recorded_already(desk: Desk, about: str, answered: Answered, since: str) -> bool:
    """Whether this person signed the same answers to the same form since they began.

    Args:
        desk: Who asks.
        about: A plan's reference, a case, or what else the form is about.
        answered: The form as it is about to be signed.
        since: UTC text, when it was begun.
    """
    me = desk.member()
    signed: list[Event[Filled] | Audit] = [said for state in _plans(desk, about) for said in _filled(state)]
    return any(
        said.at >= since
        and me.same_person(said.author)
        and said.body.form.id == answered.form.id
        and said.body.answers == answered.answers
        for said in (*signed, *audits(desk.roster))
    )


def _plans(desk: Desk, about: str) -> tuple[PlanState, ...]:
    try:
        return (desk.plan(desk.resolve(about)),)
    except (NotFoundError, UsageError):
        return case_history(desk, about).plans


def _filled(state: PlanState) -> Iterator[Event[Filled]]:
    yield from state.after.incidents
    yield from state.after.debriefs
    yield from state.after.documents
