"""Which patterns show in the record of a case, each with its evidence in short sentences (3.6, 5.3). Pure.

Computed from the record alone, the same in whatever order the plans come. A pattern needs as many visits as
make it one. It is a reason to ask and never a verdict: a sentence says what is on record, or is not, and
which plans it is about. What somebody may not see is taken out before (`discretion`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise

import msgspec

from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import ReportBody
from visitsafe.record.kinds import Kind, Status
from visitsafe.state.case import CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import unanswered
from visitsafe.supervision import case_facts as facts
from visitsafe.supervision.case_patterns_followup import AFTER
from visitsafe.supervision.case_words import listing, named, plans_are

SEVERAL, ALWAYS = 2, 3
"""How many visits make something that happens again, and something that is always so."""
MUCH_SHORTER = 5
"""By how many minutes a visit must be shorter than the one before."""
Sentences = Iterator[str]


def patterns_in(history: CaseHistory, now: datetime, zone: tzinfo) -> dict[Pattern, tuple[str, ...]]:
    """The patterns that show, with their evidence.

    Args:
        history: The case, as whoever reads it may see it.
        now: For what is overdue, or did not come about.
        zone: Whose evenings and days.

    Returns:
        Plain sentences for each pattern that shows, in the order of `Pattern`; not escaped.
    """
    plans = tuple(sorted(history.plans, key=lambda state: (state.body.visit.start, state.plan)))
    history = msgspec.structs.replace(history, plans=plans)
    found = {pattern: tuple(_ALL[pattern](history, now, zone)) for pattern in Pattern}
    return {pattern: sentences for pattern, sentences in found.items() if sentences}


def _made(history: CaseHistory) -> list[PlanState]:
    return [state for state in history.plans if facts.was_made(state)]


def _evenings(history: CaseHistory, _now: datetime, zone: tzinfo) -> Sentences:
    late = [state for state in _made(history) if facts.is_late_in_the_day(state, zone)]
    if len(late) >= SEVERAL:
        sure = all(facts.is_late_in_the_day(state, zone, sure=True) for state in late)
        yield f"{plans_are(late)} after dark or in the evening{'' if sure else ', or may have been'}."


def _alone(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    alone = [state for state in _made(history) if facts.is_alone(state)]
    if len(alone) >= SEVERAL and any(map(facts.is_hostile, history.plans)):
        sure = any(facts.is_hostile(state, sure=True) for state in history.plans)
        hostility = "is on record or was expected" if sure else "was not ruled out"
        yield f"{plans_are(alone)} made alone, and hostility {hostility} in this case."


def _cancelled(history: CaseHistory, now: datetime, _zone: tzinfo) -> Sentences:
    withdrawn = [state for state in history.plans if state.status is Status.WITHDRAWN]
    withdrawn = [state for state in withdrawn if not facts.was_made(state)]
    lapsed = [state for state in history.plans if facts.has_lapsed(state, now)]
    rest = [state for state in history.plans if state not in withdrawn and not facts.was_made(state)]
    not_made = [state for state in rest if facts.NOT_MADE in facts.went(state)]
    if len(withdrawn) + len(lapsed) + len(not_made) < SEVERAL:
        return
    if withdrawn:
        yield f"{plans_are(withdrawn)} withdrawn."
    if not_made:
        yield f"{plans_are(not_made)} not made, says whoever talked it over."
    if lapsed:
        yield f"Nobody reported setting out on {named(lapsed)}."


def _seen_elsewhere(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    refused = [state for state in history.plans if state.status is Status.REFUSED]
    instead = [state for state in refused if state.decided and state.decided.purpose_met.strip()]
    elsewhere = [state for state in history.plans if facts.ELSEWHERE in facts.went(state)]
    moved = [
        state for state in history.plans if facts.was_moved(state) and state not in (*refused, *elsewhere)
    ]
    if instead:
        yield f"{plans_are(instead)} refused, and the purpose was to be met in another way."
    if elsewhere:
        yield f"{plans_are(elsewhere)} held somewhere else, or by telephone or letter."
    if moved:
        yield f"The plan of {named(moved)} moves the meeting away from the home."


def _same_worker(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    made = _made(history)
    if len(made) >= ALWAYS and all(state.author.same_person(made[0].author) for state in made):
        yield f"All {len(made)} visits that were made were made by {made[-1].author.person.name}."


def _never_departed(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    nowhere = [state for state in history.plans if not state.visit.out]
    reported = [state for state in nowhere if _was_reported(state)]
    debriefed = [state for state in nowhere if state not in reported and _was_debriefed(state)]
    if reported:
        yield f"{plans_are(reported)} reported on, and nobody reported setting out."
    if debriefed:
        yield f"{plans_are(debriefed)} talked over, and nobody reported setting out."


def _was_reported(state: PlanState) -> bool:
    return state.visit.back is not None or any(one.kind is Kind.OK for one in state.visit.reports)


def _was_debriefed(state: PlanState) -> bool:
    """Whether somebody talks of a visit; an incident by telephone is talked over too, and is none."""
    how = facts.went(state)
    if not how:
        return bool(state.after.debriefs) and not state.after.incidents
    return bool(how - {facts.NOT_MADE, facts.ELSEWHERE})


def _stopped(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    stopped = [state for state in history.plans if state.visit.stopped]
    if stopped:
        yield f"{plans_are(stopped)} broken off."


def _shorter(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    """By the time there; where that was not reported, by the time out. Never one beside the other."""
    for minutes, words in ((facts.minutes_there, "there"), (facts.minutes_away, "out")):
        timed = [(state, took) for state in history.plans if (took := minutes(state)) is not None][-ALWAYS:]
        lengths = [length for _, length in timed]
        if len(timed) == ALWAYS and all(
            later <= earlier - MUCH_SHORTER for earlier, later in pairwise(lengths)
        ):
            which = named([state for state, _ in timed])
            times = listing(list(map(str, lengths)))
            yield f"The last {ALWAYS} visits took {times} minutes {words} ({which})."
            return


def _overdue(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    alarmed = [state for state in history.plans if facts.was_alarmed(state)]
    if alarmed:
        yield f"An alarm was raised on {named(alarmed)}."


def _concerns_unanswered(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    for state in _made(history):
        if (count := len(unanswered(state.body))) and not _went_on_conditions(state):
            word = "1 finding" if count == 1 else f"{count} findings"
            yield f"{state.ref} was made with {word} that no control measure answers."
    urgent = [state for state in _made(history) if _went_undecided(state)]
    if urgent:
        yield f"{plans_are(urgent)} made although no manager had countersigned, and none has since."


def _went_on_conditions(state: PlanState) -> bool:
    """Whether the countersignature set a condition before the visit began: that answers what was raised."""
    if state.status is not Status.COUNTERSIGNED or state.decision is None or state.decided is None:
        return False
    began = min((one.at for one in state.visit.reports), default="")
    decided = state.decision.entry.content.at
    return any(map(str.strip, state.decided.conditions)) and (not began or decided <= began)


def _went_undecided(state: PlanState) -> bool:
    """Whether somebody set out, being urgent, and no countersignature stands."""
    urgent = any(isinstance(one.body, ReportBody) and one.body.urgent for one in state.visit.reports)
    return urgent and state.status is not Status.COUNTERSIGNED


_ALL: dict[Pattern, Callable[[CaseHistory, datetime, tzinfo], Iterator[str] | Sequence[str]]] = {
    Pattern.EVENINGS: _evenings,
    Pattern.ALONE: _alone,
    Pattern.CANCELLED: _cancelled,
    Pattern.SEEN_ELSEWHERE: _seen_elsewhere,
    Pattern.SAME_WORKER: _same_worker,
    Pattern.NEVER_DEPARTED: _never_departed,
    Pattern.STOPPED: _stopped,
    Pattern.SHORTER: _shorter,
    Pattern.OVERDUE: _overdue,
    Pattern.CONCERNS_UNANSWERED: _concerns_unanswered,
    **AFTER,
}
