"""Who may see that an `ok` was spoken under duress, and what all others see instead (D15). Pure.

Whoever threatens a worker may look over a shoulder, the worker's own included. So everybody but the managers
and duty officers who are not on the visit sees the record as if the phrase had not been spoken (`unspoken`).
What would differ all the same, because nobody can know what an ordinary watch would have sent, is left out
for them on every visit: the messages, the second at which a step was raised, and how a caller was known.
Times and the end of the watch stay true. The state is for showing: nothing is signed from it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar

import msgspec

from visitsafe.record.bodies import (
    BackBody,
    DebriefedBody,
    DocumentedBody,
    EscalatedBody,
    ExtendedBody,
    Filled,
    IncidentBody,
    ReportBody,
    VisitBody,
)
from visitsafe.record.kinds import Kind
from visitsafe.state.duress_untold import as_if_unspoken, may_know_of, rewritten, without
from visitsafe.state.fold import PlanState
from visitsafe.state.redaction import with_bodies
from visitsafe.state.rules import Judged
from visitsafe.state.visit import Alarm, Event, Reports, VisitState
from visitsafe.team.people import Member

UNSEEN = frozenset({Kind.ESCALATED, Kind.NOTIFIED, Kind.ACKNOWLEDGED, Kind.STOOD_DOWN, Kind.OPENED})
"""The kinds of entry that a proof does not list for those who may not know, with or without duress."""
_WATCHERS_OWN = frozenset({Kind.ESCALATED, Kind.NOTIFIED})
R = TypeVar("R", bound=Reports)
F = TypeVar("F", bound=Filled)


def may_know_duress(state: PlanState, me: Member | None) -> bool:
    """Whether somebody may see that the duress phrase was spoken on a visit."""
    return me is not None and may_know_of(state, me)


def hides_duress(state: PlanState, me: Member | None, now: datetime | None = None) -> PlanState:
    """The state as somebody may see it: as it is, or as if the duress phrase had not been spoken.

    Args:
        state: A plan.
        me: Who will see it; None for somebody whom the team does not know.
        now: The moment for which it is shown: what an ordinary watch would have raised by then is raised.
            None: what it would have raised by the newest entry.
    """
    telling = any(isinstance(one.body, VisitBody | Filled) for one in state.judged)
    if not telling or may_know_duress(state, me):
        return state
    return _discreet(hides_phrase(state, me, now))


def hides_phrase(state: PlanState, me: Member | None, now: datetime | None = None) -> PlanState:
    """As `hides_duress`, but with all that is on record of an ordinary alarm: for the watcher's screen."""
    spoken = [one.entry.id for one in state.judged if one.entry.content.body.get("duress")]
    return as_if_unspoken(state, spoken, now) if spoken and not may_know_duress(state, me) else state


def without_unseen(state: PlanState) -> PlanState:
    """The state with only those entries that a proof lists for people who may not know."""
    return msgspec.structs.replace(state, judged=_without(state, UNSEEN))


def _discreet(state: PlanState) -> PlanState:
    """Without what could differ under duress and nobody can make alike."""
    judged = tuple(_unknown(one) for one in _without(state, _WATCHERS_OWN))
    after = with_bodies(state.after, {one.entry.id: one.body for one in judged})
    after = msgspec.structs.replace(after, told=())
    return msgspec.structs.replace(state, judged=judged, visit=_unwritten(state.visit), after=after)


def _without(state: PlanState, kinds: Collection[str]) -> tuple[Judged, ...]:
    names = {one.entry.id for one in state.judged if one.entry.content.kind in kinds}
    return tuple(without(state.judged, names)) if names else state.judged


def _unknown(one: Judged) -> Judged:
    """A report without how its caller was known: those words may hold the phrase."""
    if isinstance(one.body, IncidentBody | DebriefedBody | DocumentedBody) and one.body.heard is not None:
        return rewritten(one, unknown_caller(one.body))
    if not isinstance(one.body, ReportBody | BackBody | ExtendedBody) or one.body.heard is None:
        return one
    return rewritten(one, _body(one.body))


def _body(body: R) -> R:
    if body.heard is None:
        return body
    return msgspec.structs.replace(body, heard=msgspec.structs.replace(body.heard, known_by=""))


def _unwritten(visit: VisitState) -> VisitState:
    return msgspec.structs.replace(
        visit,
        reports=tuple(_report(one) for one in visit.reports),
        departed=_report(visit.departed) if visit.departed else None,
        back=_report(visit.back) if visit.back else None,
        alarms=tuple(_alarm(one) for one in visit.alarms),
        told=(),
    )


def _report(said: Event[R]) -> Event[R]:
    return msgspec.structs.replace(said, body=_body(said.body))


def _alarm(alarm: Alarm) -> Alarm:
    raised = tuple(_raised(one) for one in alarm.raised)
    return msgspec.structs.replace(alarm, raised=raised, sent=())


def _raised(said: Event[EscalatedBody]) -> Event[EscalatedBody]:
    """A step as raised, to the minute, by no run of a watch: no one looks for messages about it."""
    body = msgspec.structs.replace(said.body, watcher="")
    return msgspec.structs.replace(said, at=f"{said.at[:16]}:00Z", body=body)


def unknown_caller(body: F) -> F:
    """A form without how the caller was known whose word it is: those words may hold the duress phrase."""
    if body.heard is None:
        return body
    return msgspec.structs.replace(body, heard=msgspec.structs.replace(body.heard, known_by=""))
