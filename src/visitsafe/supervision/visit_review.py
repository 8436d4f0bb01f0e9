"""What staff supervision should talk about after a visit: minutes, silences and gaps, in plain sentences.

Pure and unescaped, as in `way`. Counts and names; never judges or scores (D7).
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from visitsafe.record.bodies import DecidedBody, ExtendedBody, ReportBody
from visitsafe.record.terms import Decision, Outcome
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import minutes_late
from visitsafe.state.phrases import went_first
from visitsafe.state.visit import Alarm
from visitsafe.state.visit_words import first_owned, late_back, who_owns
from visitsafe.text.clock import clock, in_minutes, minutes_from, to_text


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
        steps = "1 step was" if len(raised) == 1 else f"{len(raised)} steps were"
        lasted = in_minutes(minutes_from(since, min(raised)))
        between = f"from {clock(since, zone, day)} to {clock(min(raised), zone, day)}"
        yield f"Nobody was watching {between}, {lasted}: {steps} raised late."


def _undelivered(state: PlanState) -> Iterator[str]:
    sent = [one for alarm in state.visit.alarms for one in alarm.sent]
    failed = [one for one in sent if one.body.outcome is Outcome.FAILED]
    if failed:
        channels = ", ".join(dict.fromkeys(one.body.channel for one in failed))
        word = "attempt" if len(sent) == 1 else "attempts"
        yield f"{len(failed)} of {len(sent)} {word} to send a message failed: {channels}."
