"""The visit on the way as JSON, for `plan_shape`: reports, alarms and drills as they were signed. Pure.

Rules as in `shapes`: fields are added, never renamed; nothing is escaped here.
"""

from typing import Any

from visitsafe.record.bodies import (
    AcknowledgedBody,
    EscalatedBody,
    ExtendedBody,
    Heard,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
)
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import went_first
from visitsafe.state.visit import Alarm, Event, Reports
from visitsafe.state.visit_words import name_of
from visitsafe.team.people import Member

Shape = dict[str, Any]


def way_shape(state: PlanState) -> Shape:
    """What happened on the way; empty lists if nothing did."""
    visit = state.visit
    return {
        "due_back": visit.due_back,
        "departed": visit.departed.happened if visit.departed else None,
        "back": visit.back.happened if visit.back else None,
        "urgent": went_first(state) or None,
        "stopped": visit.stopped,
        "duress": visit.duress is not None,
        "companions": [one.name for one in state.going.visit.companions],
        "company": str(state.going.company),
        "conditions_not_met": list(visit.unmet),
        "needs_standing_down": visit.needs_standing_down,
        "reports": [_report(state, said) for said in visit.reports],
        "alarms": [
            _alarm(state, one) for one in visit.alarms if one.raised or one.owned or one.sent or one.over
        ],
        "drills": [{"drill": name, **_alarm(state, one)} for name, one in visit.drills.items()],
    }


def person_shape(member: Member | None, fingerprint: str) -> Shape:
    """A member, or the bare key of somebody whom the team does not know."""
    return {
        "name": member.person.name if member else None,
        "email": member.person.email if member else None,
        "fingerprint": fingerprint,
    }


def _by(author: Member) -> Shape:
    return person_shape(author, author.fingerprint)


def heard_shape(state: PlanState, heard: Heard | None) -> Shape | None:
    """Whose word it is, and how the signer knew; None if it is the signer's own."""
    if heard is None:
        return None
    return {
        "name": name_of(state, heard.person),
        "fingerprint": heard.person,
        "known_by": heard.known_by or None,
    }


def _report(state: PlanState, said: Event[Reports]) -> Shape:
    body = said.body
    report = body if isinstance(body, ReportBody) else None
    return {
        "entry": said.id,
        "kind": str(said.kind),
        "happened": said.happened,
        "at": said.at,
        "by": _by(said.author),
        "heard": heard_shape(state, body.heard),
        "past": said.id in state.visit.past,
        "note": body.note or None,
        "until": body.until if isinstance(body, ExtendedBody) else None,
        "urgent": (report.urgent or None) if report else None,
        "stopped": bool(report and report.stopped),
        "duress": bool(report and report.duress),
        "conditions": [
            {"text": one.text, "met": one.met or None} for one in (report and report.conditions) or ()
        ],
        "company": [{"name": one.name, "comes": one.comes} for one in (report and report.company) or ()],
        "findings": [
            {"rule": one.rule, "level": str(one.level), "text": one.text, "source": one.source}
            for one in (report and report.findings) or ()
        ],
    }


def _alarm(state: PlanState, alarm: Alarm) -> Shape:
    return {
        "raised": [_raised(one) for one in alarm.raised],
        "messages": [_message(one) for one in alarm.sent],
        "acknowledged": [_owned(state, one) for one in alarm.owned],
        "ended": _ended(alarm.over) if alarm.over else None,
    }


def _raised(said: Event[EscalatedBody]) -> Shape:
    return {
        "entry": said.id,
        "step": said.body.step,
        "due": said.body.due,
        "at": said.at,
        "by": _by(said.author),
        "unwatched_from": said.body.unwatched_from or None,
    }


def _message(said: Event[NotifiedBody]) -> Shape:
    body = said.body
    return {
        "about": body.about,
        "channel": body.channel,
        "round": body.round,
        "attempt": body.attempt,
        "outcome": str(body.outcome),
        "why": body.why or None,
        "at": said.at,
    }


def _owned(state: PlanState, said: Event[AcknowledgedBody]) -> Shape:
    return {
        "entry": said.id,
        "step": said.body.step,
        "at": said.at,
        "by": _by(said.author),
        "heard": heard_shape(state, said.body.heard),
        "note": said.body.note or None,
    }


def _ended(said: Event[StoodDownBody]) -> Shape:
    return {
        "entry": said.id,
        "because": str(said.body.because),
        "at": said.at,
        "by": _by(said.author),
        "note": said.body.note or None,
        "until": said.body.until or None,
    }
