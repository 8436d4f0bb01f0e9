"""Alarms and drills in words: what was raised when, who was told, who took it on, and how it ended.

Pure and unescaped, as in `way`. Sent is not owned: a message is only said to have gone out. What staff
supervision should talk about (late, silent, unwatched, undelivered) is in `way_review`.
"""

from collections.abc import Iterator, Sequence
from datetime import tzinfo

import msgspec

from visitsafe.record.bodies import AcknowledgedBody, EscalatedBody, NotifiedBody, StoodDownBody
from visitsafe.record.terms import BECAUSE_WORDS, Outcome
from visitsafe.state.events import Alarm, Event
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import whose
from visitsafe.state.visit_words import Told, heard_words, who_owns
from visitsafe.text.clock import clock, in_minutes, minutes_from

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
    if not messages and said.body.watcher:  # without, who is reading is not told of messages (`discretion`)
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
