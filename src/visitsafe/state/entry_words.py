"""What each signed entry about the visit, and after it, says in a few words, for the record. Pure, unescaped.

The record is exact: times are UTC to the second, keys and channels are named as they were signed. The same in
plain words for people is `way` and `way_alarm`.
"""

from collections.abc import Iterator, Mapping

from visitsafe.record.bodies import (
    AcknowledgedBody,
    AfterBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    NotifiedBody,
    PurgedBody,
    ReportBody,
    StoodDownBody,
    VisitBody,
)
from visitsafe.record.terms import BECAUSE_WORDS, Outcome
from visitsafe.state.fold import PlanState
from visitsafe.state.followup_words import after_says
from visitsafe.state.rules import Bodies, Judged
from visitsafe.state.visit import VisitState
from visitsafe.team.people import Member, called
from visitsafe.text.clock import exactly


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
    what = (*_what(judged.body, state.visit), *_whose(judged.body, state.people))
    return "; ".join(part for part in what if part.strip())


def _what(body: Bodies, visit: VisitState) -> Iterator[str]:
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


def _whose(body: Bodies, people: Mapping[str, Member]) -> Iterator[str]:
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
