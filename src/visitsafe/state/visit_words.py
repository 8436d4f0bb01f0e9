"""The visit on the way in words, for screens, pages and lists: how far it has come and who reported what.

Pure and unescaped, as in `phrases`. Overdue is asked of the moment, never kept (D11). A report by telephone
always says who took it down and how they knew the voice. Alarms are in `way_alarm`. Knows nothing of who is
reading: what somebody may not see is taken out before (`discretion`).
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

import msgspec

from visitsafe.record.bodies import AcknowledgedBody, BackBody, ExtendedBody, Heard, ReportBody
from visitsafe.record.kinds import KINDS
from visitsafe.record.terms import Kind, Stage, Status
from visitsafe.state.alarm import is_watched, minutes_late, owner, unowned
from visitsafe.state.events import Event, Reports
from visitsafe.state.fold import PlanState
from visitsafe.state.in_force import A_DAY
from visitsafe.state.phrases import overtaken_words, went_first
from visitsafe.team.people import called, has_left
from visitsafe.text.clock import clock, duration, from_text, in_minutes, minutes_from, to_text

MET = {"yes": "Condition met", "no": "Condition NOT met", "": "Condition, not said whether met"}
COMES = {True: "comes along after all", False: "does not come after all"}
DID_IT = "not closed: did it take place?"


class Told(msgspec.Struct, frozen=True):
    """One thing that happened, in words.

    Attributes:
        at: When, UTC text.
        text: A sentence without its full stop.
        more: What else is to be said about it.
        grave: Whether it should stand out.
    """

    at: str
    text: str
    more: tuple[str, ...] = ()
    grave: bool = False


def reported(state: PlanState, zone: tzinfo) -> list[Told]:
    """Everything that was reported, in causal order."""
    return [_report(state, said, zone) for said in state.visit.reports]


def standing(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """What is missing or open about the visit now, as sentences; none if there is nothing to say."""
    visit, start = state.visit, state.body.visit.start
    due, late = clock(visit.due_back, zone, start), minutes_late(state, now)
    said = []
    if unclosed(state, now):
        said.append(
            f"Nobody has closed this visit. {DID_IT[12:].capitalize()} {how_to_close(state, state.ref)}"
        )
    elif not visit.trip and visit.watched and not state.closed and visit.start <= to_text(now):
        said.append(f"Nobody has reported setting out. The start was {clock(start, zone, visit.due_back)}.")
        if late:
            said.append(f"Due back {due}, {in_minutes(late)} ago.")
    elif visit.trip and not visit.departed:
        said.append("Nobody reported setting out.")
    if state.overtaken:
        words = overtaken_words(state, zone)
        said.append(f"{words[:1].upper()}{words[1:]}.")
    if visit.early:
        out = [one for one in visit.reports if one.id in visit.past and one.kind is Kind.DEPARTED]
        what = f"Setting out {clock(out[-1].happened, zone, start)} and back" if out else "Back"
        were = f"{what} {clock(visit.early.happened, zone, start)} {'were' if out else 'was'} reported"
        said.append(
            f"{were}, long before the start: too early to count, and the visit is watched all the same."
        )
    if visit.departed and not visit.back and not visit.closed:
        again = any(one.kind is Kind.BACK for one in visit.trip)
        still = "Back was reported, but the visit went on" if again else "Not back yet"
        said.append(f"{still}: due back {due}" + (f", {in_minutes(late)} ago." if late else "."))
    if visit.back and visit.needs_standing_down:
        said.append("Reported back, but the alarm is open: somebody else speaks to them and stands it down.")
    return said


def how_to_close(state: PlanState, ref: str) -> str:
    """The ways to close a visit that nobody closed; whoever has left can say nothing about theirs."""
    if has_left(state.author, (one for one in state.people.values() if not one.until)):
        return f"a manager, as {state.author.person.name} has left: visitsafe withdraw {ref} --reason '...'"
    return f"visitsafe back {ref} --at TIME, or: visitsafe withdraw {ref} --reason '...'"


def unclosed(state: PlanState, now: datetime) -> bool:
    """Whether a visit that was watched should have been over a day ago and nobody said that it took place."""
    visit = state.visit
    if state.closed or visit.departed or not visit.watched:
        return False
    return not visit.needs_standing_down and from_text(visit.due_back) + A_DAY < now


def stage_words(state: PlanState, now: datetime, zone: tzinfo) -> str:
    """How far a visit has come, in a few words for a list; empty if there is nothing to say yet."""
    return ", ".join(filter(None, _stage(state, now, zone)))


def _stage(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[str]:
    visit = state.visit
    if visit.duress:
        yield "DURESS: do not ring them"
    asked = unclosed(state, now)
    if asked:
        yield DID_IT
    elif visit.trip:
        yield _where(state, zone)
    elif is_watched(state, now):
        yield "not reported setting out"
    elif visit.early:
        yield "back reported long before the start"
    if not (asked or state.closed or visit.back) and is_watched(state, now):
        late = minutes_late(state, now)
        yield f"{duration(late)} late" if late else ""
    elif late := late_back(state):
        yield f"{duration(late)} late"
    taken = None if visit.closed else owner(state, now)
    if visit.needs_standing_down or taken:
        if taken and not unowned(state):
            yield f"alarm taken on by {who_owns(state, taken)}"
        else:
            yield "alarm: nobody has taken it on"
    elif visit.closed and visit.alarms[-2:-1] and not visit.back:
        yield "stood down"
    if went_first(state) and state.status is not Status.COUNTERSIGNED and not visit.closed:
        yield "set out without a countersignature"


def _where(state: PlanState, zone: tzinfo) -> str:
    """`out since 13:40`, `there since 14:00`, `left 15:10`, `back 15:40`."""
    visit = state.visit
    word = {
        Stage.PLANNED: "heard of",
        Stage.DEPARTED: "out since",
        Stage.ARRIVED: "there since",
        Stage.LEFT: "left",
        Stage.BACK: "back",
    }[visit.stage]
    kinds = {
        Stage.DEPARTED: {Kind.DEPARTED},
        Stage.ARRIVED: {Kind.ARRIVED},
        Stage.LEFT: {Kind.LEFT},
        Stage.BACK: {Kind.BACK},
    }.get(visit.stage, {Kind.OK, Kind.EXTENDED})
    of = [visit.back] if visit.back else [one for one in visit.trip if one.kind in kinds]
    if not of:
        return word
    stopped = "stopped, " if visit.stopped and visit.stage is Stage.LEFT else ""
    return f"{stopped}{word} {clock(of[-1].happened, zone, state.body.visit.start)}"


def late_back(state: PlanState) -> int:
    """How many minutes after the time due back the worker was back; 0 if not late or not back."""
    return minutes_from(state.visit.due_back, state.visit.back.happened) if state.visit.back else 0


def name_of(state: PlanState, fingerprint: str) -> str:
    """The name of somebody whom the plan's record knows by their key, in the team or not any more."""
    return called(fingerprint, state.people)


def who_owns(state: PlanState, said: Event[AcknowledgedBody]) -> str:
    """The name of who took a step on: whoever signed it, or who said it by telephone."""
    return name_of(state, said.body.heard.person) if said.body.heard else said.author.person.name


def heard_words(state: PlanState, said_by: str, heard: Heard | None) -> str:
    """Who passed on what they had heard, and how they knew who was speaking; empty if nobody did."""
    if heard is None:
        return ""
    told = f"Passed on by {said_by}, who spoke to {name_of(state, heard.person)}"
    return f"{told}. How they knew who it was: {heard.known_by}" if heard.known_by.strip() else told


def _report(state: PlanState, said: Event[Reports], zone: tzinfo) -> Told:
    body, name = said.body, state.author.person.name
    day = state.body.visit.start
    duress = isinstance(body, ReportBody) and body.duress
    return Told(
        at=said.happened,
        text=f"{name} {_verb(said, zone, day)}",
        more=tuple(filter(None, _more(state, said, zone))),
        grave=duress or (isinstance(body, ReportBody) and bool(body.urgent or body.differs)),
    )


def _verb(said: Event[Reports], zone: tzinfo, day: str) -> str:
    body = said.body
    if isinstance(body, ExtendedBody):
        return f"gave a new time due back: {clock(body.until, zone, day)}"
    if isinstance(body, ReportBody) and body.stopped:
        return "stopped the visit and left"
    if isinstance(body, ReportBody) and body.duress:
        return "spoke the duress phrase"
    return KINDS[said.kind].did


def _more(state: PlanState, said: Event[Reports], zone: tzinfo) -> Iterator[str]:
    body = said.body
    if said.happened != said.at:
        yield f"Reported at {clock(said.at, zone, state.body.visit.start)}"
    yield heard_words(state, said.author.person.name, body.heard)
    if isinstance(body, ReportBody) and body.urgent:
        yield f"Without a countersignature, because: {body.urgent}"
    if isinstance(body, ReportBody):
        yield from _otherwise(body)
    if isinstance(body, BackBody):
        yield from _lateness(state, said)
    if body.note.strip():
        stopped = isinstance(body, ReportBody) and body.stopped
        yield f"{'Reason' if stopped else 'Note'}: {body.note}"


def _otherwise(body: ReportBody) -> Iterator[str]:
    """What was agreed: whether it is so, and who comes along."""
    for condition in body.conditions or ():
        yield f"{MET[condition.met]}: {condition.text}"
    for one in body.company or ():
        yield f"{one.name} {COMES[one.comes]}"
    for finding in body.findings or ():
        yield f"What the checklist says of that: {finding.text} ({finding.source})"


def _lateness(state: PlanState, said: Event[Reports]) -> Iterator[str]:
    """A report of being back that came after the time due back."""
    due = state.visit.due_back
    late, told = minutes_from(due, said.happened), minutes_from(due, said.at)
    if late:
        yield f"{in_minutes(late)} after the time due back"
    elif told:
        yield f"The report came {in_minutes(told)} after the time due back"
