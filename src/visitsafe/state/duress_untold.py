"""A visit as its record would be if the duress phrase had not been spoken, under an ordinary watch. Pure.

What followed from the phrase is taken out, and the steps of the ordinary ladder that fell due since are
raised when they were due: an overdue visit on which nothing at all is raised would tell of duress. What was
said by people who may not know stays, and so does the end of an alarm that everybody can see. What those who
know recorded while it was open, such as an incident, stays out for good: that it is there would tell.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    EscalatedBody,
    Filled,
    NotifiedBody,
    OpenedBody,
    PlanBody,
    ReportBody,
    SharedBody,
    StoodDownBody,
)
from visitsafe.record.entry import VERSION, Content, Entry, Verified
from visitsafe.record.kinds import Kind
from visitsafe.record.order import Order
from visitsafe.record.terms import WATCHERS
from visitsafe.state.after import NOTHING, AfterState, after_state
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import Due, to_raise
from visitsafe.state.rules import Bodies, Judged
from visitsafe.state.visit import VisitState, visit_state
from visitsafe.team.people import Member
from visitsafe.team.roster import is_companion, is_self
from visitsafe.text.clock import from_text, to_text

WHY_OPENED = "the reason is on the record"


def as_if_unspoken(state: PlanState, spoken: Sequence[str], now: datetime | None) -> PlanState:
    """The state with an ordinary ok in the place of each report of the phrase.

    Args:
        state: The plan.
        spoken: The reports of the phrase.
        now: Until when the steps of the ladder are raised; None: until the newest entry that is left.
    """
    order = Order(one.entry for one in state.judged)
    under = _under(spoken, order, state)
    followed = _followed(under, state)
    hidden = {one.entry.id for one in state.judged if one.entry.id in followed and _is_hidden(one, state)}
    hidden |= _built_on(hidden, order, state)
    plain = {*spoken, *followed}
    left = [_plain(one) if one.entry.id in plain else one for one in without(state.judged, hidden)]
    judged, raised = _watched(state, left, under, now)
    visit = _visit(state, judged)
    ended = _ends_nothing_seen(visit, followed)
    closed = visit.reports[-1].id if visit.closed in ended else visit.closed
    alarms = tuple(one for one in visit.alarms if one.over is None or one.over.id not in ended)
    return msgspec.structs.replace(
        state,
        judged=tuple(without(judged, {*raised, *ended})),
        visit=msgspec.structs.replace(visit, closed=closed, alarms=alarms),
        after=folded_again(left) if state.after != NOTHING else NOTHING,
    )


def without(judged: Iterable[Judged], names: Collection[str]) -> list[Judged]:
    """The same entries without some of them; who had seen one of those has seen what it followed."""
    instead: dict[str, tuple[str, ...]] = {}
    left = []
    for one in judged:
        after = one.entry.content.after
        if any(name in instead for name in after):
            after = tuple(dict.fromkeys(new for name in after for new in instead.get(name, (name,))))
        if one.entry.id in names:
            instead[one.entry.id] = after
        else:
            left.append(one if after is one.entry.content.after else _following(one, after))
    return left


def _following(one: Judged, after: tuple[str, ...]) -> Judged:
    content = msgspec.structs.replace(one.entry.content, after=after)
    return msgspec.structs.replace(one, entry=msgspec.structs.replace(one.entry, content=content))


def _under(spoken: Iterable[str], order: Order, state: PlanState) -> set[str]:
    """What was made by people who knew of the phrase, until a stand-down ended what it had begun."""
    under: set[str] = set()
    for name in spoken:
        since = [one for one in state.judged if order.seen(name, one.entry.id)]
        ends = [one.entry.id for one in since if _is_end(one)]
        under |= {one.entry.id for one in since if not any(order.seen(end, one.entry.id) for end in ends)}
    return under


def _is_end(one: Judged) -> bool:
    return isinstance(one.body, StoodDownBody) and not one.body.drill and not one.why_not


def _followed(under: Collection[str], state: PlanState) -> set[str]:
    """Of all that, what may be there because of the phrase, and the messages about it."""
    found = {one.entry.id for one in state.judged if one.entry.id in under and _tells(one, state)}
    return found | {one.entry.id for one in state.judged if _is_about(one, found)}


def _is_about(one: Judged, names: Collection[str]) -> bool:
    return isinstance(one.body, NotifiedBody) and one.body.about in names


def _tells(one: Judged, state: PlanState) -> bool:
    """Whether an entry after the phrase may be there because of it; not if its author may not know of it."""
    body = one.body
    if isinstance(body, AcknowledgedBody):
        return not body.drill and _may_know(one, state)
    if isinstance(body, Filled | SharedBody):
        return _may_know(one, state)
    return isinstance(body, OpenedBody) or (
        isinstance(body, EscalatedBody | NotifiedBody | StoodDownBody) and not body.drill
    )


def _may_know(one: Judged, state: PlanState) -> bool:
    return one.author is None or may_know_of(state, one.author)


def may_know_of(state: PlanState, member: Member) -> bool:
    """Whether a member may know of the phrase: whoever may watch, and is not on the visit."""
    if member.roles.isdisjoint(WATCHERS):
        return False
    team = [one.author for one in state.judged if one.author is not None]
    return not (is_self(member, state.author, team) or is_companion(member, state.anybody_along, team))


def _is_hidden(one: Judged, state: PlanState) -> bool:
    """Not the stand-downs that count: they end the watch or put it off, and that stays true."""
    if isinstance(one.body, OpenedBody):
        return state.visit.duress is not None
    return not isinstance(one.body, StoodDownBody) or bool(one.why_not)


def _built_on(hidden: Collection[str], order: Order, state: PlanState) -> set[str]:
    """What corrects or shares something that is hidden, and the messages about it: it would tell of that."""
    by_id = {one.entry.id: one for one in state.judged}
    found: set[str] = set()
    for entry in order.entries:
        body = by_id[entry.id].body
        names = (getattr(body, "replaces", ""), body.of if isinstance(body, SharedBody) else "")
        if isinstance(body, Filled | SharedBody) and any(name in hidden or name in found for name in names):
            found.add(entry.id)
    return found | {one.entry.id for one in state.judged if _is_about(one, found)}


def _watched(
    state: PlanState, left: Sequence[Judged], under: Collection[str], now: datetime | None
) -> tuple[list[Judged], set[str]]:
    """The entries that are left, those of a watch that raised each step when it was due, and their ids.

    If no watch has raised anything because of the phrase, none was there, and nothing is raised here either.
    """
    judged: list[Judged] = []
    raised: list[str] = []
    acted = (one.entry.content.at for one in state.judged if one.entry.id in under and _is_raised(one))
    began = min(acted, default="")
    if not began:
        return list(left), set()
    for one in left:
        if one.entry.id in under:
            at = from_text(one.entry.content.at)
            raised += _raise(state, judged, at if now is None else min(at, now), began)
        judged.append(_following(one, (*one.entry.content.after, *raised)) if raised else one)
    if now is not None and state.visit.duress is not None:
        raised += _raise(state, judged, now, began)
    return judged, set(raised)


def _is_raised(one: Judged) -> bool:
    return isinstance(one.body, EscalatedBody) and not one.body.drill and not one.why_not


def _raise(state: PlanState, judged: list[Judged], at: datetime, began: str) -> list[str]:
    """Add the steps that are due by a time at which somebody watched; their ids."""
    if to_text(at) < began:
        return []
    so_far = msgspec.structs.replace(state, visit=_visit(state, judged))
    heads = tuple(Order(one.entry for one in judged).heads)
    made = [_raised(state, due, heads, max(due.at, began)) for due in to_raise(so_far, at)]
    judged += made
    return [one.entry.id for one in made]


def _raised(state: PlanState, due: Due, after: tuple[str, ...], at: str) -> Judged:
    author = _watcher(state)
    body = EscalatedBody(of=state.version.id, step=due.rung.id, due=due.at, watcher="")
    told = msgspec.to_builtins(body)
    content = Content(VERSION, state.plan, Kind.ESCALATED, at, author.fingerprint, after, told)
    payload = msgspec.json.encode(content)
    name = hashlib.sha256(payload).hexdigest()
    return Judged(Verified(name, content, Entry(payload=payload, signature=""), ""), author, body)


def _watcher(state: PlanState) -> Member:
    """Whose key raises steps on this visit; if none was raised yet, who decided on it."""
    watching = [one.author for one in state.judged if isinstance(one.body, EscalatedBody) and one.author]
    if state.decision is not None and state.decision.author is not None:
        watching.insert(0, state.decision.author)
    return watching[-1] if watching else state.author


def _visit(state: PlanState, judged: Sequence[Judged]) -> VisitState:
    """The visit folded again from these entries."""
    order = Order(one.entry for one in judged)
    by_id = {one.entry.id: one for one in judged}
    sorted_ = [by_id[entry.id] for entry in order.entries]
    versions = [one for one in sorted_ if isinstance(one.body, PlanBody) and not one.why_not]
    current = by_id.get(state.version.id, versions[-1])
    return visit_state(order, sorted_, current, state.body)


def _ends_nothing_seen(visit: VisitState, followed: Collection[str]) -> set[str]:
    """The stand-downs that ended only what is not shown."""
    return {
        one.over.id
        for one in visit.alarms
        if one.over is not None and one.over.id in followed and not (one.raised or one.owned)
    }


def _plain(one: Judged) -> Judged:
    """An entry without the flag and without words that may tell of it, in every form in which it is kept."""
    body = one.body
    if isinstance(body, ReportBody):
        body = msgspec.structs.replace(body, duress=False, note="")
    elif isinstance(body, StoodDownBody):
        body = msgspec.structs.replace(body, note="")
    elif isinstance(body, OpenedBody):
        body = msgspec.structs.replace(body, reason=WHY_OPENED)
    return rewritten(one, body)


def rewritten(one: Judged, body: Bodies | None) -> Judged:
    """An entry that says something else, also in its bytes; only for showing."""
    told = msgspec.to_builtins(body) if body is not None else {}
    content = msgspec.structs.replace(one.entry.content, body=told)
    entry = Entry(payload=msgspec.json.encode(content), signature=one.entry.entry.signature)
    return msgspec.structs.replace(
        one, entry=msgspec.structs.replace(one.entry, content=content, entry=entry), body=body
    )


def folded_again(judged: Sequence[Judged]) -> AfterState:
    """What follows from these entries alone."""
    order = Order(one.entry for one in judged)
    by_id = {one.entry.id: one for one in judged}
    return after_state(order, [by_id[one.id] for one in order.entries if not by_id[one.id].why_not])
