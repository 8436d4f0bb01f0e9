"""Which patterns show in the record of a case, each with its evidence in short sentences (3.6, 5.3). Pure.

Computed from the record alone, the same in whatever order the plans come. A pattern needs as many visits as
make it one. It is a reason to ask and never a verdict: a sentence says what is on record, or is not, and
which plans it is about. What somebody may not see is taken out before (`duress_redaction`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Protocol, TypeVar

import msgspec

from visitsafe.checklists.facts import in_the_dark
from visitsafe.checklists.model import Pattern
from visitsafe.record.bodies import IncidentBody, ReportBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Answer, Because, Company, Status
from visitsafe.state.duties import CaseHistory, Met, each_once, talk_by
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import unanswered
from visitsafe.state.visit import Event
from visitsafe.text.clean import listing, one_line, things
from visitsafe.text.clock import date_only, from_text, local_time, to_text

Answers = Mapping[str, str | Sequence[str]]
NOTHING = frozenset({"none", "blank"})
"""How an answers file may say that nothing was chosen."""

BEHAVIOURS, UNCOOPERATIVE, THREAT = "behaviours", "uncooperativeness", "threat-expected"
HOSTILE = frozenset({"confrontation", "violence"})
"""The kinds of uncooperativeness (2.1) that are hostile."""
SHARE_HOSTILITY = "share-hostility"
REMARKS = frozenset({"racist-remarks", "homophobic-remarks"})
"""The behaviours (6.2) that are aimed at who somebody is."""
IDENTITY = "identity"
"""The question of the incident form about that."""
WENT = "went"
"""The question of the debrief about how the visit went."""
NOT_MADE, ELSEWHERE, NOBODY_IN = "not-made", "elsewhere", "nobody-in"
MARKER = "warning-marker"
"""The question of the visit checklist whose answer says whether anybody looked for one."""
ANY_NOT_SEEN, NOT_SEEN = "any-not-seen", "not-seen"
ANY_UNSAID, UNSAID, RELIEVED = "any-unsaid", "unsaid", "relieved"
MOVED = frozenset(
    {"move-venue", "dark-elsewhere", "violence-elsewhere", "hostility-elsewhere", "animal-elsewhere"}
)
"""The control measures that move a visit somewhere else."""
EVENING, MORNING = 18, 7
"""The hours from which, and until which, a visit is in the evening or at night."""
LAPSED = timedelta(hours=24)
"""How long after the time due back nobody is expected to report setting out any more."""
_UNSAFE = frozenset({str(Answer.YES), str(Answer.NOT_SURE)})


def given(answers: Answers, question: str) -> frozenset[str]:
    """What was chosen or written; nothing if it was not asked, passed over, or answered with none."""
    value = answers.get(question, ())
    values = (value,) if isinstance(value, str) else value
    return frozenset(one for one in values if one.strip()) - NOTHING


def says_yes(answers: Answers, question: str) -> bool:
    """Whether a question to which yes is the unsafe answer was answered with yes or not sure."""
    return not _UNSAFE.isdisjoint(given(answers, question))


def was_made(state: PlanState) -> bool:
    """Whether anybody reported that the worker went, or was back."""
    return state.visit.out or state.visit.back is not None


def is_to_come(state: PlanState, now: datetime) -> bool:
    """Whether the visit may still be made."""
    over = state.status in {Status.REFUSED, Status.WITHDRAWN} or bool(state.closed)
    return not was_made(state) and not over and state.visit.due_back >= to_text(now)


def has_lapsed(state: PlanState, now: datetime) -> bool:
    """Whether its time is long over, and nothing says that anybody went or why not."""
    if was_made(state) or state.status in {Status.REFUSED, Status.WITHDRAWN} or state.after.debriefs:
        return False
    return from_text(state.visit.due_back) + LAPSED < now


def went(state: PlanState) -> frozenset[str]:
    """How the visit went, in the words of those who were there."""
    return frozenset[str]().union(*(given(one.body.answers, WENT) for one in state.after.debriefs))


def is_alone(state: PlanState) -> bool:
    """Whether somebody said that the worker goes with nobody."""
    return state.going.company is Company.ALONE


def is_late_in_the_day(state: PlanState, zone: tzinfo, *, sure: bool = False) -> bool:
    """Whether it was after dark by the plan (`sure`, or perhaps), or begins or ends in the evening."""
    times = (
        local_time(text, zone) for text in (state.visit.start or state.body.visit.start, state.visit.due_back)
    )
    late = any(one is not None and not MORNING <= one.hour < EVENING for one in times)
    return late or in_the_dark(state.body, sure=sure)


def tells_of_hostility(state: PlanState) -> bool:
    """Whether the plan says that the family has been hostile."""
    answers = state.body.answers
    return describes_hostility(answers) or Answer.YES in given(answers, SHARE_HOSTILITY)


def describes_hostility(answers: Answers) -> bool:
    """Whether they name threatening behaviour, confrontation or violence."""
    return bool(given(answers, BEHAVIOURS)) or not given(answers, UNCOOPERATIVE).isdisjoint(HOSTILE)


def is_hostile(state: PlanState, *, sure: bool = False) -> bool:
    """Whether hostility is on record or was expected; without `sure` also if nobody could say."""
    answers = state.body.answers
    expected = Answer.YES in given(answers, THREAT) if sure else says_yes(answers, THREAT)
    return expected or tells_of_hostility(state) or bool(state.after.incidents)


def was_alarmed(state: PlanState) -> bool:
    """Whether anybody but the worker was called because the worker was not back in time."""
    raised = (state.visit.rung(one.body.step) for alarm in state.visit.alarms for one in alarm.raised)
    return any(set(rung.who) != {"lone-worker"} and not rung.early for rung in raised)


def was_moved(state: PlanState) -> bool:
    """Whether a control measure was chosen that moves the visit away from the home."""
    offered = {one.text for found in state.body.findings for one in found.suggest if one.id in MOVED}
    return any(control.text in offered for control in state.body.controls)


def minutes_there(state: PlanState) -> int | None:
    """How long the worker was there, in minutes; None if arriving or leaving was not reported."""
    return _minutes(_first(state, Kind.ARRIVED), _last(state, Kind.LEFT))


def minutes_away(state: PlanState) -> int | None:
    """How long the worker was out, in minutes; None if setting out or being back was not reported."""
    return _minutes(_first(state, Kind.DEPARTED), state.visit.back.happened if state.visit.back else "")


def _first(state: PlanState, kind: Kind) -> str:
    return min((one.happened for one in state.visit.reports if one.kind is kind), default="")


def _last(state: PlanState, kind: Kind) -> str:
    return max((one.happened for one in state.visit.reports if one.kind is kind), default="")


def _minutes(begin: str, end: str) -> int | None:
    if not begin or not end or end < begin:
        return None
    return (from_text(end) - from_text(begin)) // timedelta(minutes=1)


MOST = 10


class Prompted(Protocol):
    """A prompt, as a checklist has it."""

    @property
    def when(self) -> tuple[Pattern, ...]:
        """The patterns of which one has to show; empty: it is always asked."""


P = TypeVar("P", bound=Prompted)


def chosen(prompts: Sequence[P], shown: Collection[Pattern], most: int = MOST) -> list[P]:
    """The prompts to talk about, the most specific first, and last those that are always asked.

    Args:
        prompts: All of them, the more important first.
        shown: The patterns that show in the record.
        most: How many, if that leaves room for what is always asked.
    """
    always = [one for one in prompts if not one.when]
    return [*specific(prompts, shown, most - len(always)), *always]


def specific(prompts: Sequence[P], shown: Collection[Pattern], most: int = MOST) -> list[P]:
    """Those whose pattern shows, the most specific first."""
    fitting = [one for one in prompts if not set(one.when).isdisjoint(shown)]
    waiting = sorted(fitting, key=lambda one: len(one.when))
    taken: list[P] = []
    answered: set[Pattern] = set()
    while waiting and len(taken) < most:
        fresh = next((one for one in waiting if set(one.when) & set(shown) - answered), waiting[0])
        waiting.remove(fresh)
        taken.append(fresh)
        answered |= set(fresh.when)
    return taken


MOST_NAMED = 8
"""How many plans are named in one sentence."""


def named(states: Sequence[PlanState]) -> str:
    """The references of plans; of very many the newest, and how many more there are."""
    refs = [state.ref for state in states[-MOST_NAMED:]]
    more = len(states) - len(refs)
    return listing([*refs, f"{more} more"] if more else refs)


def plans_are(states: Sequence[PlanState]) -> str:
    """`K7Q2-M9 was`, `K7Q2-M9 and M2XX-11 were`."""
    return f"{named(states)} {'was' if len(states) == 1 else 'were'}"


def hurt_in(incidents: Iterable[Event[IncidentBody]]) -> str:
    """`, somebody was hurt`, to follow a count; empty if nobody was."""
    found = [said.body.hurt for said in incidents]
    if Answer.YES in found:
        of = "" if len(found) == 1 else f" in {found.count(Answer.YES)} of them"
        return f", somebody was hurt{of}"
    return ", perhaps somebody was hurt" if Answer.NOT_SURE in found else ""


def counted(incidents: Iterable[Event[IncidentBody]]) -> str:
    """`1 incident and 2 near misses`."""
    bodies = [said.body for said in incidents]
    near = sum(body.near_miss for body in bodies)
    parts = [things(len(bodies) - near, "incident", "incidents"), things(near, "near miss", "near misses")]
    return listing([part for part in parts if not part.startswith("0 ")])


Sentences = Iterator[str]
_SEVERAL_AGAIN = 2


def _incident(history: CaseHistory, _now: datetime, zone: tzinfo) -> Sentences:
    for state in history.plans:
        if found := state.after.incidents:
            days = listing(list(dict.fromkeys(date_only(said.happened, zone) for said in found)))
            yield f"{counted(found)} recorded for {state.ref} ({days}{hurt_in(found)})."


def _repeated(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    found = list(history.incidents())
    if len(found) >= _SEVERAL_AGAIN:
        states = _each([state for state, _ in found])
        yield f"{counted([said for _, said in found])} on record in this case ({named(states)})."


def _identity(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    aimed = _each([state for state, said in history.incidents() if _is_aimed(said.body)])
    told = [
        state
        for state in history.plans
        if not given_behaviours(state).isdisjoint(REMARKS) and state not in aimed
    ]
    if aimed:
        yield f"What happened on {named(aimed)} was, or may have been, aimed at who somebody is."
    if told:
        yield f"{named(told)} {'tells' if len(told) == 1 else 'tell'} of racist or homophobic remarks."


def given_behaviours(state: PlanState) -> frozenset[str]:
    """The behaviours that a plan tells of."""
    return given(state.body.answers, BEHAVIOURS)


def _is_aimed(body: IncidentBody) -> bool:
    return not REMARKS.isdisjoint(body.behaviours) or bool(given(body.answers, IDENTITY))


def _unreported(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    ended = [state for state in history.plans if _something_happened(state) and not state.after.incidents]
    if ended:
        yield f"The alarm on {named(ended)} ended because something happened, and no incident is recorded."
    hostile = [state for state in history.plans if was_made(state) and tells_of_hostility(state)]
    if len(hostile) >= _SEVERAL_AGAIN and not any(history.incidents()):
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
        if said.body.not_seen.strip() or says_yes(said.body.answers, ANY_NOT_SEEN)
    ])  # fmt: skip
    closed = [state for state in history.plans if NOBODY_IN in went(state) and state not in unseen]
    if unseen:
        yield f"Somebody was not seen, or not alone, or it is not sure: {named(unseen)}."
    if closed:
        yield f"Nobody answered, or whoever went was not let in: {named(closed)}."


def _unsaid(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    unsaid = _each([
        state
        for state, said in history.debriefs()
        if says_yes(said.body.answers, ANY_UNSAID) or given(said.body.answers, UNSAID)
    ])  # fmt: skip
    if unsaid:
        yield f"Something was left unsaid or not asked, or may have been: {named(unsaid)}."


def _relieved(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    relieved = _each(
        [state for state, said in history.debriefs() if Answer.YES in given(said.body.answers, RELIEVED)]
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


SEVERAL, ALWAYS = 2, 3
"""How many visits make something that happens again, and something that is always so."""
MUCH_SHORTER = 5
"""By how many minutes a visit must be shorter than the one before."""


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
    found = {pattern: tuple(PATTERNS[pattern][1](history, now, zone)) for pattern in Pattern}
    return {pattern: sentences for pattern, sentences in found.items() if sentences}


def _made(history: CaseHistory) -> list[PlanState]:
    return [state for state in history.plans if was_made(state)]


def _evenings(history: CaseHistory, _now: datetime, zone: tzinfo) -> Sentences:
    late = [state for state in _made(history) if is_late_in_the_day(state, zone)]
    if len(late) >= SEVERAL:
        sure = all(is_late_in_the_day(state, zone, sure=True) for state in late)
        yield f"{plans_are(late)} after dark or in the evening{'' if sure else ', or may have been'}."


def _alone(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    alone = [state for state in _made(history) if is_alone(state)]
    if len(alone) >= SEVERAL and any(map(is_hostile, history.plans)):
        sure = any(is_hostile(state, sure=True) for state in history.plans)
        hostility = "is on record or was expected" if sure else "was not ruled out"
        yield f"{plans_are(alone)} made alone, and hostility {hostility} in this case."


def _cancelled(history: CaseHistory, now: datetime, _zone: tzinfo) -> Sentences:
    withdrawn = [state for state in history.plans if state.status is Status.WITHDRAWN]
    withdrawn = [state for state in withdrawn if not was_made(state)]
    lapsed = [state for state in history.plans if has_lapsed(state, now)]
    rest = [state for state in history.plans if state not in withdrawn and not was_made(state)]
    not_made = [state for state in rest if NOT_MADE in went(state)]
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
    elsewhere = [state for state in history.plans if ELSEWHERE in went(state)]
    moved = [state for state in history.plans if was_moved(state) and state not in (*refused, *elsewhere)]
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
    how = went(state)
    if not how:
        return bool(state.after.debriefs) and not state.after.incidents
    return bool(how - {NOT_MADE, ELSEWHERE})


def _stopped(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    stopped = [state for state in history.plans if state.visit.stopped]
    if stopped:
        yield f"{plans_are(stopped)} broken off."


def _shorter(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    """By the time there; where that was not reported, by the time out. Never one beside the other."""
    for minutes, words in ((minutes_there, "there"), (minutes_away, "out")):
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
    alarmed = [state for state in history.plans if was_alarmed(state)]
    if alarmed:
        yield f"An alarm was raised on {named(alarmed)}."


def _concerns_unanswered(history: CaseHistory, _now: datetime, _zone: tzinfo) -> Sentences:
    for state in _made(history):
        if (count := len(unanswered(state.body))) and not _went_on_conditions(state):
            word = things(count, "finding")
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


PATTERNS: Mapping[Pattern, tuple[str, Callable[[CaseHistory, datetime, tzinfo], Sentences]]] = {
    Pattern.EVENINGS: ("Evenings", _evenings),
    Pattern.ALONE: ("Alone", _alone),
    Pattern.CANCELLED: ("Visits that were not made", _cancelled),
    Pattern.SEEN_ELSEWHERE: ("Somewhere else than at home", _seen_elsewhere),
    Pattern.SAME_WORKER: ("Always the same worker", _same_worker),
    Pattern.NEVER_DEPARTED: ("Setting out is not on record", _never_departed),
    Pattern.STOPPED: ("Broken off", _stopped),
    Pattern.SHORTER: ("Shorter each time", _shorter),
    Pattern.OVERDUE: ("Alarms", _overdue),
    Pattern.INCIDENT: ("Incidents", _incident),
    Pattern.REPEATED_INCIDENTS: ("More than one incident", _repeated),
    Pattern.IDENTITY: ("Aimed at who somebody is", _identity),
    Pattern.HOSTILITY_UNREPORTED: ("Hostility without an incident", _unreported),
    Pattern.NOT_SHARED: ("Not shared with others", _not_shared),
    Pattern.NOT_SEEN: ("Not seen", _not_seen),
    Pattern.THINGS_UNSAID: ("Left unsaid", _unsaid),
    Pattern.RELIEVED: ("Relief", _relieved),
    Pattern.NOT_DEBRIEFED: ("Not talked over", _not_debriefed),
    Pattern.CONCERNS_UNANSWERED: ("Findings that went along", _concerns_unanswered),
}
"""What each is called, and what finds its evidence."""


LONGEST_LINE = 160
"""Characters of anybody's words in a line."""


def short(text: str, longest: int = LONGEST_LINE) -> str:
    """Somebody's words on one line, cut at a word."""
    text = one_line(text)
    return text if len(text) <= longest else f"{text[:longest].rsplit(' ', 1)[0]} ..."


def day_words(day: str, zone: tzinfo) -> str:
    """`3 December 2026` for a day as entries have it; the text as it stands if it is none."""
    words = date_only(f"{day}T12:00:00Z", zone)
    return day if words.endswith("Z") else words
