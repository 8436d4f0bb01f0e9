"""Who may see that an `ok` was spoken under duress, and what all others see instead (D15). Pure.

Whoever threatens a worker may look over a shoulder, the worker's own included. So everybody but the managers
and duty officers who are not on the visit sees the record as if the phrase had not been spoken: the ok is an
ok, and what was raised, sent, taken on and ended because of it is not there. Times and the end of the watch
stay true, for nobody must be called late who is not. The state is for showing: nothing is signed from it.
"""

from collections.abc import Iterable

import msgspec

from visitsafe.domain.entries import Entry
from visitsafe.domain.fold import PlanState
from visitsafe.domain.judging import OPENERS, Bodies, Judged, is_companion, is_self
from visitsafe.domain.order import Order
from visitsafe.domain.plan import OpenedBody
from visitsafe.domain.reports import (
    AcknowledgedBody,
    EscalatedBody,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
)
from visitsafe.domain.roster import Member
from visitsafe.domain.visit import VisitState, visit_state

HOW_KNOWN = "by voice"
"""What stands for how the signer knew the worker: the signer's own words may tell of the phrase."""
WHY_OPENED = "the reason is on the record"
_WATCH = EscalatedBody | NotifiedBody | AcknowledgedBody | StoodDownBody


def may_know_duress(state: PlanState, me: Member | None) -> bool:
    """Whether somebody may see that the duress phrase was spoken on a visit."""
    if me is None or me.roles.isdisjoint(OPENERS):
        return False
    team = [one.author for one in state.judged if one.author is not None]
    return not (is_self(me, state.author, team) or is_companion(me, state.body, team))


def hides_duress(state: PlanState, me: Member | None) -> PlanState:
    """The state as somebody may see it: as it is, or as if the duress phrase had not been spoken.

    Args:
        state: A plan.
        me: Who will see it; None for somebody whom the team does not know.
    """
    spoken = [one.entry.id for one in state.judged if _is_duress(one)]
    if not spoken or may_know_duress(state, me):
        return state
    order = Order(one.entry for one in state.judged)
    hidden, plain = _because_of(spoken, order, state)
    judged = tuple(
        _plain(one) if one.entry.id in plain else one for one in state.judged if one.entry.id not in hidden
    )
    return msgspec.structs.replace(state, judged=judged, visit=_visit(state, order, judged))


def _is_duress(one: Judged) -> bool:
    return bool(one.entry.content.body.get("duress"))


def _because_of(spoken: Iterable[str], order: Order, state: PlanState) -> tuple[set[str], set[str]]:
    """The entries that are there only because the phrase was spoken, and those whose words may tell of it."""
    followed: set[str] = set()
    for name in spoken:
        since = [one for one in state.judged if order.seen(name, one.entry.id)]
        ends = [one.entry.id for one in since if isinstance(one.body, StoodDownBody) and not one.why_not]
        followed |= {one.entry.id for one in since if not any(order.seen(end, one.entry.id) for end in ends)}
    watch = {one.entry.id for one in state.judged if one.entry.id in followed and _is_watch(one.body)}
    opened = {
        one.entry.id for one in state.judged if one.entry.id in followed and isinstance(one.body, OpenedBody)
    }
    # A stand-down that also ended an alarm which everybody could see is still seen to end it.
    ended = {name for name in watch if _ends_another(name, watch, order, state)}
    hidden = watch - ended
    hidden |= {
        one.entry.id
        for one in state.judged
        if isinstance(one.body, NotifiedBody) and one.body.about in hidden
    }
    if state.visit.duress is not None:
        hidden |= opened
    return hidden, {*spoken, *ended, *opened}


def _is_watch(body: Bodies | None) -> bool:
    return isinstance(body, _WATCH) and not body.drill


def _ends_another(name: str, watch: set[str], order: Order, state: PlanState) -> bool:
    """Whether an entry is a stand-down of steps that were raised before the phrase was spoken."""
    ended = next((alarm for alarm in state.visit.alarms if alarm.over and alarm.over.id == name), None)
    return ended is not None and any(one.id not in watch and order.seen(one.id, name) for one in ended.raised)


def _plain(one: Judged) -> Judged:
    """An entry without the flag and without words that may tell of it, in every form in which it is kept."""
    body = one.body
    if isinstance(body, ReportBody):
        heard = body.heard and msgspec.structs.replace(body.heard, known_by=HOW_KNOWN)
        body = msgspec.structs.replace(body, duress=False, note="", heard=heard)
    elif isinstance(body, StoodDownBody):
        body = msgspec.structs.replace(body, note="")
    elif isinstance(body, OpenedBody):
        body = msgspec.structs.replace(body, reason=WHY_OPENED)
    told = msgspec.to_builtins(body) if body is not None else {}
    content = msgspec.structs.replace(one.entry.content, body=told)
    entry = Entry(payload=msgspec.json.encode(content), signature=one.entry.entry.signature)
    verified = msgspec.structs.replace(one.entry, content=content, entry=entry)
    return msgspec.structs.replace(one, entry=verified, body=body)


def _visit(state: PlanState, order: Order, judged: tuple[Judged, ...]) -> VisitState:
    """The visit folded again from what is left; when it is due back and that it has ended stay true."""
    current = next(one for one in judged if one.entry.id == state.version.id)
    visit = visit_state(order, judged, current, state.body)
    closed = visit.closed
    if state.visit.closed and not closed and visit.reports:
        closed = visit.reports[-1].id  # what ended it is not shown
    return msgspec.structs.replace(visit, due_back=state.visit.due_back, closed=closed)
