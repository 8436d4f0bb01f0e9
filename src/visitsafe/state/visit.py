"""A visit under way: by what it is watched, what was reported, which alarms are open (D15, D18). Pure.

Folded from the counted entries of a plan, the same in whatever order they came. Where entries whose authors
had not seen each other disagree, the more cautious one stands: the earlier time due back, the alarm over
the stand-down, duress over everything. A watch begins with a *mark*: a countersignature, an urgent
signature, or a report of setting out; what ends each of them is said in `in_force`. What is due when is
told by `ladder`.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    Comes,
    Companion,
    DecidedBody,
    EscalatedBody,
    ExtendedBody,
    IncidentBody,
    Ladder,
    NotifiedBody,
    PlanBody,
    ReportBody,
    Rung,
    StoodDownBody,
    Visit,
    WithdrawnBody,
)
from visitsafe.record.kinds import STAGES, Kind
from visitsafe.record.order import Order
from visitsafe.record.terms import ANSWERERS, Answer, Decision, Role, Stage
from visitsafe.state.rules import Judged, joined
from visitsafe.team.people import Member, as_heard
from visitsafe.team.roster import is_one_of
from visitsafe.text.clock import from_text

B = TypeVar("B", bound=msgspec.Struct)
B_co = TypeVar("B_co", bound=msgspec.Struct, covariant=True)
Reports = ReportBody | BackBody | ExtendedBody


class Event(msgspec.Struct, Generic[B_co], frozen=True):
    """A counted entry about the visit, with its body's type known.

    Attributes:
        id: The entry's id.
        kind: What happened.
        at: When it was signed, UTC text.
        author: Who signed it.
        body: What it says.
    """

    id: str
    kind: Kind
    at: str
    author: Member
    body: B_co

    @property
    def happened(self) -> str:
        """When it happened, by what the entry says; else when it was signed. UTC text."""
        return str(getattr(self.body, "happened", "")) or self.at

    @property
    def by_phone(self) -> bool:
        """Whether somebody else passed on what they had heard."""
        return getattr(self.body, "heard", None) is not None


class Alarm(msgspec.Struct, frozen=True):
    """What was raised from one stand-down to the next, who was told, and who took it on.

    Attributes:
        raised: The steps that were raised, in order.
        sent: The messages about them, about what was taken on, and about the end; sent or failed.
        owned: Who took which step on.
        over: The stand-down that ended it; None while it is open.
    """

    raised: tuple[Event[EscalatedBody], ...] = ()
    sent: tuple[Event[NotifiedBody], ...] = ()
    owned: tuple[Event[AcknowledgedBody], ...] = ()
    over: Event[StoodDownBody] | None = None


class Counted(tuple[Judged, ...]):  # noqa: SLOT001 - it keeps what it has sorted
    """The entries that count, sorted by what they say once: a fold asks for each form many times.

    Attributes:
        lapsed: Those that count no more and keep a visit watched all the same (`Judged.watches`).
    """

    lapsed: Sequence[Judged] = ()

    @classmethod
    def among(cls, judged: Sequence[Judged]) -> Self:
        """Those of a plan's entries that count, with those that lapsed."""
        counted = cls(one for one in judged if not one.why_not and one.author is not None)
        counted.lapsed = tuple(one for one in judged if one.watches)
        return counted

    @cached_property
    def _by_body(self) -> dict[type, list[Event[Any]]]:
        said: dict[type, list[Event[Any]]] = {}
        for one in self:
            if one.author is not None and one.body is not None:
                content = one.entry.content
                new: Event[Any] = Event(one.entry.id, Kind(content.kind), content.at, one.author, one.body)
                said.setdefault(type(one.body), []).append(new)
        return said

    def said(self, kind: type[B]) -> list[Event[B]]:
        """See `said_in`; no form is a kind of another."""
        return list(self._by_body.get(kind, ()))


def said_in(counted: Sequence[Judged], kind: type[B]) -> list[Event[B]]:
    """The entries that count whose body is of a kind, in their order."""
    if isinstance(counted, Counted):
        return counted.said(kind)
    return [
        Event(one.entry.id, Kind(one.entry.content.kind), one.entry.content.at, one.author, one.body)
        for one in counted
        if isinstance(one.body, kind) and one.author is not None
    ]


Downs = Sequence[Event[StoodDownBody]]


def open_duress(order: Order, counted: Sequence[Judged], downs: Downs) -> Event[ReportBody] | None:
    """The first report under duress that no manager's stand-down has seen."""
    managers = [down.id for down in downs if Role.MANAGER in down.author.roles]
    said = [one for one in said_in(counted, ReportBody) if one.body.duress]
    return next((one for one in said if not any(order.seen(one.id, down) for down in managers)), None)


def unaware(
    order: Order, duress: Event[ReportBody] | None, owned: Sequence[Event[AcknowledgedBody]]
) -> set[str]:
    """Who took an alarm on without knowing of the duress: that takes nothing of it on."""
    if duress is None:
        return set()
    return {
        one.id for one in owned if one.author.roles.isdisjoint(ANSWERERS) or not order.seen(duress.id, one.id)
    }


def real_alarms(order: Order, counted: Sequence[Judged], downs: Downs) -> tuple[Alarm, ...]:
    """What was raised and taken on, by the first stand-down that had seen it; messages with their subject.

    Messages about an incident or a report belong to no alarm (`after`, `visit`).

    Args:
        order: The plan's entries.
        counted: Those that count.
        downs: The stand-downs that are no drill, in causal order.
    """

    def ended_by(name: str) -> int:
        return next((i for i, down in enumerate(downs) if order.seen(name, down.id)), len(downs))

    raised = [one for one in said_in(counted, EscalatedBody) if not one.body.drill]
    owned = [one for one in said_in(counted, AcknowledgedBody) if not one.body.drill]
    apart = {one.id for one in (*said_in(counted, IncidentBody), *said_in(counted, ReportBody))}
    sent = [one for one in said_in(counted, NotifiedBody) if not (one.body.drill or one.body.about in apart)]
    of = {one.id: ended_by(one.id) for one in (*raised, *owned)}
    of |= {down.id: index for index, down in enumerate(downs)}
    return tuple(
        Alarm(
            raised=tuple(one for one in raised if of[one.id] == index),
            sent=tuple(one for one in sent if of.get(one.body.about, len(downs)) == index),
            owned=tuple(one for one in owned if of[one.id] == index),
            over=downs[index] if index < len(downs) else None,
        )
        for index in range(len(downs) + 1)
    )


def drills_in(counted: Sequence[Judged]) -> dict[str, Alarm]:
    """The drills, by id; each ends with its first stand-down."""
    raised, sent = said_in(counted, EscalatedBody), said_in(counted, NotifiedBody)
    owned, downs = said_in(counted, AcknowledgedBody), said_in(counted, StoodDownBody)
    return {
        drill: Alarm(
            raised=tuple(one for one in raised if one.body.drill == drill),
            sent=tuple(one for one in sent if one.body.drill == drill),
            owned=tuple(one for one in owned if one.body.drill == drill),
            over=next((down for down in downs if down.body.drill == drill), None),
        )
        for drill in dict.fromkeys(one.body.drill for one in raised)
        if drill
    }


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
        if one.kind in STAGES and one.body.of in versions
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


ONWARD = frozenset({Kind.DEPARTED, Kind.ARRIVED, Kind.EXTENDED})
"""What nobody reports whose visit is over."""


class VisitState(msgspec.Struct, frozen=True):
    """Where a visit stands.

    Attributes:
        stage: How far it has come.
        due_back: When the worker is due back, UTC text, with every extension.
        ladder: The escalation that goes with it.
        other_ladders: Those of the plan's other versions: what was raised by them is still open.
        reports: Everything that was reported, in causal order.
        departed: The report of setting out; None if there was none.
        back: The report of being back; None if there is none that holds.
        duress: The report by which the duress phrase came, while that is open.
        alarms: Ended alarms, oldest first, and last of all the open one (which may be empty).
        unaware: The acknowledgements of the open alarm that take nothing on, because of the duress.
        taken: The raised steps of the open alarm that somebody took on, by id, to the acknowledgement.
        drills: The same for drills, by the drill's id.
        closed: The entry that ended the watch over this visit; empty while it goes on.
        start: When it is watched from: the earliest start of the versions by which it is watched, UTC text.
        watched: The versions by which it is watched, by entry id; empty while no watch has begun (D18).
        version: Of those the one with the earliest time due back; the newest while no watch has begun.
        begun: When the first of those became so: countersigned, signed as urgent, or set out on. UTC text.
        facts: Where and with whom, by the watched version with the earliest time due back.
        early: The report of being back that came so long before the start that it ends nothing.
        past: What belongs to an earlier trip, or came before such a report.
        company: Who comes along or does not, other than was planned; the newest word on each of this trip.
        told: The messages about reports of something that was agreed otherwise, sent or failed.
    """

    stage: Stage
    due_back: str
    ladder: Ladder = FALLBACK
    other_ladders: tuple[Ladder, ...] = ()
    reports: tuple[Event[Reports], ...] = ()
    departed: Event[ReportBody] | None = None
    back: Event[BackBody] | None = None
    duress: Event[ReportBody] | None = None
    alarms: tuple[Alarm, ...] = (Alarm(),)
    unaware: frozenset[str] = frozenset()
    taken: dict[str, str] = {}
    drills: dict[str, Alarm] = {}
    closed: str = ""
    company: tuple[Comes, ...] = ()
    told: tuple[Event[NotifiedBody], ...] = ()
    start: str = ""
    watched: tuple[str, ...] = ()
    version: str = ""
    begun: str = ""
    facts: Visit | None = None
    early: Event[BackBody] | None = None
    past: frozenset[str] = frozenset()

    @property
    def alarm(self) -> Alarm:
        """The open alarm; empty if nothing has been raised."""
        return self.alarms[-1]

    @property
    def last_report(self) -> Event[Reports] | None:
        """The newest report."""
        return self.reports[-1] if self.reports else None

    @property
    def out(self) -> bool:
        """Whether anybody reported that the worker set out; who has arrived or left has set out too."""
        return any(one.kind in STAGES for one in self.trip)

    @property
    def trip(self) -> tuple[Event[Reports], ...]:
        """What was reported of this trip, and not of an earlier one or long before the start."""
        return tuple(one for one in self.reports if one.id not in self.past)

    @property
    def urgent(self) -> str:
        """Why the worker set out without a countersignature; empty if they did not."""
        return self.departed.body.urgent if self.departed else ""

    @property
    def stopped(self) -> bool:
        """Whether the worker broke the visit off."""
        return any(isinstance(one.body, ReportBody) and one.body.stopped for one in self.reports)

    @property
    def conditions(self) -> dict[str, str]:
        """What was said of each condition on this trip, by its text: `yes`, `no`, or empty."""
        found: dict[str, str] = {}
        for one in self.reports:
            if isinstance(one.body, ReportBody) and one.id not in self.past:
                for condition in one.body.conditions or ():
                    found[condition.text] = condition.met or found.get(condition.text, "")
        return found

    @property
    def unmet(self) -> tuple[str, ...]:
        """The conditions that are not met, by what was said last."""
        return tuple(text for text, met in self.conditions.items() if met == Answer.NO)

    @property
    def changes(self) -> tuple[Event[ReportBody], ...]:
        """The reports of something that was agreed otherwise."""
        return tuple(
            Event(one.id, one.kind, one.at, one.author, one.body)
            for one in self.reports
            if isinstance(one.body, ReportBody) and one.body.differs
        )

    @property
    def needs_standing_down(self) -> bool:
        """Whether only somebody else can end this: a step that must be taken on was raised, or duress."""
        return self.duress is not None or any(
            self.rung(one.body.step).acknowledge for one in self.alarm.raised
        )

    def rung(self, step: str) -> Rung:
        """The step with this id, by the ladder in force or by an older one; one for everybody if none has it.

        If any version of the plan says that it must be taken on, it must be.
        """
        found = [rung for one in self._ladders for rung in one.steps if rung.id == step]
        if not found:
            return msgspec.structs.replace(FALLBACK.steps[-1], id=step)
        return msgspec.structs.replace(found[0], acknowledge=any(rung.acknowledge for rung in found))

    def called(self, step: str) -> str:
        """What a step is called where people read: `step 4 of 7`. Its id is for checklists and programs."""
        for ladder in self._ladders:
            for place, rung in enumerate(ladder.steps, start=1):
                if rung.id == step:
                    return f"step {place} of {len(ladder.steps)}"
        return "a step that this plan does not have"

    def level(self, step: str) -> int:
        """The place of a step in its ladder, from 0; -1 for a step that no version of the plan has."""
        places = (i for one in self._ladders for i, rung in enumerate(one.steps) if rung.id == step)
        return next(places, -1)

    @property
    def _ladders(self) -> tuple[Ladder, ...]:
        return self.ladder, *self.other_ladders


def visit_state(order: Order, judged: Sequence[Judged], current: Judged, body: PlanBody) -> VisitState:
    """Fold what happened on the way.

    Args:
        order: The plan's entries in causal order.
        judged: All of them, judged, in that order.
        current: The version in force.
        body: What it says.
    """
    counted = Counted.among(judged)
    if len(counted) == 1 and not counted.lapsed:
        watched = (current.entry.id,) if body.urgent else ()
        facts, ladder = body.visit, ladder_of(body)
        begun = current.entry.content.at if watched else ""
        return VisitState(
            Stage.PLANNED,
            facts.due_back,
            ladder,
            start=facts.start,
            watched=watched,
            version=current.entry.id,
            begun=begun,
            facts=facts,
        )
    downs = [down for down in said_in(counted, StoodDownBody) if not down.body.drill]
    duress, alarms = open_duress(order, counted, downs), real_alarms(order, counted, downs)
    watch = in_force(order, counted, current, duress, alarms[-1].raised)
    ladder = ladder_of(watch.governing)
    reports = _reports(order, counted)
    backs = [one for one in said_in(counted, BackBody) if one.id not in watch.idle]
    back = None if watch.open else _back(order, backs, reports, counted)
    state = VisitState(
        stage=Stage.BACK if back else _stage(order, [one for one in reports if one.id not in watch.past]),
        due_back=due_back(order, counted, watch.versions),
        ladder=ladder,
        other_ladders=_others(ladder, counted),
        reports=tuple(reports),
        departed=_newest(order, [one for one in said_in(counted, ReportBody) if _sets_out(one, watch)]),
        back=back,
        duress=duress,
        alarms=alarms,
        unaware=frozenset(unaware(order, duress, alarms[-1].owned)),
        drills=drills_in(counted),
        start=min(one.visit.start for one in watch.versions.values()),
        watched=tuple(watch.versions) if watch.begun else (),
        version=watch.governs,
        begun=watch.begun,
        facts=watch.governing.visit,
        early=watch.early[-1] if watch.early else None,
        past=watch.past,
        company=_company(order, reports, watch),
        told=_told_of_reports(counted, reports),
    )
    closed = "" if watch.open else _closed(order, state, downs, put_off(counted))
    return msgspec.structs.replace(state, taken=_taken(order, state), closed=closed)


def _sets_out(one: Event[ReportBody], watch: Watch) -> bool:
    return one.kind is Kind.DEPARTED and one.id not in watch.past


def _company(order: Order, reports: Sequence[Event[Reports]], watch: Watch) -> tuple[Comes, ...]:
    """The newest word on each that a version by which it is watched did not know; of rivals, to stay away."""
    said: dict[str, list[tuple[str, Comes]]] = {}
    for one in reports:
        if one.id in watch.past or not isinstance(one.body, ReportBody) or not one.body.company:
            continue
        if not all(order.seen(one.id, version) for version in watch.versions):
            for who in one.body.company:
                said.setdefault(who.key or as_heard(who.name), []).append((one.id, who))
    newest = ((order.newest([name for name, _ in words]), words) for words in said.values())
    return tuple(
        min((who for name, who in words if name in names), key=lambda who: who.comes)
        for names, words in newest
    )


def _told_of_reports(counted: Counted, reports: Sequence[Event[Reports]]) -> tuple[Event[NotifiedBody], ...]:
    names = {one.id for one in reports if isinstance(one.body, ReportBody) and one.body.differs}
    return tuple(one for one in said_in(counted, NotifiedBody) if one.body.about in names) if names else ()


def _taken(order: Order, state: VisitState) -> dict[str, str]:
    """Who took which raised step on: nobody takes on what they could not have known of.

    An acknowledgement takes on its step and those before it that its author saw raised, or that were raised
    late, although they had fallen due when it was signed. What comes up after it is somebody else's to take.
    """
    alarm, found = state.alarm, dict[tuple[str, str], str]()
    for one in alarm.owned:
        if one.id not in state.unaware:
            top = state.level(one.body.step)
            for step in alarm.raised:
                known = order.seen(step.id, one.id) or step.body.due <= one.at <= step.at
                if known and (step.body.step == one.body.step or 0 <= state.level(step.body.step) <= top):
                    found[step.body.step, step.body.due] = one.id
    keys = {one.id: (one.body.step, one.body.due) for one in alarm.raised}
    return {name: found[key] for name, key in keys.items() if key in found}


def _reports(order: Order, counted: Sequence[Judged]) -> list[Event[Reports]]:
    reports: list[Event[Reports]] = [
        *said_in(counted, ReportBody), *said_in(counted, BackBody), *said_in(counted, ExtendedBody)
    ]  # fmt: skip
    place = {entry.id: index for index, entry in enumerate(order.entries)}
    return sorted(reports, key=lambda one: place[one.id])


def _others(ladder: Ladder, counted: Sequence[Judged]) -> tuple[Ladder, ...]:
    ladders = [ladder_of(one.body) for one in counted if isinstance(one.body, PlanBody)]
    return tuple(one for one in reversed(ladders) if one != ladder)


def _newest(order: Order, said: Sequence[Event[B]]) -> Event[B] | None:
    """The last in causal order of those that no other of them follows."""
    newest = order.newest([one.id for one in said])
    return next((one for one in reversed(said) if one.id in newest), None)


def _back(
    order: Order,
    backs: Sequence[Event[BackBody]],
    reports: Sequence[Event[Reports]],
    counted: Counted,
) -> Event[BackBody] | None:
    """The report of being back, unless somebody knew better: it may have been passed on by mistake."""
    onward = [*(one for one in reports if one.kind in ONWARD), *put_off(counted)]
    return next((one for one in backs if not goes_on(order, one, onward)), None)


def _stage(order: Order, reports: Sequence[Event[Reports]]) -> Stage:
    said = [one for one in reports if one.kind in STAGES]
    newest = order.newest([one.id for one in said])
    # of reports whose authors had not seen each other, the one that leaves the worker further from home
    found = [STAGES[one.kind] for one in said if one.id in newest]
    careful = (Stage.ARRIVED, Stage.DEPARTED, Stage.LEFT)
    return min(found, key=careful.index, default=Stage.PLANNED)


def _closed(
    order: Order,
    state: VisitState,
    downs: Sequence[Event[StoodDownBody]],
    until: Sequence[Event[Reports] | Event[StoodDownBody]],
) -> str:
    """What ends the watch: being back, or a stand-down after which nothing else was reported or raised.

    An `ok` after a stand-down shows that the visit goes on, but only until the time due back: after that it
    is what the stand-down had settled, and must not call everybody out again.
    """
    if state.needs_standing_down:
        return ""
    onward: list[Event[Reports] | Event[StoodDownBody]] = [
        one
        for one in state.reports
        if one.kind in ONWARD or (one.kind is not Kind.BACK and one.at <= state.due_back)
    ]
    onward += until
    for down in reversed(downs):
        if not (down.body.until or state.alarm.raised or goes_on(order, down, onward)):
            return down.id
    return state.back.id if state.back else ""
