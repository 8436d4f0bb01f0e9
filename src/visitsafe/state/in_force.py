"""By which versions of a plan a visit is watched, and what ends that (D18): its time due back, its ladder.

A *mark* begins a watch: a countersignature, an urgent version, a report that somebody set out. Only what was
said before the start, and before anybody set out, calls it off: a refusal, or a newer version that was
countersigned; and the worker's own withdrawal, while nobody has set out. After that a stand-down ends it, or
`back`, unless it came long before the start and was not the desk's word. Whoever set out is watched by what
they set out on until then; a version that only waits and a return end nothing.
Where several stand, the earliest time due back counts. Order is causal: what had not seen a mark does not end
it, but for `back`, which is about the visit of its day. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from visitsafe.record.bodies import (
    BackBody,
    Companion,
    DecidedBody,
    EscalatedBody,
    ExtendedBody,
    Ladder,
    PlanBody,
    ReportBody,
    Rung,
    StoodDownBody,
    WithdrawnBody,
)
from visitsafe.record.order import Order
from visitsafe.record.terms import ANSWERERS, Decision, Kind, Role
from visitsafe.state.events import B, Counted, Event, Reports, said_in
from visitsafe.state.rules import Judged
from visitsafe.state.rules_visit import OUT, joined
from visitsafe.team.roster import is_one_of
from visitsafe.text.clock import from_text

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
EARLY = timedelta(hours=2)
"""How long before the start of a visit a report about it can be true, where the desk does not say so."""
A_DAY = timedelta(hours=24)
"""After this long past its time due back nobody is taken to be on a visit that nobody reported on."""
MOST_STEPS = 40
"""A ladder with more steps is none that a checklist makes, and would keep a watcher from everybody else."""


class Mark(msgspec.Struct, frozen=True):
    """What begins a watch: the version, the entry that does it, and the report if somebody set out."""

    version: str
    by: str
    out: Event[ReportBody] | None = None


class Watch(msgspec.Struct, frozen=True):
    """By what a visit is watched.

    Attributes:
        versions: The versions by entry id, in causal order; the current one while no watch has begun.
        begun: When anybody first countersigned it, signed that it is urgent, or set out; UTC text, empty if
            nobody has or it was called off.
        open: Whether nothing has ended it.
        past: What belongs to an earlier trip, or came before a `back` that was long before the start.
        idle: The reports of being back that end nothing of this.
        early: Those of them that came so long before the start that they end nothing.
    """

    versions: dict[str, PlanBody]
    begun: str
    open: bool
    past: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    early: tuple[Event[BackBody], ...] = ()

    @property
    def governs(self) -> str:
        """The version with the earliest time due back, by its entry id."""
        return min(self.versions, key=lambda name: self.versions[name].visit.due_back)

    @property
    def governing(self) -> PlanBody:
        """What that version says."""
        return self.versions[self.governs]


End = Event[BackBody] | Event[StoodDownBody]


def in_force(
    order: Order,
    counted: Counted,
    current: Judged,
    duress: Event[ReportBody] | None,
    raised: Sequence[Event[EscalatedBody]],
) -> Watch:
    """By what a visit is watched.

    Args:
        order: The plan's entries.
        counted: Those that count, in that order, and those that lapsed.
        current: The newest version.
        duress: The report of duress that is open.
        raised: The steps of the open alarm.
    """
    versions = {one.entry.id: one.body for one in counted if isinstance(one.body, PlanBody)}
    marks = _marks(order, counted, versions)
    at = {entry.id: entry.content.at for entry in order.entries}
    begun = min((at[one.by] for one in marks), default="")
    marks = marks or [Mark(current.entry.id, current.entry.id)]
    ends = [one for one in final(counted) if not goes_on(order, one, put_off(counted))]
    along = joined(counted)
    ended = {(end.id, by) for end in ends for by in _ended(order, end, marks, versions, along)}
    still = [one for one in marks if not any((end.id, one.by) in ended for end in ends)]
    idle = [one for one in ends if not any((one.id, mark.by) in ended for mark in marks)]
    # while a step that must be taken on, or duress, is open, being back does not end it
    alarmed = duress is not None or any(_must_be_owned(one.body.step, versions) for one in raised)
    before = [
        end
        for end in ends
        if not (alarmed and end.kind is Kind.BACK)
        and any(
            (end.id, one.by) not in ended and (one in still or order.seen(end.id, one.by)) for one in marks
        )
    ]
    # A trip after another is watched by what began it; of one that is over, its own last watch is shown.
    last = [one for one in marks if not any((end.id, one.by) in ended for end in before)]
    names = {one.version for one in last or marks}
    return Watch(
        versions={name: body for name, body in versions.items() if name in names},
        begun=begun,
        open=bool(still),
        past=frozenset(order.seen_by([one.id for one in (*before, *idle)]) | {one.id for one in idle}),
        idle=frozenset(one.id for one in idle),
        early=tuple(
            one
            for one in idle
            if isinstance(one.body, BackBody)
            and not any(order.seen(one.id, mark.by if mark.out else mark.version) for mark in marks)
        ),
    )


def _marks(order: Order, counted: Counted, versions: Mapping[str, PlanBody]) -> list[Mark]:
    """What has begun a watch and was neither called off nor overtaken by a newer version that was agreed."""
    out = [
        Mark(one.body.of, one.id, one)
        for one in said_in(counted, ReportBody)
        if one.kind in OUT and one.body.of in versions
    ]
    decided = said_in(counted, DecidedBody)
    agreed = [one for one in decided if one.body.decision is Decision.COUNTERSIGN]
    # A countersignature whose author was removed lets nobody go ahead, but whoever went by it is watched.
    signed = [Mark(one.body.of, one.id) for one in (*agreed, *said_in(counted.lapsed, DecidedBody))]
    signed += [Mark(name, name) for name, body in versions.items() if body.urgent]
    doubted = {one.entry.id for one in counted if one.doubt}
    stops = [
        *said_in(counted, WithdrawnBody),
        *(one for one in decided if one.body.decision is Decision.REFUSE),
    ]
    # What a removed key may have made afterwards holds a visit back, but takes nobody off the watch.
    stops = [stop for stop in stops if stop.id not in doubted]
    newer = [one.body.of for one in agreed if not _is_contested(order, one, decided)]
    at = {one.entry.id: one.entry.content.at for one in counted}

    def stands(mark: Mark) -> bool:
        start = versions[mark.version].visit.start
        # who set out on an earlier trip, before this version was made, bears on nothing here
        ours = [one.by for one in out if not order.seen(one.by, mark.version)]
        return not (
            any(
                order.seen(mark.by, stop.id)
                and (stop.kind is Kind.WITHDRAWN or stop.at < start)
                and all(order.seen(stop.id, by) for by in ours)
                for stop in stops
            )
            or any(order.seen(mark.version, name) and at[name] < start for name in newer)
            or any(_is_left(order, mark, later, versions) for later in out)
        )

    return [*(mark for mark in signed if mark.version in versions and stands(mark)), *out]


def _is_contested(order: Order, agreed: Event[DecidedBody], decided: Sequence[Event[DecidedBody]]) -> bool:
    """Whether a no to the same version stands against a countersignature: what was before it stays."""
    same = [one for one in decided if one.body.of == agreed.body.of]
    yes = [one.id for one in same if one.body.decision is Decision.COUNTERSIGN]
    return any(
        one.id not in yes
        and not any(order.seen(one.id, later) for later in yes)
        and (one.body.decision is Decision.REFUSE or not order.seen(agreed.id, one.id))
        for one in same
    )


def _is_left(order: Order, mark: Mark, later: Mark, versions: Mapping[str, PlanBody]) -> bool:
    """Whether somebody set out on a newer version when nobody was expected by this one any more."""
    if later.out is None or not order.seen(mark.version, later.version):
        return False
    due = from_text(versions[mark.version].visit.due_back)
    return from_text(later.out.at) > due + A_DAY


def final(counted: Sequence[Judged]) -> list[End]:
    """What may end a watch, in causal order of each kind: stand-downs, and reports of being back."""
    downs = [one for one in said_in(counted, StoodDownBody) if not (one.body.drill or one.body.until)]
    return [*downs, *said_in(counted, BackBody)]


def put_off(counted: Counted) -> list[Event[Reports] | Event[StoodDownBody]]:
    """What says that a visit goes on, with a new time due back; a manager's word also if it lapsed."""
    downs = (*said_in(counted, StoodDownBody), *said_in(counted.lapsed, StoodDownBody))
    return [*said_in(counted, ExtendedBody), *(one for one in downs if one.body.until and not one.body.drill)]


def _ended(
    order: Order,
    end: End,
    marks: Sequence[Mark],
    versions: Mapping[str, PlanBody],
    along: Sequence[Companion],
) -> set[str]:
    """The marks whose watch something ends: those of its day.

    The desk's word about none of its day ends what its author knew of. A countersignature that came after
    the visit that it was about opens nothing.
    """

    def is_timely(mark: Mark) -> bool:
        return from_text(end.at) >= from_text(versions[mark.version].visit.start) - EARLY

    met = [
        one
        for one in marks
        if (not order.seen(end.id, one.by) if one.out is None else not _goes_on_with(order, end, one.out))
    ]
    found = [one for one in met if is_timely(one)]
    if not found and (isinstance(end.body, StoodDownBody) or _is_desks_word(end, versions, along)):
        found = [one for one in met if one.out or order.seen(one.by, end.id)]
    if found:
        found += [
            one
            for one in marks
            if one.out is None and order.seen(end.id, one.by) and not order.seen(end.id, one.version)
            if one.by != one.version and is_timely(one)
        ]
    return {one.by for one in found}


def _goes_on_with(order: Order, end: End, out: Event[ReportBody]) -> bool:
    return out.kind is not Kind.LEFT and goes_on(order, end, [out])


def _is_desks_word(end: End, versions: Mapping[str, PlanBody], along: Sequence[Companion]) -> bool:
    """Whether a manager or duty officer who does not go along took down a report of being back."""
    going = [*along, *(one for body in versions.values() for one in body.visit.companions)]
    heard = getattr(end.body, "heard", None) is not None
    return heard and bool(end.author.roles & ANSWERERS) and not is_one_of(end.author, going, [end.author])


def goes_on(order: Order, end: Event[B], onward: Sequence[Event[Reports] | Event[StoodDownBody]]) -> bool:
    """Whether the visit goes on after what was to end it.

    What was said by somebody who knew of the end counts, unless it only completes the record (`--at`). Of
    people who had not heard of each other, the one who tells of a later time is right about a report; a
    manager who put the time due back off always is.
    """
    for one in onward:
        explicit = str(getattr(one.body, "happened", ""))
        if order.seen(end.id, one.id):
            if one.kind is Kind.DEPARTED or not explicit or explicit > end.happened:
                return True
        elif not order.seen(one.id, end.id) and (one.kind is Kind.STOOD_DOWN or one.happened > end.happened):
            return True
    return False


def due_back(order: Order, counted: Sequence[Judged], versions: Mapping[str, PlanBody]) -> str:
    """The earliest of what was said last for each watched version: by it, an extension, a stand-down.

    What is in doubt can bring it forward, and never puts it off.
    """
    later = {one.id: one.body.until for one in said_in(counted, ExtendedBody)}
    downs = said_in(counted, StoodDownBody)
    later |= {one.id: one.body.until for one in downs if one.body.until and not one.body.drill}
    times = later | {name: body.visit.due_back for name, body in versions.items()}
    sure = [one.entry.id for one in counted if one.entry.id in later and not one.doubt]
    return min(
        times[one]
        for name in versions
        for said in (later, sure)
        for one in order.newest([name, *(one for one in said if not order.seen(one, name))])
    )


def ladder_of(body: PlanBody) -> Ladder:
    """A version's ladder, or ours where it has none that can be gone by.

    No checklist has a ladder on which nobody would have to act. Of such a one the last step that is not
    only the worker's must be taken on; the duty desk is told where there is no other. Steps that count from
    the start come first and only tell, so that nobody who takes one on takes on what comes after the time
    due back.
    """
    ladder = body.ladder
    if ladder is None or not 0 < len(ladder.steps) <= MOST_STEPS:
        return FALLBACK
    if any(rung.early for rung in ladder.steps):
        early = [msgspec.structs.replace(rung, acknowledge=False) for rung in ladder.steps if rung.early]
        late = [rung for rung in ladder.steps if not rung.early]
        ladder = msgspec.structs.replace(ladder, steps=(*early, *(late or FALLBACK.steps)))
    if any(rung.acknowledge for rung in ladder.steps):
        return ladder
    steps = list(ladder.steps)
    others = [
        place for place, rung in enumerate(steps) if set(rung.who) != {"lone-worker"} and not rung.early
    ]
    place = max(others, default=len(steps) - 1)
    who = steps[place].who if others else (*steps[place].who, Role.DUTY)
    steps[place] = msgspec.structs.replace(steps[place], acknowledge=True, who=who)
    return msgspec.structs.replace(ladder, steps=tuple(steps))


def _must_be_owned(step: str, versions: Mapping[str, PlanBody]) -> bool:
    steps = [rung for body in versions.values() for rung in ladder_of(body).steps if rung.id == step]
    return not steps or any(rung.acknowledge for rung in steps)
