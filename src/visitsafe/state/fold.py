"""The state of a plan: a pure fold over its verified entries, the same in whatever order they came (D1).

Every entry is judged first (`rules`): it counts, or it does not and the reason is kept. Where entries whose
authors had not seen each other disagree, the more cautious one stands until somebody who has seen both
decides again: withdrawn over anything, refused over returned over countersigned, a new version over any
decision.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import Comes, Companion, DecidedBody, Gone, PlanBody, Visit, WithdrawnBody
from visitsafe.record.entry import Verified
from visitsafe.record.kinds import PLAN_KINDS
from visitsafe.record.order import Order
from visitsafe.record.refs import FULL, SHORT, reference, references
from visitsafe.record.terms import Decision, Status
from visitsafe.state.after import AfterState, after_state
from visitsafe.state.removed import NOT_CARRIED_OUT, RemovedError, removal, signed_away
from visitsafe.state.rules import Doubt, Judged, doubts, judge, stands_alone
from visitsafe.state.sealed import SealedDetails, sealed_details
from visitsafe.state.visit import VisitState, visit_state
from visitsafe.team.people import Member, as_heard
from visitsafe.team.roster import Roster, is_companion, is_self

NO_REASON = "no reason was given"
FEW_UNKNOWN = 8
"""The most entries of unknown kinds that a new entry names in `after`."""


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
        sealed: Who can open the worker's tracing details now; None if there are none.
        visit: What happened on the way, and which alarms are open.
        after: What was recorded afterwards: incidents, debriefs, what was shared, documents, markers.
        people: Everybody who ever was in the team, by fingerprint: to name them, never for what they may do.
        long: Another plan of the store shares its short reference (`Desk.called`).
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
    visit: VisitState
    rivals: tuple[str, ...] = ()
    sealed: SealedDetails | None = None
    after: AfterState = AfterState()
    people: Mapping[str, Member] = {}
    long: bool = False

    @property
    def ref(self) -> str:
        """The reference read over the telephone; the long one where the short one is another plan's too."""
        return reference(self.plan, FULL if self.long else SHORT)

    @property
    def decided(self) -> DecidedBody | None:
        """What the decision in force says."""
        return self.decision.body if self.decision and isinstance(self.decision.body, DecidedBody) else None

    @property
    def agreed(self) -> Judged | None:
        """The countersignature by which a visit is made while it stands, whatever newer version waits."""
        found = [one for one in self.judged if not one.why_not] if self.overtaken else [self.decision]
        of = self.visit.version if self.overtaken else self.version.id
        return next((one for one in reversed(found) if one is not None and _is_countersigned(one, of)), None)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions under which a manager agreed."""
        said = self.agreed.body if self.agreed else None
        return tuple(filter(str.strip, said.conditions)) if isinstance(said, DecidedBody) else ()

    @property
    def going(self) -> PlanBody:
        """The plan by which it is watched, with those who come along now: as planned, and reported since."""
        said, body = self.visit.company, self.body
        if self.facts is not body.visit:
            body = msgspec.structs.replace(body, visit=self.facts)
        if not said:
            return body
        planned, new = body.visit.companions, [_companion(one) for one in said if one.comes]
        gone = [_companion(one) for one in said if not one.comes]
        coming = [one for one in planned if not any(_is_one(one, other) for other in gone)]
        coming += [one for one in new if not any(_is_one(one, other) for other in coming)]
        return _with_companions(body, coming)

    @property
    def anybody_along(self) -> PlanBody:
        """The plan with everybody who was ever to come along: none of them is apart from it."""
        said = [_companion(one) for one in self.visit.company]
        said += self.facts.companions if self.facts is not self.body.visit else ()
        return _with_companions(self.body, [*self.body.visit.companions, *said]) if said else self.body

    @property
    def closed(self) -> str:
        """The entry after which nothing has to be done or watched any more; empty while it is open."""
        if self.visit.closed:
            return self.visit.closed
        if self.visit.watched or self.visit.out or self.visit.needs_standing_down:
            return ""  # whoever set out in spite of a refusal is watched all the same
        if self.withdrawn:
            return next(
                one.entry.id for one in self.judged if isinstance(one.body, WithdrawnBody) and not one.why_not
            )
        if self.status is Status.REFUSED and self.decision:
            return self.decision.entry.id
        return ""

    @property
    def settled(self) -> str:
        """As `closed`, but a visit that went first, being urgent, is chased until a manager decides (D13).

        So is one with an incident that nobody has talked over yet (7.5).
        """
        urgent = self.body.urgent or self.visit.urgent
        chased = (urgent and self.status is Status.AWAITING) or self.after.not_talked_over
        return "" if chased else self.closed

    @property
    def damage(self) -> tuple[str, ...]:
        """Those of the problems by which something about the visit may be lost; a signed removal is none."""
        return tuple(text for text in self.problems if text != NOT_CARRIED_OUT)

    @property
    def overtaken(self) -> bool:
        """Whether the visit is watched by an earlier version than the newest, which nobody countersigned."""
        if self.closed or self.status not in {Status.AWAITING, Status.RETURNED}:
            return False
        return bool(self.visit.watched) and self.version.id not in self.visit.watched

    @property
    def facts(self) -> Visit:
        """Where, when and with whom, by the version by which the visit is watched; else by the newest."""
        return self.visit.facts or self.body.visit

    def started(self, now: str) -> bool:
        """Whether the start has passed at `now` (UTC text)."""
        return self.body.visit.start <= now


def _is_countersigned(one: Judged, version: str) -> bool:
    body = one.body
    return isinstance(body, DecidedBody) and body.of == version and body.decision is Decision.COUNTERSIGN


def _companion(one: Comes) -> Companion:
    return Companion(name=one.name, key=one.key)


def _is_one(one: Companion, other: Companion) -> bool:
    return (one.key is not None and one.key == other.key) or as_heard(one.name) == as_heard(other.name)


def _with_companions(body: PlanBody, companions: Sequence[Companion]) -> PlanBody:
    nobody = body.visit.nobody if companions else True
    visit = msgspec.structs.replace(body.visit, companions=tuple(companions), nobody=nobody)
    return msgspec.structs.replace(body, visit=visit)


def called(states: Iterable[PlanState]) -> dict[str, str]:
    """How each of several plans is called, by its id: at full length where two share the short reference."""
    states = list(states)
    among = references([state.plan for state in states])
    return {state.plan: state.ref if state.long else among[state.plan] for state in states}


def fold(
    plan: str,
    entries: Iterable[Verified],
    roster: Roster,
    damaged: Sequence[str] = (),
    arrived: Mapping[str, int] | None = None,
    blanked: Sequence[Gone] = (),
) -> PlanState:
    """Fold the verified entries of one plan.

    Args:
        plan: The plan's id.
        entries: Its entries whose signatures hold, in any order.
        roster: The team.
        damaged: Sentences about entries that do not hold.
        arrived: Entry id to its position in a store's order of arrival; None where there is none, as in a
            bundle. It bears only on entries of people whose key or role has ended (`doubt`).
        blanked: What a store has of those whose content is gone.

    Raises:
        RemovedError: Its content was removed by rule.
        VerificationError: No version of the plan counts.
    """
    elsewhere = roster.order.ids | {gone.id for gone in blanked} if blanked else roster.order.ids
    order = Order(entries, elsewhere=elsewhere)
    judged: dict[str, Judged] = {}
    counted: dict[str, Judged] = {}
    doubted = doubts(order, roster, arrived or {})
    for entry in order.entries:
        judged[entry.id] = judge(plan, entry, roster, order, counted, doubt=doubted.get(entry.id))
        if not judged[entry.id].why_not:
            counted[entry.id] = judged[entry.id]
    cut_off = _look_again(plan, roster, order, judged, counted, doubted)
    removed, unsigned = removal(plan, order, judged, blanked)
    if removed is not None:
        raise RemovedError(msgspec.structs.replace(removed, problems=(*damaged, *removed.problems)))
    damaged = (*damaged, *unsigned)
    state = _state(plan, roster, order, judged, counted.keys() | cut_off, damaged)
    sealed = sealed_details(state.judged, state.version.id, state.body, roster)
    return msgspec.structs.replace(state, sealed=sealed, people=roster.known)


def _look_again(
    plan: str,
    roster: Roster,
    order: Order,
    judged: dict[str, Judged],
    counted: dict[str, Judged],
    doubted: Mapping[str, Doubt],
) -> set[str]:
    """Count what holds a visit back even where the record no longer shows the link to what it follows.

    Returns:
        The ids of countersignatures that would count but for that link: what they name and is not here is
        missed, as it is for entries that count.
    """
    cut_off: set[str] = set()
    stopped = [one for one in judged.values() if one.why_not and one.body]
    for one in sorted(stopped, key=lambda one: not isinstance(one.body, PlanBody)):
        doubt = doubted.get(one.entry.id)
        again = judge(plan, one.entry, roster, order, counted, doubt=doubt, linked=False)
        if again.why_not or again.body is None:
            judged[one.entry.id] = again if one.body and stands_alone(one.body) else one
        elif stands_alone(again.body):
            judged[one.entry.id] = counted[one.entry.id] = again
        else:
            cut_off.add(one.entry.id)
    return cut_off


def _state(
    plan: str,
    roster: Roster,
    order: Order,
    judged: Mapping[str, Judged],
    relied_on: AbstractSet[str],
    damaged: Sequence[str],
) -> PlanState:
    counted = [j for j in judged.values() if not j.why_not]
    versions = [j for j in counted if isinstance(j.body, PlanBody)]
    if not versions:
        raise _no_version(plan, judged, damaged)
    newest = order.newest([j.entry.id for j in versions])
    current = max((judged[name] for name in newest), key=_latest)
    withdrawn = _withdrawn(order, counted, versions)
    decision = _decision(roster, order, counted, current, newest)
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
        heads=_heads(order, judged, relied_on),
        problems=(*damaged, *_missing(order, judged, relied_on)),
        visit=visit_state(order, tuple(judged.values()), current, current.body),
        after=after_state(order, counted),
        rivals=tuple(name for name in newest if name != current.entry.id),
    )


def _missing(order: Order, judged: Mapping[str, Judged], relied_on: AbstractSet[str]) -> list[str]:
    """What others follow and is not here: a sentence for each, and one for all whose removal is signed."""
    gone = order.missing(relied_on)
    signed = signed_away(judged.values()) if gone else {}
    lost = [f"an entry that others follow is not here: {name[:12]}" for name in gone if name not in signed]
    return [*lost, NOT_CARRIED_OUT] if len(lost) < len(gone) else lost


def _no_version(plan: str, judged: Mapping[str, Judged], damaged: Sequence[str]) -> VerificationError:
    reasons = [
        *damaged,
        *(f"{j.entry.content.kind[:40]!r} {j.entry.id[:12]}: {j.why_not}" for j in judged.values()),
    ]
    why = reasons[0] if reasons else "it has no entries"
    return VerificationError(f"the plan {reference(plan)} has no version that holds: {why}")


def _heads(order: Order, judged: Mapping[str, Judged], relied_on: AbstractSet[str]) -> tuple[str, ...]:
    """What the next entry names: entries that count, and a few that only a later visitsafe understands."""
    unknown = [j.entry.id for j in judged.values() if j.author and j.entry.content.kind not in PLAN_KINDS]
    return (*order.heads_of(relied_on), *order.newest(unknown)[-FEW_UNKNOWN:])


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
    roster: Roster, order: Order, counted: Sequence[Judged], current: Judged, newest: Sequence[str]
) -> Judged | None:
    """The decision in force: of those on the current version that nobody has decided over, the most cautious.

    A more cautious one on any version stands against it. Only somebody who may decide on the current version,
    has seen all its rivals, and does decide on it, decides over another decision.
    """
    decisions = {j.entry.id: (j, j.body) for j in counted if isinstance(j.body, DecidedBody)}
    on_current = [
        name
        for name, (_, body) in decisions.items()
        if body.of == current.entry.id and all(order.seen(version, name) for version in newest)
    ]
    if not on_current:
        return None
    deciding = [name for name in on_current if _may_decide_over(roster, decisions[name][0], current)]
    seen = order.seen_by(deciding)
    standing = [name for name in decisions if name not in seen]

    def weight(name: str) -> tuple[int, str, str]:
        return decisions[name][1].decision.caution, *_latest(decisions[name][0])

    best = max((name for name in on_current if name in standing), key=weight)
    stricter = [name for name in standing if weight(name)[0] > weight(best)[0]]
    return decisions[max(stricter, key=weight, default=best)][0]


def _may_decide_over(roster: Roster, decision: Judged, current: Judged) -> bool:
    """Whether who decided is, by all that the team knows of them, neither the author nor a companion."""
    if decision.author is None or not isinstance(current.body, PlanBody):
        return False
    everyone = roster.everyone
    return not (
        is_self(decision.author, current.author, everyone)
        or is_companion(decision.author, current.body, everyone)
    )


def _status(withdrawn: str, decision: Judged | None) -> Status:
    if withdrawn:
        return Status.WITHDRAWN
    if decision is None or not isinstance(decision.body, DecidedBody):
        return Status.AWAITING
    return Status.after(decision.body.decision)


_DECIDED = {
    Decision.COUNTERSIGN: "countersigned",
    Decision.RETURN: "returned it",
    Decision.REFUSE: "refused it",
}


def disagreement(state: PlanState) -> str:
    """`Mo countersigned while Sam withdrew it: withdrawn stands`; empty if nobody disagrees."""
    acts = {judged.entry.id: judged for judged in state.judged if not judged.why_not and _verb(judged)}
    in_turn = pairwise(acts.values())
    if all(earlier.entry.id in later.entry.content.after for earlier, later in in_turn):
        return ""  # each of them had seen the one before, as nearly always
    order = Order(judged.entry for judged in state.judged)
    newest = [acts[name] for name in order.newest(list(acts))]
    verbs = {_verb(judged) for judged in newest}
    if len(newest) < 2 or (len(verbs) == 1 and isinstance(newest[0].body, DecidedBody)):  # noqa: PLR2004 - alone
        return ""
    return f"{' while '.join(f'{one.name} {_verb(one)}' for one in newest)}: {state.status} stands"


def _verb(judged: Judged) -> str:
    body = judged.body
    if isinstance(body, DecidedBody):
        return _DECIDED[body.decision]
    if isinstance(body, WithdrawnBody):
        return "withdrew it"
    return "made a new version" if isinstance(body, PlanBody) else ""
