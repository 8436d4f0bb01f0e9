"""The visit on the way in words, for screens and pages: how far it came, who reported what, its alarms.

Pure and unescaped, as in `phrases`. Overdue is asked of the moment, never kept (D11). A report by telephone
always says who took it down and how they knew the voice. Knows nothing of who is reading: what somebody may
not see is taken out before (`duress_redaction`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    Heard,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
)
from visitsafe.record.kinds import KINDS, STAGES, Kind
from visitsafe.record.terms import BECAUSE_WORDS, Outcome, Stage, Status
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_watched, minutes_late, owner, unowned
from visitsafe.state.phrases import overtaken_words, went_first, whose
from visitsafe.state.visit import A_DAY, Alarm, Event, Reports
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
    quiet = {Kind.BACK} if visit.stage is Stage.BACK else {Kind.OK, Kind.EXTENDED}
    kinds = {kind for kind, stage in STAGES.items() if stage is visit.stage} or quiet
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
        more=tuple(filter(None, _more_of_report(state, said, zone))),
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


def _more_of_report(state: PlanState, said: Event[Reports], zone: tzinfo) -> Iterator[str]:
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


LATE_MINUTES = 2
"""From here on a step counts as raised late: a watcher looks every few seconds."""
MOST_TIMES = 4
"""How many times of messages on one channel are listed one by one."""


class AlarmTold(msgspec.Struct, frozen=True):
    """An alarm or a drill in words.

    Attributes:
        title: Which it is, and whether it is over.
        told: What happened, in order.
        open: Whether it goes on.
    """

    title: str
    told: tuple[Told, ...]
    open: bool


def alarms(state: PlanState, zone: tzinfo) -> list[AlarmTold]:
    """The real alarms about this visit, oldest first; none if nothing was raised."""
    some = [one for one in state.visit.alarms if one.raised or one.owned or one.over]
    return [
        _alarm(state, one, zone, "The alarm" if len(some) == 1 else f"Alarm {number}")
        for number, one in enumerate(some, start=1)
    ]


def drills(state: PlanState, zone: tzinfo) -> list[AlarmTold]:
    """The drills, apart from all that was real."""
    return [_alarm(state, one, zone, f"DRILL {name}") for name, one in state.visit.drills.items()]


def first_owned(
    state: PlanState, alarm: Alarm
) -> tuple[Event[EscalatedBody] | None, Event[AcknowledgedBody] | None]:
    """The first step that somebody had to take on, and the first who took any on."""
    asked = next((one for one in alarm.raised if state.visit.rung(one.body.step).acknowledge), None)
    return asked, min(alarm.owned, key=lambda one: one.at, default=None)


def _alarm(state: PlanState, alarm: Alarm, zone: tzinfo, name: str) -> AlarmTold:
    is_open = alarm.over is None and not state.visit.closed
    told = [
        *(_raised(state, one, alarm.sent, zone) for one in alarm.raised),
        *(_owned(state, one, alarm, zone) for one in alarm.owned),
    ]
    told.sort(key=lambda one: one.at)
    if alarm.over:
        told.append(_over(state, alarm.over, alarm.sent, zone))
    elif state.visit.back:
        told += _all_clear(state.visit.back.id, alarm.sent, zone, state)
    ended = "open" if is_open else "over"
    return AlarmTold(f"{name} ({ended})", tuple(told), is_open)


def _raised(
    state: PlanState, said: Event[EscalatedBody], sent: Sequence[Event[NotifiedBody]], zone: tzinfo
) -> Told:
    day = state.body.visit.start
    rung = state.visit.rung(said.body.step)
    messages = list(_messages(said.id, sent, zone, day))
    late = minutes_from(said.body.due, said.at)
    more = [f"Due at {clock(said.body.due, zone, day)}, raised {in_minutes(late)} late"] * (
        late >= LATE_MINUTES
    )
    if said.body.unwatched_from:
        more.append(f"Nobody was watching from {clock(said.body.unwatched_from, zone, day)}")
    if (
        not messages and said.body.watcher
    ):  # without, who is reading is not told of messages (`duress_redaction`)
        more.append("No message about it is on record")
    text = f"{state.visit.called(said.body.step).capitalize()} was raised for {whose(rung.who)}"
    return Told(said.at, text, tuple(filter(str.strip, (rung.do, *more, *messages))), grave=bool(more))


def _messages(about: str, sent: Sequence[Event[NotifiedBody]], zone: tzinfo, day: str) -> Iterator[str]:
    """One line for each channel: when messages went out on it, and what did not."""
    of = [one for one in sent if one.body.about == about]
    for channel in dict.fromkeys(one.body.channel for one in of):
        here = [one for one in of if one.body.channel == channel]
        good = [clock(one.at, zone, day) for one in here if one.body.outcome is Outcome.SENT]
        failed = [one for one in here if one.body.outcome is Outcome.FAILED]
        if good:
            yield f"Sent to {channel}: {_several(good)}"
        if failed:
            tries = "once" if len(failed) == 1 else f"{len(failed)} times"
            why = next((f": {one.body.why}" for one in reversed(failed) if one.body.why.strip()), "")
            yield f"Could not be sent to {channel}, tried {tries}{why}"


def _several(times: Sequence[str]) -> str:
    if len(times) <= MOST_TIMES:
        return ", ".join(times)
    return f"{len(times)} messages, {times[0]} to {times[-1]}"


def _owned(state: PlanState, said: Event[AcknowledgedBody], alarm: Alarm, zone: tzinfo) -> Told:
    day, who = state.body.visit.start, who_owns(state, said)
    of = [one for one in alarm.raised if one.body.step == said.body.step and one.at <= said.at]
    more = [f"{in_minutes(minutes_from(of[-1].at, said.at)).capitalize()} after it was raised"] if of else []
    more.append(heard_words(state, said.author.person.name, said.body.heard))
    more.append(f"Note: {said.body.note}" if said.body.note.strip() else "")
    more += [f"Reminder: {line[0].lower()}{line[1:]}" for line in _messages(said.id, alarm.sent, zone, day)]
    return Told(said.at, f"{who} took on {state.visit.called(said.body.step)}", tuple(filter(None, more)))


def _over(
    state: PlanState, said: Event[StoodDownBody], sent: Sequence[Event[NotifiedBody]], zone: tzinfo
) -> Told:
    body, day = said.body, state.body.visit.start
    more = [f"Note: {body.note}"] if body.note.strip() else []
    if body.until:
        more.append(f"The visit went on, due back {clock(body.until, zone, day)}")
    more += [f"All-clear: {line[0].lower()}{line[1:]}" for line in _messages(said.id, sent, zone, day)]
    return Told(
        said.at, f"{said.author.person.name} stood it down: {BECAUSE_WORDS[body.because]}", tuple(more)
    )


def _all_clear(
    about: str, sent: Sequence[Event[NotifiedBody]], zone: tzinfo, state: PlanState
) -> Iterator[Told]:
    """What was sent because the worker was back, where nobody had to stand anything down."""
    of = [one for one in sent if one.body.about == about]
    lines = tuple(_messages(about, sent, zone, state.body.visit.start))
    if of:
        yield Told(of[0].at, "All-clear, because the worker was back", lines)
