"""Plans at a terminal: one in full, and a list of several.

Usable at 40 columns and read aloud from top to bottom. What a manager sees before deciding is in
`review_screen`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from visitsafe.checklists.facts import Known, in_order, with_answer
from visitsafe.cli.followup_screen import show_after
from visitsafe.cli.lines import GOOD, QUIET, STOP, STRONG, WARN, fact, heading, item, make_console, put
from visitsafe.cli.review_known import changed_since, first_known, notes_before
from visitsafe.cli.review_screen import review_plan
from visitsafe.cli.visit_screen import show_way
from visitsafe.record.bodies import DecidedBody, PlanBody
from visitsafe.record.kinds import kind_words
from visitsafe.record.terms import Level, Status
from visitsafe.state.entry_words import owed_words, reason_of, says, sealed_words
from visitsafe.state.fold import called
from visitsafe.state.ladder import is_alarming
from visitsafe.state.phrases import (
    DECISION_WORDS,
    LEVEL_WORDS,
    answering,
    expired,
    overtaken_words,
    plain_words,
    went_first,
    who_goes,
    worst_first,
)
from visitsafe.state.visit_words import MET, how_to_close, stage_words, unclosed
from visitsafe.supervision.shapes import without_details
from visitsafe.text.clean import cut
from visitsafe.text.clock import age, exactly_and_local, moment, short_span, span, to_text
from visitsafe.text.redact import without_address

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.record.stored import PlanRow
    from visitsafe.state.fold import PlanState
    from visitsafe.state.rules import Judged
    from visitsafe.team.roster import Roster

__all__ = ["list_plans", "make_console", "review_plan", "show_plan"]

INDENT = 2
LONGEST_CASE, LONGEST_AREA = 60, 120
"""What a list shows of either. A longer one was signed by another program."""
UNDER_REFERENCE = len("K7Q2-M9  ")
LEVELS: Mapping[str, str] = {Level.STOP: "stop finding", Level.CONTROL: "control finding"}
"""What the worst finding is called in a list, where `stop` alone would read as an order."""
STATUS_STYLES = {
    Status.AWAITING: WARN,
    Status.COUNTERSIGNED: GOOD,
    Status.RETURNED: WARN,
    Status.REFUSED: STOP,
    Status.WITHDRAWN: STOP,
}


def show_plan(
    console: "Console",
    state: "PlanState",
    now: datetime,
    zone: tzinfo,
    *,
    include_details: bool = False,
    known: Known = Known(),
) -> None:
    """Write a plan and all that happened to it.

    Args:
        console: Where to.
        state: The plan.
        now: For what is overdue or expired.
        zone: Whose local time is shown.
        include_details: With the address.
        known: What is known now of the visit and its case, for a manager; told first.
    """
    state = state if include_details else without_details(state)
    put(console, (f"Visit plan {state.ref}: {plain_words(state, now)}", STATUS_STYLES[state.status]))
    for problem in state.problems:
        put(console, ("Does not hold: ", STOP), problem)
    _known(console, state, known)
    _visit(console, state, now, zone)
    show_way(console, state, now, zone)
    _findings(console, state, before_told=bool(known.notes))
    _decision(console, state, zone)
    show_after(console, state, now, zone)
    _answers(console, state.body, now)
    _record(console, state, zone)


def _known(console: "Console", state: "PlanState", known: Known) -> None:
    """What earlier visits leave, as of now; what was known when it was signed, and what differs since."""
    if known.notes:
        heading(console, "From earlier visits of this case, as of now")
        for one in first_known(state, known.notes):
            item(console, (one.text, WARN), (f" ({one.source})", QUIET), indent=INDENT)
        for text in notes_before(state, known.notes):
            item(console, text, indent=INDENT)
    signed, since = in_order(state.body.known), changed_since(state.body, known.facts)
    if signed or since:
        heading(console, "Known when it was signed")
    for fact_known in signed:
        item(console, with_answer(state.body, fact_known), indent=INDENT)
    for text in since:
        item(console, (text, WARN), indent=INDENT)
    if known.notes or signed or since:
        console.print()


def _visit(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    visit = state.body.visit
    put(console, span(visit.start, visit.due_back, zone))
    put(console, f"{state.author.person.name}, {who_goes(state.going)}")
    put(console, f"Case {visit.case}, {visit.area}" if visit.area.strip() else f"Case {visit.case}")
    for condition in state.conditions:
        said = MET[state.visit.conditions.get(condition, "")]
        fact(console, said if state.visit.out else "Condition", (condition, STRONG))
    fact(console, "Address", visit.address)
    fact(console, "Purpose", visit.purpose)
    fact(console, "Why it cannot wait", state.body.urgent)
    fact(console, "Withdrawn because", state.withdrawn)
    if state.sealed:
        fact(console, "Tracing details", sealed_words(state.sealed, now))


def _findings(console: "Console", state: "PlanState", *, before_told: bool) -> None:
    """What the checklist raised; what earlier visits left only if it was not told before."""
    body = state.body
    found = [one for one in worst_first(body) if not (before_told and one.from_before)]
    told = f": what the checklist says to {state.author.person.name}" if found else ""
    heading(console, f"Findings{told}")
    if not found:
        put(console, "None.", indent=INDENT)
    styles = {Level.STOP: STOP, Level.CONTROL: WARN, Level.NOTE: STRONG}
    for finding in found:
        put(console, (f"{LEVEL_WORDS[finding.level]}. ", styles[finding.level]), finding.text, indent=INDENT)
        fact(console, "Because", "; ".join(finding.because), indent=2 * INDENT)
        answers = answering(finding, body.controls)
        for control in answers:
            fact(console, "Answered by", f"{control.text} ({control.who})", indent=2 * INDENT)
        if not answers and finding.level is not Level.NOTE:
            put(console, ("No control measure yet.", STRONG), indent=2 * INDENT)
        fact(console, "Source", (finding.source, QUIET), indent=2 * INDENT)


def _decision(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    heading(console, "Decision")
    if state.decision is None or state.decided is None:
        put(console, "No manager has decided on this version.", indent=INDENT)
        return
    body = state.decided
    at = moment(state.decision.entry.content.at, zone)
    put(console, f"{DECISION_WORDS[body.decision]} by {state.decision.name}, {at}", indent=INDENT)
    if body.of != state.version.id:
        put(
            console,
            "Made on an earlier version; it stands until a manager decides again.",
            indent=INDENT,
        )
    fact(console, "Reasons", body.rationale, indent=INDENT)
    for condition in body.conditions:
        fact(console, "Condition", (condition, STRONG), indent=INDENT)
    fact(console, "How the purpose will be met", body.purpose_met, indent=INDENT)


def _answers(console: "Console", body: PlanBody, now: datetime) -> None:
    section = None
    for shown in body.shown:
        if shown.section != section:
            section = shown.section
            heading(console, section)
        given = body.standing.get(shown.id, "")
        standing = f" (given {age(given, now)})" if given and given != to_text(now) else ""
        fact(console, shown.label, f"{shown.answer}{standing}", indent=INDENT)


def _record(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    heading(console, "Signed")
    for judged in state.judged:
        item(console, _signed(judged, zone), indent=INDENT)
        fact(console, "Says", says(judged, state), indent=2 * INDENT)
        fact(console, "Reason", reason_of(judged), indent=2 * INDENT)
        if judged.why_not:
            put(console, ("Does not count: ", STRONG), judged.why_not, indent=2 * INDENT)
        elif judged.doubt:
            put(console, ("In doubt: ", STRONG), judged.doubt, indent=2 * INDENT)
    fact(console, "To check it", f"visitsafe verify {state.ref}", indent=INDENT)


def _signed(judged: "Judged", zone: tzinfo) -> str:
    content = judged.entry.content
    what = DECISION_WORDS[judged.body.decision].lower() if isinstance(judged.body, DecidedBody) else ""
    at = exactly_and_local(content.at, zone)
    return f"{at}: {what or kind_words(content.kind)}, by {judged.name}; signature good"


def list_plans(
    console: "Console",
    rows: Sequence["PlanRow"],
    roster: "Roster",
    now: datetime,
    zone: tzinfo,
    states: Mapping[str, "PlanState"],
) -> None:
    """Write a line or two for each plan, in the order given.

    Args:
        console: Where to.
        rows: The plans.
        roster: For the names.
        now: For who is late.
        zone: Whose local time is shown.
        states: The state of each of them, by the plan's id.
    """
    if not rows:
        put(console, "No plans here. To plan a visit: visitsafe plan")
    refs = called(states[row.plan] for row in rows)
    for row in rows:
        _row(console, row, states[row.plan], refs[row.plan], roster, now, zone)


def _row(
    console: "Console",
    row: "PlanRow",
    state: "PlanState",
    ref: str,
    roster: "Roster",
    now: datetime,
    zone: tzinfo,
) -> None:
    status = "expired" if expired(state, now) else "watched as agreed" if state.overtaken else row.status
    stage = stage_words(state, now, zone)
    words = [
        status,
        stage,
        LEVELS.get(row.level, row.level),
        "urgent" if row.urgent or went_first(state) else "",
        owed_words(state, now),
    ]
    grave = row.level == Level.STOP and row.status == Status.AWAITING
    late = not state.closed and (is_alarming(state, now) or bool(went_first(state)))
    mark, when = f"{ref}  ", f"{short_span(row.start, row.due_back, zone)}  "
    put(console, (when, STRONG), (", ".join(filter(None, words)), STOP if grave or late else ""), mark=mark)
    area = without_address(state.facts.area, state.facts.address)
    author = roster.known.get(row.by)
    facts = (
        cut(state.facts.case, LONGEST_CASE),
        cut(area, LONGEST_AREA),
        author.person.name if author else "somebody not in the team",
    )
    put(console, ", ".join(fact for fact in facts if fact.strip()), indent=UNDER_REFERENCE)
    if state.overtaken:
        newer = overtaken_words(state, zone)
        put(console, f"{newer[:1].upper()}{newer[1:]}.", indent=UNDER_REFERENCE)
    if unclosed(state, now):
        put(console, how_to_close(state, ref), indent=UNDER_REFERENCE)
