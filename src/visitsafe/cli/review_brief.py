"""The lower half of a busy plan in a few lines, so that what is worrying stays on the screen with the prompt.

Names everything that is left out and how much of it there is; the whole stands behind "Read every answer
first". Decides nothing.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from textwrap import shorten
from typing import TYPE_CHECKING

from visitsafe.cli.lines import STRONG, WARN, fact, heading, put
from visitsafe.domain.changes import Changes, changes
from visitsafe.domain.duties import Met, duties_of
from visitsafe.domain.phrases import (
    DECISION_WORDS,
    age,
    date_only,
    day,
    own_words,
    span,
    who_goes,
)
from visitsafe.domain.plan import DecidedBody, PlanBody
from visitsafe.domain.terms import Level

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.domain.fold import PlanState

INDENT = 2


def write_brief(
    console: "Console", state: "PlanState", previous: "PlanState | None", now: datetime, zone: tzinfo
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
    rest = "; ".join([*_counted(state, now), *_changed(body, previous, zone)])
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
                f"{day(one.duty.by, zone)}: {one.duty.label}",
                indent=INDENT,
            )


def _counted(state: "PlanState", now: datetime) -> Iterator[str]:
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
    notes = sum(finding.level is Level.NOTE for finding in body.findings)
    if notes:
        yield _many(notes, "note")
    if body.standing:
        oldest = age(min(body.standing.values()), now)
        yield f"{_many(len(body.standing), 'standing answer')}, the oldest given {oldest}"


def _changed(body: PlanBody, previous: "PlanState | None", zone: tzinfo) -> Iterator[str]:
    if previous is None:
        yield "no earlier plan for this case"
        return
    found: Changes = changes(previous.body, body)
    since = f"since {previous.ref} ({date_only(previous.body.visit.start, zone)})"
    if not any(found):
        yield f"nothing has changed {since}"
        return
    names = ", ".join(one.label for one in found.answers)
    counts = [_many(len(found.new), "new finding")] if found.new else []
    counts += [f"{_many(len(found.gone), 'finding')} gone"] if found.gone else []
    counts += [f"other answers to {shorten(names, 80, placeholder='...')}"] if names else []
    yield f"changed {since}: {', '.join(counts)}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
