"""When each step of the escalation falls due, what is overdue, and who has set out (7.2, 8.2; D11). Pure.

Nothing is overdue because somebody computed it earlier: every question here is asked of the record and the
moment. A step is raised once for each time at which it falls due. Under duress (D15) the top of the ladder
is due at once, and nothing that is reported by or for the worker changes that. Who is told is the watch's
affair.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from visitsafe.record.bodies import AcknowledgedBody, EscalatedBody, Ladder, Rung, WithdrawnBody
from visitsafe.record.kinds import STAGES, Kind
from visitsafe.record.terms import Decision, Role, Stage, Status
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import went_first
from visitsafe.state.rules import Judged
from visitsafe.state.visit import A_DAY, Event
from visitsafe.team.people import Member
from visitsafe.text.clock import from_text, is_time, to_text

CLOCKS_APART = timedelta(minutes=2)
"""How far ahead a recorded time may lie before it was taken from a clock that was wrong."""
MOST_MINUTES, MOST_GRACE = 24 * 60, 120
"""What a checklist allows. A plan signed by other means must not put its watch off for longer than that."""
EXPECTED = timedelta(days=14)
"""How long after the time due back a visit is watched about which nobody reported or raised anything.

A weekend without a watch must lose nobody; what nobody ever closed must not call people out for ever.
"""
SHORTLY = timedelta(hours=2)
"""How long before its start a report can be about a visit."""
WORKER = "lone-worker"
_MINUTE = len("2026-11-23T11:30")
_REACHED = {
    "departed": (Stage.DEPARTED, Stage.ARRIVED, Stage.LEFT, Stage.BACK),
    "arrived": (Stage.ARRIVED, Stage.LEFT, Stage.BACK),
    "left": (Stage.LEFT, Stage.BACK),
}
"""What a step may wait for, and the stages at which it was reported."""


class Due(msgspec.Struct, frozen=True):
    """A step of the ladder and when it falls due.

    Attributes:
        rung: The step.
        level: Its place in the ladder, from 0.
        at: UTC text.
    """

    rung: Rung
    level: int
    at: str


def is_watched(state: PlanState, now: datetime) -> bool:
    """Whether a visit belongs on the board now."""
    started = (state.visit.start or state.body.visit.start) <= to_text(now)
    return _may_climb(state, now) and (started or not _only_expected(state))


def watched_since(state: PlanState) -> str:
    """Since when there has been something to watch about a visit, UTC text; empty if there never was."""
    visit = state.visit
    if not visit.begun:
        return ""
    out = [one.at for one in visit.trip if one.kind in STAGES]
    return min(*out, max(visit.start, visit.begun)) if out else max(visit.start, visit.begun)


def watched_until(state: PlanState) -> str:
    """When the watch over a visit ended, UTC text; empty while it goes on."""
    if not state.closed:
        return ""
    overs = [one.over.at for one in state.visit.alarms if one.over]
    return max((*overs, *((state.visit.back.at,) if state.visit.back else ())), default=state.visit.start)


def is_overdue(state: PlanState, now: datetime) -> bool:
    """Whether somebody should be back and is not: the time due back and the grace have passed."""
    end = from_text(state.visit.due_back) + timedelta(minutes=_grace(state.visit.ladder))
    return now >= end and state.visit.back is None and is_watched(state, now)


def is_alarming(state: PlanState, now: datetime) -> bool:
    """Whether somebody has to act: overdue, under duress, or an alarm that was not stood down."""
    return (state.visit.needs_standing_down and not state.closed) or is_overdue(state, now)


def minutes_late(state: PlanState, now: datetime) -> int:
    """Whole minutes after the time due back, without grace; 0 if not late, or back."""
    if state.visit.back is not None or not is_watched(state, now):
        return 0
    return max(0, (now - from_text(state.visit.due_back)) // timedelta(minutes=1))


def schedule(state: PlanState) -> list[Due]:
    """The steps of this visit's ladder as they fall due, in order; for high risk and duress, from the top.

    None falls due before the visit was signed and watched: what would have been is due as soon as it was. No
    clock that was ahead puts one off past the time due back for that.
    """
    visit = state.visit
    if visit.duress is not None:
        return [Due(rung, level, _spoken_at(state)) for level, rung in _top(visit.ladder)]
    start = visit.start or state.body.visit.start
    first = watched_since(state) or max(start, state.version.content.at)
    return [
        due
        for due in _dues(visit.ladder, visit.due_back, start, min(first, visit.due_back))
        if not due.rung.missing or not _is_reported(due.rung.missing, state, start)
    ]


def ordinary_schedule(state: PlanState) -> list[Due]:
    """The steps as they fall due if nothing is heard of the worker."""
    return schedule(msgspec.structs.replace(state, visit=msgspec.structs.replace(state.visit, duress=None)))


def _is_reported(missing: str, state: PlanState, start: str) -> bool:
    """Whether the worker is as far as a step asks, by what was reported from shortly before the start on."""
    stages, first = _REACHED.get(missing, ()), to_text(from_text(start) - SHORTLY)
    return state.visit.stage in stages and any(
        one.happened >= first and (one.kind is Kind.BACK or STAGES.get(one.kind) in stages)
        for one in state.visit.reports
    )


def by_minute(dues: Sequence[Due]) -> list[list[Due]]:
    """Steps in order, those of one minute together; one that waits for a report stands alone."""
    groups: list[list[Due]] = []
    for due in dues:
        last = groups[-1][-1] if groups else None
        same = last and last.at[:_MINUTE] == due.at[:_MINUTE] and not (last.rung.missing or due.rung.missing)
        if same:
            groups[-1].append(due)
        else:
            groups.append([due])
    return groups


def all_at_once(ladder: Ladder, dues: Sequence[Due]) -> bool:
    """Whether these are the steps at which a ladder starts because the risk is high."""
    return ladder.high_risk and len(dues) > 1 and any(due.rung.id == ladder.start for due in dues)


def to_raise(state: PlanState, now: datetime) -> list[Due]:
    """The steps that are due now and have not been raised, in order."""
    if not is_watched(state, now):
        return []
    # The report of duress tells the time by the clock of whoever took the call; it does not wait for ours.
    return [due for due in _to_come(state) if state.visit.duress is not None or due.at <= to_text(now)]


def next_due(state: PlanState, now: datetime) -> Due | None:
    """The next step that will fall due, or is due and nobody has it; None if nothing more is to come."""
    return next(iter(next_dues(state, now)), None)


def next_dues(state: PlanState, now: datetime) -> list[Due]:
    """The next step, with those that fall due in the same minute; none if nothing more is to come."""
    if not _may_climb(state, now):
        return []
    level, _ = taken_on(state, now)
    groups = by_minute([due for due in _to_come(state) if due.level > level])
    return groups[0] if groups else []


def left_waiting(state: PlanState, now: datetime) -> list[Due]:
    """The steps that are due now, and that were neither raised nor taken on, in order."""
    level, _ = taken_on(state, now)
    return [due for due in to_raise(state, now) if due.level > level]


def unowned(state: PlanState) -> Sequence[Event[EscalatedBody]]:
    """The raised steps that somebody must take on and nobody has."""
    visit, taken = state.visit, owned_level(state)
    named = {one.body.step for one in visit.alarm.raised if one.id in visit.taken}
    found: dict[tuple[str, str], Event[EscalatedBody]] = {}
    for one in visit.alarm.raised:
        is_taken = one.body.step in named or 0 <= visit.level(one.body.step) <= taken
        if visit.rung(one.body.step).acknowledge and not is_taken:
            found.setdefault((one.body.step, one.body.due), one)
    return list(found.values())


def owner(state: PlanState, now: datetime) -> Event[AcknowledgedBody] | None:
    """Who took on the highest step, the newest of those; None if nobody has."""
    return taken_on(state, now)[1]


def taken_on(state: PlanState, now: datetime) -> tuple[int, Event[AcknowledgedBody] | None]:
    """The highest step that somebody has taken on, by its place in the ladder, and who was the last to do so.

    A step that was due counts, whether or not a watch was there to raise it; one that was not does not, so
    that an early word or a wrong clock puts nothing off. -1 and None if nobody has taken anything on.
    """
    visit = state.visit
    raised = {one.id: one.body.step for one in visit.alarm.raised}
    named = {(visit.level(raised[name]), visit.taken[name]) for name in visit.taken if name in raised}
    latest = to_text(now + CLOCKS_APART)
    due = {one.rung.id: one for one in _to_come(state)}
    for one in visit.alarm.owned:
        step = due.get(one.body.step)
        if step and one.id not in visit.unaware and step.at <= one.at <= latest:
            named.add((step.level, one.id))
    level = max((place for place, _ in named), default=-1)
    names = {name for place, name in named if place == level}
    return level, next((one for one in reversed(visit.alarm.owned) if one.id in names), None)


def owned_level(state: PlanState) -> int:
    """The highest raised step of the open alarm that was taken on, by its place in the ladder; -1 if none."""
    visit = state.visit
    levels = (visit.level(one.body.step) for one in visit.alarm.raised if one.id in visit.taken)
    return max(levels, default=-1)


def _may_climb(state: PlanState, now: datetime) -> bool:
    """Whether a visit is watched now, or will be from its start on if nothing changes."""
    if state.closed:
        return False
    expected = bool(state.visit.watched) and now <= from_text(state.visit.due_back) + EXPECTED
    return expected or not _only_expected(state)


def _only_expected(state: PlanState) -> bool:
    """Whether nobody reported setting out, and no alarm is open."""
    visit = state.visit
    return not (visit.out or visit.back or visit.duress or visit.alarm.raised)


def _to_come(state: PlanState) -> list[Due]:
    """The steps that were neither raised nor taken on beforehand; none once the worker is back."""
    visit = state.visit
    if visit.back is not None and visit.duress is None:
        return []
    raised = {(one.body.step, one.body.due) for one in visit.alarm.raised}
    taken = owned_level(state)
    return [due for due in schedule(state) if due.level > taken and (due.rung.id, due.at) not in raised]


def _spoken_at(state: PlanState) -> str:
    """When the duress phrase was spoken; by a clock that was wrong, the nearest time that a step can have.

    The first and last such time are a day from the visit, so that the step that is raised counts.
    """
    start, due = state.visit.start or state.body.visit.start, state.visit.due_back
    first, last = to_text(from_text(start) - A_DAY), to_text(from_text(due) + A_DAY)
    said = state.visit.duress.at if state.visit.duress else due
    return max(first if is_time(first) else start, min(said, last if is_time(last) else due))


@lru_cache(maxsize=4096)  # a watcher asks for each open visit in each round
def _dues(ladder: Ladder, due_back: str, start: str, first: str) -> tuple[Due, ...]:
    begins, back, minutes = from_text(start), from_text(due_back), _minutes(ladder)
    times = [
        to_text((begins if rung.early else back) + timedelta(minutes=minutes[level]))
        for level, rung in enumerate(ladder.steps)
    ]
    dues = [Due(rung, level, max(first, times[level])) for level, rung in enumerate(ladder.steps)]
    return tuple(sorted(dues, key=lambda due: (due.at, due.level)))


def _grace(ladder: Ladder) -> int:
    return min(max(ladder.grace_minutes, 0), MOST_GRACE)


def _minutes(ladder: Ladder) -> list[int]:
    """The minutes from the time due back to each step, with the grace; a high-risk visit starts higher up.

    Whoever acts before the manager is called at once too: the desk rings while a manager decides. For a step
    that counts from the start: the minutes from there, whatever the risk.
    """
    written = after = [min(max(rung.after, -MOST_MINUTES), MOST_MINUTES) for rung in ladder.steps]
    first = next(
        (level for level, rung in enumerate(ladder.steps) if rung.id == ladder.start and not rung.early), None
    )
    if ladder.high_risk and first is not None and after[first] > 0:
        start = after[first]
        own = [set(rung.who) == {WORKER} for rung in ladder.steps]
        below = [one if own[level] else min(one, 0) for level, one in enumerate(after[:first])]
        after = [*below, *(max(0, minutes - start) for minutes in after[first:])]
    graced = [minutes + _grace(ladder) if minutes >= 0 else minutes for minutes in after]
    steps = zip(ladder.steps, written, graced, strict=True)
    return [max(0, own) if rung.early else minutes for rung, own, minutes in steps]


def _top(ladder: Ladder) -> list[tuple[int, Rung]]:
    """The steps for duress: from the start on, else the manager's, else the last; not the worker's."""
    rungs = [
        (level, rung)
        for level, rung in enumerate(ladder.steps)
        if set(rung.who) != {WORKER} and not rung.early
    ]
    started = [level for level, rung in enumerate(ladder.steps) if rung.id == ladder.start]
    top = [one for one in rungs if started and one[0] >= started[0]]
    managers = [one for one in rungs if Role.MANAGER in one[1].who]
    last = rungs or list(enumerate(ladder.steps))
    return top or managers or last[-1:]


def went_without(state: PlanState) -> str:
    """Why the worker set out although no countersignature stands; empty if that is not so."""
    reason = went_first(state)
    if state.status is Status.COUNTERSIGNED or not reason:
        return ""
    if state.status is not Status.WITHDRAWN:
        return reason
    agreed = state.decided is not None and state.decided.decision is Decision.COUNTERSIGN
    return "" if state.closed or (agreed and _set_out_before(state)) else reason


def set_out_words(state: PlanState, me: Member | None = None) -> tuple[str, str]:
    """`has set out although you refused it`, and why they say that it could not wait.

    Args:
        state: A plan for which `went_without` gives a reason.
        me: Who reads it; None if that is not to be told apart.
    """
    reason, before = went_without(state), _set_out_before(state)
    inside = reason.strip().rstrip(".")
    gone, urgent = "has set out", "has set out already, urgent"
    if state.visit.back:
        gone, urgent = "is back and had set out", "is back and had set out first, urgent"
    if state.status is Status.WITHDRAWN:
        if before:
            return urgent, f"{inside}; the plan was withdrawn since"
        return f"{gone} on a plan that was withdrawn", reason
    if state.decision is None or state.status not in {Status.REFUSED, Status.RETURNED}:
        return urgent, reason
    mine = me is not None and state.decision.author is not None and me.same_person(state.decision.author)
    said = f"{'you' if mine else state.decision.name} {state.status} it"
    if before:
        return urgent, f"{inside}; {said} since"
    return f"{gone} although {said}", reason


def _set_out_before(state: PlanState) -> bool:
    """Whether they set out before the plan was withdrawn, or decided on as it is now."""
    left = state.visit.departed.id if state.visit.departed else ""
    of_interest = [one.entry.id for one in state.judged if one.entry.id == left or _is_no(state, one)]
    return bool(of_interest) and of_interest[-1] != left


def _is_no(state: PlanState, one: Judged) -> bool:
    if state.status is Status.WITHDRAWN:
        return isinstance(one.body, WithdrawnBody) and not one.why_not
    return state.decision is not None and one.entry.id == state.decision.entry.id
