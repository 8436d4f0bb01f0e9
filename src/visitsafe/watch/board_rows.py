"""The board: a row for everybody who is out, the most urgent first, as of a given moment (8.2; D11). Pure.

Everything is asked of the record and the moment; a row says what is so and leaves the words to `board_words`.
Addresses are left out unless they are asked for. Which entries somebody may see is settled before
(`discretion`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    ExtendedBody,
    PlanBody,
    ReportBody,
    Rung,
    Visit,
)
from visitsafe.record.kinds import ROLE_WORDS, Company, Kind, Role, Stage, Status
from visitsafe.state import alarm
from visitsafe.state.events import Said
from visitsafe.state.fold import PlanState, called
from visitsafe.state.visit_words import COMES
from visitsafe.team.people import Member, as_heard
from visitsafe.text.redact import without_address
from visitsafe.watch.heartbeat import Watch

_HELD = frozenset(Role)


class Report(msgspec.Struct, frozen=True):
    """A report. `at` is when it happened (UTC); `through` is who took it down, if the worker did not sign.

    `early`: it is of being back, so long before the start that it ends nothing.
    `out`: when they reported setting out on an earlier trip, UTC text; unset if they did not.
    """

    kind: str
    at: str
    through: str = ""
    until: str = ""
    stopped: bool = False
    early: bool = False
    out: str | msgspec.UnsetType = msgspec.UNSET


class Step(msgspec.Struct, frozen=True):
    """A step of the ladder: when it falls due or was raised (UTC), and what it and its owners are called."""

    id: str
    name: str
    at: str
    whose: tuple[str, ...]
    do: str
    acknowledge: bool


class Owner(msgspec.Struct, frozen=True):
    """Who has taken an alarm on, at which step (its id, and what it is called), when (UTC)."""

    name: str
    step: str
    at: str
    step_name: str


class Newer(msgspec.Struct, frozen=True):
    """What a version says that is newer than the one by which the visit is watched. Times are UTC text."""

    start: str
    due_back: str
    area: str
    address: str
    companions: tuple[str, ...]


class Row(msgspec.Struct, frozen=True):
    """A visit on the board.

    Attributes:
        urgent: Why it went before a countersignature; empty if it did not.
        departed: When setting out was reported to have happened; empty if nobody has reported it.
        late: Whole minutes after the time due back.
        alarming: Somebody has to act.
        duress: The duress phrase was spoken; only for those who may know.
        alarm: Only somebody else than the worker can end this.
        sealed: The worker's tracing details are sealed in the plan.
        unowned: Steps that were raised and that nobody has taken on, in order.
        next: What falls due next; of steps that are due and were not raised, the highest.
        overtaken: That step is due, and nobody has raised it or taken it on.
        drill: A drill is going on.
        unmet: The manager's conditions that are not met, by what was said last.
        changed: Who comes along or does not, other than was planned, in words.
        decider: Who countersigned; empty if nobody has.
        problems: What does not hold about its record.
        damaged: Whether something about the visit may be lost by that.
        doubt: Why what was planned or reported is in doubt, and whose word it is; empty if it is not.
        newer: What the newest version says, if it is not the one by which the visit is watched.
    """

    plan: str
    ref: str
    worker: str
    case: str
    area: str
    address: str
    companions: tuple[str, ...]
    company: Company
    status: Status
    stage: Stage
    urgent: str
    start: str
    due_back: str
    departed: str
    last: Report | None
    late: int
    overdue: bool
    alarming: bool
    duress: bool
    alarm: bool
    sealed: bool
    unowned: tuple[Step, ...]
    owner: Owner | None
    next: Step | None
    overtaken: bool
    drill: bool
    unmet: tuple[str, ...]
    changed: tuple[str, ...]
    decider: str
    problems: tuple[str, ...]
    damaged: bool = False
    doubt: str = ""
    newer: Newer | None = None

    @property
    def unanswered(self) -> bool:
        """Whether a step that somebody must take on is due or raised, and nobody has."""
        due = self.overtaken and self.next is not None and self.next.acknowledge
        return bool(self.unowned) or due

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Smaller is more urgent."""
        kind = (self.duress, self.unanswered, self.alarm, self.alarming or self.overdue, True).index(True)
        return kind, -self.late, self.due_back, self.plan


class Fault(msgspec.Struct, frozen=True):
    """A plan that does not hold or that the store's list hides: what is shown, and why it does not hold.

    `hides`: a visit that is under way may be behind it, so that somebody has to act.
    """

    plan: str
    ref: str
    text: str
    why: str
    hides: bool = True


class Board(msgspec.Struct, frozen=True):
    """Everybody who is out.

    Attributes:
        at: As of when.
        rows: The most urgent first.
        faults: Plans that may hide a visit.
        watch: Who is watching; None where that is not known: the board is of another time.
    """

    at: datetime
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    watch: Watch | None = None

    @property
    def alarming(self) -> int:
        """How many visits somebody has to act on: also one whose record does not hold."""
        rows = {row.plan for row in self.rows if row.alarming or row.damaged}
        return len(rows | {fault.plan for fault in self.faults if fault.hides})

    @property
    def unwatched(self) -> bool:
        """Whether somebody is out and nobody is watching now."""
        return bool(self.rows) and self.watch is not None and not self.watch.anybody


def rows_at(
    states: Iterable[PlanState], now: datetime, members: Mapping[str, Member], *, details: bool = False
) -> tuple[Row, ...]:
    """A row for each watched visit, the most urgent first.

    Args:
        states: Plans, as the person who looks may see them.
        now: As of when.
        members: Every key that ever was in the team, by fingerprint; those of now have roles.
        details: With the address.
    """
    watched = [state for state in states if alarm.is_watched(state, now)]
    refs = called(watched)
    rows = [_row(state, refs[state.plan], now, members, details=details) for state in watched]
    return tuple(sorted(rows, key=lambda row: row.rank))


def _row(state: PlanState, ref: str, now: datetime, members: Mapping[str, Member], *, details: bool) -> Row:
    facts, visit, newest = state.facts, state.visit, state.body.visit
    waiting = alarm.left_waiting(state, now)
    highest = max(waiting, key=lambda due: due.level, default=None)
    following = highest or alarm.next_due(state, now)
    return Row(
        plan=state.plan,
        ref=ref,
        worker=state.author.person.name,
        case=_without_address(facts.case, facts.address, details=details),
        area=_without_address(facts.area, facts.address, details=details),
        address=facts.address if details else "",
        companions=tuple(companion.name for companion in state.going.visit.companions),
        company=state.going.company,
        status=state.status,
        stage=visit.stage,
        urgent=_without_address(visit.urgent or state.body.urgent, facts.address, details=details),
        start=visit.start or facts.start,
        due_back=visit.due_back,
        departed=visit.departed.happened if visit.departed else "",
        last=_last(state),
        late=alarm.minutes_late(state, now),
        overdue=alarm.is_overdue(state, now),
        alarming=alarm.is_alarming(state, now),
        duress=visit.duress is not None,
        alarm=visit.needs_standing_down,
        sealed=state.sealed is not None,
        unowned=_unowned(state, members, details=details),
        owner=_owner(state, alarm.owner(state, now), members),
        next=_step(following.rung, following.at, state, members, details=details) if following else None,
        overtaken=bool(waiting),
        drill=any(drill.over is None for drill in visit.drills.values()),
        unmet=tuple(_without_address(text, facts.address, details=details) for text in visit.unmet),
        changed=tuple(f"{one.name} {COMES[one.comes]}" for one in visit.company),
        decider=state.decision.name if state.decision else "",
        problems=state.problems,
        damaged=bool(state.damage),
        doubt=_doubt(state),
        newer=_newer(newest, details=details) if state.overtaken else None,
    )


def _doubt(state: PlanState) -> str:
    """Why what was planned or reported is in doubt, by the newest entry of which that is so."""
    told = (PlanBody, ReportBody, BackBody, ExtendedBody)
    found = (one for one in reversed(state.judged) if one.doubt and isinstance(one.body, told))
    return next((f"{one.name}: {one.doubt}" for one in found), "")


def _newer(visit: Visit, *, details: bool) -> Newer:
    return Newer(
        start=visit.start,
        due_back=visit.due_back,
        area=_without_address(visit.area, visit.address, details=details),
        address=visit.address if details else "",
        companions=tuple(companion.name for companion in visit.companions),
    )


def _without_address(text: str, address: str, *, details: bool) -> str:
    return text if details else without_address(text, address)


def _last(state: PlanState) -> Report | None:
    last = state.visit.last_report
    if last is None:
        return None
    past = [one for one in state.visit.reports if one.id in state.visit.past]
    return Report(
        kind=last.kind,
        at=last.happened,
        through=last.author.person.name if last.by_phone else "",
        until=last.body.until if isinstance(last.body, ExtendedBody) else "",
        stopped=isinstance(last.body, ReportBody) and last.body.stopped,
        early=state.visit.early is not None and last.id == state.visit.early.id,
        out=max((one.happened for one in past if one.kind is Kind.DEPARTED), default=msgspec.UNSET),
    )


def _unowned(state: PlanState, members: Mapping[str, Member], *, details: bool) -> tuple[Step, ...]:
    rung = state.visit.rung  # also of a ladder that another version of the plan had
    return tuple(
        _step(rung(one.body.step), one.at, state, members, details=details) for one in alarm.unowned(state)
    )


def _owner(
    state: PlanState, said: Said[AcknowledgedBody] | None, members: Mapping[str, Member]
) -> Owner | None:
    if said is None:
        return None
    heard = said.body.heard
    who = members.get(heard.person, said.author) if heard else said.author
    return Owner(who.person.name, said.body.step, said.at, state.visit.called(said.body.step))


def _step(rung: Rung, at: str, state: PlanState, members: Mapping[str, Member], *, details: bool) -> Step:
    whose = tuple(_whose(who, state.author, members) for who in rung.who)
    do = _without_address(rung.do, state.body.visit.address, details=details)
    return Step(rung.id, state.visit.called(rung.id), at, whose, do, rung.acknowledge)


def _whose(who: str, worker: Member, members: Mapping[str, Member]) -> str:
    """`duty officer Dee Desk`; a role that nobody else than the worker holds is said to be empty."""
    called = ROLE_WORDS.get(who, who)
    if who not in _HELD:
        return called
    names = _names(
        one
        for one in members.values()
        if not one.until and Role(who) in one.roles and not one.same_person(worker)
    )
    return f"{called} {' or '.join(names)}" if names else f"{called} (nobody has this role)"


def _names(people: Iterable[Member]) -> Sequence[str]:
    """Each person once, however many keys they have, by name."""
    by_email = {as_heard(one.person.email): one.person.name for one in people}
    return sorted(by_email.values())
