"""What a report counts about visits under way: who was late, how late, and who took it on (7.2, 8.2). Pure.

By states as somebody may see them who knows of no duress (`figures` sees to that). Drills are not counted.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from statistics import median

import msgspec

from visitsafe.record.bodies import ExtendedBody
from visitsafe.record.entry import from_text, to_text
from visitsafe.record.kinds import Decision
from visitsafe.state.alarm import MOST_GRACE
from visitsafe.state.events import Alarm
from visitsafe.state.fold import PlanState
from visitsafe.state.in_force import EXPECTED

_MINUTE = timedelta(minutes=1)


class Spread(msgspec.Struct, frozen=True):
    """How long something took, in whole minutes.

    Attributes:
        count: How often.
        median: Half of them took no longer; None if there was none.
        longest: The longest; None if there was none.
    """

    count: int = 0
    median: int | None = None
    longest: int | None = None


class Late(msgspec.Struct, frozen=True):
    """How late one visit was.

    Attributes:
        minutes: The longest time for which it was overdue, from the time due back on.
        ended: Whether the record says that this came to an end.
    """

    minutes: int
    ended: bool


class Taken(msgspec.Struct, frozen=True):
    """An alarm that somebody had to take on. `minutes`: until somebody did; None while nobody has."""

    minutes: int | None


class Gaps(msgspec.Struct, frozen=True):
    """Times at which a step fell due and nobody was watching: how many, and how long together (minutes)."""

    count: int = 0
    minutes: int = 0


def spread(minutes: Iterable[int]) -> Spread:
    """How often, the median (half a minute counts as one) and the longest."""
    found = sorted(minutes)
    return Spread(len(found), int(median(found) + 0.5), found[-1]) if found else Spread()


def lateness(state: PlanState, now: datetime) -> Late | None:
    """How late a visit was; None if it was not, or nobody was expected back."""
    if not _was_expected(state):
        return None
    end = _end(state)
    grace = min(max(state.visit.ladder.grace_minutes, 0), MOST_GRACE) * _MINUTE
    found = [
        Late((stop - due) // _MINUTE, ended=ended)
        for due, stop, ended in _stretches(state, end, now)
        if stop > due + grace
    ]
    return max(found, key=lambda late: (not late.ended, late.minutes), default=None)


def _was_expected(state: PlanState) -> bool:
    """Whether anybody waited for the worker: they set out, or a manager had agreed, or it could not wait."""
    visit = state.visit
    if visit.out or visit.back or any(alarm.raised for alarm in visit.alarms):
        return True
    agreed = state.decided is not None and state.decided.decision is Decision.COUNTERSIGN
    return agreed or bool(visit.watched)


def _end(state: PlanState) -> str:
    """When the waiting ended, UTC text: back, stood down, or called off; empty while it has not."""
    ats = {one.entry.id: one.entry.content.at for one in state.judged}
    ats |= {alarm.over.id: alarm.over.at for alarm in state.visit.alarms if alarm.over}
    back = state.visit.back.at if state.visit.back else ""
    closed = ats.get(state.closed, state.visit.due_back) if state.closed else ""
    return min(filter(None, (back, closed)), default="")


def _stretches(state: PlanState, end: str, now: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """Each time due back, until when it held, and whether anything on record ended it."""
    said = [(one.at, one.body.until) for one in state.visit.reports if isinstance(one.body, ExtendedBody)]
    overs = (alarm.over for alarm in state.visit.alarms if alarm.over)
    changes = sorted([*said, *((over.at, over.body.until) for over in overs if over.body.until)])
    due = state.body.visit.due_back if changes else state.visit.due_back
    last = end or to_text(now)
    for at, until in changes:
        if at < last:
            yield from_text(due), from_text(at), True
            due = until
    yield from_text(due), from_text(last), bool(end)


def is_unheard(state: PlanState, now: datetime) -> bool:
    """Whether a visit was agreed to, its time is long over, and nobody ever reported anything about it."""
    if state.visit.trip or state.closed or not state.visit.watched:
        return False
    return from_text(state.visit.due_back) + EXPECTED < now


def alarms_taken(state: PlanState) -> Iterator[Taken]:
    """The alarms about a visit that somebody had to take on, and after how long somebody did."""
    for place, alarm in enumerate(state.visit.alarms):
        asked = [one.at for one in alarm.raised if state.visit.rung(one.body.step).acknowledge]
        if asked:
            is_open = place == len(state.visit.alarms) - 1
            taken = min(filter(None, (_owned(state, alarm, min(asked), is_open=is_open))), default="")
            yield Taken((from_text(taken) - from_text(min(asked))) // _MINUTE if taken else None)


def _owned(state: PlanState, alarm: Alarm, since: str, *, is_open: bool) -> Iterator[str]:
    """When somebody took an alarm on, or stood it down."""
    taking = set(state.visit.taken.values())
    for one in alarm.owned:
        if one.id in taking if is_open else one.at >= since:
            yield max(one.at, since)
    if alarm.over is not None:
        yield max(alarm.over.at, since)


def steps_raised(state: PlanState) -> int:
    """How many steps of the ladder were raised."""
    return sum(len(alarm.raised) for alarm in state.visit.alarms)


def gaps_in(states: Iterable[PlanState]) -> Gaps:
    """When nobody was watching, as far as a step was raised late because of it; overlapping times are one."""
    times = sorted(
        (one.body.unwatched_from, one.at)
        for state in states
        for alarm in state.visit.alarms
        for one in alarm.raised
        if one.body.unwatched_from and one.body.unwatched_from < one.at
    )
    apart: list[tuple[str, str]] = []
    for begin, end in times:
        if apart and begin <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((begin, end))
    minutes = (from_text(end) - from_text(begin) for begin, end in apart)
    return Gaps(len(apart), sum(minutes, timedelta()) // _MINUTE)
