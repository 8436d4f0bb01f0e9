"""When each step of the escalation falls due, and what is overdue (7.2, 8.2; D11). Pure.

Nothing is overdue because somebody computed it earlier: every question here is asked of the record and the
moment. A step is raised once for each time at which it falls due. Under duress (D15) the top of the ladder is
due at once, and nothing that is reported by or for the worker changes that. Who is told is `outbox`'s affair.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from visitsafe.domain.entries import from_text, to_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.plan import Ladder, Rung
from visitsafe.domain.reports import AcknowledgedBody, EscalatedBody
from visitsafe.domain.terms import Role, Status
from visitsafe.domain.visit import Said

EXPECTED = timedelta(hours=24)
"""How long after the time due back a visit is watched although nobody reported setting out."""
MOST_MINUTES, MOST_GRACE = 24 * 60, 120
"""What a checklist allows. A plan signed by other means must not put its watch off for longer than that."""
WORKER = "lone-worker"


class Due(msgspec.Struct, frozen=True):
    """A step of the ladder and when it falls due.

    Attributes:
        rung: The step.
        level: Its place in the ladder, from 0.
        at: UTC text.
    """

    rung: Rung
    level: int
    at: str


def is_watched(state: PlanState, now: datetime) -> bool:
    """Whether a visit belongs on the board now."""
    started = state.body.visit.start <= to_text(now)
    return _may_climb(state, now) and (started or not _only_expected(state))


def is_overdue(state: PlanState, now: datetime) -> bool:
    """Whether somebody should be back and is not: the time due back and the grace have passed."""
    end = from_text(state.visit.due_back) + timedelta(minutes=_grace(state.visit.ladder))
    return now >= end and state.visit.back is None and is_watched(state, now)


def is_alarming(state: PlanState, now: datetime) -> bool:
    """Whether somebody has to act: overdue, under duress, or an alarm that was not stood down."""
    return (state.visit.needs_standing_down and not state.closed) or is_overdue(state, now)


def minutes_late(state: PlanState, now: datetime) -> int:
    """Whole minutes after the time due back, without grace; 0 if not late, or back."""
    if state.visit.back is not None or not is_watched(state, now):
        return 0
    return max(0, (now - from_text(state.visit.due_back)) // timedelta(minutes=1))


def schedule(state: PlanState) -> list[Due]:
    """The steps of this visit's ladder as they fall due, in order; for high risk and duress, from the top."""
    visit = state.visit
    if visit.duress is not None:
        return [Due(rung, level, visit.duress.at) for level, rung in _top(visit.ladder)]
    return list(_dues(visit.ladder, visit.due_back))


def to_raise(state: PlanState, now: datetime) -> list[Due]:
    """The steps that are due now and have not been raised, in order."""
    if not is_watched(state, now):
        return []
    # The report of duress tells the time by the clock of whoever took the call; it does not wait for ours.
    return [due for due in _to_come(state) if state.visit.duress is not None or due.at <= to_text(now)]


def next_due(state: PlanState, now: datetime) -> Due | None:
    """The next step that will fall due or is due and not raised; None if nothing more will be raised."""
    return next(iter(_to_come(state)), None) if _may_climb(state, now) else None


def unowned(state: PlanState) -> Sequence[Said[EscalatedBody]]:
    """The raised steps that somebody must take on and nobody has."""
    taken, named = owned_level(state), {one.body.step for one in _owned(state)}
    found: dict[tuple[str, str], Said[EscalatedBody]] = {}
    for one in state.visit.alarm.raised:
        level = state.visit.level(one.body.step)
        is_taken = one.body.step in named or 0 <= level <= taken
        if state.visit.rung(one.body.step).acknowledge and not is_taken:
            found.setdefault((one.body.step, one.body.due), one)
    return list(found.values())


def owner(state: PlanState) -> Said[AcknowledgedBody] | None:
    """Who took on the highest step, the newest of those; None if nobody has."""
    taken = owned_level(state)
    mine = (one for one in reversed(_owned(state)) if state.visit.level(one.body.step) == taken)
    return next(mine, None)


def owned_level(state: PlanState) -> int:
    """The highest step of the open alarm that somebody took on, by its place in the ladder; -1 if none."""
    return max((state.visit.level(one.body.step) for one in _owned(state)), default=-1)


def _owned(state: PlanState) -> Sequence[Said[AcknowledgedBody]]:
    """Who took the open alarm on; under duress, only who may know of it and did."""
    return [one for one in state.visit.alarm.owned if one.id not in state.visit.unaware]


def _may_climb(state: PlanState, now: datetime) -> bool:
    """Whether a visit is watched now, or will be from its start on if nothing changes."""
    if state.closed:
        return False
    return not _only_expected(state) or (
        _is_expected(state) and now <= from_text(state.visit.due_back) + EXPECTED
    )


def _only_expected(state: PlanState) -> bool:
    """Whether nobody reported setting out, and no alarm is open."""
    visit = state.visit
    return not (visit.out or visit.back or visit.duress or visit.alarm.raised)


def _is_expected(state: PlanState) -> bool:
    if state.status is Status.COUNTERSIGNED:
        return True
    return bool(state.body.urgent) and state.status is Status.AWAITING


def _to_come(state: PlanState) -> list[Due]:
    """The steps that were neither raised nor taken on beforehand; none once the worker is back."""
    visit = state.visit
    if visit.back is not None and visit.duress is None:
        return []
    raised = {(one.body.step, one.body.due) for one in visit.alarm.raised}
    taken = owned_level(state)
    return [due for due in schedule(state) if due.level > taken and (due.rung.id, due.at) not in raised]


@lru_cache(maxsize=4096)  # a watcher asks for each open visit in each round
def _dues(ladder: Ladder, due_back: str) -> tuple[Due, ...]:
    start, minutes = from_text(due_back), _minutes(ladder)
    dues = [
        Due(rung, level, to_text(start + timedelta(minutes=minutes[level])))
        for level, rung in enumerate(ladder.steps)
    ]
    return tuple(sorted(dues, key=lambda due: (due.at, due.level)))


def _grace(ladder: Ladder) -> int:
    return min(max(ladder.grace_minutes, 0), MOST_GRACE)


def _minutes(ladder: Ladder) -> list[int]:
    """The minutes from the time due back to each step, with the grace; a high-risk visit starts higher up."""
    after = [min(max(rung.after, -MOST_MINUTES), MOST_MINUTES) for rung in ladder.steps]
    first = next((level for level, rung in enumerate(ladder.steps) if rung.id == ladder.start), None)
    if ladder.high_risk and first is not None and after[first] > 0:
        start = after[first]
        after = [*after[:first], *(max(0, minutes - start) for minutes in after[first:])]
    return [minutes + _grace(ladder) if minutes >= 0 else minutes for minutes in after]


def _top(ladder: Ladder) -> list[tuple[int, Rung]]:
    """The steps for duress: from the start on, else the manager's, else the last; not the worker's."""
    rungs = [(level, rung) for level, rung in enumerate(ladder.steps) if set(rung.who) != {WORKER}]
    started = [level for level, rung in enumerate(ladder.steps) if rung.id == ladder.start]
    top = [one for one in rungs if started and one[0] >= started[0]]
    managers = [one for one in rungs if Role.MANAGER in one[1].who]
    last = rungs or list(enumerate(ladder.steps))
    return top or managers or last[-1:]
