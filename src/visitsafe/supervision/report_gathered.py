"""Gathering a team's figures: the plans whose visit starts in a time, each folded from its entries.

The store's rows say which plans those are; what is counted comes from the entries. A plan that does not hold
is not counted and is named, and a row that tells otherwise is warned of. What it costs follows the plans of
that time and the rows since; plans of other times are not folded, but for those with something new this week
whose row is in doubt.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from visitsafe.desk import Desk, folded
from visitsafe.errors import VerificationError
from visitsafe.find import doubted, latest_rows, otherwise
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import PlanRow
from visitsafe.state.fold import PlanState
from visitsafe.state.plan_row import row_of
from visitsafe.state.removed import RemovedError
from visitsafe.supervision.figures import Figures, figures
from visitsafe.text.clock import from_text
from visitsafe.text.days import Period


class Gathered(NamedTuple):
    """What a report is made of.

    Attributes:
        figures: What was counted.
        left_out: References of plans that could not be counted.
        removed: How many plans of that time have no content any more.
    """

    figures: Figures
    left_out: tuple[str, ...]
    removed: int


class Plans(NamedTuple):
    """The plans of some time, and those that could not be folded. Members as in `Gathered`."""

    states: list[PlanState]
    left_out: tuple[str, ...]
    removed: int


def plans_of(desk: Desk, period: Period) -> Plans:
    """The plans whose visit starts in a time, and a few of other times."""
    left_out: list[str] = []
    removed: list[str] = []
    states = list(_states(desk, _rows(desk, period), period, left_out, removed))
    return Plans(states, tuple(sorted(left_out)), len(removed))


def gather(desk: Desk, period: Period, kept_for: Mapping[str, int] | None = None) -> Gathered:
    """Count what happened in a time.

    Args:
        desk: Who asks.
        period: The days.
        kept_for: Days for which an answer about training holds, by the id of the visit checklist.
    """
    plans = plans_of(desk, period)
    found = figures(plans.states, period, desk.now, desk.roster.everyone, kept_for)
    return Gathered(found, plans.left_out, plans.removed)


def _rows(desk: Desk, period: Period) -> dict[str, PlanRow | None]:
    """The rows of the plans of this time, and of those of this week whose row is in doubt."""
    since, until = period.since, period.until
    rows = latest_rows(desk.store, from_text(since))
    found: dict[str, PlanRow | None] = {row.plan: row for row in rows if row.start < until}
    for plan in doubted(desk.store, desk.now):
        if plan not in found and is_plan_id(plan):
            found[plan] = desk.store.row(plan)
    return found


def _states(
    desk: Desk,
    rows: Mapping[str, PlanRow | None],
    period: Period,
    left_out: list[str],
    removed: list[str],
) -> Iterator[PlanState]:
    since, until = period.since, period.until
    for plan, row in rows.items():
        history = desk.store.history(plan)
        try:
            state = desk.called(folded(plan, history, desk.roster))
        except RemovedError as error:
            if since <= error.removed.body.start < until:
                removed.append(plan)
            continue
        except VerificationError as error:
            desk.warn(f"{error.message}; run: visitsafe verify")
            left_out.append(reference(plan))
            continue
        if row_of(state, history) != row:
            desk.warn(f"{otherwise(plan)}; run: visitsafe verify {state.ref}")
        yield state
