"""By which version of a plan a visit under way is watched: its time due back and its ladder. Pure.

A worker may revise a plan at any time, and a new version is nobody's word but theirs. So once anything was
reported on the way or a step was raised, a new version changes the watch only when a manager has
countersigned it; and what was countersigned when its start passed is watched until a manager decides on
what came after.
For more time there is `extend`, which is bounded. A version that was taken back changes nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from visitsafe.domain.entries import from_text
from visitsafe.domain.judging import Judged
from visitsafe.domain.judging_visit import OUT
from visitsafe.domain.order import Order
from visitsafe.domain.plan import DecidedBody, Ladder, PlanBody, Rung
from visitsafe.domain.reports import BackBody, EscalatedBody, ExtendedBody, ReportBody, StoodDownBody
from visitsafe.domain.said import said_in
from visitsafe.domain.terms import Decision, Role

FALLBACK = Ladder(
    grace_minutes=0,
    steps=(
        Rung(id="overdue", after=0, who=("duty",), source="", do="Ring the worker."),
        Rung(
            id="duty-rings",
            after=15,
            who=("duty",),
            source="",
            acknowledge=True,
            do="Say that you have taken this on, and keep ringing the worker.",
        ),
        Rung(
            id="decide",
            after=30,
            who=("manager", "duty"),
            source="",
            acknowledge=True,
            do="Decide, and write it down: send two people, or ring the police. "
            "If you fear for anyone now, dial 999.",
        ),
    ),
)
"""The ladder of a plan that was signed without one. Our default, not law."""


EXPECTED = timedelta(hours=24)
"""How long after the time due back a visit is watched although nobody reported setting out."""
MOST_STEPS = 40
"""A ladder with more steps is none that a checklist makes, and would keep a watcher from everybody else."""


def in_force(order: Order, counted: Sequence[Judged], current: Judged) -> dict[str, PlanBody]:
    """The versions by which the visit is watched, by entry id, in causal order.

    Args:
        order: The plan's entries.
        counted: Those that count, in that order.
        current: The newest version.
    """
    versions = {one.entry.id: one.body for one in counted if isinstance(one.body, PlanBody)}
    agreed = _agreed(order, counted)
    held = _Held(order, counted, versions, agreed)
    over = _over(order, counted)
    begun = [one for one in counted if _begins(one, versions) and one.entry.id not in over]
    names = {_begun_on(order, one, versions, held, over) for one in _first(order, begun)}
    # Of versions named by people who had not heard of each other, what was there first.
    name = next((one for one in versions if one in names), "") or held.among(list(versions))
    if not name or name == current.entry.id:
        return {current.entry.id: versions[current.entry.id]}
    return {one: body for one, body in versions.items() if one == name or one in agreed}


def is_held(order: Order, counted: Sequence[Judged]) -> bool:
    """Whether a countersigned version is watched although a later one came after its start."""
    versions = {one.entry.id: one.body for one in counted if isinstance(one.body, PlanBody)}
    held = _Held(order, counted, versions, _agreed(order, counted))
    return bool(held.among(list(versions)))


class _Held:
    """Which countersigned version stays in force although it was changed: its start had passed by then."""

    def __init__(
        self, order: Order, counted: Sequence[Judged], versions: Mapping[str, PlanBody], agreed: set[str]
    ) -> None:
        self._order, self._versions, self._agreed = order, versions, agreed
        self._decided = {one.body.of for one in counted if isinstance(one.body, DecidedBody)}

    def among(self, names: Sequence[str]) -> str:
        """The one of some versions, in causal order; empty if the last of them is watched itself."""
        holds = ""
        for name in names:
            if not (holds in self._agreed and name not in self._decided and self._is_late(name, holds)):
                holds = name
        return holds if names and holds != names[-1] else ""

    def _is_late(self, name: str, than: str) -> bool:
        """Whether a version was made after the start of another, by any clock that its author had seen."""
        start = self._versions[than].visit.start
        return any(one.content.at >= start for one in self._order.within(self._order.mask([name])))


def _over(order: Order, counted: Sequence[Judged]) -> set[str]:
    """Of several trips, what was said before the end of the last but one."""
    ends: list[str] = [
        one.entry.id
        for one in counted
        if isinstance(one.body, StoodDownBody) and not (one.body.drill or one.body.until)
    ]
    backs = [one.entry.id for one in counted if isinstance(one.body, BackBody)]
    if backs and not _is_alarmed(order, counted):
        ends += backs
    if not ends:
        return set()
    again = order.seen_by([one.entry.id for one in counted if one.entry.content.kind in OUT])
    return order.seen_by([end for end in ends if end in again])


def _begins(one: Judged, versions: Mapping[str, PlanBody]) -> bool:
    """Whether an entry shows that the visit is under way, or overdue."""
    if isinstance(one.body, EscalatedBody):
        return not one.body.drill
    if one.entry.content.kind in OUT:
        return True
    if not isinstance(one.body, ReportBody | ExtendedBody):
        return False
    version = versions.get(one.body.of)
    return version is not None and one.entry.content.at >= version.visit.start


def _is_alarmed(order: Order, counted: Sequence[Judged]) -> bool:
    """Whether a step that must be taken on, or duress, is open: then being back does not end it."""
    versions = {one.entry.id: one.body for one in counted if isinstance(one.body, PlanBody)}
    downs = [down for down in said_in(counted, StoodDownBody) if not down.body.drill]
    by_managers = [down.id for down in downs if Role.MANAGER in down.author.roles]
    ended, eased = order.seen_by([down.id for down in downs]), order.seen_by(by_managers)
    steps = [one for one in said_in(counted, EscalatedBody) if not one.body.drill and one.id not in ended]
    spoken = [one for one in said_in(counted, ReportBody) if one.body.duress and one.id not in eased]
    return bool(spoken) or any(_must_be_owned(one.body.step, versions) for one in steps)


def _first(order: Order, begun: Sequence[Judged]) -> list[Judged]:
    """Those that follow no other of them."""
    first: list[Judged] = []
    for one in begun:
        if not any(order.seen(other.entry.id, one.entry.id) for other in first):
            first.append(one)
    return first


def _begun_on(
    order: Order, one: Judged, versions: Mapping[str, PlanBody], held: _Held, over: set[str]
) -> str:
    """The version by which the visit was watched when it began."""
    seen = [name for name in versions if order.seen(name, one.entry.id)]
    of = str(getattr(one.body, "of", ""))
    holds = held.among(seen)
    if holds and holds not in over:
        late = from_text(one.entry.content.at) - from_text(versions[holds].visit.due_back)
        if late <= EXPECTED:  # after that it was not watched any more
            return holds
    return of if of in versions else (seen or list(versions))[-1]


def due_back(order: Order, counted: Sequence[Judged], versions: Mapping[str, PlanBody]) -> str:
    """What was said last about it: by a version, an extension or a stand-down; else the earliest."""
    times = {name: body.visit.due_back for name, body in versions.items()}
    times |= {one.id: one.body.until for one in said_in(counted, ExtendedBody)}
    downs = said_in(counted, StoodDownBody)
    times |= {one.id: one.body.until for one in downs if one.body.until and not one.body.drill}
    return min(times[name] for name in order.newest(list(times)))


def ladder_of(body: PlanBody) -> Ladder:
    """A version's ladder, or ours where it has none that can be gone by.

    No checklist has a ladder on which nobody would have to act. Of such a one the last step that is not
    only the worker's must be taken on; the duty desk is told where there is no other.
    """
    ladder = body.ladder
    if ladder is None or not 0 < len(ladder.steps) <= MOST_STEPS:
        return FALLBACK
    if any(rung.acknowledge for rung in ladder.steps):
        return ladder
    steps = list(ladder.steps)
    others = [place for place, rung in enumerate(steps) if set(rung.who) != {"lone-worker"}]
    place = max(others, default=len(steps) - 1)
    who = steps[place].who if others else (*steps[place].who, Role.DUTY)
    steps[place] = msgspec.structs.replace(steps[place], acknowledge=True, who=who)
    return msgspec.structs.replace(ladder, steps=tuple(steps))


def _must_be_owned(step: str, versions: Mapping[str, PlanBody]) -> bool:
    steps = [rung for body in versions.values() for rung in ladder_of(body).steps if rung.id == step]
    return not steps or any(rung.acknowledge for rung in steps)


def _agreed(order: Order, counted: Sequence[Judged]) -> set[str]:
    """The versions that were countersigned, and not returned or refused since."""
    decided = {one.entry.id: one.body for one in counted if isinstance(one.body, DecidedBody)}
    signed = {name: one.of for name, one in decided.items() if one.decision is Decision.COUNTERSIGN}
    stopped = {
        body.of
        for name, body in decided.items()
        if name not in signed
        and not any(of == body.of and order.seen(name, later) for later, of in signed.items())
    }
    return set(signed.values()) - stopped
