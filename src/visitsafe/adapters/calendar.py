"""A visit as an entry for somebody's calendar: when they are due back, with an alarm, and nothing personal.

A calendar is shared with colleagues, secretaries and telephones: no address, case, area, purpose or name goes
into it, only the reference. The same plan always has the same UID and a growing SEQUENCE, so that importing
it again after an extension moves the entry. Times are UTC. It reminds; it does not watch (D11).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from visitsafe.domain.entries import from_text
from visitsafe.domain.fold import PlanState
from visitsafe.domain.plan import PlanBody
from visitsafe.domain.reports import BackBody, ExtendedBody, StoodDownBody
from visitsafe.domain.terms import Kind, Status

if TYPE_CHECKING:
    from icalendar import Alarm

PRODUCT = "-//visitsafe//visit plans//EN"
WARN_MINUTES = 10
_SHORTEST = timedelta(minutes=1)
_MOVES = (PlanBody, ExtendedBody, StoodDownBody, BackBody)


def calendar(state: PlanState, now: datetime) -> bytes:
    """The calendar file (RFC 5545).

    Args:
        state: The plan.
        now: When it is made, aware.
    """
    from icalendar import Calendar, Event

    event = Event()
    start, due_back = _times(state)
    event.add("uid", f"{state.plan}@visitsafe")
    event.add("dtstamp", now)
    event.add("sequence", sequence(state))
    event.add("dtstart", start)
    event.add("dtend", due_back)
    event.add("summary", f"Due back: {state.ref}")
    event.add("description", f"To report: visitsafe back {state.ref}. Longer: visitsafe extend {state.ref}")
    event.add("status", _status(state))
    event.add("class", "PRIVATE")
    if not state.closed:
        event.add_component(_alarm(-WARN_MINUTES, f"Due back in {WARN_MINUTES} minutes: {state.ref}"))
        event.add_component(_alarm(0, f"Due back now: {state.ref}. Report, or say that you need longer"))
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", PRODUCT)
    made.add_component(event)
    return bytes(made.to_ical())


def sequence(state: PlanState) -> int:
    """How often what the calendar shows may have changed: it grows with every entry that counts for it."""
    decisive = [
        one
        for one in state.judged
        if not one.why_not
        and (
            isinstance(one.body, _MOVES)
            or one.entry.content.kind in {Kind.DECIDED, Kind.WITHDRAWN, Kind.DEPARTED}
        )
    ]
    return max(0, len(decisive) - 1)


def _times(state: PlanState) -> tuple[datetime, datetime]:
    """From the start to the time due back; an extension may have put that before the planned start."""
    start, due_back = from_text(state.body.visit.start), from_text(state.visit.due_back)
    return min(start, due_back - _SHORTEST), due_back


def _status(state: PlanState) -> str:
    if state.closed:
        return "CANCELLED"
    sure = state.visit.departed or state.status is Status.COUNTERSIGNED
    return "CONFIRMED" if sure else "TENTATIVE"


def _alarm(minutes: int, text: str) -> "Alarm":
    """A reminder so many minutes after the time due back, which is the entry's end."""
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", timedelta(minutes=minutes), parameters={"RELATED": "END"})
    return alarm
