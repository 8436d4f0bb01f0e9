"""The figures of a team's visits over some time, for its health and safety agenda (8.2). Pure.

Everything is counted with the visit that it belongs to, in the time in which that visit starts. So each visit
is in one month only, and what is still open then is counted as it stands now. In it an incident has the week
in which it happened. Every plan is taken as somebody
sees it who may not know of duress: a report is handed round. Drills are not counted. docs/report.md says
what each figure is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from visitsafe.checklists.facts import in_the_dark
from visitsafe.record.bodies import IncidentBody
from visitsafe.record.kinds import Company, Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState
from visitsafe.state.rules_visit import is_time
from visitsafe.supervision.figures_followup import (
    Debriefs,
    Incidents,
    OutOfDate,
    Sharing,
    debriefs_in,
    incidents_in,
    incidents_of,
    out_of_date,
    sharing_in,
)
from visitsafe.supervision.figures_people import Carried, carried_by, hostile_cases, is_hostile, newest_plans
from visitsafe.supervision.figures_visit import (
    Gaps,
    Spread,
    alarms_taken,
    gaps_in,
    is_unheard,
    lateness,
    spread,
    steps_raised,
)
from visitsafe.team.people import Member
from visitsafe.text.days import Period

AFTER_DARK = "after-dark-alone"
"""The rule of the shipped checklist that finds a visit alone after dark."""
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
    found = any(finding.rule == AFTER_DARK for finding in state.body.findings)
    return state.going.company is Company.ALONE and (found or in_the_dark(state.body))


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


def _day_of(said: Said[IncidentBody], state: PlanState, period: Period) -> str:
    """When it happened; the visit's start if that was in another time: it counts here all the same."""
    within = is_time(said.happened) and period.since <= said.happened < period.until
    return said.happened if within else state.body.visit.start
