"""What the record can say about the questions of the managers' own audit (5.3, 8.1, 8.2, 9.x). Pure.

For each question that it knows by its id: sentences with numbers, which stand beside the question and are
signed with the answer. No sentence names anybody, or points at one of a few; none is a verdict. As in
`figures`, everything is counted as somebody sees it who may not know of duress. What the audit before said
comes with it. What each counts: docs/audit.md.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from visitsafe.record.bodies import AuditedBody
from visitsafe.supervision import audit_followup as audit_after
from visitsafe.supervision import audit_visit as audit_way
from visitsafe.supervision.audit_facts import Facts
from visitsafe.text.clean import one_line
from visitsafe.text.clock import date_only
from visitsafe.text.days import Period

A_YEAR = timedelta(days=365)
WILL_CHANGE = "what-will-change"
MOST_WORDS = 600
"""Characters of what was to change that are repeated a year later."""


def year_to(now: datetime, zone: tzinfo) -> Period:
    """The 365 days that end today."""
    today = now.astimezone(zone).date()
    return Period(today - A_YEAR + timedelta(days=1), today, zone)


def evidence(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Sentences by question id; nothing if there is no visit to count."""
    if not facts.states:
        return {}
    found = {name: tuple(say(facts)) for name, say in SAYS.items()}
    return {name: sentences for name, sentences in found.items() if sentences}


def since(at: str, zone: tzinfo, body: AuditedBody) -> dict[str, tuple[str, ...]]:
    """What the audit before says: what was not as it should be, and what was to change.

    Args:
        at: When it was signed, UTC text.
        zone: Whose days.
        body: What it says.
    """
    day = date_only(at, zone)
    shown = {one.id: one_line(one.answer) for one in body.shown}
    found: dict[str, tuple[str, ...]] = {
        name: (f"On {day} the answer was: {shown[name]}.",) for name in body.wanting if name in shown
    }
    if words := shown.get(WILL_CHANGE, ""):
        found[WILL_CHANGE] = (f"On {day} this was to change: {words[:MOST_WORDS]}",)
    return found


SAYS: Mapping[str, Callable[[Facts], Iterator[str]]] = {
    "policy-known": audit_way.policy,
    "time-to-plan": audit_way.time_to_plan,
    "equipment": audit_way.equipment,
    "findable": audit_way.findable,
    "monitoring": audit_way.monitoring,
    "told-when-over": audit_way.told,
    "overdue-taken": audit_way.taken,
    "training": audit_way.training,
    "induction": audit_way.induction,
    "supervision": audit_after.supervision,
    "fear-asked": audit_after.fear,
    "incidents-looked-into": audit_after.looked_into,
    "police-told": audit_after.police,
    "others-told": audit_after.others,
    "markers": audit_after.markers,
    "fair-load": audit_after.load,
    "work-given-out": audit_after.given_out,
    "files-looked-at": audit_after.files,
}
"""The questions that the record has something to say about, by their ids in `manager-duties.yaml`."""
