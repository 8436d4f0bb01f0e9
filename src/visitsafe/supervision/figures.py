"""Counting a team's visits over some time, for its health and safety agenda (8.2): a number for each figure.

`report.TABLE` has the figures by the same ids, with their words; the managers' audit names them by these too.
docs/report.md says what each counts.

Everything is counted with the visit that it belongs to, in the time in which that visit starts. So each visit
is in one month only, and what is still open then is counted as it stands now. Week by week an incident has
the week in which it happened. Every plan is taken as somebody sees it who may not know of duress: a report is
handed round. Drills are not counted. Pure but for `gather`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median

import msgspec

from visitsafe.checklists.facts import in_the_dark
from visitsafe.desk import Desk, folded
from visitsafe.errors import VerificationError
from visitsafe.find import doubted, latest_rows, otherwise
from visitsafe.record.bodies import ExtendedBody, IncidentBody
from visitsafe.record.meanings import Meaning
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.terms import Answer, Company, Decision, Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import Met, each_once, talk_by, to_tell
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import MOST_GRACE
from visitsafe.state.plan_row import row_of
from visitsafe.state.removed import RemovedError
from visitsafe.state.visit import A_DAY, Alarm, Event
from visitsafe.supervision.patterns import THREAT, describes_hostility, is_alone, says_yes
from visitsafe.team.details import is_old
from visitsafe.team.people import Member, People, people
from visitsafe.team.roster import case_key
from visitsafe.text.clock import from_text, is_time, to_text
from visitsafe.text.days import Period

OVER_THREE, OVER_SEVEN, POLICE_KNOW = "over-three", "over-seven", "told"
"""Choices of the form `incident`; a form of an agency's own may do without them."""
MANY = 5
"""After how many visits to hostile cases without a report somebody is asked about it. Our default."""
_MINUTE = timedelta(minutes=1)


Numbers = dict[str, int | None]
"""Figures by their ids; None for a time that nothing took."""


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


class Week(msgspec.Struct, frozen=True):
    """A week that begins on `first`: visits, of those overdue, and incidents with near misses."""

    first: date
    planned: int
    overdue: int
    incidents: int


class Figures(msgspec.Struct, frozen=True):
    """All figures of some time.

    Attributes:
        period: The days.
        at: When it was counted, aware.
        states: The plans that were counted, as somebody sees them who may not know of duress.
        numbers: One for each figure of `report.TABLE`.
        instead: Each refused visit, and how its purpose was to be met (D12), in the manager's words.
        behaviours: How often each occurred, the most frequent first; one incident can have several.
        carried: What each worker carried of hostile visits, most cases first. For a manager's eyes (D14).
        weeks: Week by week.
        joined: How many people came into the team.
        left_out: References of plans whose record does not hold, so that they could not be counted.
        removed: How many plans of that time have no content any more.
    """

    period: Period
    at: datetime
    states: tuple[PlanState, ...]
    numbers: Numbers
    instead: tuple[tuple[str, str], ...] = ()
    behaviours: Mapping[str, int] = {}
    carried: tuple[Carried, ...] = ()
    weeks: tuple[Week, ...] = ()
    joined: int = 0
    left_out: tuple[str, ...] = ()
    removed: int = 0

    def __getitem__(self, name: str) -> int:
        """The number of a figure."""
        return self.numbers[name] or 0


def gather(desk: Desk, period: Period, kept_for: Mapping[str, int] | None = None) -> Figures:
    """Count what happened in a time, from the entries of its plans.

    The store's rows say which plans those are. One that does not hold is not counted and is named, and a row
    that tells otherwise than its entries is warned of. What it costs follows the plans of that time and the
    rows since; plans of other times are not folded, but for those with something new this week whose row is
    in doubt.

    Args:
        desk: Who asks.
        period: The days.
        kept_for: Days for which an answer about training holds, by the id of the visit checklist.
    """
    since, until = period.since, period.until
    rows = {row.plan: row for row in latest_rows(desk.store, from_text(since)) if row.start < until}
    doubtful = [one for one in doubted(desk.store, desk.now) if one not in rows and is_plan_id(one)]
    states: list[PlanState] = []
    left_out: list[str] = []
    removed = 0
    for plan in (*rows, *doubtful):
        history = desk.store.history(plan)
        try:
            state = desk.called(folded(plan, history, desk.roster))
        except RemovedError as error:
            removed += since <= error.removed.body.start < until
            continue
        except VerificationError as error:
            desk.warn(f"{error.message}; run: visitsafe verify")
            left_out.append(reference(plan))
            continue
        if row_of(state, history) != (rows.get(plan) or desk.store.row(plan)):
            desk.warn(f"{otherwise(plan)}; run: visitsafe verify {state.ref}")
        states.append(state)
    found = figures(states, period, desk.now, desk.roster.everyone, kept_for)
    return msgspec.structs.replace(found, left_out=tuple(sorted(left_out)), removed=removed)


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
    seen = tuple(hides_duress(state, None, now) for state in mine)
    known = people(tuple(everyone))
    refused = (state for state in seen if state.status is Status.REFUSED)
    instead = [(one.ref, one.decided.purpose_met.strip() if one.decided else "") for one in refused]
    said = [one.body for state in seen for one in incidents_of(state)]
    behaviours = Counter(name for body in said for name in dict.fromkeys(body.behaviours))
    hostile = list(filter(is_hostile, seen))
    purpose = sum(bool(how) for _, how in instead)
    return Figures(
        period=period,
        at=now,
        states=seen,
        numbers={
            **_visits(seen),
            "purpose_said": purpose,
            "purpose_not_said": len(instead) - purpose,
            **_overdue(seen, now),
            **_alarms(seen),
            **_incidents(said),
            **_debriefs(seen, now),
            **_sharing(seen, now),
            **_up_to_date(_newest_plans(seen, known), kept_for or {}, now),
            "hostile_visits": len(hostile),
            "hostile_cases": _cases(hostile),
        },
        instead=tuple(instead),
        behaviours=dict(sorted(behaviours.items(), key=lambda pair: (-pair[1], pair[0]))),
        carried=_carried(seen, hostile, known),
        weeks=tuple(_weeks(seen, period, now)),
        joined=_joined(known, period),
    )


def _visits(seen: Sequence[PlanState]) -> Numbers:
    status = Counter(state.status for state in seen)
    company = Counter(state.going.company for state in seen)
    return {
        "planned": len(seen),
        **{one.value: status[one] for one in Status},
        "urgent": sum(bool(state.body.urgent or state.visit.urgent) for state in seen),
        "alone": company[Company.ALONE],
        "alone_not_said": company[Company.NOT_ASKED] + company[Company.NOT_SURE],
        "alone_after_dark": sum(map(_is_alone_after_dark, seen)),
    }


def _is_alone_after_dark(state: PlanState) -> bool:
    """Whether it is alone and not surely in daylight: as worked out, else as answered (D7)."""
    return is_alone(state) and in_the_dark(state.body)


def _overdue(seen: Sequence[PlanState], now: datetime) -> Numbers:
    late = [(state, found) for state in seen if (found := lateness(state, now))]
    ended = [found.minutes for _, found in late if found.ended]
    return {
        "overdue": len(late),
        "overdue_ended": len(ended),
        "overdue_open": len(late) - len(ended),
        "unheard": sum(_is_unheard(state, now) for state, found in late if not found.ended),
        **_spread("overdue", ended),
    }


def _spread(prefix: str, minutes: Sequence[int]) -> Numbers:
    """The median (half a minute counts as one) and the longest."""
    middle = int(median(minutes) + 0.5) if minutes else None
    return {f"{prefix}_median": middle, f"{prefix}_longest": max(minutes, default=None)}


class Late(msgspec.Struct, frozen=True):
    """How late one visit was.

    Attributes:
        minutes: The longest time for which it was overdue, from the time due back on.
        ended: Whether the record says that this came to an end.
    """

    minutes: int
    ended: bool


def lateness(state: PlanState, now: datetime) -> Late | None:
    """How late a visit was; None if it was not, or nobody was expected back."""
    if not _was_expected(state):
        return None
    grace = min(max(state.visit.ladder.grace_minutes, 0), MOST_GRACE) * _MINUTE
    found = [
        Late((stop - due) // _MINUTE, ended=ended)
        for due, stop, ended in _stretches(state, _end(state), now)
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


def _is_unheard(state: PlanState, now: datetime) -> bool:
    """Whether a visit was agreed to, its time is long over, and nobody ever reported anything about it."""
    if state.visit.trip or state.closed or not state.visit.watched:
        return False
    return from_text(state.visit.due_back) + A_DAY < now


def _alarms(seen: Iterable[PlanState]) -> Numbers:
    seen = tuple(seen)
    asked = [one for state in seen for one in _taken_after(state)]
    taken = [minutes for minutes in asked if minutes is not None]
    gaps = _gaps(seen)
    return {
        "steps_raised": sum(map(steps_raised, seen)),
        "alarms": len(asked),
        "alarms_taken": len(taken),
        "alarms_not_taken": len(asked) - len(taken),
        **_spread("alarms", taken),
        "gaps": len(gaps),
        "gaps_minutes": sum(gaps, timedelta()) // _MINUTE,
    }


def steps_raised(state: PlanState) -> int:
    """How many steps of the ladder were raised."""
    return sum(len(alarm.raised) for alarm in state.visit.alarms)


def _taken_after(state: PlanState) -> Iterator[int | None]:
    """For each alarm that somebody had to take on: after how many minutes; None if nobody has."""
    for place, alarm in enumerate(state.visit.alarms):
        asked = [one.at for one in alarm.raised if state.visit.rung(one.body.step).acknowledge]
        if asked:
            is_open = place == len(state.visit.alarms) - 1
            taken = min(filter(None, (_owned(state, alarm, min(asked), is_open=is_open))), default="")
            yield (from_text(taken) - from_text(min(asked))) // _MINUTE if taken else None


def _owned(state: PlanState, alarm: Alarm, since: str, *, is_open: bool) -> Iterator[str]:
    """When somebody took an alarm on, or stood it down."""
    taking = set(state.visit.taken.values())
    for one in alarm.owned:
        if one.id in taking if is_open else one.at >= since:
            yield max(one.at, since)
    if alarm.over is not None:
        yield max(alarm.over.at, since)


def _gaps(seen: Iterable[PlanState]) -> list[timedelta]:
    """When nobody was watching, as far as a step was raised late because of it; overlapping times are one."""
    times = sorted(
        (one.body.unwatched_from, one.at)
        for state in seen
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
    return [from_text(end) - from_text(begin) for begin, end in apart]


def incidents_of(state: PlanState) -> list[Event[IncidentBody]]:
    """The incidents and near misses of a plan, each once."""
    return [said for said, _ in to_tell(state.after)]


def _incidents(said: Sequence[IncidentBody]) -> Numbers:
    near = sum(body.near_miss for body in said)
    off = Counter(body.answers.get(Meaning.OFF_WORK) for body in said)
    return {
        "reported": len(said),
        "incidents": len(said) - near,
        "near_misses": near,
        "hurt": sum(body.hurt == Answer.YES for body in said),
        "hurt_not_sure": sum(body.hurt == Answer.NOT_SURE for body in said),
        "off_over_three": off[OVER_THREE] + off[OVER_SEVEN],
        "off_over_seven": off[OVER_SEVEN],
        "police_told": sum(body.answers.get(Meaning.POLICE) == POLICE_KNOW for body in said),
    }


def _debriefs(seen: Iterable[PlanState], now: datetime) -> Numbers:
    """Visits that were talked over, that still are to be, and of those how many are late."""
    talks = [(talk_by(state), bool(state.after.debriefs)) for state in seen]
    done, owed = sum(talked for by, talked in talks if not by), sum(bool(by) for by, _ in talks)
    return {
        "debriefs_asked": done + owed,
        "debriefs_done": done,
        "debriefs_owed": owed,
        "debriefs_late": sum("" < by < to_text(now) for by, _ in talks),
    }


def _sharing(seen: Iterable[PlanState], now: datetime) -> Numbers:
    """What became of each duty; one that was met late is met all the same."""
    found = dict.fromkeys(("in_time", "late", "overdue", "due", "declined"), 0)
    for _, one in each_once(seen):
        met = one.met(now)
        if met is Met.SHARED and one.said is not None:
            found["in_time" if one.said.happened <= one.by else "late"] += 1
        else:
            found[{Met.OVERDUE: "overdue", Met.DUE: "due"}.get(met, "declined")] += 1
    return {"duties": sum(found.values()), **{f"sharing_{how}": count for how, count in found.items()}}


def _up_to_date(newest: Sequence[PlanState], kept_for: Mapping[str, int], now: datetime) -> Numbers:
    """What is out of date by the newest plan of each worker."""
    sealed = [state.sealed for state in newest]
    old = sum(one is not None and is_old(one.valid_until, now) for one in sealed)
    none = sum(one is None for one in sealed)
    return {
        "workers": len(newest),
        "training_old": sum(_is_training_old(state, kept_for, now) for state in newest),
        "details_current": len(newest) - old - none,
        "details_old": old,
        "details_none": none,
    }


def _is_training_old(state: PlanState, kept_for: Mapping[str, int], now: datetime) -> bool:
    """Not sure counts as no (D7); a checklist that does not ask it says nothing."""
    body = state.body
    if Meaning.TRAINING not in body.answers:
        return False
    if body.answers[Meaning.TRAINING] != Answer.YES:
        return True
    given = body.standing.get(Meaning.TRAINING, "")
    days = kept_for.get(body.checklists[0].id) if body.checklists else None
    return bool(given and days) and given < to_text(now - timedelta(days=days or 0))


def is_hostile(state: PlanState) -> bool:
    """Whether a visit was to somebody who may be hostile, by the plan's answers or by what happened."""
    answers = state.body.answers
    return says_yes(answers, THREAT) or describes_hostility(answers) or bool(state.after.incidents)


def _cases(states: Iterable[PlanState]) -> int:
    return len({case_key(state.body.visit.case) for state in states})


def _newest_plans(seen: Iterable[PlanState], known: People) -> list[PlanState]:
    """The plan with the latest start of each worker."""
    in_order = sorted(seen, key=lambda state: (state.body.visit.start, state.plan))
    return list({_key(state.author, known): state for state in in_order}.values())


def _carried(seen: Iterable[PlanState], hostile: Iterable[PlanState], known: People) -> tuple[Carried, ...]:
    """What each worker with a hostile visit carried; withdrawn and refused ones count too."""
    mine: dict[str, list[PlanState]] = {}
    for state in hostile:
        mine.setdefault(_key(state.author, known), []).append(state)
    reported: dict[str, set[str]] = {}
    for state in seen:
        for said in incidents_of(state):
            for who in (state.author, said.author):
                reported.setdefault(_key(who, known), set()).add(said.id)
    persons = {key: states[-1].author.person for key, states in mine.items()}
    called = Counter(person.name for person in persons.values())
    found = [
        Carried(
            one.name if called[one.name] == 1 else f"{one.name} ({one.email})",
            _cases(mine[key]),
            len(mine[key]),
            len(reported.get(key, ())),
        )
        for key, one in persons.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.cases, -one.visits, one.name)))


def _key(member: Member, known: People) -> str:
    """One key for all keys and e-mails of a person."""
    return min(one.fingerprint for one in known.selves(member))


def _joined(known: People, period: Period) -> int:
    """How many people came into the team; a new key of somebody is nobody new."""
    first = {_key(member, known): min(one.since for one in known.selves(member)) for member in known}
    return sum(period.since <= since < period.until for since in first.values())


def _weeks(seen: Iterable[PlanState], period: Period, now: datetime) -> Iterator[Week]:
    weeks: dict[date, list[PlanState]] = {first: [] for first in period.weeks()}
    incidents = Counter[date]()
    for state in seen:
        weeks[period.week_of(state.body.visit.start)].append(state)
        incidents.update(period.week_of(_day_of(said, state, period)) for said in incidents_of(state))
    for first, mine in weeks.items():
        late = sum(lateness(state, now) is not None for state in mine)
        yield Week(first, len(mine), late, incidents[first])


def _day_of(said: Event[IncidentBody], state: PlanState, period: Period) -> str:
    """When it happened; the visit's start if that was in another time: it counts here all the same."""
    within = is_time(said.happened) and period.since <= said.happened < period.until
    return said.happened if within else state.body.visit.start
