"""The parts of the staff-supervision page on what happened: on the way, how it was watched, and afterwards.

Each is some blocks, none if there is nothing to say. Times, silences and gaps are counted
and named; nothing is judged or scored (D7). What was asked afterwards stands here in full, as it was signed:
the pack of a case has it in short.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from visitsafe.record.bodies import (
    DecidedBody,
    DocumentedBody,
    ExtendedBody,
    Filled,
    ReportBody,
)
from visitsafe.record.terms import Decision, Outcome
from visitsafe.state.after import CORRECTED, before, words_before, words_of
from visitsafe.state.duties import is_late, talk_by
from visitsafe.state.entry_words import DOCUMENTS, incident_title
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import minutes_late
from visitsafe.state.phrases import went_first
from visitsafe.state.visit import Alarm, Event
from visitsafe.state.visit_words import (
    AlarmTold,
    Told,
    alarms,
    drills,
    first_owned,
    heard_words,
    late_back,
    reported,
    standing,
    who_owns,
)
from visitsafe.supervision.patterns import counted, day_words, short
from visitsafe.text.blocks import Block, Bullet, Bullets, Heading, Kept, Say, Strong, Text, titled
from visitsafe.text.clean import things
from visitsafe.text.clock import clock, date_only, day, in_minutes, minutes_from, moment, to_text

LONGEST = 400
"""Characters of anybody's words about one thing."""


def on_the_way(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[Block]:
    """What was reported, what was raised, and how it ended; drills apart."""
    told, missing = reported(state, zone), standing(state, now, zone)
    if told or missing:
        yield Heading("On the way")
    yield from (Say(Strong(sentence)) for sentence in missing)
    if told:
        yield Bullets(_told(one, state, zone) for one in told)
    if real := alarms(state, zone):
        yield Heading("Alarms")
        yield from _alarms(real, state, zone)
    if played := drills(state, zone):
        yield Heading("Drills")
        yield Say("Nothing in this part was real.")
        yield from _alarms(played, state, zone)


def _alarms(told: Iterable[AlarmTold], state: PlanState, zone: tzinfo) -> Iterator[Block]:
    for alarm in told:
        yield Heading(alarm.title, 3)
        if alarm.told:
            yield Bullets(_told(one, state, zone) for one in alarm.told)


def _told(one: Told, state: PlanState, zone: tzinfo) -> Bullet:
    at = clock(one.at, zone, state.body.visit.start)
    text = (f"{at}: ", Strong(one.text)) if one.grave else f"{at}: {one.text}"
    return Bullet(text, below=tuple(map(Kept, one.more)))


def how_it_was_watched(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[Block]:
    """The minutes and gaps that staff supervision should talk about."""
    sentences = worth_discussing(state, now, zone)
    if not sentences:
        return
    raised = any(alarm.raised for alarm in state.visit.alarms)
    known = (
        "It shows when somebody watched only by the steps that they raised."
        if raised
        else "No step was raised, so it does not show whether anybody was watching."
    )
    yield Heading("What the record shows about the watch")
    yield Say(f"From the record; the times are what the clocks of those who signed said. {known}")
    yield Bullets(map(Kept, sentences))


def in_short(state: PlanState) -> Iterator[str]:
    """What happened, for the first paragraph; nothing if nothing did."""
    if state.after.incidents:
        yield f" On record: {counted(state.after.incidents)}."
    if state.after.not_talked_over:
        yield " "
        yield Strong("It has not been talked over yet.")


def after_the_visit(state: PlanState, now: datetime, zone: tzinfo) -> Iterator[Block]:
    """What was recorded after the visit, and whether it is still to be talked over."""
    for said in state.after.incidents:
        yield Heading(incident_title(said.body))
        yield from _filled(state, said, zone)
        if said.id in state.after.not_talked_over:
            yield Say(Strong("Not talked over yet."))
    talk = talk_by(state)
    if state.after.debriefs or talk:
        yield Heading("How it was")
    for one in state.after.debriefs:
        yield from _filled(state, one, zone)
    if talk:
        due = "To be talked over" if talk >= to_text(now) else "Overdue: to be talked over"
        yield Say([Strong(due), f" by {day(talk, zone)}."])
    documents = (document_item(state, said, now, zone) for said in state.after.documents)
    yield from titled("Documents of the case, kept with this plan", documents)


def _filled(state: PlanState, said: Event[Filled], zone: tzinfo) -> Iterator[Block]:
    """Who signed it and when, the answers in the order asked, and what was corrected, in full."""
    body, name = said.body, said.author.person.name
    happened = f" It happened {moment(body.happened, zone)}." if body.happened else ""
    heard = f" {heard_words(state, name, body.heard)}." if body.heard else ""
    corrected = " It corrects an earlier one." if body.replaces else ""
    yield Say(f"Signed by {name}, {moment(said.at, zone)}.{happened}{heard}{corrected}")
    yield Bullets((f"{label}: ", Kept(text)) for label, text in words_of(body))
    for old in before(state.after, said.id):
        yield Say(f"{CORRECTED.capitalize()} (signed by {old.author.person.name}, {moment(old.at, zone)}):")
        yield Bullets((f"{label}: ", Kept(text)) for label, text in words_before(old.body))


def document_item(state: PlanState, said: Event[DocumentedBody], now: datetime, zone: tzinfo) -> Bullet:
    """A document in short: when and by whom, when it is looked at again, who does what by when."""
    body = said.body
    below: list[Text] = []
    if body.review:
        past = Strong("Its review was due") if is_late(body.review, now) else "To be looked at again"
        below.append((past, f" {day_words(body.review, zone)}"))
    for one in body.actions:
        until = f", by {day_words(one.by, zone)}" if one.by else ""
        late = "its day has passed, and nothing here says that it was done"
        below.append((
            f"{short(one.what, LONGEST)} ({one.who}{until})",
            *(("; ", Strong(late)) if is_late(one.by, now) else ()),
        ))  # fmt: skip
    return signed_item(DOCUMENTS.get(body.document, body.document), state, said, zone, below)


def signed_item(
    what: str, state: PlanState, said: Event[Filled], zone: tzinfo, below: Iterable[Text]
) -> Bullet:
    """Something in short: what it is, when it happened, who signed it, and what is said below."""
    when = Strong(f"{what}, {date_only(said.happened, zone)}")
    return Bullet((when, f" ({state.ref}), signed by {said.author.person.name}"), below=tuple(below))


def worth_discussing(state: PlanState, now: datetime, zone: tzinfo) -> list[str]:
    """Sentences about how the visit was watched; none if nothing was reported or raised."""
    if not state.visit.reports and not any(alarm.raised for alarm in state.visit.alarms):
        return []
    return [
        *_urgency(state, zone),
        *_lateness(state, now),
        *_put_off(state, zone),
        *(sentence for alarm in state.visit.alarms for sentence in _ownership(state, alarm, now, zone)),
        *_gaps(state, zone),
        *_undelivered(state),
    ]


def _urgency(state: PlanState, zone: tzinfo) -> Iterator[str]:
    if not went_first(state):
        return
    gone = next(one for one in state.visit.reports if isinstance(one.body, ReportBody) and one.body.urgent)
    agreed = [
        one.entry.content.at
        for one in state.judged
        if isinstance(one.body, DecidedBody)
        and one.body.decision is Decision.COUNTERSIGN
        and not one.why_not
        and one.entry.content.at >= gone.happened
    ]
    at = clock(gone.happened, zone, state.body.visit.start)
    left = f"The worker set out at {at} without a countersignature"
    if agreed:
        after = in_minutes(minutes_from(gone.happened, min(agreed)))
        yield f"{left}; a manager countersigned {after} later."
    else:
        yield f"{left}, and no manager has countersigned since."


def _lateness(state: PlanState, now: datetime) -> Iterator[str]:
    visit = state.visit
    if visit.back:
        late = late_back(state)
        told = minutes_from(visit.due_back, visit.back.at)
        if late:
            yield f"Back {in_minutes(late)} after the time due back."
        elif told:
            yield f"Back in time, but the report came {in_minutes(told)} after the time due back."
        else:
            yield "Back in time."
    elif not visit.closed and (late := minutes_late(state, now)):
        yield f"Overdue now by {in_minutes(late)}."


def _put_off(state: PlanState, zone: tzinfo) -> Iterator[str]:
    visit = state.visit
    count = sum(isinstance(one.body, ExtendedBody) for one in visit.reports)
    if count:
        planned, day = state.body.visit.due_back, state.body.visit.start
        times = "once" if count == 1 else f"{count} times"
        was, became = clock(planned, zone, day), clock(visit.due_back, zone, day)
        yield f"The time due back was changed {times} on the way: planned {was}, at last {became}."


def _ownership(state: PlanState, alarm: Alarm, now: datetime, zone: tzinfo) -> Iterator[str]:
    """How long it took until somebody said that they had taken it on."""
    asked, owned = first_owned(state, alarm)
    if asked is None:
        return
    day = state.body.visit.start
    began = f"From {clock(asked.at, zone, day)} somebody had to take the alarm on"
    ended = alarm.over.at if alarm.over else to_text(now)
    lasted = in_minutes(minutes_from(asked.at, ended))
    if owned:
        after = in_minutes(minutes_from(asked.at, owned.at))
        yield f"{began}; {who_owns(state, owned)} did after {after}."
        if alarm.over:
            yield f"{lasted.capitalize()} after it began, the alarm was stood down."
    elif alarm.over:
        yield f"{began}; nobody did before it was stood down after {lasted}."
    else:
        yield f"{began}; nobody has, for {lasted}."


def _gaps(state: PlanState, zone: tzinfo) -> Iterator[str]:
    """Times in which steps fell due and nobody was watching."""
    gaps: dict[str, list[str]] = {}
    for alarm in state.visit.alarms:
        for one in alarm.raised:
            if one.body.unwatched_from:
                gaps.setdefault(one.body.unwatched_from, []).append(one.at)
    day = state.body.visit.start
    for since, raised in gaps.items():
        steps = things(len(raised), "step was", "steps were")
        lasted = in_minutes(minutes_from(since, min(raised)))
        between = f"from {clock(since, zone, day)} to {clock(min(raised), zone, day)}"
        yield f"Nobody was watching {between}, {lasted}: {steps} raised late."


def _undelivered(state: PlanState) -> Iterator[str]:
    sent = [one for alarm in state.visit.alarms for one in alarm.sent]
    failed = [one for one in sent if one.body.outcome is Outcome.FAILED]
    if failed:
        channels = ", ".join(dict.fromkeys(one.body.channel for one in failed))
        yield f"{len(failed)} of {things(len(sent), 'attempt')} to send a message failed: {channels}."
