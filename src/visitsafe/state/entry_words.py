"""What each signed entry about the visit, and after it, says in a few words, for the record. Pure, unescaped.

The record is exact: times are UTC to the second, keys and channels are named as they were signed; who could
open sealed details, and who did, is told here too. The same in plain words for people is `visit_words`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from visitsafe.record.bodies import (
    AcknowledgedBody,
    AfterBody,
    BackBody,
    DebriefedBody,
    DocumentedBody,
    EscalatedBody,
    ExtendedBody,
    Filled,
    IncidentBody,
    MarkedBody,
    NotifiedBody,
    OpenedBody,
    PurgedBody,
    ReportBody,
    ResealedBody,
    SharedBody,
    StoodDownBody,
    VisitBody,
)
from visitsafe.record.terms import BECAUSE_WORDS, Answer, Document, Outcome
from visitsafe.state.duties import Met, duties_of, talk_by
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import NOT_SHARE, Bodies, Judged
from visitsafe.state.sealed import SealedDetails, names
from visitsafe.state.visit import VisitState
from visitsafe.team.details import is_old
from visitsafe.team.people import Member, called
from visitsafe.text.clock import age, exactly

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
    if isinstance(body, MarkedBody):
        yield marker_words(body)
    if isinstance(body, Filled):
        yield from _filled(body, people)
    else:
        yield from _whose_word(body, people)


def _filled(body: Filled, people: Mapping[str, Member]) -> Iterator[str]:
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


def says(judged: Judged, state: PlanState) -> str:
    """What an entry about a visit or what came after it says; empty for any other or if it says no more.

    Args:
        judged: The entry.
        state: The plan that it is of, for the names of people and steps.
    """
    if isinstance(judged.body, PurgedBody):
        return f"content of {len(judged.body.removed)} entries, {judged.body.rule}: {judged.body.reason}"
    if isinstance(judged.body, AfterBody):
        return after_says(judged.body, state.people)
    if not isinstance(judged.body, VisitBody):
        return ""
    what = (*_what_was_said(judged.body, state.visit), *_whose_word(judged.body, state.people))
    return "; ".join(part for part in what if part.strip())


def _what_was_said(body: Bodies, visit: VisitState) -> Iterator[str]:
    if isinstance(body, ReportBody):
        yield "the duress phrase was spoken" if body.duress else ""
        yield "stopped the visit" if body.stopped else ""
        yield f"without a countersignature: {body.urgent}" if body.urgent else ""
    elif isinstance(body, ExtendedBody):
        yield f"due back {exactly(body.until)}"
    elif isinstance(body, EscalatedBody):
        yield f"{visit.called(body.step)}, due {exactly(body.due)}"
        yield f"nobody was watching from {exactly(body.unwatched_from)}" if body.unwatched_from else ""
    elif isinstance(body, NotifiedBody):
        tried = f", attempt {body.attempt}" if body.attempt > 1 else ""
        yield f"{body.outcome}, to {body.channel}, about entry {body.about[:12]}{tried}"
        yield body.why if body.outcome is Outcome.FAILED else ""
    elif isinstance(body, AcknowledgedBody):
        yield visit.called(body.step)
    elif isinstance(body, StoodDownBody):
        yield BECAUSE_WORDS[body.because]
        yield f"the visit went on, due back {exactly(body.until)}" if body.until else ""


def _whose_word(body: Bodies, people: Mapping[str, Member]) -> Iterator[str]:
    """Whose word it is, when it happened, what was added, and whether it was only a drill."""
    happened = getattr(body, "happened", "")
    yield f"it happened {exactly(happened)}" if happened else ""
    heard = body.heard if isinstance(body, ReportBody | BackBody | ExtendedBody | AcknowledgedBody) else None
    if heard:
        known = f", known by: {heard.known_by}" if heard.known_by.strip() else ""
        yield f"passed on for {called(heard.person, people)}{known}"
    yield str(getattr(body, "note", ""))
    drill = getattr(body, "drill", "")
    yield f"DRILL {drill}" if drill else ""


def sealed_words(sealed: SealedDetails, now: datetime) -> str:
    """`sealed to Mo Adeyemi, Nia Price; looked over 12 days ago`."""
    openers, others = names(sealed.openers), names(sealed.others)
    to = f"sealed to {openers}" if openers else "sealed, and no manager or duty officer of now can open them"
    said = [
        to + (" (in an earlier version)" if sealed.earlier else ""),
        f"looked over {age(sealed.given, now)}" + (": past their date" * is_old(sealed.valid_until, now)),
        *([f"not sealed to {others}"] if others else []),
    ]
    return "; ".join(said)


def reason_of(judged: Judged) -> str:
    """Why tracing details were opened or sealed again; empty for any other entry."""
    return judged.body.reason if isinstance(judged.body, OpenedBody | ResealedBody) else ""


def opened_words(judged: Iterable[Judged]) -> list[str]:
    """A line for each opening that counts: who, when, why."""
    return [
        f"Opened by {one.name}, {exactly(one.entry.content.at)}: {one.body.reason}"
        for one in judged
        if isinstance(one.body, OpenedBody) and not one.why_not
    ]
