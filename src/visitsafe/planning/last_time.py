"""What earlier visits of a case leave for a plan to know: gathered as everybody in the team may see it.

A plan is read by all, so what only some may know (D15) never comes into it this way, whoever plans. Only the
plans of that case are looked for and folded.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from visitsafe.checklists.facts import Known
from visitsafe.desk import Desk
from visitsafe.find import case_history
from visitsafe.record.bodies import INCIDENT_BEFORE, LAST_TIME, Finding, IncidentBody
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer, Document, Level
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import CaseHistory, Met, each_once
from visitsafe.state.fold import PlanState
from visitsafe.state.known import case_facts, marker_says, was_made
from visitsafe.state.visit import Event
from visitsafe.text.clean import one_line, things
from visitsafe.text.clock import MONTHS, local_time, to_text
from visitsafe.text.redact import without_address

MOST = 6
MOST_INCIDENTS, MOST_ACTIONS = 2, 3
LONGEST = 280
"""Characters of anybody's words that are carried over."""


class _Case:
    """A case, and how its days and texts are written."""

    def __init__(self, history: CaseHistory, now: datetime, zone: tzinfo) -> None:
        self.plans = history.plans[::-1]
        self.documents = history.documents(Document.SUPERVISION)
        self.marker = history.marker()
        self.now, self.zone = now, zone
        self._addresses = {state.body.visit.address for state in history.plans}

    def short(self, text: str) -> str:
        """Somebody's words on one line, without any address of the case."""
        text = one_line(text)
        for address in self._addresses:
            text = without_address(text, address)
        return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} ..."

    def day(self, text: str) -> str:
        """`3 November`, with the year if it is another one."""
        local = local_time(text, self.zone)
        near = local_time(to_text(self.now), self.zone)
        if local is None or near is None:
            return one_line(text)
        year = "" if local.year == near.year else f" {local.year}"
        return f"{local.day} {MONTHS[local.month - 1]}{year}"

    def visited(self, state: PlanState) -> str:
        """`Last time (3 November)`: the newest visit that was made; `Earlier (...)` for one before."""
        newest = next((one for one in self.plans if was_made(one)), state)
        word = "Last time" if state.body.visit.start >= newest.body.visit.start else "Earlier"
        return f"{word} ({self.day(state.body.visit.start)})"

    def when(self, state: PlanState, said: Event[IncidentBody]) -> str:
        """As `visited`; the day on which it happened, if that is another one than the visit's."""
        day = self.day(said.happened)
        return self.visited(state) if day == self.day(state.body.visit.start) else f"On {day}"


def last_time(history: CaseHistory, now: datetime, zone: tzinfo) -> tuple[Finding, ...]:
    """What the plans of a case leave to be known, the newest first.

    Args:
        history: The case, as everybody in the team may see it.
        now: For what is overdue, and whether a day needs its year.
        zone: Whose days are named.
    """
    case = _Case(history, now, zone)
    found = [*_incidents(case), *_debriefs(case), *_agreed(case), *_stopped(case), *_overdue(case)]
    newest = sorted(found[:MOST], key=lambda one: one[0], reverse=True)
    return tuple(_numbered([*(finding for _, finding in newest), *_marker(case)]))


_Found = Iterator[tuple[str, Finding]]
"""Findings, each with the time by which it is sorted, UTC text."""


def _note(rule: str, text: str, source: str) -> Finding:
    return Finding(rule=rule, level=Level.NOTE, text=text, source=source)


def _incidents(case: _Case) -> _Found:
    """The newest incidents, however long ago: what happened once is what the next visitor must know."""
    found = [(state, said) for state in case.plans for said in reversed(state.after.incidents)]
    found.sort(key=lambda one: one[1].happened, reverse=True)
    for number, (state, said) in enumerate(found[:MOST_INCIDENTS], start=1):
        more = len(found) - MOST_INCIDENTS if number == MOST_INCIDENTS else 0
        before = f" {more} more before that." if more > 0 else ""
        text = f"{case.when(state, said)}: {case.short(_happened(said))}{before}"
        yield said.happened, _note(INCIDENT_BEFORE, text, f"incident of {state.ref}")


def _happened(said: Event[IncidentBody]) -> str:
    """What it was, as `there was an incident: Shouting; Throwing things.`, and whether somebody was hurt."""
    body = said.body
    what = "there was a near miss" if body.near_miss else "there was an incident"
    shown = (
        next((one.answer for one in body.shown if one.id == Meaning.BEHAVIOURS), "")
        if body.behaviours
        else ""
    )
    how = shown or "; ".join(name.replace("-", " ") for name in body.behaviours)
    hurt = " Somebody was hurt." if body.hurt == Answer.YES else ""
    return f"{what}{': ' if how else ''}{how.rstrip('.')}.{hurt}"


def _debriefs(case: _Case) -> _Found:
    """What those who went said when they talked the newest visit over that was."""
    state = next((one for one in case.plans if one.after.debriefs), None)
    if state is None:
        return
    start, source = state.body.visit.start, f"debrief of {state.ref}"
    wishes = [
        (f"{LAST_TIME}next-time", "for the next visit", one.body.next_time) for one in state.after.debriefs
    ]
    unseen = [(f"{LAST_TIME}not-seen", "not seen", one.body.not_seen) for one in state.after.debriefs]
    for rule, lead, said in (*wishes, *unseen):
        if words := case.short(said):
            yield start, _note(rule, f"{case.visited(state)}: {lead}: {words}", source)


def _agreed(case: _Case) -> _Found:
    """The actions of the newest plan from supervision."""
    if not case.documents:
        return
    state, said = case.documents[-1]
    lead, actions = f"Agreed in supervision on {case.day(said.at)}", said.body.actions
    for number, action in enumerate(actions[:MOST_ACTIONS], start=1):
        by = case.day(f"{action.by}T12:00:00Z") if action.by else ""
        who = ", ".join(filter(None, (case.short(action.who), f"by {by}" if by else "")))
        rest = len(actions) - MOST_ACTIONS if number == MOST_ACTIONS else 0
        more = f"; and {rest} more" if rest > 0 else ""
        text = f"{lead}: {case.short(action.what)}{f' ({who})' if who else ''}{more}"
        yield said.at, _note(f"{LAST_TIME}agreed", text, f"supervision action plan of {state.ref}")


def _stopped(case: _Case) -> _Found:
    """That the newest visit that was made was broken off."""
    state = next((one for one in case.plans if was_made(one)), None)
    if state is not None and state.visit.stopped:
        text = f"{case.visited(state)}: the visit was broken off."
        yield state.body.visit.start, _note(f"{LAST_TIME}stopped", text, f"report of {state.ref}")


def _overdue(case: _Case) -> _Found:
    """What was to be shared with others, and nothing says that it was; one note for each plan."""
    found = each_once(case.plans)
    for state in case.plans:
        late = [one for of, one in found if of is state and one.met(case.now) is Met.OVERDUE]
        if late:
            first = min(one.by for one in late)
            text = (
                f"Since {case.day(first)} overdue: telling other professionals {things(len(late), 'thing')} "
                f"(visitsafe share {state.ref})"
            )
            yield first, _note(f"{LAST_TIME}not-shared", text, f"plan {state.ref}")


def _marker(case: _Case) -> Iterator[Finding]:
    """Where a warning marker stood when somebody looked last, and whether it is out of date."""
    said = case.marker
    if said is not None:
        text = marker_says(said.body, case.now.astimezone(case.zone).date())
        of = next((state.ref for state in case.plans if said in state.after.markers), "")
        yield _note(f"{LAST_TIME}marker", case.short(text), f"warning marker noted on {of}")


def _numbered(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Each with a rule id of its own."""
    seen: dict[str, int] = {}
    for one in findings:
        seen[one.rule] = seen.get(one.rule, 0) + 1
        again = seen[one.rule]
        rule = one.rule if again == 1 else f"{one.rule}-{again}"
        yield Finding(rule=rule, level=one.level, text=one.text, source=one.source)


def known_about(desk: Desk, case: str, zone: tzinfo, *, but: str = "") -> Known:
    """What the record of a case makes known to its next plan; nothing for a case that is new.

    Args:
        desk: Who plans.
        case: Its reference, as it was typed.
        zone: Whose days are named.
        but: The id of the plan that is read or revised: it is no earlier visit of its own, so that nothing is
            noted about it. What happened on it is a fact all the same.
    """
    seen = tuple(hides_duress(state, None, desk.now) for state in case_history(desk, case).plans)
    others = tuple(state for state in seen if state.plan != but)
    facts = case_facts(CaseHistory(case, seen), desk.now, zone, but=but)
    return Known(last_time(CaseHistory(case, others), desk.now, zone), facts)
