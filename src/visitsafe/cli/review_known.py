"""What earlier visits of the case leave, for whoever decides on its next plan: told first, and told once.

It is worked out when the plan is read, for an incident may have come after the signature. What the plan was
signed with counts where the case no longer tells it: its earlier plans may have been removed by rule since.
Decides nothing; escapes nothing.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from visitsafe.checklists.facts import (
    DAYLIGHT,
    LIGHT,
    OVERLAP,
    Known,
    differing,
    in_order,
    said_otherwise,
    with_answer,
)
from visitsafe.record.bodies import INCIDENT_BEFORE, LAST_TIME, Finding, KnownFact, PlanBody
from visitsafe.record.terms import Level, Role
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from datetime import tzinfo

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
    return [one for one in _told(state, known) if _kind(one) < OTHER]


def notes_left(state: "PlanState", known: Sequence[Finding]) -> list[str]:
    """The notes that are not among `first_known`: of earlier visits, and of the answers."""
    raised = [one.text for one in state.body.findings if one.level is Level.NOTE and not one.from_before]
    return [*raised, *notes_before(state, known)]


def notes_before(state: "PlanState", known: Sequence[Finding]) -> list[str]:
    """The notes of earlier visits that are not among `first_known`."""
    return [one.text for one in _told(state, known) if _kind(one) == OTHER]


def has_incident(state: "PlanState", known: Sequence[Finding]) -> bool:
    """Whether earlier visits of the case tell of an incident or a near miss."""
    return any(_kind(one) == 0 for one in _told(state, known))


def _told(state: "PlanState", known: Sequence[Finding]) -> list[Finding]:
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
