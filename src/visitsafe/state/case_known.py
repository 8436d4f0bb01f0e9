"""The facts that the record of a case gives a plan (D17): incidents, a visit broken off, what is open. Pure.

Each has an age, so that one assault does not stop a family's visits for ever: `open` until it was talked
over, then `this-year`, then `older`. Several of a kind give the most pressing of their ages.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from visitsafe.checklists.facts import (
    BROKEN_OFF,
    CURRENT,
    DIFFERENT,
    INCIDENT,
    MARKER,
    NEAR_MISS,
    OLDER,
    OPEN,
    OUT_OF_DATE,
    THIS_YEAR,
    TO_SHARE,
    VIOLENCE,
    fact_words,
    in_order,
)
from visitsafe.record.bodies import IncidentBody, KnownFact, ReportBody
from visitsafe.record.terms import Answer
from visitsafe.state.duties import CaseHistory, each_once
from visitsafe.state.fold import PlanState
from visitsafe.state.markers import why_out_of_date
from visitsafe.text.clock import date_only, to_text

A_YEAR = timedelta(days=365)
_PRESSING = (OPEN, THIS_YEAR, OLDER)
VIOLENT = "physical-violence"
"""The behaviour of the incident form that is violence."""
_HURT = frozenset({Answer.YES.value, Answer.NOT_SURE.value})


class _Seen(NamedTuple):
    """Something on record: which fact, how old, when it happened (UTC text), and the entry behind it."""

    name: str
    age: str
    at: str
    entry: str


def case_facts(history: CaseHistory, now: datetime, zone: tzinfo, *, but: str = "") -> tuple[KnownFact, ...]:
    """What the record of a case makes known; no fact where it makes nothing known.

    Args:
        history: The case, as everybody in the team may see it.
        now: For how old something is.
        zone: Whose days are named.
        but: The id of the plan that is made or read: what it is to share itself is no news to it.
    """
    seen = [*_incidents(history, now), *_stopped(history, now), *_wishes(history, now)]
    seen += _to_share(history, but)
    grouped: dict[str, list[_Seen]] = {}
    for one in seen:
        grouped.setdefault(one.name, []).append(one)
    return in_order([*(_fact(name, found, zone) for name, found in grouped.items()), *_marker(history, now)])


def _fact(name: str, found: list[_Seen], zone: tzinfo) -> KnownFact:
    value = min((one.age for one in found), key=_PRESSING.index)
    newest = max((one for one in found if one.age == value), key=lambda one: one.at)
    label, words = fact_words(name, value)
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    text = f"{label}: {date_only(newest.at, zone)}, {words}{more}."
    return KnownFact(name=name, value=value, text=text, entries=tuple(sorted({one.entry for one in found})))


def _age(at: str, now: datetime) -> str:
    return THIS_YEAR if at >= to_text(now - A_YEAR) else OLDER


def _incidents(history: CaseHistory, now: datetime) -> Iterator[_Seen]:
    for state, said in history.incidents():
        waits = said.id in state.after.not_talked_over
        age = OPEN if waits else _age(said.happened, now)
        yield _Seen(NEAR_MISS if said.body.near_miss else INCIDENT, age, said.happened, said.id)
        if is_violent(said.body):
            yield _Seen(VIOLENCE, age, said.happened, said.id)


def is_violent(body: IncidentBody) -> bool:
    """Whether it was violence, done or just missed, or somebody was or may have been hurt."""
    return VIOLENT in body.behaviours or (not body.near_miss and body.hurt in _HURT)


def _stopped(history: CaseHistory, now: datetime) -> Iterator[_Seen]:
    """Visits that were broken off; the newest visit stays open until it was talked over."""
    made = _made(history)
    for state in made:
        for one in state.visit.reports:
            if isinstance(one.body, ReportBody) and one.body.stopped:
                waits = state is made[-1] and not state.after.debriefs
                yield _Seen(BROKEN_OFF, OPEN if waits else _age(one.happened, now), one.happened, one.id)


def _wishes(history: CaseHistory, now: datetime) -> Iterator[_Seen]:
    """What should be different next time: open until another visit was made."""
    made = _made(history)
    for state in made:
        for said in state.after.debriefs:
            if said.body.next_time.strip():
                age = OPEN if state is made[-1] else _age(said.happened, now)
                yield _Seen(DIFFERENT, age, said.happened, said.id)


def _to_share(history: CaseHistory, but: str) -> Iterator[_Seen]:
    for state, one in each_once(history.plans):
        if one.open and not (state.plan == but and one.of_plan):
            yield _Seen(TO_SHARE, OPEN, state.version.content.at, one.of)


def _marker(history: CaseHistory, now: datetime) -> Iterable[KnownFact]:
    said = history.marker()
    if said is None or not said.body.found:
        return ()
    value = OUT_OF_DATE if why_out_of_date(said.body, now.date()) else CURRENT
    text = "{}: {}.".format(*fact_words(MARKER, value))
    return (KnownFact(name=MARKER, value=value, text=text, entries=(said.id,)),)


def _made(history: CaseHistory) -> list[PlanState]:
    """The visits that were made, the earliest first."""
    return [state for state in history.plans if was_made(state)]


def was_made(state: PlanState) -> bool:
    """Whether anything says that a visit took place, or was set out for."""
    return bool(state.visit.reports or state.after.debriefs or state.after.incidents)
