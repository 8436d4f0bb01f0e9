"""Gathering the plans of one case: each from its entries; the store's rows only narrow down.

A plan that does not hold is passed over with a warning.
"""

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.state.case import CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.removal import RemovedError
from visitsafe.team.roster import case_key


def case_history(desk: Desk, case: str) -> CaseHistory:
    """The plans of a case, in whichever spelling; none if there are none."""
    key = case_key(case)
    mine = [row.plan for row in desk.store.plans(case=key)]
    found: list[PlanState] = []
    removed = unread = 0
    for plan in mine:
        try:
            found.append(desk.plan(plan))
        except RemovedError:
            removed += 1
        except VerificationError as error:
            unread += 1
            desk.warn(f"{error.message}; run: visitsafe verify")
    plans = sorted(found, key=lambda state: (state.body.visit.start, state.plan))
    return CaseHistory(plans[-1].body.visit.case if plans else case, tuple(plans), removed, unread)


def newest_of(desk: Desk, case: str) -> PlanState:
    """The newest plan of a case, to which something about the case is added.

    Raises:
        NotFoundError: There is none.
    """
    history = case_history(desk, case)
    if not history.plans:
        raise NotFoundError(
            f"no plan in this store is for the case {case[:60]!r}",
            hint="see: visitsafe list --all; what belongs to a case is kept with its visit plans",
        )
    return history.plans[-1]
