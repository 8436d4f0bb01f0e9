"""A plan's row for lists, as it follows from its entries (D9). Pure.

What the store keeps of it only narrows lists down; whoever relies on it folds the entries.
"""

from collections.abc import Sequence

from visitsafe.record.bodies import PlanBody
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.record.terms import Level
from visitsafe.state.duties import owed
from visitsafe.state.fold import PlanState
from visitsafe.team.roster import case_key


def row_of(state: PlanState, rows: Sequence[Stored]) -> PlanRow:
    """A plan's row for lists."""
    visit = state.body.visit
    return PlanRow(
        plan=state.plan,
        status=state.status,
        stage=state.visit.stage,
        closed=state.settled,
        by=state.author.fingerprint,
        case_ref=case_key(visit.case),
        area=visit.area,
        start=begins(state),
        due_back=state.visit.due_back,
        level=worst(state.body),
        urgent=bool(state.body.urgent),
        entries=len(rows),
        newest=rows[-1].id,
        owed=owed(state),
    )


def begins(state: PlanState) -> str:
    """When a visit begins, by its newest version or by those that it is watched by, if earlier: UTC text."""
    newest = state.body.visit.start
    return min(state.visit.start or newest, newest)


def worst(body: PlanBody) -> Level | str:
    """The level of a plan's worst finding; empty if it has none."""
    levels = [finding.level for finding in body.findings]
    return min(levels, key=lambda level: level.weight) if levels else ""
