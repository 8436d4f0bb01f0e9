"""What the record of a case tells a plan (D17): its facts, visits at the same time, warning markers. Pure.

A fact has an age, so that one assault does not stop a family's visits for ever: `open` until it was talked
over, then `this-year`, then `older`. Several of a kind give the most pressing of their ages. Of a marker it
is told where it stands, never what it says (D14); one whose review day has passed, or that nobody has
looked up for a year, is out of date: the year is our default, not law.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from visitsafe.checklists.facts import (
    BOTH,
    BROKEN_OFF,
    COMPANION,
    CURRENT,
    DIFFERENT,
    INCIDENT,
    MARKER,
    NEAR_MISS,
    OLDER,
    OPEN,
    OUT_OF_DATE,
    OVERLAP,
    THIS_YEAR,
    TO_SHARE,
    VIOLENCE,
    WORKER,
    fact_words,
    in_order,
)
from visitsafe.errors import UsageError
from visitsafe.record.bodies import Companion, IncidentBody, KnownFact, MarkedBody, ReportBody
from visitsafe.record.terms import Answer, Status
from visitsafe.state.duties import CaseHistory, each_once
from visitsafe.state.fold import PlanState
from visitsafe.team.people import Member, words_in
from visitsafe.team.roster import is_companion, is_self
from visitsafe.text.clean import clean, one_line
from visitsafe.text.clock import age, date_only, short_span, to_text

MOST_TOLD = 3


def overlap_fact(
    worker: Member,
    companions: Sequence[Companion],
    others: Iterable[PlanState],
    team: Iterable[Member],
    zone: tzinfo,
) -> KnownFact | None:
    """The fact that somebody would be in two places; None if nobody would.

    Args:
        worker: Whose visit it is.
        companions: Who comes along.
        others: The plans whose times overlap with it, without the plan itself.
        team: Every member who ever was, so that a second key is seen.
        zone: Whose clocks the times are told by.
    """
    team = tuple(team)
    ours, theirs, told, entries = False, False, [], []
    for state in others:
        if state.closed or state.status in {Status.REFUSED, Status.WITHDRAWN}:
            continue
        mine = _goes(worker, state, team)
        with_me = [one.name for one in companions if _comes(one, state, team)]
        if not mine and not with_me:
            continue
        ours, theirs = ours or mine, theirs or bool(with_me)
        who = " and ".join([*([worker.person.name] if mine else []), *with_me])
        when = short_span(state.body.visit.start, state.visit.due_back, zone)
        told.append(f"{who} in {state.ref}, {when}")
        entries.append(state.version.id)
    if not told:
        return None
    more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    value = BOTH if ours and theirs else WORKER if ours else COMPANION
    text = f"Planned for another visit at the same time: {'; '.join(told[:MOST_TOLD])}{more}."
    return KnownFact(name=OVERLAP, value=value, text=text, entries=tuple(sorted(entries)))


def _goes(member: Member, state: PlanState, team: Sequence[Member]) -> bool:
    return is_self(member, state.author, team) or is_companion(member, state.body, team)


def _comes(companion: Companion, state: PlanState, team: Sequence[Member]) -> bool:
    """Whether somebody who comes along goes there too: by their key, else by the name as it was written."""
    members = [one for one in team if companion.key == one.fingerprint]
    if any(_goes(one, state, team) for one in members):
        return True
    name = words_in(companion.name)
    return bool(name) and name in _names(state)


def _names(state: PlanState) -> Iterator[list[str]]:
    yield words_in(state.author.person.name)
    yield from (words_in(one.name) for one in state.body.visit.companions)


LONGEST = 60
"""Characters of a system's name, and of a reference."""
A_YEAR = timedelta(days=365)
WHERE_ONLY = "where the marker stands, never what it says"
ELSEWHERE = (
    f"note only {WHERE_ONLY}: --system 'case system' --reference 4417; what happened belongs in the "
    "marker's own record, where it can be reviewed and put right, or in: visitsafe incident REF"
)
_NEXT_SENTENCE = re.compile(r"[.!?;]\s+[^\W\d]{2,}\b")
"""The end of a sentence and a word behind it; `Ref. 4417` and `No. A12` are one reference."""


def place_of(flag: str, typed: str) -> str:
    """The name of a system, or a reference in it, on one line.

    Args:
        flag: Behind which it was typed.
        typed: As typed.

    Raises:
        UsageError: It is empty, or longer than the name of a place.
    """
    text = one_line(clean(typed))
    if not text:
        raise UsageError(f"{flag} says nothing", hint=ELSEWHERE)
    if len(text) > LONGEST or len(clean(typed, lines=True).splitlines()) > 1 or _NEXT_SENTENCE.search(text):
        raise UsageError(f"the text behind {flag} says more than where the marker stands", hint=ELSEWHERE)
    return text


def why_out_of_date(body: MarkedBody, today: date) -> str:
    """Why a marker has to be looked up again, in a few words; empty if it need not."""
    review = date.fromisoformat(body.review) if body.found and body.review else None
    if review is not None and review < today:
        return f"its review was due on {date_only(_noon(review), UTC)}"
    if today - date.fromisoformat(body.checked) > A_YEAR:
        return "nobody has looked for more than a year"
    return ""


def marker_says(body: MarkedBody, today: date) -> str:
    """Where a marker stood when somebody looked, how long ago that is, and whether it is out of date."""
    checked = date.fromisoformat(body.checked)
    what = f"Warning marker: {_where(body)}" if body.found else "No warning marker was found"
    review = (
        f"; review due on {date_only(_noon(date.fromisoformat(body.review)), UTC)}"
        if _will_be(body, today)
        else ""
    )
    why = why_out_of_date(body, today)
    doubt = f" OUT OF DATE: {why}. Look again before you set out." if why else ""
    looked_up = f"looked up on {date_only(_noon(checked), UTC)}, {_marker_age(checked, today)}"
    return f"{what}; {looked_up}{review}.{doubt}"


def _where(body: MarkedBody) -> str:
    return ", ".join(filter(None, (one_line(body.system), one_line(body.reference))))


def _will_be(body: MarkedBody, today: date) -> bool:
    return body.found and bool(body.review) and date.fromisoformat(body.review) >= today


def _marker_age(checked: date, today: date) -> str:
    return age(_noon(checked), datetime.combine(today, time(12), UTC))


def _noon(day: date) -> str:
    return f"{day}T12:00:00Z"


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
