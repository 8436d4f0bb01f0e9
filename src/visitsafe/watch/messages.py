"""What is known about a visit when an alarm is told: lines for the messages of `alarm_words`. Pure.

Only what whoever is called needs: no case, purpose, answer or note, for those are people's own words about
people, and nothing sealed. The address stands here only if the caller says that it may. Whatever came from
an entry is one line without anything unseen (`cleaning`).
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

import msgspec

from visitsafe.record.bodies import (
    INCIDENT_BEFORE,
    AcknowledgedBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    IncidentBody,
    ReportBody,
    Rung,
    StoodDownBody,
)
from visitsafe.record.kinds import KINDS
from visitsafe.record.terms import Answer, Because, Company, Outcome, Role
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import WORKER, is_alarming, schedule
from visitsafe.state.phrases import along, along_for_police, heard_with, whose
from visitsafe.state.visit import Alarm, Event, Reports
from visitsafe.state.visit_words import COMES, who_owns
from visitsafe.team.people import as_heard
from visitsafe.text.clean import clean
from visitsafe.text.clock import duration, from_text, in_minutes, minutes_from, short, to_text
from visitsafe.text.redact import naming
from visitsafe.watch.outbox import LINE_MANAGER, Message

LONGEST_NAME, LONGEST_LINE, LONGEST_DO = 40, 200, 2000
MOST_LINES = 12
LEFT_OUT = "(address left out)"


class Text(msgspec.Struct, frozen=True):
    """The words of a message, plain text."""

    title: str
    body: str


class ToldVisit(msgspec.Struct, frozen=True):
    """A visit, and the moment and place at which it is told.

    Attributes:
        state: The visit.
        now: The moment of sending.
        zone: Whose local time is told.
        desk_phone: The duty desk's number; may be empty.
        address: Whether the address may be told.
    """

    state: PlanState
    now: datetime
    zone: tzinfo
    desk_phone: str
    address: bool

    @property
    def worker(self) -> str:
        """The worker's name, short enough for a title."""
        return line(self.state.author.person.name, LONGEST_NAME)

    @property
    def beside(self) -> str:
        """Whom else nobody may ring, inside a sentence: anybody who may be with the worker."""
        alone = self.state.anybody_along.company is Company.ALONE
        return "" if alone else "or anybody who is with them, "

    @property
    def late(self) -> int:
        """Whole minutes after the time due back."""
        return minutes_from(self.state.visit.due_back, to_text(self.now))

    @property
    def desk(self) -> str:
        """`ring the duty desk: 0161 496 0000`."""
        phone = line(self.desk_phone, LONGEST_NAME)
        return f"ring the duty desk: {phone}" if phone else "ring the duty desk"

    def when(self, text: str) -> str:
        """A time of an entry as people there read it: `today 16:30`."""
        try:
            return short(from_text(text), self.zone, self.now)
        except (OverflowError, ValueError):  # at either end of what a clock can show
            return "at an unknown time"

    def line(self, text: str, longest: int = LONGEST_LINE) -> str:
        """What the plan or the record says, on one line; without the address, unless that may be told."""
        shown = clean(text)
        if not self.address:
            for address in {self.state.body.visit.address, self.state.facts.address}:
                for pattern in _patterns(address):
                    shown = pattern.sub(LEFT_OUT, shown)
        return line(shown, longest)


@lru_cache(maxsize=256)
def _patterns(address: str) -> tuple[re.Pattern[str], ...]:
    return naming(address), naming(clean(address))


def line(text: str, longest: int = LONGEST_LINE) -> str:
    """What somebody wrote, on one line, without anything unseen, cut if it is very long."""
    shown = clean(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3].rstrip()}..."


def rung_of(state: PlanState, step: str) -> Rung | None:
    """The step of the ladder with this id, if the plan's ladder still has it."""
    return next((rung for rung in state.visit.ladder.steps if rung.id == step), None)


def needs_script(state: PlanState, rung: Rung | None) -> bool:
    """Whether whoever has this step may have to call the police: a manager's step, or the top one."""
    if rung is None:
        return True
    return rung is state.visit.ladder.steps[-1] or not {Role.MANAGER, LINE_MANAGER}.isdisjoint(rung.who)


def visit_lines(telling: ToldVisit) -> Iterator[str]:
    """Which visit, since when late, who is with them, and what was heard last."""
    state, visit = telling.state, telling.state.facts
    yield f"Visit: {state.ref}{_after(', ', telling.line(visit.area))}"
    if telling.address and line(visit.address):
        yield f"Address: {line(visit.address)}"
    late = f" ({duration(telling.late)} ago)" if telling.late else ""
    yield f"Due back: {telling.when(state.visit.due_back)}{late}; began: {telling.when(visit.start)}"
    yield f"Who goes: {telling.worker}, {along(companions(telling), state.going.company)}"
    yield f"Last report: {last_heard(telling)}"
    if state.overtaken:
        yield f"A newer version, not countersigned, says: {newest(telling)}"
    if state.visit.urgent:
        yield "They set out before the plan was countersigned."


def newest(telling: ToldVisit) -> str:
    """When and where by the newest version of the plan, if the visit is watched by an earlier one."""
    visit = telling.state.body.visit
    times = f"{telling.when(visit.start)} to {telling.when(visit.due_back)}"
    address = line(visit.address) if telling.address else ""
    return ", ".join(filter(None, (times, telling.line(visit.area), address)))


def companions(telling: ToldVisit) -> list[str]:
    """Who went along, the first three by name."""
    beside = telling.state.going.visit.companions[:3]
    return list(filter(None, (telling.line(one.name, LONGEST_NAME) for one in beside)))


def last_heard(telling: ToldVisit) -> str:
    """What was reported last, when, and by whom."""
    said = telling.state.visit.last_report
    return report_words(telling, said) if said else "none, not even of setting out"


def report_words(telling: ToldVisit, said: Event[Reports]) -> str:
    """`"arrived", today 15:42, by telephone; Dee Desk took the call`."""
    what = KINDS[said.kind].short
    if isinstance(said.body, ExtendedBody):
        what = f"needs longer, until {telling.when(said.body.until)}"
    elif isinstance(said.body, ReportBody) and said.body.stopped:
        what = "left the address and broke the visit off"
    elif isinstance(said.body, ReportBody) and said.body.duress and telling.state.visit.duress:
        what = "the duress phrase"
    return f'"{what}", {telling.when(said.happened)}, {by_whom(telling, said)}'


def by_whom(telling: ToldVisit, said: Event[Reports]) -> str:
    """Who reported it: the worker, or somebody who had it by telephone."""
    if said.by_phone:
        return f"by telephone; {line(said.author.person.name, LONGEST_NAME)} took the call"
    return f"by {telling.worker}"


def back_line(telling: ToldVisit, back: Event[BackBody]) -> str:
    """That they reported being back, when, and by whom."""
    by = f" ({by_whom(telling, back)})" if back.by_phone else ""
    return f"{telling.worker} reported being back {telling.when(back.happened)}{by}."


def done_lines(telling: ToldVisit, alarm: Alarm) -> list[str]:
    """What has been done about this alarm, in order; the newest if it is much."""
    done: list[tuple[str, str]] = []
    for step in alarm.raised:
        gap = step.body.unwatched_from
        late = f", late: nobody was watching from {telling.when(gap)}" if gap else ""
        done.append(
            (step.at, f"{telling.state.visit.called(step.body.step)} raised{late}{_told(alarm, step.id)}")
        )
    for taken in alarm.owned:
        owner = line(who_owns(telling.state, taken), LONGEST_NAME)
        done.append((taken.at, f"{owner} took on {telling.state.visit.called(taken.body.step)}"))
    done.sort(key=lambda one: one[0])
    lines = [f"- {telling.when(at)}: {what}" for at, what in done[-MOST_LINES:]]
    return [f"- {len(done) - len(lines)} things before that"] * (len(done) > len(lines)) + lines


def _told(alarm: Alarm, about: str) -> str:
    """Which channels were told about a step, by label, and which could not be."""
    sent = [one.body for one in alarm.sent if one.body.about == about]
    told = dict.fromkeys(line(one.channel, LONGEST_NAME) for one in sent if one.outcome is Outcome.SENT)
    tried = dict.fromkeys(line(one.channel, LONGEST_NAME) for one in sent)
    failed = [label for label in tried if label not in told]
    return _after("; told: ", ", ".join(told)) + _after("; could not tell: ", ", ".join(failed))


def script_lines(telling: ToldVisit) -> Iterator[str]:
    """What to say to the police, in the order in which a call handler asks."""
    state, visit = telling.state, telling.state.facts
    yield f"What has happened: {_happened(telling)}"
    area = telling.line(visit.area) or "the area is not known"
    if telling.address and line(visit.address):
        yield f"Where: {line(visit.address)} ({area})"
    else:
        yield f"Where: {area}; address: open the plan: visitsafe show {state.ref} --include-details"
    if state.overtaken:
        yield f"Or, by a newer plan that nobody has countersigned: {newest(telling)}"
    beside = along_for_police(companions(telling), state.going.company)
    yield f"Who: {telling.worker}, at work, {beside}"
    yield f"Last heard: {last_heard(telling)}"
    yield f"Known risk: {_worst(telling)}"
    yield f"Car, own number, next of kin: in the tracing details: visitsafe trace {state.ref} --reason '...'"
    phone = line(telling.desk_phone, LONGEST_NAME)
    yield f"Your name, and the duty desk's number: {phone or 'look it up before you ring'}"


def _happened(telling: ToldVisit) -> str:
    if telling.state.visit.duress:
        said = telling.when(telling.state.visit.duress.happened)
        return (
            "a colleague on a home visit has told us by an agreed phrase that they are in danger and cannot "
            f"speak freely, {said}. Please do not ring them, and do not warn the address"
        )
    due = telling.when(telling.state.visit.due_back)
    if telling.state.visit.back:
        return f"a colleague on a home visit, due back {due}, was reported back but nobody has made sure"
    late = f", {duration(telling.late)} ago" if telling.late else ""
    return f"a colleague on a home visit was due back {due}{late}, and has not reported"


def _worst(telling: ToldVisit) -> str:
    """The worst finding in one line; of what earlier visits tell only that there was an incident."""
    found = [one for one in telling.state.body.findings if not one.from_before or one.rule == INCIDENT_BEFORE]
    findings = sorted(found, key=lambda finding: finding.level.weight)
    return f"by the plan: {telling.line(findings[0].text)}" if findings else "the plan names none"


def _after(lead: str, text: str) -> str:
    return f"{lead}{text}" if text else ""


def titled(telling: ToldVisit, what: str) -> str:
    """The title of a message that names the worker."""
    return f"{telling.state.ref} {telling.worker}: {what}"


def do_of(telling: ToldVisit, rung: Rung | None) -> str:
    """What a step says is to be done, in full."""
    if rung is not None and set(rung.who) == {
        WORKER
    }:  # what it says is said to the worker, and to nobody else
        return f"ask {telling.worker} to report, or to say that they need longer."
    told = telling.line(rung.do, LONGEST_DO) if rung else ""
    return told or f"read the plan and decide: visitsafe show {telling.state.ref}"


def for_whom(telling: ToldVisit, rung: Rung | None) -> str:
    """Which step it is, and whose."""
    if rung is None:
        return ""
    called = telling.state.visit.called(rung.id)
    return f"{called.capitalize()}, for: {telling.line(whose(rung.who))}."


def text(title: str, *parts: str) -> Text:
    """The parts as paragraphs; an empty one is left out."""
    return Text(title=title, body="\n\n".join(filter(None, parts)))


Subject = Event[EscalatedBody] | Event[AcknowledgedBody] | Event[StoodDownBody] | Event[BackBody] | None
NO_DANGER = "This is a drill: nobody is in danger."
IN_TIME = timedelta(seconds=90)
"""How long after its step fell due a reminder may say what the ladder says: that may name the minutes."""
MINUTE = timedelta(minutes=1)


def step_of(subject: Subject) -> str:
    """The id of the step that an entry raised or took on; empty if it did neither."""
    return str(getattr(subject.body, "step", "")) if subject is not None else ""


def as_step(state: PlanState, step: str) -> str:
    """The flag of `acknowledge` that names a step by its place; empty if the ladder has no such step."""
    places = (place for place, rung in enumerate(state.visit.ladder.steps, start=1) if rung.id == step)
    return next((f" --as-step {place}" for place in places), "")


def reminder(telling: ToldVisit, subject: Subject) -> Text:
    """Two kind lines to the worker, naming nobody."""
    ref, due = telling.state.ref, telling.when(telling.state.visit.due_back)
    rung = rung_of(telling.state, step_of(subject))
    asked = "Please report, or say that you need longer."
    if rung and rung.who == (WORKER,) and _in_time(telling, subject, rung):
        asked = telling.line(rung.do, LONGEST_DO)
    return Text(
        title=f"{ref}: {due}",
        body=f"{_your_time(telling)} {asked}\nvisitsafe back {ref}, or {telling.desk}. If you need longer: "
        f"visitsafe extend {ref} --by 30m",
    )


def _in_time(telling: ToldVisit, subject: Subject, rung: Rung) -> bool:
    """Whether a step is told when the ladder as it is now has it, and not later for want of a watch."""
    if subject is None or not isinstance(subject.body, EscalatedBody):
        return False
    dues = {due.at for due in schedule(telling.state) if due.rung == rung}
    return subject.body.due in dues and abs(telling.now - from_text(subject.body.due)) <= IN_TIME


def _your_time(telling: ToldVisit) -> str:
    """`Your time is today 16:30, in 10 minutes.`: true when it is sent, to the nearest minute."""
    due = from_text(telling.state.visit.due_back)
    minutes, when = round((telling.now - due) / MINUTE), telling.when(telling.state.visit.due_back)
    if minutes > 0:
        return f"Your time was {when}, {in_minutes(minutes)} ago."
    return f"Your time is {when}, in {in_minutes(-minutes)}." if minutes else f"Your time is now, {when}."


def all_clear_to_worker(telling: ToldVisit, subject: Subject) -> Text:
    """Two kind lines when it is over."""
    until = subject.body.until if subject is not None and isinstance(subject.body, StoodDownBody) else ""
    then = f"Your time is {telling.when(until)} now. " if until else ""
    return Text(
        title=f"{telling.state.ref}: thank you",
        body="There is nothing more to report about what we asked.\n"
        f"{then}If you need anything, {telling.desk}.",
    )


def all_clear(telling: ToldVisit, subject: Subject) -> Text:
    """The alarm is over: who says so and why."""
    state, worker = telling.state, telling.worker
    area = telling.line(state.body.visit.area)
    which = f"{worker}, visit {state.ref}" + (f", {area}" if area else "")
    if subject is None or not isinstance(subject.body, StoodDownBody):
        said = back_line(telling, state.visit.back) if state.visit.back else "The visit is over."
        return text(titled(telling, "all clear"), f"All clear: {which}. {said}", _then(telling, ""))
    down = subject.body
    by = line(subject.author.person.name, LONGEST_NAME)
    title, why = {
        Because.SAFE: ("all clear", f"{worker} is safe"),
        Because.FALSE_ALARM: ("all clear", "it was a false alarm"),
        Because.TEST: ("all clear", "it was a test"),
        Because.INCIDENT: ("alarm ended: incident", f"there was an incident; ask {by} what comes next"),
    }[down.because]
    return text(
        titled(telling, title),
        f"The alarm about {which}, is over. {by} ended it {telling.when(subject.at)}, and says why: {why}.",
        _then(telling, down.until),
    )


def _then(telling: ToldVisit, until: str) -> str:
    """What comes after an all-clear. A newer alarm is not named: its own messages tell of it."""
    if telling.state.visit.needs_standing_down or telling.state.visit.alarm.raised:
        return "The visit is still watched: go by the newest message about it."
    if until:
        return f"The visit goes on and is watched; due back {telling.when(until)}. Nothing to do till then."
    return "You need do nothing more."


def drill_of_nobody(desk_phone: str) -> Text:
    """Practice about a visit that there is not: no reference that anybody could look for, and no command.

    Args:
        desk_phone: The duty desk's number; empty if the team has agreed on none.
    """
    phone = line(desk_phone, LONGEST_NAME)
    return text(
        "DRILL: this is how an alarm would reach you",
        f"{NO_DANGER} There is no visit and no reference: nothing has to be taken on or ended.",
        "A real alarm names the worker and the visit, says what to do now, and gives the command by which "
        "you take it on. It is nobody's until somebody does.",
        f"Please tell the duty desk that this has come{f': {phone}' if phone else ''}.",
    )


def drill(telling: ToldVisit, message: Message, subject: Subject, *, to_worker: bool) -> Text:
    """Practice: the step as it would be, and never anything that could be taken for real."""
    ref = telling.state.ref
    if message.all_clear or subject is None or isinstance(subject.body, StoodDownBody | BackBody):
        return text(f"DRILL {ref}: over", f"{NO_DANGER} It is over, and you need do nothing more.")
    if to_worker:
        return text(f"DRILL {ref}", f"{NO_DANGER} You need do nothing.")
    step, rung = step_of(subject), rung_of(telling.state, step_of(subject))
    take = f"visitsafe acknowledge {ref}{as_step(telling.state, step)}, or {telling.desk}"
    return text(
        f"DRILL {ref} {telling.worker}: {telling.state.visit.called(step)}",
        f"{NO_DANGER} Do not ring {telling.worker} or the police.",
        f"{for_whom(telling, rung)} In a real alarm you would do this: {do_of(telling, rung)}".strip(),
        f"Take it on as you would take on a real one: {take}. It is nobody's until somebody does.\n"
        f"A manager or duty officer ends the drill: visitsafe stand-down {ref} --because test",
    )


INCIDENT, NEAR_MISS = "incident", "near miss"


def incident_text(telling: ToldVisit, message: Message) -> Text:
    """The words of a message about an incident.

    Args:
        telling: The visit, and the moment at which it is told.
        message: The message.
    """
    state = telling.state
    said = next((one for one in state.after.incidents if one.id == message.about), None)
    show = f"visitsafe show {state.ref}"
    if message.hushed or state.visit.duress is not None:
        return _do_not_ring(telling, message, show)
    what = NEAR_MISS if said is not None and said.body.near_miss else INCIDENT
    return text(
        titled(telling, f"{what} recorded"),
        f"{_one(what)} was recorded on the visit of {telling.worker} ({state.ref}){_by(telling, said)}.",
        f"Do now: look ({show}), then speak to {telling.worker} yourself and ask how they are."
        + _first(telling),
        f"It stays open until it has been talked over: visitsafe debrief {state.ref}",
    )


def changed_text(telling: ToldVisit, message: Message) -> Text:
    """The words of a message about something that is not as it was agreed.

    Args:
        telling: The visit, and the moment at which it is told.
        message: The message.
    """
    state = telling.state
    said = next((one for one in state.visit.changes if one.id == message.about), None)
    show = f"visitsafe show {state.ref}"
    if message.hushed or state.visit.duress is not None or said is None:
        return _do_not_ring(telling, message, show)
    body = said.body
    unmet = [f"Not met: {telling.line(one.text)}" for one in body.conditions or () if one.met == Answer.NO]
    company = [f"{telling.line(one.name, LONGEST_NAME)} {COMES[one.comes]}." for one in body.company or ()]
    findings = [telling.line(one.text) for one in body.findings or ()]
    note = [f"Note: {telling.line(body.note)}"] if body.note.strip() else []
    return text(
        titled(telling, "not as agreed"),
        f"{telling.worker} reported {telling.when(said.at)} about the visit {state.ref}:",
        "\n".join([*unmet, *company, *findings, *note]),
        f"Do now: decide whether that is all right ({show}). If not, ring {telling.worker}."
        + _first(telling),
        "Nothing was refused, and the visit is watched as before.",
    )


def _one(what: str) -> str:
    return f"A {what}" if what == NEAR_MISS else f"An {what}"


def _by(telling: ToldVisit, said: Event[IncidentBody] | None) -> str:
    if said is None:
        return ""
    return f", {telling.when(said.at)}, by {line(said.author.person.name, LONGEST_NAME)}"


def _first(telling: ToldVisit) -> str:
    """What to look at before ringing: they may still be in the house, or being looked for."""
    state = telling.state
    if state.visit.needs_standing_down and not state.closed:
        return " An alarm about this visit is open: go by its newest message first."
    if state.visit.out and not state.closed:
        return " The visit is not over: they may still be there, so look at the board before you ring."
    return ""


def _do_not_ring(telling: ToldVisit, message: Message, show: str) -> Text:
    """Somebody on the visit is under duress, here or elsewhere: nothing may make a telephone ring there."""
    knows = telling.state.visit.duress is not None or message.may_know
    why = "Go by the newest message about the duress alarm." if knows else f"Do now: {telling.desk}."
    return text(
        titled(telling, "do NOT ring them"),
        f"Do NOT ring or write to {telling.worker}, {telling.beside}or the address.",
        why,
        f"Something was recorded on this visit. See: {show}",
    )


def text_of(message: Message, state: PlanState, now: datetime, zone: tzinfo, desk_phone: str) -> Text:
    """The words of a message about a visit.

    Args:
        message: What it is about and where it goes.
        state: The visit.
        now: The moment of sending.
        zone: Whose local time is told.
        desk_phone: The duty desk's number; empty if the team has agreed on none.
    """
    telling = ToldVisit(state, now, zone, desk_phone, message.channel.address and not message.drill)
    if message.incident:
        return incident_text(telling, message)
    if message.changed:
        return changed_text(telling, message)
    alarm, subject = _subject(message, state)
    to_worker = _goes_to_worker(message, state)
    if message.drill:
        return drill(telling, message, subject, to_worker=to_worker)
    if message.hushed:
        return _hushed(telling, message, subject)
    if to_worker:
        return all_clear_to_worker(telling, subject) if message.all_clear else reminder(telling, subject)
    return all_clear(telling, subject) if message.all_clear else _open(telling, message, alarm, subject)


def _open(telling: ToldVisit, message: Message, alarm: Alarm, subject: Subject) -> Text:
    """What is raised or taken on, and not over."""
    rung = rung_of(telling.state, step_of(subject))
    if telling.state.visit.duress:
        return _duress(telling, message, alarm, subject, rung)
    if isinstance(subject, Event) and isinstance(subject.body, AcknowledgedBody):
        return _owned(telling, alarm, subject, rung)
    return _alarm(telling, message, alarm, rung)


def _subject(message: Message, state: PlanState) -> tuple[Alarm, Subject]:
    """The entry that a message is about, and the alarm that it belongs to."""
    drilled = state.visit.drills.get(message.drill, Alarm())
    alarms = (drilled,) if message.drill else state.visit.alarms
    for alarm in reversed(alarms):
        subjects: list[Subject] = [*alarm.raised, *alarm.owned, alarm.over]
        for one in subjects:
            if one is not None and one.id == message.about:
                return alarm, one
    return alarms[-1], state.visit.back


def _goes_to_worker(message: Message, state: PlanState) -> bool:
    who = message.channel.who
    return who == WORKER or as_heard(who) == as_heard(state.author.person.email)


def _late(telling: ToldVisit) -> str:
    if from_text(telling.state.visit.due_back) > telling.now:
        return f"due back {telling.when(telling.state.visit.due_back)}"
    return f"{duration(telling.late)} late" if telling.late else "due back now"


def _how_to_take(telling: ToldVisit, rung: Rung | None, step: str) -> str:
    how = f"visitsafe acknowledge {telling.state.ref}{as_step(telling.state, step)}, or {telling.desk}"
    if rung and not rung.acknowledge:
        return f"If you take this on, say so: {how}. Until somebody says so, nobody has it."
    return (
        f"Say that you have taken this on: {how}. This message is nobody's until somebody says so; "
        "until then the next contact is told."
    )


def _how_it_ends(telling: ToldVisit, rung: Rung | None = None) -> str:
    if rung and not is_alarming(telling.state, telling.now):
        how = f"visitsafe {heard_with(rung)} {telling.state.ref} --for NAME"
        return f"The watch goes on until {telling.worker} is back. Pass on what you hear from them: {how}"
    who = "a manager" if telling.state.visit.duress else "a manager or duty officer"
    end = f"visitsafe stand-down {telling.state.ref} --because safe"
    return f"Once somebody knows that {telling.worker} is safe, {who} ends it: {end}"


def _background(telling: ToldVisit, alarm: Alarm, rung: Rung | None) -> list[str]:
    """The visit, what was done, and the script, a paragraph each."""
    done = done_lines(telling, alarm)
    parts = [
        "\n".join(visit_lines(telling)),
        "\n".join(["Done so far:", *done]) if done else "",
    ]
    if telling.state.visit.duress or needs_script(telling.state, rung):
        head = "If you call the police (999 if you fear for anyone now), say:"
        parts.append("\n".join([head, *(f"- {one}" for one in script_lines(telling))]))
    return parts


def _alarm(telling: ToldVisit, message: Message, alarm: Alarm, rung: Rung | None) -> Text:
    """A step that was raised."""
    state, back = telling.state, telling.state.visit.back
    area = telling.line(state.facts.area)
    first = f"{telling.worker} is {_late(telling)} from a visit" + (f" in {area}." if area else ".")
    title = titled(telling, _late(telling))
    do = f"Do now: {do_of(telling, rung)}"
    if back:
        first = f"{back_line(telling, back)} The alarm is still open: nobody has made sure yet."
        title = titled(telling, "reported back, alarm still open")
        do = f"Do now: speak to {telling.worker} yourself; make sure that it is them and that they are safe."
    again = ""
    if message.round and rung and rung.acknowledge:
        title = f"{title}, nobody has it"
        again = f"Nobody has taken this on yet: you are contact {message.round + 1}."
    step = rung.id if rung else ""
    return text(
        title,
        "\n".join(filter(None, [first, again, for_whom(telling, rung)])),
        do,
        _how_to_take(telling, rung, step) + "\n" + _how_it_ends(telling, rung),
        *_background(telling, alarm, rung),
    )


def _owned(telling: ToldVisit, alarm: Alarm, said: Event[AcknowledgedBody], rung: Rung | None) -> Text:
    """A reminder to whoever took a step on."""
    back = telling.state.visit.back
    do = f"Do now: {do_of(telling, rung)}"
    if back:
        do = f"{back_line(telling, back)} Do now: speak to them yourself, and make sure that they are safe."
    return text(
        titled(telling, "reported back, alarm still open" if back else f"{_late(telling)}, still open"),
        f"{_taken(telling, said)}, and it is still open.",
        do,
        f"If you cannot go on with it, {telling.desk}, so that somebody else takes it on.\n"
        + _how_it_ends(telling),
        *_background(telling, alarm, rung),
    )


def _taken(telling: ToldVisit, said: Event[AcknowledgedBody]) -> str:
    owner = line(who_owns(telling.state, said), LONGEST_NAME)
    return f"{owner} took this on {telling.when(said.at)} ({telling.state.visit.called(said.body.step)})"


def _duress(telling: ToldVisit, message: Message, alarm: Alarm, subject: Subject, rung: Rung | None) -> Text:
    """Whatever is open while the duress phrase stands."""
    duress, worker = telling.state.visit.duress, telling.worker
    heard = f" {telling.when(duress.happened)}, {by_whom(telling, duress)}" if duress else ""
    owned = isinstance(subject, Event) and isinstance(subject.body, AcknowledgedBody)
    again = f"Nobody has taken this on yet: you are contact {message.round + 1}." if message.round else ""
    own = f"{_taken(telling, subject)}, and it is still open." if owned else again  # type: ignore[arg-type]
    return text(
        titled(telling, "DURESS, do NOT ring them"),
        f"Do NOT ring or write to {worker}, {telling.beside}or the address, and do not let on to anybody "
        "there.\n"
        f"{worker} spoke the duress phrase{heard}. Take it as real: they are in danger and cannot speak "
        "freely. Go by this whatever they report after it.",
        own,
        "Do now: dial 999, unless you know for certain that they are safe; what to say stands below. Then "
        f"decide with another manager who goes there. Nothing may ring or buzz beside {worker}.",
        _how_to_take(telling, None, rung.id if rung else "") + "\n" + _how_it_ends(telling),
        *_background(telling, alarm, rung),
    )


def _hushed(telling: ToldVisit, message: Message, subject: Subject) -> Text:
    """An alarm about a visit of somebody who is under duress on another one: nobody must ring them."""
    worker, step = telling.worker, step_of(subject)
    show = f"visitsafe show {telling.state.ref}"
    do_not = f"Do NOT ring or write to {worker}, {telling.beside}or the address."
    what = "This visit's alarm is over." if message.all_clear else f"This visit: {_late(telling)}."
    if not message.may_know:
        return text(
            titled(telling, "do NOT ring them"), do_not, f"Do now: {telling.desk}.", f"{what} See: {show}"
        )
    return text(
        titled(telling, "DURESS on another visit, do NOT ring them"),
        f"{do_not} {worker}, or somebody with them, spoke the duress phrase on another visit. Go by the "
        "message about that visit, whatever is reported about this one.",
        "" if message.all_clear else _how_to_take(telling, None, step) + "\n" + _how_it_ends(telling),
        f"{what} See: {show}",
    )
