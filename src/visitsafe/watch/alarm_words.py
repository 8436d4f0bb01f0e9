"""What the messages about a visit say: each stands alone and says exactly what to do now. Pure.

What matters most comes first, so that a message that is cut short still says who, what to do and how to take
it on. Reminders to the worker are two kind lines that name nobody: somebody else may see their screen. Under
duress every message says first not to ring the worker. A drill says in its title and first line that it is
one. Plain text; the facts come from `alarm_facts`, what needs nobody to act from `alarm_quiet`.
"""

from datetime import datetime, tzinfo

from visitsafe.record.bodies import AcknowledgedBody, Rung
from visitsafe.record.entry import from_text
from visitsafe.state.alarm import WORKER, is_alarming
from visitsafe.state.events import Alarm, Said
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import heard_with
from visitsafe.state.visit_words import who_owns
from visitsafe.team.people import as_heard
from visitsafe.text.times import duration
from visitsafe.watch.alarm_facts import (
    LONGEST_NAME,
    Telling,
    Text,
    back_line,
    by_whom,
    do_of,
    done_lines,
    for_whom,
    line,
    needs_script,
    rung_of,
    script_lines,
    text,
    titled,
    visit_lines,
)
from visitsafe.watch.alarm_quiet import (
    Subject,
    all_clear,
    all_clear_to_worker,
    as_step,
    drill,
    reminder,
    step_of,
)
from visitsafe.watch.incident_words import changed_text, incident_text
from visitsafe.watch.outbox import Message

__all__ = ["Text", "text_of"]


def text_of(message: Message, state: PlanState, now: datetime, zone: tzinfo, desk_phone: str) -> Text:
    """The words of a message about a visit.

    Args:
        message: What it is about and where it goes.
        state: The visit.
        now: The moment of sending.
        zone: Whose local time is told.
        desk_phone: The duty desk's number; empty if the team has agreed on none.
    """
    telling = Telling(state, now, zone, desk_phone, message.channel.address and not message.drill)
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


def _open(telling: Telling, message: Message, alarm: Alarm, subject: Subject) -> Text:
    """What is raised or taken on, and not over."""
    rung = rung_of(telling.state, step_of(subject))
    if telling.state.visit.duress:
        return _duress(telling, message, alarm, subject, rung)
    if isinstance(subject, Said) and isinstance(subject.body, AcknowledgedBody):
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


def _late(telling: Telling) -> str:
    if from_text(telling.state.visit.due_back) > telling.now:
        return f"due back {telling.when(telling.state.visit.due_back)}"
    return f"{duration(telling.late)} late" if telling.late else "due back now"


def _how_to_take(telling: Telling, rung: Rung | None, step: str) -> str:
    how = f"visitsafe acknowledge {telling.state.ref}{as_step(telling.state, step)}, or {telling.desk}"
    if rung and not rung.acknowledge:
        return f"If you take this on, say so: {how}. Until somebody says so, nobody has it."
    return (
        f"Say that you have taken this on: {how}. This message is nobody's until somebody says so; "
        "until then the next contact is told."
    )


def _how_it_ends(telling: Telling, rung: Rung | None = None) -> str:
    if rung and not is_alarming(telling.state, telling.now):
        how = f"visitsafe {heard_with(rung)} {telling.state.ref} --for NAME"
        return f"The watch goes on until {telling.worker} is back. Pass on what you hear from them: {how}"
    who = "a manager" if telling.state.visit.duress else "a manager or duty officer"
    end = f"visitsafe stand-down {telling.state.ref} --because safe"
    return f"Once somebody knows that {telling.worker} is safe, {who} ends it: {end}"


def _background(telling: Telling, alarm: Alarm, rung: Rung | None) -> list[str]:
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


def _alarm(telling: Telling, message: Message, alarm: Alarm, rung: Rung | None) -> Text:
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


def _owned(telling: Telling, alarm: Alarm, said: Said[AcknowledgedBody], rung: Rung | None) -> Text:
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


def _taken(telling: Telling, said: Said[AcknowledgedBody]) -> str:
    owner = line(who_owns(telling.state, said), LONGEST_NAME)
    return f"{owner} took this on {telling.when(said.at)} ({telling.state.visit.called(said.body.step)})"


def _duress(telling: Telling, message: Message, alarm: Alarm, subject: Subject, rung: Rung | None) -> Text:
    """Whatever is open while the duress phrase stands."""
    duress, worker = telling.state.visit.duress, telling.worker
    heard = f" {telling.when(duress.happened)}, {by_whom(telling, duress)}" if duress else ""
    owned = isinstance(subject, Said) and isinstance(subject.body, AcknowledgedBody)
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


def _hushed(telling: Telling, message: Message, subject: Subject) -> Text:
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
