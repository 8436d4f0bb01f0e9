"""The state of a plan: a pure fold over its verified entries, the same in whatever order they came (D1).

Every entry is judged first (`judging`): it counts, or it does not and the reason is kept. Where entries
whose authors had not seen each other disagree, the more cautious one stands until somebody who has seen
both decides again: withdrawn over anything, refused over returned over countersigned, a new version over
any decision.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from visitsafe.domain.judging import Judged, is_cautious, judge
from visitsafe.domain.order import Order
from visitsafe.domain.plan import DecidedBody, PlanBody, WithdrawnBody
from visitsafe.domain.refs import reference
from visitsafe.domain.roster import Member, Roster
from visitsafe.domain.terms import Status
from visitsafe.domain.verified import Verified
from visitsafe.errors import VerificationError

NO_REASON = "no reason was given"


class PlanState(msgspec.Struct, frozen=True):
    """Where a plan stands.

    Attributes:
        plan: The plan's id.
        status: What holds now.
        version: The entry of the version in force.
        body: What that version says.
        author: Who planned.
        decision: The decision in force, if there is one.
        withdrawn: Why it was withdrawn, if it was.
        judged: Every entry in causal order, counted or not.
        heads: What the next entry names in `after`.
        problems: Sentences about what does not hold: damaged or missing entries.
        rivals: Other versions which nobody has yet reconciled with this one.
    """

    plan: str
    status: Status
    version: Verified
    body: PlanBody
    author: Member
    decision: Judged | None
    withdrawn: str
    judged: tuple[Judged, ...]
    heads: tuple[str, ...]
    problems: tuple[str, ...]
    rivals: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """The reference read over the telephone."""
        return reference(self.plan)

    @property
    def decided(self) -> DecidedBody | None:
        """What the decision in force says."""
        return self.decision.body if self.decision and isinstance(self.decision.body, DecidedBody) else None

    def started(self, now: str) -> bool:
        """Whether the start has passed at `now` (UTC text)."""
        return self.body.visit.start <= now


def fold(plan: str, entries: Iterable[Verified], roster: Roster, damaged: Sequence[str] = ()) -> PlanState:
    """Fold the verified entries of one plan.

    Args:
        plan: The plan's id.
        entries: Its entries whose signatures hold, in any order.
        roster: The team.
        damaged: Sentences about entries that do not hold.

    Raises:
        VerificationError: No version of the plan counts.
    """
    order = Order(entries, elsewhere=(entry.id for entry in roster.order.entries))
    judged: dict[str, Judged] = {}
    for entry in order.entries:
        judged[entry.id] = judge(plan, entry, roster, order, judged)
    stopped = [one for one in judged.values() if one.why_not and one.body and is_cautious(one.body)]
    for one in sorted(stopped, key=lambda one: not isinstance(one.body, PlanBody)):
        judged[one.entry.id] = judge(plan, one.entry, roster, order, judged, linked=False)
    return _state(plan, order, judged, damaged)


def _state(plan: str, order: Order, judged: Mapping[str, Judged], damaged: Sequence[str]) -> PlanState:
    counted = [j for j in judged.values() if not j.why_not]
    versions = [j for j in counted if isinstance(j.body, PlanBody)]
    if not versions:
        reasons = [
            *damaged,
            *(f"{j.entry.content.kind[:40]!r} {j.entry.id[:12]}: {j.why_not}" for j in judged.values()),
        ]
        why = reasons[0] if reasons else "it has no entries"
        raise VerificationError(f"the plan {reference(plan)} has no version that holds: {why}")
    newest = order.newest([j.entry.id for j in versions])
    current = max((judged[name] for name in newest), key=_latest)
    withdrawn = _withdrawn(order, counted, versions)
    decision = _decision(order, counted, current, newest)
    problems = (
        *damaged,
        *(f"an entry that others follow is not here: {name[:12]}" for name in order.missing),
    )
    assert isinstance(current.body, PlanBody) and current.author is not None  # noqa: S101, PT018 - narrowed by versions
    return PlanState(
        plan=plan,
        status=_status(withdrawn, decision),
        version=current.entry,
        body=current.body,
        author=current.author,
        decision=decision,
        withdrawn=withdrawn,
        judged=tuple(judged.values()),
        heads=tuple(order.heads),
        problems=problems,
        rivals=tuple(name for name in newest if name != current.entry.id),
    )


def _latest(judged: Judged) -> tuple[str, str]:
    return judged.entry.content.at, judged.entry.id


def _withdrawn(order: Order, counted: Sequence[Judged], versions: Sequence[Judged]) -> str:
    """The reason of a withdrawal that no later version followed."""
    for judged in counted:
        if isinstance(judged.body, WithdrawnBody):
            followed = any(order.seen(judged.entry.id, version.entry.id) for version in versions)
            if not followed:
                return judged.body.reason.strip() or NO_REASON
    return ""


def _decision(
    order: Order, counted: Sequence[Judged], current: Judged, newest: Sequence[str]
) -> Judged | None:
    """The decision in force: of those on the current version that nobody has decided over, the most cautious.

    A more cautious one on an earlier version stands against it if none of those who decided had seen it.
    """
    decisions = {j.entry.id: (j, j.body) for j in counted if isinstance(j.body, DecidedBody)}
    on_current = [
        name
        for name, (_, body) in decisions.items()
        if body.of == current.entry.id and all(order.seen(version, name) for version in newest)
    ]
    if not on_current:
        return None

    def caution(name: str) -> int:
        return decisions[name][1].decision.caution

    standing = max(order.newest(on_current), key=lambda name: (caution(name), *_latest(decisions[name][0])))
    unseen = [name for name in order.newest(list(decisions)) if caution(name) > caution(standing)]
    in_force = max(unseen, key=lambda name: (caution(name), *_latest(decisions[name][0])), default=standing)
    return decisions[in_force][0]


def _status(withdrawn: str, decision: Judged | None) -> Status:
    if withdrawn:
        return Status.WITHDRAWN
    if decision is None or not isinstance(decision.body, DecidedBody):
        return Status.AWAITING
    return Status.after(decision.body.decision)
