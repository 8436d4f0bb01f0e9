"""What a manager reads before deciding: one screen, with what is worrying on top.

Rules: nothing worrying may stand further down than the first block; what is said there is said in words.
A plan that raises nothing says so in one line. Decides nothing and asks nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from visitsafe.checklists.facts import Known, dark_words
from visitsafe.cli.lines import STOP, STRONG, WARN, Part, fact, heading, item, put
from visitsafe.cli.review_brief import known_line, since, write_brief
from visitsafe.cli.review_known import facts_first, first_known, has_incident, notes_left
from visitsafe.planning.decide import changes
from visitsafe.record.bodies import DecidedBody, Finding, PlanBody
from visitsafe.record.kinds import kind_words
from visitsafe.record.terms import Company, Level, Status
from visitsafe.state.duties import duties_of
from visitsafe.state.entry_words import incident_title, opened_words, sealed_words
from visitsafe.state.ladder import is_alarming, set_out_words, went_without
from visitsafe.state.phrases import (
    DECISION_WORDS,
    answering,
    expired,
    not_sure,
    own_words,
    plain_words,
    went_first,
    who_goes,
    worst_first,
)
from visitsafe.state.sharing_words import state_words, to_words
from visitsafe.state.visit_words import stage_words
from visitsafe.team.details import is_old
from visitsafe.text.clock import age, day, from_text, in_minutes, span

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.state.fold import PlanState

INDENT = 2
SOON_MINUTES = 120
MANY = 4


def review_plan(
    console: "Console",
    state: "PlanState",
    previous: "PlanState | None",
    now: datetime,
    zone: tzinfo,
    rows: int | None = None,
    warnings: Sequence[str] = (),
    known: Known = Known(),
) -> None:
    """Write one plan for the manager who is to decide on it.

    Args:
        console: Where to.
        state: The plan.
        previous: The last plan for the same case, to show what has changed.
        now: For what is late, overdue or old.
        zone: Whose local time is shown.
        rows: How many lines there is room for; a plan that needs more is written briefly.
        warnings: What else the manager is warned of, as sentences; above what the plan raises.
        known: What is known now of the visit and its case; on top of what is worrying.
    """
    with console.capture() as captured:
        _write(console, state, previous, now, zone, warnings, known)
    if rows is None or len(captured.get().splitlines()) <= rows:
        _write(console, state, previous, now, zone, warnings, known)
    else:
        _worrying(console, state, now, zone, warnings, known, brief=True)
        write_brief(console, state, previous, now, zone, known.notes)


def _worrying(
    console: "Console",
    state: "PlanState",
    now: datetime,
    zone: tzinfo,
    warnings: Sequence[str],
    known: Known,
    *,
    brief: bool = False,
) -> None:
    """How the plan stands, and what is worrying; the checklist's sentences speak to the practitioner."""
    put(console, (f"{state.ref}: {plain_words(state, now)}", STRONG))
    warned = ((("Warning: ", STOP), warning) for warning in warnings)
    width = console.width if brief else None
    before = (known_line(one, width) for one in first_known(state, known.notes))
    facts = (((text, STOP),) for text in facts_first(state.body, known.facts))
    worries = [*_gone(state, now, zone), *before, *facts, *warned, *_worries(state, now, known.notes)]
    name = state.author.person.name
    told = f'What is worrying ("you" is {name})'
    heading(console, told if worries else "Nothing in this plan stands out")
    for worry in worries:
        item(console, *worry, indent=INDENT)


def _write(
    console: "Console",
    state: "PlanState",
    previous: "PlanState | None",
    now: datetime,
    zone: tzinfo,
    warnings: Sequence[str],
    known: Known,
) -> None:
    body = state.body
    _worrying(console, state, now, zone, warnings, known)
    _visit(console, state, zone)
    _details(console, state, now)
    _controls(console, body)
    _in_words(console, state)
    _sharing(console, state, now, zone)
    _standing(console, body, now)
    _before(console, state, zone)
    _changed(console, body, previous, zone)
    _rest(console, state, known.notes)


def _worries(state: "PlanState", now: datetime, known: Sequence[Finding]) -> Iterator[tuple[Part, ...]]:
    """What a manager must see first, the gravest first."""
    body = state.body
    for problem in state.problems:
        yield ("The record does not hold: ", STOP), problem
    if state.rivals:
        yield ("The practitioner signed other versions at the same time", STOP), "; ask which one is meant."
    for judged in state.judged:
        if judged.why_not:
            yield (
                ("Does not count: ", WARN),
                f"{kind_words(judged.entry.content.kind)} by {judged.name}: {judged.why_not}",
            )
        elif judged.doubt:
            yield (
                ("In doubt: ", WARN),
                f"{kind_words(judged.entry.content.kind)} by {judged.name}: {judged.doubt}",
            )
    for said in state.after.incidents:
        yield (incident_title(said.body), STOP), f" recorded on this plan by {said.author.person.name}."
    yield from _times(state, now)
    yield from (worry for finding in worst_first(body) if (worry := _worry(finding, body)))
    yield from _untraceable(state, now)
    if unsure := not_sure(body):
        yield ("Not sure: ", WARN), ", ".join(unsure)
    dark = dark_words(body)
    alone = body.company is not Company.WITH
    risky = has_incident(state, known) or not all(one.from_before for one in body.findings)
    if dark or (alone and risky):
        yield ((f"Who goes: {who_goes(body)}{dark}.", WARN if alone and dark else ""),)


def _gone(state: "PlanState", now: datetime, zone: tzinfo) -> Iterator[tuple[Part, ...]]:
    """That the visit is under way already; before anything else, for somebody is out there."""
    if went_without(state):
        words, reason = set_out_words(state)
        yield (f"{words[:1].upper()}{words[1:]}: ", STOP), reason
    if (state.visit.reports or is_alarming(state, now)) and not state.closed:
        yield ((f"On the way: {stage_words(state, now, zone)}.", STOP if is_alarming(state, now) else WARN),)


def _times(state: "PlanState", now: datetime) -> Iterator[tuple[Part, ...]]:
    minutes = int((from_text(state.body.visit.start) - now).total_seconds()) // 60
    if expired(state, now):
        yield ("The start has passed: ", STOP), "this plan has expired and needs a new version."
    elif state.body.urgent and not went_first(state):
        yield ("Urgent, goes first: ", STOP), state.body.urgent
    elif 0 <= minutes <= SOON_MINUTES and state.status is Status.AWAITING:
        yield ((f"Starts in {in_minutes(minutes)}.", WARN),)


def _untraceable(state: "PlanState", now: datetime) -> Iterator[tuple[Part, ...]]:
    sealed = state.sealed
    if sealed is None:
        yield ("No tracing details are sealed in this plan.", WARN), " Who would know where to look?"
    elif sealed.earlier:
        yield ("No tracing details are sealed in this version", WARN), ", only in an earlier one."
    elif not sealed.at_hand:
        yield (
            ("Nobody who stays behind can open the tracing details: ", STOP),
            f"first somebody runs visitsafe trace {state.ref} --reseal --reason '...'",
        )
    elif is_old(sealed.valid_until, now):
        yield (
            ("Old tracing details: ", WARN),
            f"{state.author.person.name} looked them over {age(sealed.given, now)}.",
        )


def _details(console: "Console", state: "PlanState", now: datetime) -> None:
    if state.sealed:
        fact(console, "Tracing details", sealed_words(state.sealed, now), indent=INDENT)
    for said in opened_words(state.judged):
        item(console, said, indent=INDENT)


def _worry(finding: Finding, body: PlanBody) -> tuple[Part, ...]:
    """A finding, unless it is a note or a control measure answers it."""
    count = len(answering(finding, body.controls))
    if finding.level is Level.STOP:
        measures = "1 control measure" if count == 1 else f"{count} control measures"
        return (
            ("Stop: ", STOP),
            finding.text,
            f" ({measures} below)" if count else " (no control measure yet)",
        )
    if finding.level is Level.CONTROL and not count:
        return ("No control measure: ", WARN), finding.text
    return ()


def _visit(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    visit = state.body.visit
    heading(console, "The visit")
    put(console, span(visit.start, visit.due_back, zone), indent=INDENT)
    put(console, f"{state.author.person.name}, {who_goes(state.body)}", indent=INDENT)
    put(console, f"Case {visit.case}" + (f", {visit.area}" if visit.area.strip() else ""), indent=INDENT)
    fact(console, "Purpose", visit.purpose, indent=INDENT)


def _controls(console: "Console", body: PlanBody) -> None:
    if not body.controls:
        return
    heading(console, "Control measures")
    for control in body.controls:
        item(console, control.text, f" ({control.who or 'nobody named'})", indent=INDENT)


def _in_words(console: "Console", state: "PlanState") -> None:
    """What the practitioner wrote, such as what was agreed or what happens instead."""
    written = own_words(state.body)
    if written:
        heading(console, f"In {state.author.person.name}'s words")
    for shown in written:
        item(console, f"{shown.label}: {shown.answer}", indent=INDENT)


def _sharing(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    duties = duties_of(state)
    if duties:
        heading(console, "To be shared")
    for one in duties:
        said = state_words(one, now, zone)
        item(
            console,
            f"{one.duty.label}: {said}" + (f", to {to_words(one)}" if one.left else ""),
            indent=INDENT,
        )


def _standing(console: "Console", body: PlanBody, now: datetime) -> None:
    if not body.standing:
        return
    heading(console, "Standing answers")
    shown = {one.id: one for one in body.shown}
    for name, given in sorted(body.standing.items(), key=lambda pair: pair[1]):
        label, answer = (shown[name].label, shown[name].answer) if name in shown else (name, "?")
        item(console, f"{label}: {answer} (given {age(given, now)})", indent=INDENT)


def _before(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    """What managers have said about this plan so far."""
    decisions = [one for one in state.judged if isinstance(one.body, DecidedBody) and not one.why_not]
    if decisions:
        heading(console, "Decided before")
    for one in decisions:
        if isinstance(one.body, DecidedBody):
            said = f"{DECISION_WORDS[one.body.decision]} by {one.name} on {day(one.entry.content.at, zone)}: "
            item(console, said, one.body.rationale, indent=INDENT)


def _changed(console: "Console", body: PlanBody, previous: "PlanState | None", zone: tzinfo) -> None:
    if previous is None:
        heading(console, "No earlier plan for this case")
        return
    found = changes(previous.body, body)
    heading(console, f"Changed {since(previous, zone)}")
    for finding in found.new:
        item(console, ("New finding: ", WARN), finding.text, indent=INDENT)
    for finding in found.gone:
        item(console, "No longer a finding: ", finding.text, indent=INDENT)
    for answer in found.answers:
        item(console, f"{answer.label}: {answer.after} (was: {answer.before})", indent=INDENT)
    if not any(found):
        put(console, "Nothing: the same answers and findings.", indent=INDENT)


def _rest(console: "Console", state: "PlanState", known: Sequence[Finding]) -> None:
    """The notes, and where every answer stands: this is one screen."""
    notes = notes_left(state, known)
    if notes:
        heading(console, "Notes")
    for note in notes:
        item(console, note, indent=INDENT)
    put(console, f"Every question and answer: visitsafe show {state.ref}", mark="")
