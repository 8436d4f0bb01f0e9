"""What the record can say about the questions of the managers' own audit (5.3, 8.1, 8.2, 9.x). Pure.

For each question that it knows by its id: sentences with numbers, which stand beside the question and are
signed with the answer. No sentence names anybody, or points at one of a few; none is a verdict. What a
question of a form does not ask is passed over. The numbers are those of `figures`, by their ids, and what is
counted here besides over the same plans. What the audit before said comes with it. What each counts:
docs/audit.md.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from visitsafe.record.bodies import AuditedBody, DecidedBody, PlanBody
from visitsafe.record.kinds import Kind
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer, Decision, Document
from visitsafe.state.fold import PlanState
from visitsafe.supervision.figures import POLICE_KNOW, Figures, lateness, steps_raised
from visitsafe.supervision.patterns import MARKER, was_made
from visitsafe.text.clean import one_line
from visitsafe.text.clock import date_only, from_text, in_minutes
from visitsafe.text.days import Period

A_YEAR = timedelta(days=365)
SHORT = timedelta(hours=1)
"""A plan that was signed less than this before its start left little time to think. Our default."""
MOST_WORDS = 600
"""Characters of what was to change that are repeated a year later."""
FEWEST = 5
"""How many must share something before it is said how it is spread: fewer would point at somebody."""
NOT_LOOKED = "not-checked"
TO_REPORT = frozenset({"to-report", "unclear"})
_UNSURE = frozenset({Answer.NO, Answer.NOT_SURE})
Sentences = Iterator[str]


def year_to(now: datetime, zone: tzinfo) -> Period:
    """The 365 days that end today."""
    today = now.astimezone(zone).date()
    return Period(today - A_YEAR + timedelta(days=1), today, zone)


def evidence(of: Figures) -> dict[str, tuple[str, ...]]:
    """Sentences by question id; nothing if there is no visit to count."""
    found = {name: tuple(say(of)) for name, say in SAYS.items()} if of.states else {}
    return {name: sentences for name, sentences in found.items() if sentences}


def since(at: str, zone: tzinfo, body: AuditedBody) -> dict[str, tuple[str, ...]]:
    """What the audit before says: what was not as it should be, and what was to change.

    Args:
        at: When it was signed, UTC text.
        zone: Whose days.
        body: What it says.
    """
    day = date_only(at, zone)
    shown = {one.id: one_line(one.answer) for one in body.shown}
    found: dict[str, tuple[str, ...]] = {
        name: (f"On {day} the answer was: {shown[name]}.",) for name in body.wanting if name in shown
    }
    if words := shown.get(Meaning.WILL_CHANGE, ""):
        found[Meaning.WILL_CHANGE] = (f"On {day} this was to change: {words[:MOST_WORDS]}",)
    return found


def _count(number: int, what: str, several: str = "") -> str:
    """`1 visit`, `2 visits`, `no visit`."""
    return f"{number or 'no'} {what if number <= 1 else several or what + 's'}"


def _were(number: int, what: str, several: str = "") -> str:
    """`1 visit was`, `2 visits were`, `No visit was`; it begins a sentence."""
    text = _count(number, what, several)
    return f"{text[:1].upper()}{text[1:]} {'was' if number <= 1 else 'were'}"


def _policy(of: Figures) -> Sentences:
    made = list(filter(was_made, of.states))
    before = sum(map(_agreed_before, made))
    yield f"{_were(of['planned'], 'visit')} planned, and {len(made)} made, by what was reported."
    if made:
        yield f"Countersigned before anybody set out: {before} of {len(made)}."
    yield f"{_were(of['urgent'], 'plan')} urgent and did not wait for that."


def _agreed_before(state: PlanState) -> bool:
    out = min((one.happened for one in state.visit.reports), default="") or state.body.visit.start
    return any(
        isinstance(one.body, DecidedBody)
        and one.body.decision == Decision.COUNTERSIGN
        and one.entry.content.at <= out
        for one in state.judged
        if not one.why_not
    )


def _time_to_plan(of: Figures) -> Sentences:
    late = sum(_planned_at(state) > from_text(state.body.visit.start) - SHORT for state in of.states)
    yield f"Signed less than an hour before the visit was to begin: {late} of {of['planned']} plans."


def _planned_at(state: PlanState) -> datetime:
    return from_text(min(one.entry.content.at for one in state.judged if isinstance(one.body, PlanBody)))


def _equipment(of: Figures) -> Sentences:
    asked = [state.body.answers[Meaning.PHONE] for state in of.states if Meaning.PHONE in state.body.answers]
    if asked:
        without = sum(answer in _UNSURE for answer in asked)
        yield f"No telephone that was sure to work: {without} of {len(asked)} plans."


def _findable(of: Figures) -> Sentences:
    yield f"No tracing details with the newest plan: {of['details_none']} of {of['workers']} people."
    yield f"Details that are past their date: {of['details_old']} of {of['workers']} people."


def _monitoring(of: Figures) -> Sentences:
    if of["gaps"]:
        times, together = _count(of["gaps"], "time"), in_minutes(of["gaps_minutes"])
        yield f"A step fell due while nobody was watching: {times}, {together} together."
    late = [state for state in of.states if lateness(state, of.at)]
    if late:
        silent = sum(not steps_raised(state) for state in late)
        yield f"Overdue, and no step was raised, as if nobody watched: {silent} of {len(late)} visits."
    yield "Times in which nothing fell due leave no trace."


def _told_when_over(of: Figures) -> Sentences:
    made = list(filter(was_made, of.states))
    back = sum(state.visit.back is not None for state in made)
    yield f"Being back was reported after {back} of {len(made)} visits that were made."
    yield f"{_were(of['overdue'], 'visit')} overdue."
    if of["unheard"]:
        yield f"About {_count(of['unheard'], 'countersigned visit')} nobody ever reported anything."


def _overdue_taken(of: Figures) -> Sentences:
    if not of["alarms"]:
        yield "No alarm asked for somebody to take it on."
        return
    taken = of["alarms_taken"]
    yield f"{_were(of['alarms'], 'alarm')} to be taken on by somebody, and {taken} of them were."
    if taken:
        median, longest = in_minutes(of["alarms_median"]), in_minutes(of["alarms_longest"])
        yield f"That took {median} at the median, {longest} at the longest."
    if left := of["alarms_not_taken"]:
        yield f"Nobody took on {left} of them."


def _training(of: Figures) -> Sentences:
    said = f"{of['training_old']} of {of['workers']} people"
    yield f"Training not up to date, or not sure, by the newest plan: {said}."


def _induction(of: Figures) -> Sentences:
    yield f"{_were(of.joined, 'person', 'people')} new to the team."


def _supervision(of: Figures) -> Sentences:
    documents = (said.body.document for state in of.states for said in state.after.documents)
    agreed = sum(one == Document.SUPERVISION for one in documents)
    waiting = f"Still to be: {of['debriefs_owed']}; late: {of['debriefs_late']} of them"
    yield f"{_were(of['debriefs_done'], 'visit')} talked over. {waiting}."
    yield f"{_were(agreed, 'supervision plan')} signed. Supervision itself leaves no trace here."


def _fear(of: Figures) -> Sentences:
    near = _count(of["near_misses"], "near miss", "near misses")
    yield (
        f"{_were(of['hostile_visits'], 'visit')} to somebody who may be hostile; "
        f"{_count(of['incidents'], 'incident')} and {near} were reported."
    )


def _looked_into(of: Figures) -> Sentences:
    yield f"{_were(of['reported'], 'incident or near miss', 'incidents and near misses')} reported."
    if of["reported"]:
        open_ones = sum(len(state.after.not_talked_over) for state in of.states)
        yield f"Not talked over yet with those who were there: {open_ones}."


def _police(of: Figures) -> Sentences:
    said = [said.body.answers.get(Meaning.POLICE) for state in of.states for said in state.after.incidents]
    if said:
        total = _count(len(said), "incident or near miss", "incidents and near misses")
        yield f"Of {total}, the police knew of {said.count(POLICE_KNOW)} when it was written down."
        waiting = sum(answer in TO_REPORT for answer in said)
        yield f"Of {waiting} they did not, and there was, or may have been, something to report."


def _others_told(of: Figures) -> Sentences:
    yield f"{_were(of['duties'], 'duty', 'duties')} recorded to tell other professionals."
    if of["duties"]:
        yield (
            f"Met in time: {of['sharing_in_time']}; met late: {of['sharing_late']}; "
            f"overdue: {of['sharing_overdue']}; not due yet: {of['sharing_due']}; "
            f"decided otherwise with a reason: {of['sharing_declined']}."
        )


def _markers(of: Figures) -> Sentences:
    asked = [state.body.answers.get(MARKER) for state in of.states if MARKER in state.body.answers]
    if asked:
        unlooked = asked.count(NOT_LOOKED)
        yield f"Nobody had looked for a warning marker yet: {unlooked} of {len(asked)} plans."


def _fair_load(of: Figures) -> Sentences:
    """How hostile cases are spread, if that points at nobody."""
    yield f"{_were(of['hostile_cases'], 'case')} visited in which somebody may be hostile."
    if len(of.carried) >= FEWEST:
        most = of.carried[0].cases
        yield f"{len(of.carried)} people carried them; whoever carried most had {most}."
    elif of.carried:
        yield f"Fewer than {FEWEST} people carried them, so it is not said here how many each had."


def _given_out(of: Figures) -> Sentences:
    yield f"Planned alone: {of['alone']} of {of['planned']} visits."
    if of["alone_not_said"]:
        yield f"Whether alone was not sure, or not asked: {of['alone_not_said']}."
    yield f"Of those alone after dark, or perhaps after dark: {of['alone_after_dark']}."


def _files(of: Figures) -> Sentences:
    """Visits of which something is told and nobody reported setting out."""
    odd = sum(map(_told_of_and_not_made, of.states))
    yield f"{_were(odd, 'visit')} reported on or talked over although nobody reported setting out."
    if odd:
        yield "There can be many reasons: visitsafe export --case CASE shows them, with questions to ask."


def _told_of_and_not_made(state: PlanState) -> bool:
    reported = state.visit.back is not None or any(one.kind is Kind.OK for one in state.visit.reports)
    return not state.visit.out and (reported or (bool(state.after.debriefs) and not state.after.incidents))


SAYS: Mapping[str, Callable[[Figures], Sentences]] = {
    Meaning.POLICY_KNOWN: _policy,
    Meaning.TIME_TO_PLAN: _time_to_plan,
    Meaning.EQUIPMENT: _equipment,
    Meaning.FINDABLE: _findable,
    Meaning.MONITORING: _monitoring,
    Meaning.TOLD_WHEN_OVER: _told_when_over,
    Meaning.OVERDUE_TAKEN: _overdue_taken,
    Meaning.TRAINING: _training,
    Meaning.INDUCTION: _induction,
    Meaning.SUPERVISION: _supervision,
    Meaning.FEAR_ASKED: _fear,
    Meaning.LOOKED_INTO: _looked_into,
    Meaning.POLICE_TOLD: _police,
    Meaning.OTHERS_TOLD: _others_told,
    Meaning.MARKERS: _markers,
    Meaning.FAIR_LOAD: _fair_load,
    Meaning.GIVEN_OUT: _given_out,
    Meaning.FILES: _files,
}
"""The questions that the record has something to say about."""
