"""What a manager reads before deciding: one screen, with what is worrying on top.

Rules: nothing worrying may stand further down than the first block; what is said there is said in words,
and what is known of the case comes before the findings. A plan that raises nothing says so in one line.
Decides nothing and asks nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from textwrap import shorten
from typing import TYPE_CHECKING

from visitsafe.checklists.facts import (
    DAYLIGHT,
    LIGHT,
    OVERLAP,
    Known,
    dark_words,
    differing,
    in_order,
    said_otherwise,
    with_answer,
)
from visitsafe.cli.output import STOP, STRONG, WARN, Part, fact, heading, item, put
from visitsafe.planning.decide import Changes, changes
from visitsafe.record.bodies import INCIDENT_BEFORE, LAST_TIME, DecidedBody, Finding, KnownFact, PlanBody
from visitsafe.record.kinds import kind_words
from visitsafe.record.terms import Company, Level, Role, Status
from visitsafe.state.duties import Met, duties_of
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
from visitsafe.text.clean import one_line, things
from visitsafe.text.clock import age, date_only, day, from_text, in_minutes, span

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState


FIRST = (INCIDENT_BEFORE, *(f"{LAST_TIME}{name}" for name in ("next-time", "agreed", "not-seen", "stopped")))
"""The kinds of notes that are worrying, the gravest first; any other stays a note."""
OTHER = len(FIRST)


def known_now(desk: "Desk", state: "PlanState", zone: "tzinfo") -> Known:
    """What is known now of a plan and its case, for a manager of a plan that is not over.

    Args:
        desk: Who reads it; nothing for somebody who is no manager.
        state: The plan.
        zone: Whose days are named.
    """
    from visitsafe.planning.known import known_of

    if desk.me is None or Role.MANAGER not in desk.me.roles or state.closed:
        return Known()
    return known_of(desk, zone, state)


def facts_first(body: PlanBody, now: Sequence[KnownFact]) -> list[str]:
    """What was worked out or is known and may disagree with the answers, each as a sentence or two.

    What the plan was signed with comes first, then what differs from it now.
    """
    signed = {one.name: one for one in in_order(body.known)}
    told = []
    if (light := signed.get(LIGHT)) and (light.value != DAYLIGHT or said_otherwise(body.answers, light)):
        told.append(with_answer(body, light))
    if OVERLAP in signed:
        told.append(signed[OVERLAP].text)
    return [*told, *changed_since(body, now)]


def changed_since(body: PlanBody, now: Sequence[KnownFact]) -> list[str]:
    """What differs from what a plan was signed with, as sentences."""
    return [f"Since it was signed: {one.text}" for one in differing(body, now)]


def first_known(state: "PlanState", known: Sequence[Finding]) -> list[Finding]:
    """The notes from earlier visits that are worrying, the gravest first, each on one line."""
    return [one for one in _known_or_signed(state, known) if _kind(one) < OTHER]


def notes_left(state: "PlanState", known: Sequence[Finding]) -> list[str]:
    """The notes that are not among `first_known`: of earlier visits, and of the answers."""
    raised = [one.text for one in state.body.findings if one.level is Level.NOTE and not one.from_before]
    return [*raised, *notes_before(state, known)]


def notes_before(state: "PlanState", known: Sequence[Finding]) -> list[str]:
    """The notes of earlier visits that are not among `first_known`."""
    return [one.text for one in _known_or_signed(state, known) if _kind(one) == OTHER]


def has_incident(state: "PlanState", known: Sequence[Finding]) -> bool:
    """Whether earlier visits of the case tell of an incident or a near miss."""
    return any(_kind(one) == 0 for one in _known_or_signed(state, known))


def _known_or_signed(state: "PlanState", known: Sequence[Finding]) -> list[Finding]:
    """What is known now, and of what was signed what that does not replace, the gravest first."""
    signed = [one for one in state.body.findings if one.from_before]
    every = (*known, *_not_replaced(signed, known, state.ref))
    return sorted(map(_in_one_line, every), key=_kind)


def _in_one_line(one: Finding) -> Finding:
    return Finding(rule=one.rule, level=one.level, text=one_line(one.text), source=one_line(one.source))


def _not_replaced(signed: Sequence[Finding], known: Sequence[Finding], ref: str) -> Iterator[Finding]:
    """A newer note replaces one of its kind; of incidents that of the same visit, and this plan's own."""
    sources = {f"incident of {ref}", *(one.source for one in known)}
    kinds = {_kind(one) for one in known if _kind(one) not in {0, OTHER}}
    others = {one.text for one in known}
    for one in signed:
        kind = _kind(one)
        if one.source not in sources and kind not in kinds and one.text not in others:
            yield one


def _kind(one: Finding) -> int:
    """The place among `FIRST`; rule ids are numbered where there are several."""
    return next((place for place, rule in enumerate(FIRST) if one.rule.startswith(rule)), OTHER)


INDENT = 2
KNOWN_LINES = 3
"""How many lines somebody's words from an earlier visit get."""
STOPPED = {Status.RETURNED, Status.REFUSED, Status.WITHDRAWN}


def write_brief(
    console: "Console",
    state: "PlanState",
    previous: "PlanState | None",
    now: datetime,
    zone: tzinfo,
    known: Sequence[Finding],
) -> None:
    """Write the visit, and the rest by its number."""
    body, visit = state.body, state.body.visit
    room = max(console.width - INDENT, 20)
    heading(console, "The visit")
    put(console, span(visit.start, visit.due_back, zone), indent=INDENT)
    place = f", {visit.area}" if visit.area.strip() else ""
    who = f"{state.author.person.name}, {who_goes(body)}; case {visit.case}{place}"
    put(console, shorten(who, room, placeholder=" ..."), indent=INDENT)
    fact(
        console, "Purpose", shorten(visit.purpose, room - len("Purpose: "), placeholder=" ..."), indent=INDENT
    )
    _words(console, body, room)
    _newest_decision(console, state, zone, room)
    _overdue_sharing(console, state, now, zone)
    rest = "; ".join([*_counted(state, now, known), *_changed_in_brief(body, previous, zone)])
    put(console, ("Also: ", STRONG), f"{rest}.", indent=INDENT)


def _words(console: "Console", body: PlanBody, room: int) -> None:
    """What the practitioner wrote about a finding, such as what they do instead."""
    named = {name for finding in body.findings for name in finding.settle}
    for shown in own_words(body):
        if shown.id in named:
            text = shorten(shown.answer, 2 * room - len(shown.label) - 4, placeholder=" ...")
            fact(console, shown.label, text, indent=INDENT)


def _newest_decision(console: "Console", state: "PlanState", zone: tzinfo, room: int) -> None:
    """The newest decision so far."""
    decisions = [one for one in state.judged if isinstance(one.body, DecidedBody) and not one.why_not]
    for one in decisions[-1:]:
        if isinstance(one.body, DecidedBody):
            on = day(one.entry.content.at, zone)
            said = f"{DECISION_WORDS[one.body.decision]} by {one.name} on {on}: {one.body.rationale}"
            put(console, shorten(said, 2 * room - 4, placeholder=" ..."), indent=INDENT)


def _overdue_sharing(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    for one in duties_of(state):
        if one.met(now) is Met.OVERDUE:
            put(
                console,
                ("Sharing OVERDUE since ", WARN),
                f"{day(one.by, zone)}: {one.duty.label}",
                indent=INDENT,
            )


def _counted(state: "PlanState", now: datetime, known: Sequence[Finding]) -> Iterator[str]:
    """How much there is of everything, with what matters most of it."""
    body, duties = state.body, duties_of(state)
    if body.controls:
        yield things(len(body.controls), "control measure")
    met = [one.met(now) for one in duties]
    for count, what in (
        (sum(one.open for one in duties), "to be shared"),
        (met.count(Met.SHARED), "shared"),
        (met.count(Met.NOT_SHARED), "decided not to share"),
    ):
        if count:
            yield f"{count} {what}"
    if notes := notes_left(state, known):
        yield things(len(notes), "note")
    if body.standing:
        oldest = age(min(body.standing.values()), now)
        yield f"{things(len(body.standing), 'standing answer')}, the oldest given {oldest}"


def _changed_in_brief(body: PlanBody, previous: "PlanState | None", zone: tzinfo) -> Iterator[str]:
    if previous is None:
        yield "no earlier plan for this case"
        return
    found: Changes = changes(previous.body, body)
    when = since(previous, zone)
    if not any(found):
        yield f"nothing has changed {when}"
        return
    names = ", ".join(one.label for one in found.answers)
    counts = [things(len(found.new), "new finding")] if found.new else []
    counts += [f"{things(len(found.gone), 'finding')} gone"] if found.gone else []
    counts += [f"other answers to {shorten(names, 80, placeholder='...')}"] if names else []
    yield f"changed {when}: {', '.join(counts)}"


def since(previous: "PlanState", zone: tzinfo) -> str:
    """`since 5VAH-YK (23 November 2026)`, with what became of that plan if it was not to be carried out."""
    how = f", which was {previous.status}" if previous.status in STOPPED else ""
    return f"since {previous.ref} ({date_only(previous.body.visit.start, zone)}){how}"


def known_line(one: Finding, width: int | None) -> tuple[Part, ...]:
    """A note from an earlier visit; an incident stands out, and is never cut short.

    Args:
        one: The note.
        width: Columns, where it is to be cut to a few lines; the whole is in the long form.
    """
    if one.rule.startswith(INCIDENT_BEFORE):
        return ((one.text, STOP),)
    if width is None:
        return ((one.text, WARN),)
    return ((shorten(one.text, KNOWN_LINES * max(width - 2 * INDENT, 20), placeholder=" ..."), WARN),)


SOON_MINUTES = 120


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
    _notes_and_where_the_rest_is(console, state, known.notes)


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
        measures = things(count, "control measure")
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


def _notes_and_where_the_rest_is(console: "Console", state: "PlanState", known: Sequence[Finding]) -> None:
    """The notes, and where every answer stands: this is one screen."""
    notes = notes_left(state, known)
    if notes:
        heading(console, "Notes")
    for note in notes:
        item(console, note, indent=INDENT)
    put(console, f"Every question and answer: visitsafe show {state.ref}", mark="")
