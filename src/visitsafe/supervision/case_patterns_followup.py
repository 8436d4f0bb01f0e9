"""The patterns of a case that come from what was recorded after its visits. Pure; see `case_patterns`.

Never how a visit left somebody, and never which part of somebody abuse was aimed at.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo

from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import IncidentBody
from visitsafe.record.entry import to_text
from visitsafe.record.kinds import Answer, Because
from visitsafe.state.case import CaseHistory
from visitsafe.state.duties import Met, each_once, talk_by
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import date_only
from visitsafe.supervision import case_facts as facts
from visitsafe.supervision.case_words import counted, hurt_in, listing, named, plans_are, things

Sentences = Iterator[str]
SEVERAL = 2


def _incident(history: CaseHistory, _now: datetime, zone: tzinfo) -> Sentences:
    for state in history.plans:
        if found := state.after.incidents:
            days = listing(list(dict.fromkeys(date_only(said.happened, zone) for said in found)))
            yield f"{counted(found)} recorded for {state.ref} ({days}{hurt_in(found)})."


def _repeated(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    found = list(history.incidents())
    if len(found) >= SEVERAL:
        states = _each([state for state, _ in found])
        yield f"{counted([said for _, said in found])} on record in this case ({named(states)})."


def _identity(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    aimed = _each([state for state, said in history.incidents() if _is_aimed(said.body)])
    told = [
        state
        for state in history.plans
        if not given_behaviours(state).isdisjoint(facts.REMARKS) and state not in aimed
    ]
    if aimed:
        yield f"What happened on {named(aimed)} was, or may have been, aimed at who somebody is."
    if told:
        yield f"{named(told)} {'tells' if len(told) == 1 else 'tell'} of racist or homophobic remarks."


def given_behaviours(state: PlanState) -> frozenset[str]:
    """The behaviours that a plan tells of."""
    return facts.given(state.body.answers, facts.BEHAVIOURS)


def _is_aimed(body: IncidentBody) -> bool:
    return not facts.REMARKS.isdisjoint(body.behaviours) or bool(facts.given(body.answers, facts.IDENTITY))


def _unreported(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    ended = [state for state in history.plans if _something_happened(state) and not state.after.incidents]
    if ended:
        yield f"The alarm on {named(ended)} ended because something happened, and no incident is recorded."
    hostile = [state for state in history.plans if facts.was_made(state) and facts.tells_of_hostility(state)]
    if len(hostile) >= SEVERAL and not any(history.incidents()):
        yield f"{named(hostile)} tell of hostility, and no incident or near miss was ever recorded."


def _something_happened(state: PlanState) -> bool:
    return any(
        alarm.over is not None and alarm.over.body.because is Because.INCIDENT for alarm in state.visit.alarms
    )


def _not_shared(history: CaseHistory, now: datetime, _zone: tzinfo) -> Sentences:
    found = each_once(history.plans)
    for state in history.plans:
        met = [one.met(now) for of, one in found if of is state]
        if late := met.count(Met.OVERDUE):
            duties = things(late, "duty", "duties")
            yield f"Overdue on {state.ref}: {duties} to tell other professionals."
        if declined := met.count(Met.NOT_SHARED):
            yield f"It was decided not to share {things(declined, 'thing', 'things')} of {state.ref}."


def _not_seen(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    unseen = _each([
        state
        for state, said in history.debriefs()
        if said.body.not_seen.strip() or facts.says_yes(said.body.answers, facts.ANY_NOT_SEEN)
    ])  # fmt: skip
    closed = [
        state for state in history.plans if facts.NOBODY_IN in facts.went(state) and state not in unseen
    ]
    if unseen:
        yield f"Somebody was not seen, or not alone, or it is not sure: {named(unseen)}."
    if closed:
        yield f"Nobody answered, or whoever went was not let in: {named(closed)}."


def _unsaid(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    unsaid = _each([
        state
        for state, said in history.debriefs()
        if facts.says_yes(said.body.answers, facts.ANY_UNSAID) or facts.given(said.body.answers, facts.UNSAID)
    ])  # fmt: skip
    if unsaid:
        yield f"Something was left unsaid or not asked, or may have been: {named(unsaid)}."


def _relieved(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    relieved = _each(
        [
            state
            for state, said in history.debriefs()
            if Answer.YES in facts.given(said.body.answers, facts.RELIEVED)
        ]
    )
    if relieved:
        yield f"Nobody answering, or being out again, was a relief: {named(relieved)}."


def _not_debriefed(history: CaseHistory, now: datetime, _zone: tzinfo) -> Sentences:
    waiting = [state for state in history.plans if "" < talk_by(state) < to_text(now)]
    if waiting:
        yield f"{plans_are(waiting)} to be talked over by now, and nothing says that it was done."


def _each(states: list[PlanState]) -> list[PlanState]:
    """Each plan once."""
    return list({state.plan: state for state in states}.values())


AFTER: Mapping[Pattern, Callable[[CaseHistory, datetime, tzinfo], Iterator[str]]] = {
    Pattern.INCIDENT: _incident,
    Pattern.REPEATED_INCIDENTS: _repeated,
    Pattern.IDENTITY: _identity,
    Pattern.HOSTILITY_UNREPORTED: _unreported,
    Pattern.NOT_SHARED: _not_shared,
    Pattern.NOT_SEEN: _not_seen,
    Pattern.THINGS_UNSAID: _unsaid,
    Pattern.RELIEVED: _relieved,
    Pattern.NOT_DEBRIEFED: _not_debriefed,
}
