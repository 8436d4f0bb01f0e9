"""The lower half of a busy plan in a few lines, so that what is worrying stays on the screen with the prompt.

Names everything that is left out and how much of it there is; the whole stands behind "Read every answer
first". Decides nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from textwrap import shorten
from typing import TYPE_CHECKING

from visitsafe.cli.lines import STOP, STRONG, WARN, Part, fact, heading, put
from visitsafe.cli.review_known import notes_left
from visitsafe.planning.decide import Changes, changes
from visitsafe.record.bodies import INCIDENT_BEFORE, DecidedBody, Finding, PlanBody
from visitsafe.record.terms import Status
from visitsafe.state.duties import Met, duties_of
from visitsafe.state.phrases import DECISION_WORDS, own_words, who_goes
from visitsafe.text.clock import age, date_only, day, span

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.state.fold import PlanState

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
    _said(console, state, zone, room)
    _late(console, state, now, zone)
    rest = "; ".join([*_counted(state, now, known), *_changed(body, previous, zone)])
    put(console, ("Also: ", STRONG), f"{rest}.", indent=INDENT)


def _words(console: "Console", body: PlanBody, room: int) -> None:
    """What the practitioner wrote about a finding, such as what they do instead."""
    named = {name for finding in body.findings for name in finding.settle}
    for shown in own_words(body):
        if shown.id in named:
            text = shorten(shown.answer, 2 * room - len(shown.label) - 4, placeholder=" ...")
            fact(console, shown.label, text, indent=INDENT)


def _said(console: "Console", state: "PlanState", zone: tzinfo, room: int) -> None:
    """The newest decision so far."""
    decisions = [one for one in state.judged if isinstance(one.body, DecidedBody) and not one.why_not]
    for one in decisions[-1:]:
        if isinstance(one.body, DecidedBody):
            on = day(one.entry.content.at, zone)
            said = f"{DECISION_WORDS[one.body.decision]} by {one.name} on {on}: {one.body.rationale}"
            put(console, shorten(said, 2 * room - 4, placeholder=" ..."), indent=INDENT)


def _late(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
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
        yield _many(len(body.controls), "control measure")
    met = [one.met(now) for one in duties]
    for count, what in (
        (sum(one.open for one in duties), "to be shared"),
        (met.count(Met.SHARED), "shared"),
        (met.count(Met.NOT_SHARED), "decided not to share"),
    ):
        if count:
            yield f"{count} {what}"
    if notes := notes_left(state, known):
        yield _many(len(notes), "note")
    if body.standing:
        oldest = age(min(body.standing.values()), now)
        yield f"{_many(len(body.standing), 'standing answer')}, the oldest given {oldest}"


def _changed(body: PlanBody, previous: "PlanState | None", zone: tzinfo) -> Iterator[str]:
    if previous is None:
        yield "no earlier plan for this case"
        return
    found: Changes = changes(previous.body, body)
    when = since(previous, zone)
    if not any(found):
        yield f"nothing has changed {when}"
        return
    names = ", ".join(one.label for one in found.answers)
    counts = [_many(len(found.new), "new finding")] if found.new else []
    counts += [f"{_many(len(found.gone), 'finding')} gone"] if found.gone else []
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


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
