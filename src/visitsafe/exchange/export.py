"""A visit for somebody's calendar: when they are due back, with an alarm, and nothing personal.

Two events: "due back", which begins at that time, and the visit. Calendars count alarms from the start of an
event, Outlook takes no more than one (MS-OXCICAL), and of a file in a message it takes the first event alone:
so the time due back is an event of its own, with one alarm, and comes first.

A calendar is shared with colleagues, secretaries and telephones: no address, case, area, purpose or name goes
into it, only the reference. The same plan always has the same UIDs and a growing SEQUENCE, so that importing
it again after an extension moves the events. Times are UTC. It reminds; it does not watch (D11).
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from visitsafe.record.bodies import BackBody, ExtendedBody, PlanBody, StoodDownBody
from visitsafe.record.kinds import Kind
from visitsafe.state.fold import PlanState
from visitsafe.text.clock import from_text

if TYPE_CHECKING:
    from icalendar import Event


PRODUCT = "-//visitsafe//visit plans//EN"
WARN = timedelta(minutes=10)
"""How long before the time due back the alarm rings."""
_LASTS = timedelta(minutes=15)
"""How long the event of the time due back lasts: some calendars show none that lasts no time."""
_SHORTEST = timedelta(minutes=1)
_MOVES = (PlanBody, ExtendedBody, StoodDownBody, BackBody)


def calendar(state: PlanState, now: datetime) -> bytes:
    """The calendar file (RFC 5545).

    Args:
        state: The plan.
        now: When it is made, aware.
    """
    from icalendar import Alarm, Calendar

    start, due_back = from_text(state.visit.start), from_text(state.visit.due_back)
    reported = "CANCELLED" if state.closed else _status(state)
    due = _event(state, now, "due-back", f"Due back: {state.ref}", due_back, due_back + _LASTS, reported)
    due.add("description", f"To report: visitsafe back {state.ref}. Longer: visitsafe extend {state.ref}")
    due.add("transp", "TRANSPARENT")
    if not state.closed:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        minutes = int(WARN.total_seconds()) // 60
        alarm.add(
            "description", f"Due back in {minutes} minutes: {state.ref}. Report, or say that you need longer"
        )
        alarm.add("trigger", -WARN)
        due.add_component(alarm)
    begins = min(start, due_back - _SHORTEST)  # an extension may have put the time due back before the start
    visit = _event(state, now, "visit", f"Visit: {state.ref}", begins, due_back, _status(state))
    made = Calendar()
    made.add("version", "2.0")
    made.add("prodid", PRODUCT)
    made.add_component(due)
    made.add_component(visit)
    return bytes(made.to_ical())


def _event(
    state: PlanState, now: datetime, name: str, summary: str, begins: datetime, ends: datetime, status: str
) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", f"{state.plan}-{name}@visitsafe")
    event.add("dtstamp", now)
    event.add("sequence", sequence(state))
    event.add("dtstart", begins)
    event.add("dtend", ends)
    # Outlook keeps no status of what is imported: the words say it as well.
    event.add("summary", f"Cancelled: {summary}" if status == "CANCELLED" else summary)
    event.add("status", status)
    event.add("class", "PRIVATE")
    return event


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


def _status(state: PlanState) -> str:
    """That of the visit itself, which took place if it ended with a report."""
    if state.closed and not state.visit.closed:
        return "CANCELLED"
    return "CONFIRMED" if state.visit.closed or state.visit.watched else "TENTATIVE"
