"""What is known about a visit when an alarm is told: lines for the messages of `alarm_words`. Pure.

Only what whoever is called needs: no case, purpose, answer or note, for those are people's own words about
people, and nothing sealed. The address stands here only if the caller says that it may. Whatever came from
an entry is one line without anything unseen (`cleaning`).
"""

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import lru_cache

import msgspec

from visitsafe.record.bodies import INCIDENT_BEFORE, BackBody, ExtendedBody, ReportBody, Rung
from visitsafe.record.entry import from_text, to_text
from visitsafe.record.kinds import Company, Kind, Outcome, Role
from visitsafe.state.alarm import WORKER
from visitsafe.state.events import Alarm, Reports, Said
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import along, along_for_police, minutes_from, whose
from visitsafe.state.visit_words import who_owns
from visitsafe.text.clean import clean
from visitsafe.text.redact import naming
from visitsafe.text.times import duration, short
from visitsafe.watch.contacts import LINE_MANAGER

LONGEST_NAME, LONGEST_LINE, LONGEST_DO = 40, 200, 2000
MOST_LINES = 12
LEFT_OUT = "(address left out)"
_SAID = {
    Kind.DEPARTED: "set out",
    Kind.ARRIVED: "arrived",
    Kind.OK: "all right",
    Kind.LEFT: "left the address",
    Kind.BACK: "back",
    Kind.EXTENDED: "needs longer",
}


class Text(msgspec.Struct, frozen=True):
    """The words of a message, plain text."""

    title: str
    body: str


class Telling(msgspec.Struct, frozen=True):
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


def visit_lines(telling: Telling) -> Iterator[str]:
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


def newest(telling: Telling) -> str:
    """When and where by the newest version of the plan, if the visit is watched by an earlier one."""
    visit = telling.state.body.visit
    times = f"{telling.when(visit.start)} to {telling.when(visit.due_back)}"
    address = line(visit.address) if telling.address else ""
    return ", ".join(filter(None, (times, telling.line(visit.area), address)))


def companions(telling: Telling) -> list[str]:
    """Who went along, the first three by name."""
    beside = telling.state.going.visit.companions[:3]
    return list(filter(None, (telling.line(one.name, LONGEST_NAME) for one in beside)))


def last_heard(telling: Telling) -> str:
    """What was reported last, when, and by whom."""
    said = telling.state.visit.last_report
    return report_words(telling, said) if said else "none, not even of setting out"


def report_words(telling: Telling, said: Said[Reports]) -> str:
    """`"arrived", today 15:42, by telephone; Dee Desk took the call`."""
    what = _SAID.get(said.kind, "something")
    if isinstance(said.body, ExtendedBody):
        what = f"needs longer, until {telling.when(said.body.until)}"
    elif isinstance(said.body, ReportBody) and said.body.stopped:
        what = "left the address and broke the visit off"
    elif isinstance(said.body, ReportBody) and said.body.duress and telling.state.visit.duress:
        what = "the duress phrase"
    return f'"{what}", {telling.when(said.happened)}, {by_whom(telling, said)}'


def by_whom(telling: Telling, said: Said[Reports]) -> str:
    """Who reported it: the worker, or somebody who had it by telephone."""
    if said.by_phone:
        return f"by telephone; {line(said.author.person.name, LONGEST_NAME)} took the call"
    return f"by {telling.worker}"


def back_line(telling: Telling, back: Said[BackBody]) -> str:
    """That they reported being back, when, and by whom."""
    by = f" ({by_whom(telling, back)})" if back.by_phone else ""
    return f"{telling.worker} reported being back {telling.when(back.happened)}{by}."


def done_lines(telling: Telling, alarm: Alarm) -> list[str]:
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


def script_lines(telling: Telling) -> Iterator[str]:
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


def _happened(telling: Telling) -> str:
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


def _worst(telling: Telling) -> str:
    """The worst finding in one line; of what earlier visits tell only that there was an incident."""
    found = [one for one in telling.state.body.findings if not one.from_before or one.rule == INCIDENT_BEFORE]
    findings = sorted(found, key=lambda finding: finding.level.weight)
    return f"by the plan: {telling.line(findings[0].text)}" if findings else "the plan names none"


def _after(lead: str, text: str) -> str:
    return f"{lead}{text}" if text else ""


def titled(telling: Telling, what: str) -> str:
    """The title of a message that names the worker."""
    return f"{telling.state.ref} {telling.worker}: {what}"


def do_of(telling: Telling, rung: Rung | None) -> str:
    """What a step says is to be done, in full."""
    if rung is not None and set(rung.who) == {
        WORKER
    }:  # what it says is said to the worker, and to nobody else
        return f"ask {telling.worker} to report, or to say that they need longer."
    told = telling.line(rung.do, LONGEST_DO) if rung else ""
    return told or f"read the plan and decide: visitsafe show {telling.state.ref}"


def for_whom(telling: Telling, rung: Rung | None) -> str:
    """Which step it is, and whose."""
    if rung is None:
        return ""
    called = telling.state.visit.called(rung.id)
    return f"{called.capitalize()}, for: {telling.line(whose(rung.who))}."


def text(title: str, *parts: str) -> Text:
    """The parts as paragraphs; an empty one is left out."""
    return Text(title=title, body="\n\n".join(filter(None, parts)))
