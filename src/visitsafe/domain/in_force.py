"""By which version of a plan a visit under way is watched: its time due back and its ladder. Pure.

A worker may revise a plan at any time, and a new version is nobody's word but theirs. So once they have set
out, or somebody must take an alarm on, a new version changes the watch only when a manager has countersigned
it: for more time there is `extend`, which is bounded. A version that was taken back changes nothing.
"""

from collections.abc import Mapping, Sequence

from visitsafe.domain.judging import Judged
from visitsafe.domain.order import Order
from visitsafe.domain.plan import DecidedBody, Ladder, PlanBody, Rung
from visitsafe.domain.reports import EscalatedBody, ExtendedBody, ReportBody, StoodDownBody
from visitsafe.domain.said import said_in
from visitsafe.domain.terms import Decision, Kind

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


def in_force(order: Order, counted: Sequence[Judged], current: Judged) -> dict[str, PlanBody]:
    """The versions by which the visit is watched, by entry id, in causal order.

    Args:
        order: The plan's entries.
        counted: Those that count, in that order.
        current: The newest version.
    """
    versions = {one.entry.id: one.body for one in counted if isinstance(one.body, PlanBody)}
    acted = {one.body.of for one in said_in(counted, ReportBody) if one.kind is Kind.DEPARTED}
    if not acted:  # a watcher names the newest version, so only the first step tells what was watched
        raised = [one.body for one in said_in(counted, EscalatedBody) if not one.body.drill]
        acted = {one.of for one in [one for one in raised if _must_be_owned(one.step, versions)][:1]}
    if current.entry.id in acted or acted.isdisjoint(versions):
        return {current.entry.id: versions[current.entry.id]}
    acted |= _agreed(order, counted)
    return {name: body for name, body in versions.items() if name in acted}


def due_back(order: Order, counted: Sequence[Judged], versions: Mapping[str, PlanBody]) -> str:
    """What was said last about it: by a version, an extension or a stand-down; else the earliest."""
    times = {name: body.visit.due_back for name, body in versions.items()}
    times |= {one.id: one.body.until for one in said_in(counted, ExtendedBody)}
    downs = said_in(counted, StoodDownBody)
    times |= {one.id: one.body.until for one in downs if one.body.until and not one.body.drill}
    return min(times[name] for name in order.newest(list(times)))


def ladder_of(body: PlanBody) -> Ladder:
    """A version's ladder, or ours."""
    return body.ladder if body.ladder and body.ladder.steps else FALLBACK


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
