"""Plans for lists and queues: each is folded from its entries; the store's rows only narrow down and order.

What the rows leave out or tell otherwise is shown from the entries, with a warning. A plan that does not hold
is named in a warning and stops nothing. The cost follows the rows asked for, and what came in this week.
"""

import msgspec

from visitsafe.desk import Desk, folded
from visitsafe.errors import VerificationError
from visitsafe.find_recent import maybe_open
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import PlanRow
from visitsafe.state.fold import PlanState
from visitsafe.state.plan_row import row_of
from visitsafe.state.removed import REMOVED, Removed, RemovedError
from visitsafe.team.roster import case_key


class Listed(msgspec.Struct, frozen=True):
    """A plan as its entries have it: its state, and the row that follows from it."""

    state: PlanState
    row: PlanRow


def listed(desk: Desk, *, every: bool = False, case: str | None = None) -> list[Listed]:
    """Plans, the latest start first.

    Args:
        desk: Who asks.
        every: Refused and withdrawn plans too.
        case: Only the plans for this case.
    """
    key = None if case is None else case_key(case)
    rows = maybe_open(desk.store, desk.now)
    if every:
        rows |= {row.plan: row for row in desk.store.plans()}
    found = [looked_at(desk, plan, row) for plan, row in rows.items()]
    wanted = [
        one
        for one in found
        if one is not None and (every or one.row.open) and key in {None, one.row.case_ref}
    ]
    by_id = sorted(wanted, key=lambda one: one.row.plan)
    return sorted(by_id, key=lambda one: one.row.start, reverse=True)


def looked_at(desk: Desk, plan: str, known: PlanRow | None) -> Listed | None:
    """A plan from its entries; a warning if the store's row is missing or says otherwise."""
    if not is_plan_id(plan):
        desk.warn(f"the store names {plan[:40]!r}, which is no plan; run: visitsafe verify")
        return None
    history = desk.store.history(plan)
    try:
        state = desk.called(folded(plan, history, desk.roster))
    except RemovedError as error:
        if error.removed.left or error.removed.problems:
            desk.warn(f"{error.message}; run: visitsafe verify {error.removed.ref}")
        elif error.removed.row(history) != known:
            desk.warn(otherwise(plan) + f"; run: visitsafe verify {error.removed.ref}")
        return None
    except VerificationError as error:
        desk.warn(f"{error.message}; run: visitsafe verify")
        return None
    row = row_of(state, history)
    if row != known:
        desk.warn(otherwise(plan) + f"; run: visitsafe verify {state.ref}")
    return Listed(state, row)


def removed_plans(desk: Desk) -> list[Removed]:
    """The plans whose content was removed, the latest visit first; each from its entries."""
    found = []
    for row in desk.store.plans():
        if row.status == REMOVED and is_plan_id(row.plan):
            try:
                folded(row.plan, desk.store.history(row.plan), desk.roster)
            except RemovedError as error:
                found.append(error.removed)
            except VerificationError:
                continue  # `listed` warns of it
    return found


def otherwise(plan: str) -> str:
    """The sentence about a row that does not follow from its plan's entries."""
    return f"the store's list shows {reference(plan)} otherwise than its entries do"
