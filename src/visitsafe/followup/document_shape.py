"""Documents of a case as JSON and as lines of a list. Pure, unescaped.

What was answered stands in `show --json` of the plan; here is what somebody has to keep in mind: who signed
which document, when it is looked at again, what is still to be done and what is late.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from visitsafe.followup.document_page import document_title
from visitsafe.record.bodies import DocumentedBody
from visitsafe.state.case import CaseHistory
from visitsafe.state.documents import is_late, not_held, not_told
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import date_only
from visitsafe.supervision.visit_shape import Shape, person_shape
from visitsafe.text.days import said as day_in_full

_NOT_TOLD = {
    "meeting": "professionals met on {day}",
    "shared": "something was shared with other professionals on {day}",
}


def document_shape(state: PlanState, said: Said[DocumentedBody], now: datetime) -> Shape:
    """A document as JSON."""
    body = said.body
    return {
        "ref": state.ref,
        "plan": state.plan,
        "entry": said.id,
        "document": body.document,
        "title": document_title(body),
        "by": person_shape(said.author, said.author.fingerprint),
        "at": said.at,
        "review": body.review or None,
        "review_overdue": is_late(body.review, now),
        "actions": [
            {"what": one.what, "who": one.who, "by": one.by or None, "overdue": is_late(one.by, now)}
            for one in body.actions
        ],
        "replaces": body.replaces or None,
    }


def documents_shape(history: CaseHistory, now: datetime) -> Shape:
    """The documents of a case as JSON, numbered as in the list."""
    return {
        "case": history.case,
        "documents": [
            {"number": number, **document_shape(state, said, now)}
            for number, (state, said) in enumerate(history.documents(), start=1)
        ],
        "not_told": [{"ref": state.ref, "what": sort, "at": at} for state, sort, at in not_told(history)],
    }


def document_lines(history: CaseHistory, now: datetime, zone: tzinfo) -> Iterator[str]:
    """The documents of a case, line by line: what there is, what is to be done, what is missing."""
    found = history.documents()
    count = "no documents yet" if not found else f"{len(found)} document{'s' if len(found) > 1 else ''}"
    yield f"Case {history.case}: {count}"
    for number, (state, said) in enumerate(found, start=1):
        when = date_only(said.at, zone)
        yield f"{number}  {document_title(said.body)}, by {said.author.person.name}, {when} ({state.ref})"
        yield from (f"   {line}" for line in _asked(said.body, now))
    for _, sort, at in not_told(history):
        done = _NOT_TOLD[sort].format(day=date_only(at, zone))
        yield f"Since {done}, no plan says what the family is told:  visitsafe document telling"


def late_words(day: str, now: datetime) -> str:
    """`by Tuesday 1 December 2026`, or that the day has passed."""
    return f"OVERDUE since {day_in_full(day)}" if is_late(day, now) else f"by {day_in_full(day)}"


def _asked(body: DocumentedBody, now: datetime) -> Iterator[str]:
    if body.review and not_held(body):
        late = ": OVERDUE, nothing says that it was held" if is_late(body.review, now) else ""
        yield f"Proposed for {day_in_full(body.review)}{late}"
    elif body.review:
        yield f"To be looked at again: {late_words(body.review, now)}"
    for one in body.actions:
        who = one.who.strip() or "nobody is named"
        by = f", {late_words(one.by, now)}" if one.by else ""
        yield f"- {one.what} ({who}{by})"
