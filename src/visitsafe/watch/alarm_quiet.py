"""The messages that nobody has to act on at once: reminders to the worker, all-clears and drills. Pure.

A reminder is two kind lines that name nobody, for somebody else may see the worker's screen. It tells the
true time: what the ladder says was written for the minute at which its step falls due, and is told only
then. A drill says in its title and first line that it is one, and tells nothing that could be taken for real.
`alarm_words` has the rest.
"""

from datetime import timedelta

from visitsafe.record.bodies import AcknowledgedBody, BackBody, EscalatedBody, Rung, StoodDownBody
from visitsafe.record.entry import from_text
from visitsafe.record.kinds import Because
from visitsafe.state.alarm import WORKER, schedule
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import in_minutes
from visitsafe.watch.alarm_facts import (
    LONGEST_DO,
    LONGEST_NAME,
    Telling,
    Text,
    back_line,
    do_of,
    for_whom,
    line,
    rung_of,
    text,
    titled,
)
from visitsafe.watch.outbox import Message

Subject = Said[EscalatedBody] | Said[AcknowledgedBody] | Said[StoodDownBody] | Said[BackBody] | None
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


def reminder(telling: Telling, subject: Subject) -> Text:
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


def _in_time(telling: Telling, subject: Subject, rung: Rung) -> bool:
    """Whether a step is told when the ladder as it is now has it, and not later for want of a watch."""
    if subject is None or not isinstance(subject.body, EscalatedBody):
        return False
    dues = {due.at for due in schedule(telling.state) if due.rung == rung}
    return subject.body.due in dues and abs(telling.now - from_text(subject.body.due)) <= IN_TIME


def _your_time(telling: Telling) -> str:
    """`Your time is today 16:30, in 10 minutes.`: true when it is sent, to the nearest minute."""
    due = from_text(telling.state.visit.due_back)
    minutes, when = round((telling.now - due) / MINUTE), telling.when(telling.state.visit.due_back)
    if minutes > 0:
        return f"Your time was {when}, {in_minutes(minutes)} ago."
    return f"Your time is {when}, in {in_minutes(-minutes)}." if minutes else f"Your time is now, {when}."


def all_clear_to_worker(telling: Telling, subject: Subject) -> Text:
    """Two kind lines when it is over."""
    until = subject.body.until if subject is not None and isinstance(subject.body, StoodDownBody) else ""
    then = f"Your time is {telling.when(until)} now. " if until else ""
    return Text(
        title=f"{telling.state.ref}: thank you",
        body="There is nothing more to report about what we asked.\n"
        f"{then}If you need anything, {telling.desk}.",
    )


def all_clear(telling: Telling, subject: Subject) -> Text:
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


def _then(telling: Telling, until: str) -> str:
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


def drill(telling: Telling, message: Message, subject: Subject, *, to_worker: bool) -> Text:
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
