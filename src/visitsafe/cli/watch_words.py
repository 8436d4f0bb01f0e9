"""The lines of the watch's screen: what came in about a visit, in plain words, and whether it is grave.

Unescaped, on one line each; `watch_talk` prints them. Only what matters at the desk has words; the rest of a
plan's record is told by `visitsafe show`.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    Heard,
    IncidentBody,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
    VisitBody,
)
from visitsafe.record.kinds import KINDS, kind_words
from visitsafe.record.terms import BECAUSE_WORDS, ROLE_WORDS, Answer, Outcome
from visitsafe.state import ladder as alarm
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import whose
from visitsafe.state.rules import Judged
from visitsafe.state.visit_words import COMES
from visitsafe.team.people import Member, called
from visitsafe.text.clock import clock, duration, minutes_between
from visitsafe.text.redact import without_address

Names = Mapping[str, Member]
WORKER_ONLY = ("lone-worker",)
LATE = 2
"""Minutes after which a step counts as raised late."""


class WatchLine(msgspec.Struct, frozen=True):
    """A line, whether it is shown in red, and whether it needs a person here at once."""

    text: str
    grave: bool = False
    bell: bool = False


def about(state: PlanState, now: datetime, zone: tzinfo, names: Names) -> str:
    """`K7Q2-M9 Sam Carter, Ordsall: due back 15:30, 34 min late; nobody has taken it on`.

    Args:
        state: The visit, as the reader may see it.
        now: The moment.
        zone: Whose local time is told.
        names: Everybody whom the team ever knew, by fingerprint.
    """
    visit = state.visit
    parts = [f"due back {clock(visit.due_back, zone, now)}"]
    late = alarm.minutes_late(state, now)
    if visit.duress is not None:
        parts = ["DURESS, do not ring them"]
    elif visit.back is not None:
        parts.append("reported back; somebody else has to speak to them and stand this down")
    elif late:
        parts[0] += f", {duration(late)} late"
    taken = alarm.owner(state, now)
    if visit.needs_standing_down or taken:
        owner = _speaker(taken.body.heard, taken.author.person.name, names) if taken else ""
        parts.append(f"taken on by {owner}" if taken else "nobody has taken it on")
    return f"{_named(state)}: {'; '.join(parts)}"


def told(state: PlanState, judged: Judged, now: datetime, zone: tzinfo, names: Names) -> WatchLine | None:
    """An entry about a visit as a line; None if it says nothing to the desk. Arguments as for `about`."""
    body = judged.body
    if not isinstance(body, VisitBody):
        return _incident(state, judged)
    if judged.why_not:
        what = f"{kind_words(judged.entry.content.kind)} by {judged.name}"
        return WatchLine(f"DOES NOT COUNT  {_named(state)}: {what}: {judged.why_not}", grave=True)
    if isinstance(body, ReportBody | BackBody | ExtendedBody):
        return _reported(state, judged, body, now, zone)
    drill = f"DRILL {body.drill}  " if body.drill else ""
    if isinstance(body, EscalatedBody):
        return _raised(state, body, drill, now, zone)
    if isinstance(body, NotifiedBody):
        return _notified(state, body, drill)
    return WatchLine(f"{drill}{_taken(state, judged, body, now, zone, names)}{_note(body)}")


def _incident(state: PlanState, judged: Judged) -> WatchLine | None:
    if not isinstance(judged.body, IncidentBody) or judged.why_not:
        return None
    what = "near miss" if judged.body.near_miss else "incident"
    return WatchLine(f"INCIDENT  {_named(state)}: {what} recorded by {judged.name}", grave=True, bell=True)


def _taken(
    state: PlanState,
    judged: Judged,
    body: AcknowledgedBody | StoodDownBody,
    now: datetime,
    zone: tzinfo,
    names: Names,
) -> str:
    if isinstance(body, AcknowledgedBody):
        who = _speaker(body.heard, judged.name, names)
        heard = f", by telephone to {judged.name}" if body.heard else ""
        return f"TAKEN ON  {_named(state)}: {who} has taken on {state.visit.called(body.step)}{heard}"
    goes_on = f"; the visit goes on, due back {clock(body.until, zone, now)}" if body.until else ""
    return f"STOOD DOWN  {_named(state)}: by {judged.name}, {BECAUSE_WORDS[body.because]}{goes_on}"


def _named(state: PlanState) -> str:
    visit = state.body.visit
    return f"{state.ref} {state.author.person.name}, {without_address(visit.area, visit.address)}"


def _speaker(heard: Heard | None, signer: str, names: Names) -> str:
    """Whose word it is: whoever spoke, or who signed."""
    if heard is None:
        return signer
    return called(heard.person, names)


def _note(body: VisitBody) -> str:
    note = getattr(body, "note", "").strip()
    return f" ({note})" if note else ""


def _raised(state: PlanState, body: EscalatedBody, drill: str, now: datetime, zone: tzinfo) -> WatchLine:
    rung = state.visit.rung(body.step)
    whom = whose(rung.who)
    the = "the " if rung.who and rung.who[0] in ROLE_WORDS and not whom.startswith("the ") else ""
    step = f"{state.visit.called(body.step)} for {the}{whom}: {rung.do}"
    late = ""
    if body.unwatched_from:
        since = clock(body.unwatched_from, zone, now)
        late = f" Due {clock(body.due, zone, now)}; nobody was watching from {since}."
    elif minutes_between(body.due, now) >= LATE:
        late = f" Due {clock(body.due, zone, now)}, raised late."
    if state.visit.duress is not None and not drill:
        return WatchLine(f"DURESS  {_named(state)}: do not ring them. {step}{late}", grave=True)
    out = f"due back {clock(state.visit.due_back, zone, now)}"
    only_worker = rung.who == WORKER_ONLY
    return WatchLine(
        f"{drill}RAISED  {_named(state)}, {out}: {step}{late}",
        grave=not drill and not only_worker,
        bell=not drill and not only_worker,
    )


def _notified(state: PlanState, body: NotifiedBody, drill: str) -> WatchLine:
    tried = f", attempt {body.attempt}" if body.attempt > 1 else ""
    if body.outcome is Outcome.SENT:
        return WatchLine(f"{drill}sent  {state.ref}: to {body.channel}{tried}")
    return WatchLine(
        f"{drill}NOT SENT  {state.ref}: to {body.channel}{tried}: {body.why}", grave=True, bell=not drill
    )


def _reported(
    state: PlanState,
    judged: Judged,
    body: ReportBody | BackBody | ExtendedBody,
    now: datetime,
    zone: tzinfo,
) -> WatchLine:
    by = f", heard by {judged.name}" if body.heard else ""
    if isinstance(body, ExtendedBody):
        return WatchLine(
            f"extended  {_named(state)}: due back {clock(body.until, zone, now)} now{by}{_note(body)}"
        )
    if isinstance(body, BackBody):
        more = ""
        if state.visit.needs_standing_down:
            more = ". The alarm stays open: speak to them, then stand it down"
        return WatchLine(f"back  {_named(state)}{by}{_note(body)}{more}", grave=bool(more))
    if body.duress:
        return WatchLine(f"DURESS  {_named(state)}: spoken to {judged.name}. Do not ring them.", grave=True)
    what = f"has {'broken the visit off' if body.stopped else KINDS[judged.entry.content.kind].did}"
    urgent = f", without a countersignature: {body.urgent}" if body.urgent else ""
    address = state.body.visit.address
    unmet = [
        f"NOT met: {without_address(one.text, address)}"
        for one in body.conditions or ()
        if one.met == Answer.NO
    ]
    company = [f"{one.name} {COMES[one.comes]}" for one in body.company or ()]
    agreed = "".join(f"; {one}" for one in (*unmet, *company))
    return WatchLine(
        f"report  {_named(state)}: {what}{urgent}{agreed}{by}{_note(body)}", grave=bool(urgent or agreed)
    )
