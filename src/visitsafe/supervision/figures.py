"""The figures of a team's visits over some time, for its health and safety agenda (8.2). Pure.

Everything is counted with the visit that it belongs to, in the time in which that visit starts. So each visit
is in one month only, and what is still open then is counted as it stands now. In it an incident has the week
in which it happened. Every plan is taken as somebody
sees it who may not know of duress: a report is handed round. Drills are not counted. docs/report.md says
what each figure is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median

import msgspec

from visitsafe.checklists.facts import in_the_dark
from visitsafe.record.bodies import ExtendedBody, IncidentBody
from visitsafe.record.terms import Answer, Company, Decision, Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import Met, each_once, talk_by, to_tell
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import MOST_GRACE
from visitsafe.state.rules_visit import is_time
from visitsafe.state.visit import A_DAY, Alarm, Event
from visitsafe.team.details import is_old
from visitsafe.team.people import Member, people
from visitsafe.team.roster import case_key
from visitsafe.text.clock import from_text, to_text
from visitsafe.text.days import Period

TRAINING = "training"
"""The question whose answer says that safety training is up to date; a checklist may do without it."""
OFF_WORK, OVER_THREE, OVER_SEVEN = "off-work", "over-three", "over-seven"
POLICE, POLICE_KNOW = "police", "told"
"""Questions of the form `incident` and answers to them; a form of an agency's own may do without them."""


class Incidents(msgspec.Struct, frozen=True):
    """Incidents and near misses; one that has several behaviours counts under each of them.

    Attributes:
        incidents: How many.
        near_misses: How many of those.
        behaviours: How often each occurred, by its id.
        hurt: In which somebody was hurt.
        hurt_not_sure: In which nobody is sure of that.
        off_over_three: After which somebody was kept from work for more than three days.
        off_over_seven: Of these: for more than seven.
        police_told: Of which the police know.
    """

    incidents: int = 0
    near_misses: int = 0
    behaviours: dict[str, int] = {}
    hurt: int = 0
    hurt_not_sure: int = 0
    off_over_three: int = 0
    off_over_seven: int = 0
    police_told: int = 0


class Debriefs(msgspec.Struct, frozen=True):
    """Visits that were talked over, that still are to be, and of those how many are late."""

    done: int = 0
    owed: int = 0
    late: int = 0


class Sharing(msgspec.Struct, frozen=True):
    """Duties to tell other professionals, by what became of them."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    due: int = 0
    declined: int = 0


class OutOfDate(msgspec.Struct, frozen=True):
    """Workers, and how many of them have something that is not up to date by their newest plan.

    Attributes:
        workers: Those who planned a visit.
        training: Whose safety training is not up to date, or was last confirmed too long ago.
        details_old: Whose tracing details are past their date.
        details_none: Who gave none with that plan.
    """

    workers: int = 0
    training: int = 0
    details_old: int = 0
    details_none: int = 0


def incidents_of(state: PlanState) -> list[Event[IncidentBody]]:
    """The incidents and near misses of a plan, each once."""
    return [said for said, _ in to_tell(state.after)]


def incidents_in(states: Iterable[PlanState]) -> Incidents:
    """How many there were, and what they were."""
    said = [one.body for state in states for one in incidents_of(state)]
    near = sum(body.near_miss for body in said)
    behaviours = Counter(name for body in said for name in dict.fromkeys(body.behaviours))
    off = Counter(body.answers.get(OFF_WORK) for body in said)
    return Incidents(
        incidents=len(said) - near,
        near_misses=near,
        behaviours=dict(sorted(behaviours.items(), key=_most_first)),
        hurt=sum(body.hurt == Answer.YES for body in said),
        hurt_not_sure=sum(body.hurt == Answer.NOT_SURE for body in said),
        off_over_three=off[OVER_THREE] + off[OVER_SEVEN],
        off_over_seven=off[OVER_SEVEN],
        police_told=sum(body.answers.get(POLICE) == POLICE_KNOW for body in said),
    )


def _most_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def debriefs_in(states: Iterable[PlanState], now: datetime) -> Debriefs:
    """What was talked over and what was not."""
    done = owed = late = 0
    for state in states:
        by = talk_by(state)
        owed += bool(by)
        late += bool(by) and by < to_text(now)
        done += not by and bool(state.after.debriefs)
    return Debriefs(done, owed, late)


def sharing_in(states: Iterable[PlanState], now: datetime) -> Sharing:
    """What became of each duty; one that was met late is met all the same."""
    found = Counter[str]()
    for _, one in each_once(states):
        met = one.met(now)
        if met is Met.SHARED and one.said is not None:
            found["in_time" if one.said.happened <= one.by else "late"] += 1
        else:
            found[{Met.OVERDUE: "overdue", Met.DUE: "due"}.get(met, "declined")] += 1
    return Sharing(**found)


def out_of_date(newest: Sequence[PlanState], kept_for: Mapping[str, int], now: datetime) -> OutOfDate:
    """What is out of date, by the newest plan of each worker.

    Args:
        newest: Those plans.
        kept_for: Days for which the answer about training holds, by the id of the visit checklist.
        now: Aware.
    """
    sealed = [state.sealed for state in newest]
    return OutOfDate(
        workers=len(newest),
        training=sum(_is_training_old(state, kept_for, now) for state in newest),
        details_old=sum(one is not None and is_old(one.valid_until, now) for one in sealed),
        details_none=sum(one is None for one in sealed),
    )


def _is_training_old(state: PlanState, kept_for: Mapping[str, int], now: datetime) -> bool:
    """Not sure counts as no (D7); a checklist that does not ask it says nothing."""
    body = state.body
    if TRAINING not in body.answers:
        return False
    if body.answers[TRAINING] != Answer.YES:
        return True
    given = body.standing.get(TRAINING, "")
    days = kept_for.get(body.checklists[0].id) if body.checklists else None
    return bool(given and days) and given < to_text(now - timedelta(days=days or 0))


MANY = 5
"""After how many visits to hostile cases without a report somebody is asked about it. Our default."""
_UNSAFE = frozenset({Answer.YES, Answer.NOT_SURE})
_HOSTILE: Mapping[str, frozenset[str]] = {
    "uncooperativeness": frozenset({"confrontation", "violence"}),
    "threat-expected": frozenset(_UNSAFE),
}
_BEHAVIOURS = "behaviours"
_NONE = frozenset({"none", ""})


class Carried(msgspec.Struct, frozen=True):
    """What one worker carried.

    Attributes:
        name: As the team knows them; with the e-mail where two have the same name.
        cases: Different cases in which somebody may be hostile.
        visits: Planned visits to these.
        reported: Incidents and near misses on their visits, or reported by them.
    """

    name: str
    cases: int
    visits: int
    reported: int

    @property
    def never_reported(self) -> bool:
        """Whether there were many such visits and not one report."""
        return self.visits >= MANY and not self.reported


def is_hostile(state: PlanState) -> bool:
    """Whether a visit was to somebody who may be hostile, by the plan's answers or by what happened."""
    answers = state.body.answers
    if any(_given(answers.get(name)) & values for name, values in _HOSTILE.items()):
        return True
    return bool(_given(answers.get(_BEHAVIOURS)) - _NONE) or bool(state.after.incidents)


def _given(answer: str | tuple[str, ...] | None) -> frozenset[str]:
    if answer is None:
        return frozenset()
    return frozenset({answer} if isinstance(answer, str) else answer)


def hostile_cases(states: Iterable[PlanState]) -> int:
    """How many different cases there are among hostile visits."""
    return len({case_key(state.body.visit.case) for state in states if is_hostile(state)})


def newest_plans(states: Sequence[PlanState], everyone: Iterable[Member]) -> list[PlanState]:
    """The plan with the latest start of each worker."""
    known = people(everyone)
    found: dict[str, PlanState] = {}
    for state in sorted(states, key=lambda state: (state.body.visit.start, state.plan)):
        found[_key(state.author, known)] = state
    return list(found.values())


def carried_by(states: Sequence[PlanState], everyone: Iterable[Member]) -> tuple[Carried, ...]:
    """What each worker with a hostile visit carried, most cases first.

    Args:
        states: The plans, withdrawn and refused ones too.
        everyone: Every key, name and e-mail that the team ever knew: for who is who.
    """
    known = people(everyone)
    hostile: dict[str, list[PlanState]] = {}
    for state in filter(is_hostile, states):
        hostile.setdefault(_key(state.author, known), []).append(state)
    reported: dict[str, set[str]] = {}
    for state in states:
        for said in incidents_of(state):
            for who in (state.author, said.author):
                reported.setdefault(_key(who, known), set()).add(said.id)
    names = _names({key: mine[-1].author for key, mine in hostile.items()})
    found = [
        Carried(names[key], hostile_cases(mine), len(mine), len(reported.get(key, ())))
        for key, mine in hostile.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.cases, -one.visits, one.name)))


def _key(member: Member, known: Sequence[Member]) -> str:
    """One key for all keys and e-mails of a person."""
    return min(one.fingerprint for one in people(known).selves(member))


def _names(members: Mapping[str, Member]) -> dict[str, str]:
    called = [member.person.name for member in members.values()]
    return {
        key: one.person.name
        if called.count(one.person.name) == 1
        else f"{one.person.name} ({one.person.email})"
        for key, one in members.items()
    }


_MINUTE = timedelta(minutes=1)


class Spread(msgspec.Struct, frozen=True):
    """How long something took, in whole minutes.

    Attributes:
        count: How often.
        median: Half of them took no longer; None if there was none.
        longest: The longest; None if there was none.
    """

    count: int = 0
    median: int | None = None
    longest: int | None = None


class Late(msgspec.Struct, frozen=True):
    """How late one visit was.

    Attributes:
        minutes: The longest time for which it was overdue, from the time due back on.
        ended: Whether the record says that this came to an end.
    """

    minutes: int
    ended: bool


class Taken(msgspec.Struct, frozen=True):
    """An alarm that somebody had to take on. `minutes`: until somebody did; None while nobody has."""

    minutes: int | None


class Gaps(msgspec.Struct, frozen=True):
    """Times at which a step fell due and nobody was watching: how many, and how long together (minutes)."""

    count: int = 0
    minutes: int = 0


def spread(minutes: Iterable[int]) -> Spread:
    """How often, the median (half a minute counts as one) and the longest."""
    found = sorted(minutes)
    return Spread(len(found), int(median(found) + 0.5), found[-1]) if found else Spread()


def lateness(state: PlanState, now: datetime) -> Late | None:
    """How late a visit was; None if it was not, or nobody was expected back."""
    if not _was_expected(state):
        return None
    end = _end(state)
    grace = min(max(state.visit.ladder.grace_minutes, 0), MOST_GRACE) * _MINUTE
    found = [
        Late((stop - due) // _MINUTE, ended=ended)
        for due, stop, ended in _stretches(state, end, now)
        if stop > due + grace
    ]
    return max(found, key=lambda late: (not late.ended, late.minutes), default=None)


def _was_expected(state: PlanState) -> bool:
    """Whether anybody waited for the worker: they set out, or a manager had agreed, or it could not wait."""
    visit = state.visit
    if visit.out or visit.back or any(alarm.raised for alarm in visit.alarms):
        return True
    agreed = state.decided is not None and state.decided.decision is Decision.COUNTERSIGN
    return agreed or bool(visit.watched)


def _end(state: PlanState) -> str:
    """When the waiting ended, UTC text: back, stood down, or called off; empty while it has not."""
    ats = {one.entry.id: one.entry.content.at for one in state.judged}
    ats |= {alarm.over.id: alarm.over.at for alarm in state.visit.alarms if alarm.over}
    back = state.visit.back.at if state.visit.back else ""
    closed = ats.get(state.closed, state.visit.due_back) if state.closed else ""
    return min(filter(None, (back, closed)), default="")


def _stretches(state: PlanState, end: str, now: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
    """Each time due back, until when it held, and whether anything on record ended it."""
    said = [(one.at, one.body.until) for one in state.visit.reports if isinstance(one.body, ExtendedBody)]
    overs = (alarm.over for alarm in state.visit.alarms if alarm.over)
    changes = sorted([*said, *((over.at, over.body.until) for over in overs if over.body.until)])
    due = state.body.visit.due_back if changes else state.visit.due_back
    last = end or to_text(now)
    for at, until in changes:
        if at < last:
            yield from_text(due), from_text(at), True
            due = until
    yield from_text(due), from_text(last), bool(end)


def is_unheard(state: PlanState, now: datetime) -> bool:
    """Whether a visit was agreed to, its time is long over, and nobody ever reported anything about it."""
    if state.visit.trip or state.closed or not state.visit.watched:
        return False
    return from_text(state.visit.due_back) + A_DAY < now


def alarms_taken(state: PlanState) -> Iterator[Taken]:
    """The alarms about a visit that somebody had to take on, and after how long somebody did."""
    for place, alarm in enumerate(state.visit.alarms):
        asked = [one.at for one in alarm.raised if state.visit.rung(one.body.step).acknowledge]
        if asked:
            is_open = place == len(state.visit.alarms) - 1
            taken = min(filter(None, (_owned(state, alarm, min(asked), is_open=is_open))), default="")
            yield Taken((from_text(taken) - from_text(min(asked))) // _MINUTE if taken else None)


def _owned(state: PlanState, alarm: Alarm, since: str, *, is_open: bool) -> Iterator[str]:
    """When somebody took an alarm on, or stood it down."""
    taking = set(state.visit.taken.values())
    for one in alarm.owned:
        if one.id in taking if is_open else one.at >= since:
            yield max(one.at, since)
    if alarm.over is not None:
        yield max(alarm.over.at, since)


def steps_raised(state: PlanState) -> int:
    """How many steps of the ladder were raised."""
    return sum(len(alarm.raised) for alarm in state.visit.alarms)


def gaps_in(states: Iterable[PlanState]) -> Gaps:
    """When nobody was watching, as far as a step was raised late because of it; overlapping times are one."""
    times = sorted(
        (one.body.unwatched_from, one.at)
        for state in states
        for alarm in state.visit.alarms
        for one in alarm.raised
        if one.body.unwatched_from and one.body.unwatched_from < one.at
    )
    apart: list[tuple[str, str]] = []
    for begin, end in times:
        if apart and begin <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((begin, end))
    minutes = (from_text(end) - from_text(begin) for begin, end in apart)
    return Gaps(len(apart), sum(minutes, timedelta()) // _MINUTE)


UNSAID = frozenset({Company.NOT_ASKED, Company.NOT_SURE})


class Visits(msgspec.Struct, frozen=True):
    """How many visits were planned, by how they stand now, how they were to be made, or that nobody said."""

    planned: int
    by_status: dict[Status, int]
    urgent: int
    alone: int
    not_said: int
    alone_after_dark: int


class Instead(msgspec.Struct, frozen=True):
    """How the purpose of a refused visit was to be met (D12); `how` is in the manager's words."""

    ref: str
    how: str


class Overdue(msgspec.Struct, frozen=True):
    """Visits from which somebody was not back in time.

    Attributes:
        visits: How many.
        ended: Those of which the record says when it was over, and how long that took.
        unheard: Those that were agreed to and about which nobody ever reported anything.
    """

    visits: int = 0
    ended: Spread = Spread()
    unheard: int = 0


class Alarms(msgspec.Struct, frozen=True):
    """Escalations: steps that were raised, alarms that asked for somebody, and how soon one came."""

    steps: int = 0
    asked: int = 0
    taken: Spread = Spread()


class Week(msgspec.Struct, frozen=True):
    """A week that begins on `first`: visits, of those overdue, and incidents with near misses."""

    first: date
    planned: int
    overdue: int
    incidents: int


class Figures(msgspec.Struct, frozen=True):
    """All figures of one report.

    Attributes:
        period: The days.
        at: When it was made, aware.
        visits: Plans, by how they stand.
        instead: For each refused visit: how its purpose was to be met instead.
        overdue: Who was late.
        alarms: What was raised, and who took it on.
        gaps: When nobody was watching.
        incidents: What happened.
        debriefs: What was talked over.
        sharing: What was passed on.
        out_of_date: Training and details.
        hostile_visits: Visits to somebody who may be hostile.
        hostile_cases: Different cases among these.
        carried: What each worker carried of them. For a manager's eyes (D14).
        weeks: The same week by week.
    """

    period: Period
    at: datetime
    visits: Visits
    instead: tuple[Instead, ...]
    overdue: Overdue
    alarms: Alarms
    gaps: Gaps
    incidents: Incidents
    debriefs: Debriefs
    sharing: Sharing
    out_of_date: OutOfDate
    hostile_visits: int
    hostile_cases: int
    carried: tuple[Carried, ...]
    weeks: tuple[Week, ...]


def figures(
    states: Iterable[PlanState],
    period: Period,
    now: datetime,
    everyone: Iterable[Member] = (),
    kept_for: Mapping[str, int] | None = None,
) -> Figures:
    """Count.

    Args:
        states: Plans; those whose visit starts in another time are passed over.
        period: The days.
        now: As of when, aware.
        everyone: Every key, name and e-mail that the team ever knew: for who is who.
        kept_for: Days for which an answer about training holds, by the id of the visit checklist.
    """
    since, until = period.since, period.until
    mine = (state for state in states if since <= state.body.visit.start < until)
    seen = [hides_duress(state, None, now) for state in mine]
    people = tuple(everyone)
    return Figures(
        period=period,
        at=now,
        visits=_visits(seen),
        instead=tuple(_instead(seen)),
        overdue=_overdue(seen, now),
        alarms=_alarms(seen),
        gaps=gaps_in(seen),
        incidents=incidents_in(seen),
        debriefs=debriefs_in(seen, now),
        sharing=sharing_in(seen, now),
        out_of_date=out_of_date(newest_plans(seen, people), kept_for or {}, now),
        hostile_visits=sum(map(is_hostile, seen)),
        hostile_cases=hostile_cases(seen),
        carried=carried_by(seen, people),
        weeks=tuple(_weeks(seen, period, now)),
    )


def is_alone_after_dark(state: PlanState) -> bool:
    """Whether it is alone and not surely in daylight: as worked out, else as answered (D7)."""
    return state.going.company is Company.ALONE and in_the_dark(state.body)


def _visits(states: Sequence[PlanState]) -> Visits:
    status = Counter(state.status for state in states)
    return Visits(
        planned=len(states),
        by_status={one: status[one] for one in Status},
        urgent=sum(bool(state.body.urgent or state.visit.urgent) for state in states),
        alone=sum(state.going.company is Company.ALONE for state in states),
        not_said=sum(state.going.company in UNSAID for state in states),
        alone_after_dark=sum(map(is_alone_after_dark, states)),
    )


def _instead(states: Iterable[PlanState]) -> Iterable[Instead]:
    for state in states:
        if state.status is Status.REFUSED:
            yield Instead(state.ref, state.decided.purpose_met.strip() if state.decided else "")


def _overdue(states: Iterable[PlanState], now: datetime) -> Overdue:
    late = [(state, found) for state in states if (found := lateness(state, now))]
    return Overdue(
        visits=len(late),
        ended=spread(found.minutes for _, found in late if found.ended),
        unheard=sum(is_unheard(state, now) for state, found in late if not found.ended),
    )


def _alarms(states: Sequence[PlanState]) -> Alarms:
    asked = [one for state in states for one in alarms_taken(state)]
    taken = spread(one.minutes for one in asked if one.minutes is not None)
    return Alarms(sum(map(steps_raised, states)), len(asked), taken)


def _weeks(states: Sequence[PlanState], period: Period, now: datetime) -> Iterable[Week]:
    weeks: dict[date, list[PlanState]] = {first: [] for first in period.weeks()}
    incidents = Counter[date]()
    for state in states:
        weeks[period.week_of(state.body.visit.start)].append(state)
        incidents.update(period.week_of(_day_of(said, state, period)) for said in incidents_of(state))
    for first, mine in weeks.items():
        late = sum(lateness(state, now) is not None for state in mine)
        yield Week(first, len(mine), late, incidents[first])


def _day_of(said: Event[IncidentBody], state: PlanState, period: Period) -> str:
    """When it happened; the visit's start if that was in another time: it counts here all the same."""
    within = is_time(said.happened) and period.since <= said.happened < period.until
    return said.happened if within else state.body.visit.start
