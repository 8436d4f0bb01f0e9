"""What the record says about planning, the way and training, for the managers' own audit (8.1, 8.2). Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from visitsafe.record.bodies import DecidedBody, PlanBody
from visitsafe.record.terms import Answer, Decision
from visitsafe.state.fold import PlanState
from visitsafe.supervision.audit_facts import Facts, count, plans, were
from visitsafe.supervision.figures import lateness, steps_raised
from visitsafe.supervision.patterns import was_made
from visitsafe.text.clock import from_text, in_minutes

SHORT = timedelta(hours=1)
"""A plan that was signed less than this before its start left little time to think. Our default."""
PHONE = "phone"
_UNSURE = frozenset({Answer.NO, Answer.NOT_SURE})


def policy(facts: Facts) -> Iterator[str]:
    """Whether visits are planned and countersigned first."""
    made = [state for state in facts.states if was_made(state)]
    before = sum(map(_agreed_before, made))
    urgent = facts.figures.visits.urgent
    yield f"{were(len(facts.states), 'visit')} planned, and {len(made)} made, by what was reported."
    if made:
        yield f"Countersigned before anybody set out: {before} of {len(made)}."
    yield f"{were(urgent, 'plan')} urgent and did not wait for that."


def _agreed_before(state: PlanState) -> bool:
    out = min((one.happened for one in state.visit.reports), default="") or state.body.visit.start
    return any(
        isinstance(one.body, DecidedBody)
        and one.body.decision == Decision.COUNTERSIGN
        and one.entry.content.at <= out
        for one in state.judged
        if not one.why_not
    )


def time_to_plan(facts: Facts) -> Iterator[str]:
    """Whether there is time to plan."""
    late = sum(_planned_at(state) > from_text(state.body.visit.start) - SHORT for state in facts.states)
    yield f"Signed less than an hour before the visit was to begin: {late} of {plans(len(facts.states))}."


def _planned_at(state: PlanState) -> datetime:
    first = min(one.entry.content.at for one in state.judged if isinstance(one.body, PlanBody))
    return from_text(first)


def equipment(facts: Facts) -> Iterator[str]:
    """Whether there is a telephone that works."""
    asked = [state.body.answers[PHONE] for state in facts.states if PHONE in state.body.answers]
    if asked:
        without = sum(answer in _UNSURE for answer in asked)
        yield f"No telephone that was sure to work: {without} of {plans(len(asked))}."


def findable(facts: Facts) -> Iterator[str]:
    """Whether people could be found."""
    found = facts.figures.out_of_date
    yield f"No tracing details with the newest plan: {found.details_none} of {found.workers} people."
    yield f"Details that are past their date: {found.details_old} of {found.workers} people."


def monitoring(facts: Facts) -> Iterator[str]:
    """Whether somebody was watching."""
    gaps, now = facts.figures.gaps, facts.figures.at
    if gaps.count:
        times = count(gaps.count, "time", "times")
        yield f"A step fell due while nobody was watching: {times}, {in_minutes(gaps.minutes)} together."
    late = [state for state in facts.states if lateness(state, now)]
    if late:
        silent = sum(not steps_raised(state) for state in late)
        yield f"Overdue, and no step was raised, as if nobody watched: {silent} of {len(late)} visits."
    yield "Times in which nothing fell due leave no trace."


def told(facts: Facts) -> Iterator[str]:
    """Whether the office hears that a visit is over."""
    late = facts.figures.overdue
    made = [state for state in facts.states if was_made(state)]
    back = sum(state.visit.back is not None for state in made)
    yield f"Being back was reported after {back} of {len(made)} visits that were made."
    yield f"{were(late.visits, 'visit')} overdue."
    if late.unheard:
        yield f"About {count(late.unheard, 'countersigned visit')} nobody ever reported anything."


def taken(facts: Facts) -> Iterator[str]:
    """Whether alarms were taken on, and how soon."""
    alarms = facts.figures.alarms
    if not alarms.asked:
        yield "No alarm asked for somebody to take it on."
        return
    taken = alarms.taken
    yield f"{were(alarms.asked, 'alarm')} to be taken on by somebody, and {taken.count} of them were."
    if taken.median is not None and taken.longest is not None:
        median, longest = in_minutes(taken.median), in_minutes(taken.longest)
        yield f"That took {median} at the median, {longest} at the longest."
    if left := alarms.asked - taken.count:
        yield f"Nobody took on {left} of them."


def training(facts: Facts) -> Iterator[str]:
    """Whose training is not up to date: how many."""
    found = facts.figures.out_of_date
    said = f"{found.training} of {found.workers} people"
    yield f"Training not up to date, or not sure, by the newest plan: {said}."


def induction(facts: Facts) -> Iterator[str]:
    """How many people are new."""
    yield f"{were(facts.joined, 'person', 'people')} new to the team."
