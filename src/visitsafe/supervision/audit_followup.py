"""What the record says about support, incidents and how work is given out, for the managers' audit. Pure.

Paragraphs 5.3, 8.1, 8.2 and 9. What an incident's form or a plan does not ask is passed over.
"""

from collections.abc import Iterator

from visitsafe.record.terms import Document, Kind
from visitsafe.state.fold import PlanState
from visitsafe.supervision.audit_facts import Facts, count, plans, were

FEWEST = 5
"""How many must share something before it is said how it is spread: fewer would point at somebody."""
MARKER, NOT_LOOKED = "warning-marker", "not-checked"
POLICE, TOLD, TO_REPORT = "police", "told", frozenset({"to-report", "unclear"})


def supervision(facts: Facts) -> Iterator[str]:
    """Visits talked over, and what was agreed in supervision."""
    talked = facts.figures.debriefs
    agreed = sum(
        said.body.document == Document.SUPERVISION for state in facts.states for said in state.after.documents
    )
    waiting = f"Still to be: {talked.owed}; late: {talked.late} of them"
    yield f"{were(talked.done, 'visit')} talked over. {waiting}."
    yield f"{were(agreed, 'supervision plan')} signed. Supervision itself leaves no trace here."


def fear(facts: Facts) -> Iterator[str]:
    """What was reported, beside how many visits may have been hostile."""
    found, hostile = facts.figures.incidents, facts.figures.hostile_visits
    yield (
        f"{were(hostile, 'visit')} to somebody who may be hostile; {count(found.incidents, 'incident')} and "
        f"{count(found.near_misses, 'near miss', 'near misses')} were reported."
    )


def looked_into(facts: Facts) -> Iterator[str]:
    """Incidents and near misses, and those that nobody has talked over."""
    found = facts.figures.incidents
    open_ones = sum(len(state.after.not_talked_over) for state in facts.states)
    total = found.incidents + found.near_misses
    yield f"{were(total, 'incident or near miss', 'incidents and near misses')} reported."
    if total:
        yield f"Not talked over yet with those who were there: {open_ones}."


def police(facts: Facts) -> Iterator[str]:
    """Whether the police knew, as the incident's own form says."""
    said = [said.body.answers.get(POLICE) for state in facts.states for said in state.after.incidents]
    told, waiting = said.count(TOLD), sum(answer in TO_REPORT for answer in said)
    if said:
        total = count(len(said), "incident or near miss", "incidents and near misses")
        yield f"Of {total}, the police knew of {told} when it was written down."
        yield f"Of {waiting} they did not, and there was, or may have been, something to report."


def others(facts: Facts) -> Iterator[str]:
    """What became of duties to tell others."""
    found = facts.figures.sharing
    total = found.in_time + found.late + found.overdue + found.due + found.declined
    yield f"{were(total, 'duty', 'duties')} recorded to tell other professionals."
    if total:
        yield (
            f"Met in time: {found.in_time}; met late: {found.late}; overdue: {found.overdue}; not due yet: "
            f"{found.due}; decided otherwise with a reason: {found.declined}."
        )


def markers(facts: Facts) -> Iterator[str]:
    """Whether anybody looked for warning markers."""
    asked = [state.body.answers.get(MARKER) for state in facts.states if MARKER in state.body.answers]
    if asked:
        unlooked = asked.count(NOT_LOOKED)
        yield f"Nobody had looked for a warning marker yet: {unlooked} of {plans(len(asked))}."


def load(facts: Facts) -> Iterator[str]:
    """How hostile cases are spread, if that points at nobody."""
    carried = facts.figures.carried
    cases = facts.figures.hostile_cases
    yield f"{were(cases, 'case')} visited in which somebody may be hostile."
    if len(carried) >= FEWEST:
        most = carried[0].cases
        yield f"{len(carried)} people carried them; whoever carried most had {most}."
    elif carried:
        yield f"Fewer than {FEWEST} people carried them, so it is not said here how many each had."


def given_out(facts: Facts) -> Iterator[str]:
    """Visits alone, and alone after dark."""
    found = facts.figures.visits
    yield f"Planned alone: {found.alone} of {found.planned} visits."
    if found.not_said:
        yield f"Whether alone was not sure, or not asked: {found.not_said}."
    yield f"Of those alone after dark, or perhaps after dark: {found.alone_after_dark}."


def files(facts: Facts) -> Iterator[str]:
    """Visits of which something is told and nobody reported setting out."""
    odd = sum(map(_told_of_and_not_made, facts.states))
    yield f"{were(odd, 'visit')} reported on or talked over although nobody reported setting out."
    if odd:
        yield "There can be many reasons: visitsafe export --case CASE shows them, with questions to ask."


def _told_of_and_not_made(state: PlanState) -> bool:
    reported = state.visit.back is not None or any(one.kind is Kind.OK for one in state.visit.reports)
    return not state.visit.out and (reported or (bool(state.after.debriefs) and not state.after.incidents))
