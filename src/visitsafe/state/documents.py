"""What the documents of a case still ask for: a review, an action, telling the family (4.14, 9.5). Pure.

A document counts until another entry replaces it. Its days are days of the calendar: something is late when
the day is over. Nothing here says that an action was not done: only that nothing says it was.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from visitsafe.record.bodies import DocumentedBody, SharedBody
from visitsafe.record.terms import Document
from visitsafe.state.case import CaseHistory
from visitsafe.state.events import Event
from visitsafe.state.fold import PlanState
from visitsafe.state.rules_followup import SHARE
from visitsafe.text.clock import to_text

REVIEW = "to be looked at again"
PROPOSED = "proposed for that day, and nothing says that it was held"
STAGE, HELD = "stage", "held"
"""The question of the form `meeting` that tells a proposed meeting from one that was held."""


class DocumentDue(msgspec.Struct, frozen=True):
    """Something in a document whose day has passed.

    Attributes:
        state: The plan in whose record it stands.
        said: The document.
        what: The action, or that it is to be looked at again.
        day: Its day, `2026-12-01`.
        who: Who was to do it; empty for a review.
    """

    state: PlanState
    said: Event[DocumentedBody]
    what: str
    day: str
    who: str = ""


def documents_due(states: Iterable[PlanState], now: datetime) -> list[DocumentDue]:
    """What the documents of these plans asked for by a day that has passed, the longest ago first.

    Args:
        states: Plans, as whoever asks may see them.
        now: Aware.
    """
    found = [
        one
        for state in states
        for said in state.after.documents
        for one in _asked(state, said)
        if is_late(one.day, now)
    ]
    return sorted(found, key=lambda one: (one.day, one.state.plan, one.said.id, one.what))


def is_late(day: str, now: datetime) -> bool:
    """Whether a day is over, in UTC: an hour more or less does not matter for a day that was agreed."""
    return bool(day) and ends(day) < to_text(now)


def ends(day: str) -> str:
    """The end of a day, UTC text."""
    return f"{day}T23:59:59Z"


def days_of(state: PlanState) -> Iterator[str]:
    """The ends of all days that the documents of a plan name, UTC text."""
    yield from (ends(one.day) for said in state.after.documents for one in _asked(state, said))


def not_held(body: DocumentedBody) -> bool:
    """Whether it is a meeting that is only proposed."""
    return body.document == Document.MEETING and body.answers.get(STAGE, HELD) != HELD


def not_told(history: CaseHistory) -> list[tuple[PlanState, str, str]]:
    """Meetings and sharing after which no plan for telling the family was signed (4.14).

    Returns:
        The newest of each sort: the plan, `meeting` or `shared`, and when it was signed, UTC text.
    """
    planned = max((said.at for _, said in history.documents(Document.TELLING)), default="")
    meetings = [
        (said.at, state)
        for state, said in history.documents(Document.MEETING)
        if not not_held(said.body) and said.at > planned
    ]
    shared = [
        (said.at, state)
        for state in history.plans
        for said in state.after.shared
        if _was_shared(said.body) and said.at > planned
    ]
    newest = [(max(found, key=lambda one: one[0]), sort) for sort, found in _sorts(meetings, shared) if found]
    return [(state, sort, at) for (at, state), sort in newest]


def _sorts(
    meetings: list[tuple[str, PlanState]], shared: list[tuple[str, PlanState]]
) -> tuple[tuple[str, list[tuple[str, PlanState]]], ...]:
    return ("meeting", meetings), ("shared", shared)


def _was_shared(body: SharedBody) -> bool:
    return body.decision == SHARE


def _asked(state: PlanState, said: Event[DocumentedBody]) -> Iterator[DocumentDue]:
    body = said.body
    if body.review:
        what = PROPOSED if not_held(body) else REVIEW
        yield DocumentDue(state, said, what, body.review)
    for action in body.actions:
        if action.by:
            yield DocumentDue(state, said, action.what, action.by, action.who)
