"""Visits under way in what `visitsafe` alone says: mine first, then colleagues for whom somebody must act.

One line each, with the command for it. Whether a visit is late is asked of this moment; whether anybody is
watching is read from the watchers' heartbeats. The whole picture is on the board.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from visitsafe.opening import zone_of
from visitsafe.record.terms import ANSWERERS, Role
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.ladder import is_alarming, is_watched, minutes_late, owner
from visitsafe.state.visit_words import COMES, DID_IT, how_to_close, unclosed, who_owns
from visitsafe.text.clean import kept_line
from visitsafe.text.clock import clock, in_minutes, short_span, to_text
from visitsafe.text.redact import without_address
from visitsafe.watch.heartbeat import anybody_watches, the_desk

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState

BOARD = "visitsafe board"


def under_way(desk: "Desk", states: "Sequence[PlanState]", refs: Mapping[str, str]) -> list[str]:
    """The lines about visits under way, mine before those of others.

    Args:
        desk: Who asks.
        states: The open plans.
        refs: Their references by the plan's id.
    """
    me = desk.me
    if me is None:
        return []
    seen = [hides_duress(state, me, desk.now) for state in states]
    mine = [state for state in seen if me.same_person(state.author)]
    others = [state for state in seen if not me.same_person(state.author)]
    lines = [*_out(desk, mine, refs)]
    if me.roles & ANSWERERS:
        lines += _alarms(desk, others, refs)
    if Role.MANAGER in me.roles:
        lines += _otherwise(desk, others, refs)
    return [*lines, *_nobody(desk, states, mine), *_unclosed(desk, mine, refs)]


def is_under_way(state: "PlanState", desk: "Desk") -> bool:
    """Whether a plan's visit has begun, or should have, or was never closed: its lines are here."""
    begun = bool(state.visit.trip) or (state.visit.watched and state.visit.start <= to_text(desk.now))
    return bool(begun) and not state.closed


def _out(desk: "Desk", mine: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """The visits that I am out on, or should be."""
    out = [state for state in mine if is_under_way(state, desk) and not unclosed(state, desk.now)]
    for state in out:
        ref, name = refs[state.plan], f" {refs[state.plan]}" if len(out) > 1 else ""
        zone, now = zone_of(desk.roster), to_text(desk.now)
        due, late = clock(state.visit.due_back, zone, now), minutes_late(state, desk.now)
        longer = f", or if you need longer: visitsafe extend{name}"
        were = f"you were due back {in_minutes(late)} ago" if late else f"you are due back {due}"
        if state.visit.back:
            yield f"You are back from {ref}, and the alarm is still open: somebody will speak to you."
        elif state.visit.needs_standing_down or owner(state, desk.now):
            yield (
                f"The desk is looking for you: {were} ({ref}).  visitsafe back{name}, "
                f"or ring {the_desk(desk)}{longer}"
            )
        elif late and not state.visit.trip:
            yield f"{were.capitalize()} ({ref}) and nobody has heard from you:  visitsafe back{name}{longer}"
        elif not state.visit.trip:
            start = clock(state.body.visit.start, zone, now)
            yield f"{ref} was to start at {start}, nobody has reported setting out:  visitsafe depart{name}"
        elif late:
            yield f"You are {in_minutes(late)} late on {ref}, due back {due}:  visitsafe back{name}{longer}"
        else:
            yield f"You are out on {ref}, due back {due}:  visitsafe back{name}"
        yield from condition_lines(state)


def _alarms(desk: "Desk", others: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """Colleagues for whom somebody has to act, duress first, then the latest."""
    alarming = [state for state in others if is_alarming(state, desk.now)]
    alarming.sort(key=lambda state: (state.visit.duress is None, state.visit.due_back))
    for state in alarming:
        who, late = f"{refs[state.plan]} {state.author.person.name}", minutes_late(state, desk.now)
        taken = owner(state, desk.now)
        has = f"; {who_owns(state, taken)} has taken it on" if taken else ""
        if state.visit.duress:
            yield f"{who}: DURESS, do not ring them{has}:  {BOARD}"
        elif state.visit.back or not late:
            yield f"{who}: the alarm is open and has to be stood down{has}:  {BOARD}"
        else:
            yield f"{who} is {in_minutes(late)} late{has}:  {BOARD}"


def condition_lines(state: "PlanState") -> Iterator[str]:
    """The manager's conditions, under the line of a visit of mine; not the address that one may name."""
    for text in state.conditions:
        met = " (NOT met)" if text in state.visit.unmet else ""
        yield f"  condition of {name_of_decider(state)}{met}: {kept_text(text, state)}"


def name_of_decider(state: "PlanState") -> str:
    """Whose condition it is."""
    return state.agreed.name if state.agreed else "a manager"


def kept_text(text: str, state: "PlanState") -> str:
    """A condition on one line, without the address."""
    return kept_line(without_address(text, state.body.visit.address))


def _otherwise(desk: "Desk", others: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """For managers: what is not as it was agreed on visits that are under way or to come."""
    for state in others:
        if state.closed or not (state.visit.unmet or state.visit.company):
            continue
        author = state.agreed.author if state.agreed else None
        mine = author is not None and desk.me is not None and desk.me.same_person(author)
        whose = "your condition" if mine else f"a condition of {name_of_decider(state)}"
        said = [f"{whose} is not met: {kept_text(text, state)}" for text in state.visit.unmet]
        said += [f"{kept_line(one.name)} {COMES[one.comes]}" for one in state.visit.company]
        ref = refs[state.plan]
        yield f"{ref} {state.author.person.name}: {'; '.join(said)}:  visitsafe show {ref}"


def _nobody(desk: "Desk", states: "Sequence[PlanState]", mine: "Sequence[PlanState]") -> Iterator[str]:
    """That nobody is watching, for those who could, and for those who are out."""
    assert desk.me is not None  # noqa: S101 - `under_way` has asked
    could = bool(desk.me.roles & ANSWERERS)
    count = sum(is_watched(state, desk.now) for state in (states if could else mine))
    if not count or anybody_watches(desk):
        return
    if could:
        visits = "1 visit is" if count == 1 else f"{count} visits are"
        yield f"NOBODY IS WATCHING, and {visits} under way:  visitsafe watch"
    else:
        yield f"Nobody at the desk is watching now: ring {the_desk(desk)} so that somebody does."


def _unclosed(desk: "Desk", mine: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    for state in mine:
        if unclosed(state, desk.now):
            ref, visit = refs[state.plan], state.body.visit
            when = short_span(visit.start, visit.due_back, zone_of(desk.roster))
            yield f"{ref} ({when}) is {DID_IT}  {how_to_close(state, ref)}"
