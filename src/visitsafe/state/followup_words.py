"""What an entry about what came after a visit says, in a few words, for lists and records. Pure, unescaped.

Never the words of a form: those stand where it is shown in full. As in `entry_words`, times are exact.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from visitsafe.record.bodies import (
    AfterBody,
    DebriefedBody,
    DocumentedBody,
    Filled,
    IncidentBody,
    MarkedBody,
    SharedBody,
)
from visitsafe.record.terms import Answer, Document
from visitsafe.state.duties import Met, duties_of, talk_by
from visitsafe.state.fold import PlanState
from visitsafe.state.rules_followup import NOT_SHARE
from visitsafe.team.people import Member, called
from visitsafe.text.clock import exactly

DOCUMENTS: Mapping[str, str] = {
    Document.AGREEMENT: "Written agreement with the family",
    Document.RISK_REDUCTION: "Risk reduction plan",
    Document.SUPERVISION: "Supervision plan",
    Document.MEETING: "Professionals' meeting",
    Document.TELLING: "Telling the family",
}
"""What the documents of a case are called."""
_HURT = {Answer.YES: "somebody was hurt", Answer.NOT_SURE: "it is not sure whether somebody was hurt"}


def incident_title(body: IncidentBody) -> str:
    """`Incident`, `Near miss`, and whether somebody was hurt."""
    hurt = {str(answer): words for answer, words in _HURT.items()}.get(body.hurt, "")
    return ("Near miss" if body.near_miss else "Incident") + (f": {hurt}" if hurt else "")


def owed_words(state: PlanState, now: datetime) -> str:
    """What a list says of what is owed after a visit; empty if nothing is that wants a look."""
    duties = duties_of(state)
    waits = "incident not talked over" if state.after.not_talked_over else ""
    late = "others not told in time" if any(one.met(now) is Met.OVERDUE for one in duties) else ""
    talk = "to be talked over" if talk_by(state) and not waits else ""
    return ", ".join(filter(None, (waits, talk, late)))


def marker_words(body: MarkedBody) -> str:
    """Where a warning marker stands, never what it says."""
    if not body.found:
        return f"No warning marker, checked {body.checked}"
    where = f"{body.system}, {body.reference}" if body.reference.strip() else body.system
    review = f", review due {body.review}" if body.review else ""
    return f"Warning marker in {where}, checked {body.checked}{review}"


def after_says(body: AfterBody, people: Mapping[str, Member]) -> str:
    """What an entry says, for the record; empty if it says no more than its kind."""
    return "; ".join(part for part in _says(body, people) if part.strip())


def _says(body: AfterBody, people: Mapping[str, Member]) -> Iterator[str]:
    if isinstance(body, SharedBody):
        yield from _shared(body)
        return
    if isinstance(body, MarkedBody):
        yield marker_words(body)
        return
    yield from _kind(body)
    yield f"it happened {exactly(body.happened)}" if body.happened else ""
    if body.heard:
        known = f", known by: {body.heard.known_by}" if body.heard.known_by.strip() else ""
        yield f"the word of {called(body.heard.person, people)}{known}"
    yield f"corrects entry {body.replaces[:12]}" if body.replaces else ""


def _kind(body: Filled) -> Iterator[str]:
    if isinstance(body, IncidentBody):
        yield incident_title(body)
    elif isinstance(body, DebriefedBody):
        yield f"next time: {body.next_time}" if body.next_time.strip() else ""
    elif isinstance(body, DocumentedBody):
        yield DOCUMENTS.get(body.document, body.document)
        yield f"looked at again {body.review}" if body.review else ""


def _shared(body: SharedBody) -> Iterator[str]:
    if body.decision == NOT_SHARE:
        yield f"decided not to share: {body.reason}"
    else:
        yield f"with {'; '.join(body.recipients)}"
        yield body.how
    yield f"about {body.trigger}" if body.trigger else ""
    yield f"it happened {exactly(body.happened)}" if body.happened else ""
