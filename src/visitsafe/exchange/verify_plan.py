"""What verifying says of one plan: its state or its removal, the row that follows, and what to tell."""

from collections.abc import Sequence

from visitsafe.desk import folded
from visitsafe.exchange import faults
from visitsafe.exchange.findings import Tally
from visitsafe.exchange.lateness import late
from visitsafe.find_lists import otherwise
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.retention.holds import unseen_by
from visitsafe.state.fold import PlanState
from visitsafe.state.plan_row import row_of
from visitsafe.state.removal import Removed, RemovedError
from visitsafe.team.roster import Roster


def state_of(plan: str, rows: Sequence[Stored], roster: Roster) -> PlanState | Removed:
    """A plan from its stored entries, or what stays of it if its content was removed by rule.

    Raises:
        VerificationError: No version of it holds.
    """
    try:
        return folded(plan, rows, roster)
    except RemovedError as error:
        return error.removed


def row_from(state: PlanState | Removed, rows: Sequence[Stored]) -> PlanRow:
    """The row that follows from a plan's entries."""
    return state.row(rows) if isinstance(state, Removed) else row_of(state, rows)


def tell(
    tally: Tally,
    state: PlanState | Removed,
    rows: Sequence[Stored],
    *,
    same: bool,
    now: str,
    times: bool = False,
) -> None:
    """Add what a plan's entries show; `same` is whether its row follows from them, `now` UTC text."""
    if isinstance(state, Removed):
        tally.removal(state)
    else:
        tally.plan(state, times=times)
    if not same:
        tally.faults.append(faults.in_list(otherwise(state.plan), state.ref))
    if isinstance(state, PlanState):
        tally.notes += late(state, rows)
    else:
        tally.faults += [faults.untimely(text, state.ref) for text in state.ahead(rows, now)]
        tally.doubts += unseen_by(state, rows, tally.holds, tally.roster)
