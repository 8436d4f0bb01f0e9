"""What is still open in a case: visits under way, decisions, talking over, sharing, what was agreed. Pure.

Each with its day, whether that has passed, and the command for it. Not escaped.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

import msgspec

from visitsafe.record.entry import to_text
from visitsafe.record.kinds import Status
from visitsafe.state.alarm import is_overdue
from visitsafe.state.case import CaseHistory
from visitsafe.state.documents import documents_due, not_told
from visitsafe.state.duties import Met, each_once, talk_by
from visitsafe.state.fold import PlanState
from visitsafe.state.followup_words import DOCUMENTS, incident_title
from visitsafe.state.phrases import date_only
from visitsafe.state.visit_words import stage_words, unclosed
from visitsafe.supervision.case_facts import has_lapsed


class OpenThing(msgspec.Struct, frozen=True):
    """Something that somebody still has to do.

    Attributes:
        ref: The plan's reference.
        what: What is open, a sentence without its full stop.
        by: By when, UTC text or a day; empty if there is no time for it.
        late: Whether that has passed.
        command: What to run; empty if no command settles it.
    """

    ref: str
    what: str
    by: str = ""
    late: bool = False
    command: str = ""


def open_things(history: CaseHistory, now: datetime, zone: tzinfo) -> tuple[OpenThing, ...]:
    """Everything that is open, what is late first, then by its day.

    Args:
        history: The case, as whoever reads it may see it.
        now: For what is late.
        zone: Whose days.
    """
    found = [thing for state in history.plans for thing in _of_plan(state, now, zone)]
    found += _to_tell(history, now)
    found += _of_documents(history, now)
    return tuple(sorted(found, key=lambda one: (not one.late, one.by or "~", one.ref)))


def day_words(day: str, zone: tzinfo) -> str:
    """`3 December 2026` for a day as entries have it; the text as it stands if it is none."""
    words = date_only(f"{day}T12:00:00Z", zone)
    return day if words.endswith("Z") else words


def _of_plan(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[OpenThing]:
    yield from _visit(state, now, zone)
    talked = set(state.after.not_talked_over)
    talk = talk_by(state)
    for said in state.after.incidents:
        if said.id in talked:
            what = f"{incident_title(said.body)}, not talked over yet"
            yield OpenThing(state.ref, what, talk, _before(talk, now), f"visitsafe debrief {state.ref}")
    if talk and not talked:
        what = "The visit is to be talked over"
        yield OpenThing(state.ref, what, talk, _before(talk, now), f"visitsafe debrief {state.ref}")


def _to_tell(history: CaseHistory, now: datetime) -> Iterator[OpenThing]:
    for state, one in each_once(history.plans):
        if one.open:
            what = (
                f"Tell other professionals: {one.duty.label} (to: {one.named_left or 'nobody is named yet'})"
            )
            late, how = one.met(now) is Met.OVERDUE, f"visitsafe share {state.ref} --duty {one.number}"
            yield OpenThing(state.ref, what, one.by, late, how)


def _visit(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[OpenThing]:
    """The visit itself, while it goes on or waits for somebody."""
    show = f"visitsafe show {state.ref}"
    if unclosed(state, now):
        what = "Nobody has closed this visit, or said that it took place"
        yield OpenThing(state.ref, what, state.visit.due_back, late=True, command=show)
    elif state.visit.needs_standing_down or (state.visit.out and not state.closed):
        what = f"The visit goes on: {stage_words(state, now, zone)}"
        yield OpenThing(state.ref, what, state.visit.due_back, is_overdue(state, now), show)
    if state.status is Status.AWAITING and not state.settled and not has_lapsed(state, now):
        what, late = "A manager has to decide on the plan", state.started(to_text(now))
        yield OpenThing(state.ref, what, state.body.visit.start, late, f"visitsafe review {state.ref}")


def _of_documents(history: CaseHistory, now: datetime) -> Iterator[OpenThing]:
    for one in documents_due(history.plans, now):
        title = DOCUMENTS.get(one.said.body.document, one.said.body.document)
        who = f" ({one.who})" if one.who.strip() else ""
        yield OpenThing(one.state.ref, f"{title}: {one.what}{who}", one.day, late=True)
    for state, sort, _ in not_told(history):
        if sort == "meeting":
            what = "Plan what the family is told of the professionals' meeting"
            yield OpenThing(state.ref, what, command=f"visitsafe document telling {state.ref}")


def _before(text: str, now: datetime) -> bool:
    return bool(text) and text < to_text(now)
