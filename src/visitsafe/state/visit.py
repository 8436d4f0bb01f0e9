"""A visit under way: what was reported, when the worker is due back, which alarms are open (7.2, 8.2; D15).

Folded from the counted entries of a plan, the same in whatever order they came. Where entries whose authors
had not seen each other disagree, the more cautious one stands: the earlier time due back, the alarm over the
stand-down, duress over everything. What is due at a given time is told by `alarm`; no clock is read here.
"""

from collections.abc import Sequence

import msgspec

from visitsafe.record.bodies import (
    BackBody,
    Comes,
    ExtendedBody,
    Ladder,
    NotifiedBody,
    PlanBody,
    ReportBody,
    Rung,
    StoodDownBody,
    Visit,
)
from visitsafe.record.order import Order
from visitsafe.record.terms import Answer, Kind, Stage
from visitsafe.state.alarms import drills_in, open_duress, real_alarms, unaware
from visitsafe.state.events import Alarm, B, Counted, Event, Reports, said_in
from visitsafe.state.in_force import FALLBACK, Watch, due_back, goes_on, in_force, ladder_of, put_off
from visitsafe.state.rules import Judged
from visitsafe.team.people import as_heard

__all__ = ["FALLBACK", "Alarm", "Event", "Reports", "VisitState", "visit_state"]

OUT = {Kind.DEPARTED: Stage.DEPARTED, Kind.ARRIVED: Stage.ARRIVED, Kind.LEFT: Stage.LEFT}
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
        return any(one.kind in OUT for one in self.trip)

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
        told=_told(counted, reports),
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


def _told(counted: Counted, reports: Sequence[Event[Reports]]) -> tuple[Event[NotifiedBody], ...]:
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
    said = [one for one in reports if one.kind in OUT]
    newest = order.newest([one.id for one in said])
    # of reports whose authors had not seen each other, the one that leaves the worker further from home
    found = [OUT[one.kind] for one in said if one.id in newest]
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
