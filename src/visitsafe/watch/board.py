"""What the board is made of: the open visits, folded from their entries, and the watchers' heartbeats.

The store's rows only narrow down (`listing`): a plan whose row is in doubt is folded too, so is a recent one
whose row says that it is closed (`recent`), and one that does not hold is told, for it may hide a visit.
Looking again costs what has come since; from time to time, and when the team or the chain changed, everything
is read anew. The past is what this store had received.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

import msgspec

from visitsafe.desk import Desk, arrivals, check_entries, folded
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.find import LATELY, doubted, maybe_open, otherwise, versions
from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    ExtendedBody,
    PlanBody,
    ReportBody,
    Rung,
    Visit,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.record.terms import ROLE_WORDS, TEAM_STREAM, Company, Role, Stage, Status
from visitsafe.state import ladder as alarm
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import PlanState, called
from visitsafe.state.plan_row import row_of
from visitsafe.state.removed import RemovedError
from visitsafe.state.visit import Event
from visitsafe.state.visit_words import COMES
from visitsafe.team.people import Member, as_heard
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text, to_text
from visitsafe.text.redact import without_address
from visitsafe.watch.heartbeat import Beat, WatchersNow, read_beats, watch_at

_HELD = frozenset(Role)


class LastReport(msgspec.Struct, frozen=True):
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


class BoardStep(msgspec.Struct, frozen=True):
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


class BoardRow(msgspec.Struct, frozen=True):
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
        together: Those that fall due in the same minute as `next`.
        at_once: The ladder starts with these, because the risk is high.
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
    last: LastReport | None
    late: int
    overdue: bool
    alarming: bool
    duress: bool
    alarm: bool
    sealed: bool
    unowned: tuple[BoardStep, ...]
    owner: Owner | None
    next: BoardStep | None
    overtaken: bool
    drill: bool
    unmet: tuple[str, ...]
    changed: tuple[str, ...]
    decider: str
    problems: tuple[str, ...]
    damaged: bool = False
    doubt: str = ""
    newer: Newer | None = None
    together: tuple[BoardStep, ...] = ()
    at_once: bool = False

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


class UnsoundPlan(msgspec.Struct, frozen=True):
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
    rows: tuple[BoardRow, ...]
    faults: tuple[UnsoundPlan, ...] = ()
    watch: WatchersNow | None = None

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
) -> tuple[BoardRow, ...]:
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


def _row(
    state: PlanState, ref: str, now: datetime, members: Mapping[str, Member], *, details: bool
) -> BoardRow:
    facts, visit, newest = state.facts, state.visit, state.body.visit
    waiting = alarm.left_waiting(state, now)
    highest = max(waiting, key=lambda due: due.level, default=None)
    coming = [highest] if highest else alarm.next_dues(state, now)
    steps = tuple(_step(due.rung, due.at, state, members, details=details) for due in coming)
    return BoardRow(
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
        next=steps[0] if steps else None,
        overtaken=bool(waiting),
        drill=any(drill.over is None for drill in visit.drills.values()),
        unmet=tuple(_without_address(text, facts.address, details=details) for text in visit.unmet),
        changed=tuple(f"{one.name} {COMES[one.comes]}" for one in visit.company),
        decider=state.agreed.name if state.agreed else "",
        problems=state.problems,
        damaged=bool(state.damage),
        doubt=_doubt(state),
        newer=_newer(newest, details=details) if state.overtaken else None,
        together=steps[1:],
        at_once=alarm.all_at_once(visit.ladder, coming),
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


def _last(state: PlanState) -> LastReport | None:
    last = state.visit.last_report
    if last is None:
        return None
    past = [one for one in state.visit.reports if one.id in state.visit.past]
    return LastReport(
        kind=last.kind,
        at=last.happened,
        through=last.author.person.name if last.by_phone else "",
        until=last.body.until if isinstance(last.body, ExtendedBody) else "",
        stopped=isinstance(last.body, ReportBody) and last.body.stopped,
        early=state.visit.early is not None and last.id == state.visit.early.id,
        out=max((one.happened for one in past if one.kind is Kind.DEPARTED), default=msgspec.UNSET),
    )


def _unowned(state: PlanState, members: Mapping[str, Member], *, details: bool) -> tuple[BoardStep, ...]:
    rung = state.visit.rung  # also of a ladder that another version of the plan had
    return tuple(
        _step(rung(one.body.step), one.at, state, members, details=details) for one in alarm.unowned(state)
    )


def _owner(
    state: PlanState, said: Event[AcknowledgedBody] | None, members: Mapping[str, Member]
) -> Owner | None:
    if said is None:
        return None
    heard = said.body.heard
    who = members.get(heard.person, said.author) if heard else said.author
    return Owner(who.person.name, said.body.step, said.at, state.visit.called(said.body.step))


def _step(
    rung: Rung, at: str, state: PlanState, members: Mapping[str, Member], *, details: bool
) -> BoardStep:
    whose = tuple(_whose(who, state.author, members) for who in rung.who)
    do = _without_address(rung.do, state.body.visit.address, details=details)
    return BoardStep(rung.id, state.visit.called(rung.id), at, whose, do, rung.acknowledge)


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


ANEW = timedelta(minutes=5)
"""How long what was folded before is relied on where nothing seems to have changed."""
_AROUND = timedelta(days=1)


class Sight(msgspec.Struct, frozen=True):
    """What somebody saw in a store; a board of any moment is made of it.

    Attributes:
        roster: The team.
        me: Who looked; None for somebody whom the team does not know.
        states: The plans that are open or were in doubt, by id.
        faults: Plans that do not hold, or of which the store's list tells otherwise, by id.
        beats: The heartbeats that count; None if the sight is of another time.
        store: The store's id.
        head: Its last position and the running hash there.
        since: When everything was last read anew.
    """

    roster: Roster
    me: Member | None
    states: Mapping[str, PlanState]
    faults: Mapping[str, UnsoundPlan]
    beats: list[Beat] | None
    store: str
    head: tuple[int, str]
    since: datetime


def look(desk: Desk, last: Sight | None = None) -> Sight:
    """Look at the store as it is now.

    Args:
        desk: Who looks.
        last: What they saw before, so that only what has come since is read.
    """
    head = desk.store.head()  # read first: what comes meanwhile is read the next time
    beats = read_beats(desk.store, desk.roster)
    changed = _changed(desk, last, head)
    if last is None or changed is None:
        states, faults = _everything(desk)
        since = desk.now
    else:
        states, faults = dict(last.states), dict(last.faults)
        for plan in changed:
            states.pop(plan, None)
            faults.pop(plan, None)
        _fold_in(desk, {plan: desk.store.row(plan) for plan in changed}, states, faults)
        since = last.since
    return Sight(desk.roster, desk.me, states, faults, beats, desk.store.store_id, head, since)


def _changed(desk: Desk, last: Sight | None, head: tuple[int, str]) -> set[str] | None:
    """The plans with something new since the last look; None if everything has to be read anew."""
    if last is None or last.store != desk.store.store_id or desk.now - last.since >= ANEW:
        return None
    if head == last.head:
        return set(doubted(desk.store, desk.now))
    new = list(desk.store.scan(max(last.head[0] - 1, 0)))
    if last.head[0] and (not new or (new[0].position, new[0].chain) != last.head):
        return None  # what we saw last is not there any more
    streams = {row.stream for row in new[1 if last.head[0] else 0 :]}
    return None if TEAM_STREAM in streams else streams | set(doubted(desk.store, desk.now))


def _everything(desk: Desk) -> tuple[dict[str, PlanState], dict[str, UnsoundPlan]]:
    states: dict[str, PlanState] = {}
    faults: dict[str, UnsoundPlan] = {}
    _fold_in(desk, maybe_open(desk.store, desk.now), states, faults)
    return states, faults


def _fold_in(
    desk: Desk,
    rows: Mapping[str, PlanRow | None],
    states: dict[str, PlanState],
    faults: dict[str, UnsoundPlan],
) -> None:
    """Fold these plans, keep those that are open, and note what does not hold or is listed otherwise."""
    for plan, known in rows.items():
        history, row = desk.store.history(plan), known
        state = _folded(plan, history, desk.roster, faults, row)
        if state is None:
            continue
        if row_of(state, history) != row:  # something may have come in since the rows were read
            row, history = desk.store.row(plan), desk.store.history(plan)
            state = _folded(plan, history, desk.roster, faults, row) or state
        gone = row is not None and row.entries > len(history)
        if row_of(state, history) != row:
            faults[plan] = UnsoundPlan(plan, state.ref, otherwise(plan), "", hides=gone or not state.closed)
        if not state.closed:
            states[plan] = desk.called(state)
        elif state.damage:
            faults[plan] = _doubtful(state)


def _doubtful(state: PlanState) -> UnsoundPlan:
    """A visit that is not on the board by what is left of its record, which does not hold."""
    which = f"the record of {state.ref}, planned by {state.author.person.name},"
    text = f"{which} does not hold, and nobody can say whether this visit is under way"
    return UnsoundPlan(state.plan, state.ref, text, state.damage[0])


def _folded(
    plan: str,
    history: Sequence[Stored],
    roster: Roster,
    faults: dict[str, UnsoundPlan],
    row: PlanRow | None = None,
) -> PlanState | None:
    if not is_plan_id(plan):
        text = f"the store names {plan[:40]!r}, which is no plan"
        faults[plan] = UnsoundPlan(plan, "", text, "", hides=False)
        return None
    try:
        return folded(plan, history, roster)
    except RemovedError as error:
        if error.removed.left or error.removed.problems:
            faults[plan] = UnsoundPlan(plan, error.removed.ref, error.message, "")
        elif error.removed.row(history) != row:
            faults[plan] = UnsoundPlan(plan, error.removed.ref, otherwise(plan), "", hides=False)
        return None
    except VerificationError as error:
        ref = reference(plan)
        text = (
            f"{ref} does not hold, and nobody can say whether this visit is under way{_listed(row, roster)}"
        )
        faults[plan] = UnsoundPlan(plan, ref, text, error.message)
        return None


def _listed(row: PlanRow | None, roster: Roster) -> str:
    """What the store's list knows of a plan that cannot be read; nobody signed it."""
    if row is None or not row.due_back:
        return ""
    member = roster.known.get(row.by)
    who = f", planned by {member.person.name}" if member is not None else ""
    return f" (by the list, which nobody signed: due back {row.due_back[:20]}{who})"


def look_back(desk: Desk, at: datetime) -> Sight:
    """What this store had received by a time in the past, plans that were closed since among it.

    It costs a reading of the whole record: only so is it sure that nothing is left out.

    Raises:
        NotFoundError: The store had no team then.
    """
    stop = to_text(at)
    roster = _roster_then(desk.store, desk.roster.team_id, stop)
    later = {row.stream for row in desk.store.scan() if row.received > stop}
    due = to_text(at - LATELY)
    said = {one.plan for one in versions(desk.store, 0) if one.due_back >= due}
    plans = {row.plan for row in desk.store.plans(open_only=True)} | set(desk.store.doubtful()) | said | later
    states: dict[str, PlanState] = {}
    faults: dict[str, UnsoundPlan] = {}
    for plan in sorted(plans - {TEAM_STREAM}):
        history = desk.store.history(plan)
        if any(row.blank for row in history):
            _note_removed(plan, history, desk.roster, stop, faults)
            continue
        history = [row for row in history if row.received <= stop]
        state = _folded(plan, history, roster, faults) if history else None
        if state is not None:
            states[plan] = state
    return Sight(roster, desk.me, states, faults, None, desk.store.store_id, (0, ""), at)


def _note_removed(
    plan: str, history: Sequence[Stored], roster: Roster, stop: str, faults: dict[str, UnsoundPlan]
) -> None:
    """A visit that may have been on the board then, and of which nothing is known any more."""
    try:
        folded(plan, history, roster)
    except RemovedError as error:
        body = error.removed.body
        if body.start <= stop and body.due_back >= to_text(from_text(stop) - _AROUND):
            text = f"{error.message}: what it was then cannot be shown"
            faults[plan] = UnsoundPlan(plan, error.removed.ref, text, "")
    except VerificationError as error:
        faults[plan] = UnsoundPlan(plan, reference(plan), error.message, "")


def _roster_then(store: Store, team_id: str, stop: str) -> Roster:
    rows = [row for row in store.history(TEAM_STREAM) if row.received <= stop]
    good, _ = check_entries(rows)
    if all(entry.id != team_id for entry in good):
        raise NotFoundError("this store had no team yet at that time", hint="name a later time with --at")
    return Roster(good, team_id, arrivals(rows))


def board_of(sight: Sight, now: datetime, zone: tzinfo, *, details: bool = False) -> Board:
    """The board of a moment, as the person who looked may see it.

    Args:
        sight: What they saw.
        now: The moment; it may be later than the look.
        zone: Whose day today is.
        details: With addresses.
    """
    seen = (hides_duress(state, sight.me, now) for state in sight.states.values())
    rows = rows_at(seen, now, sight.roster.known, details=details)
    shown = {row.plan for row in rows}
    hidden = [one for plan, one in sight.states.items() if one.damage and not (one.closed or plan in shown)]
    faults = {one.plan: _doubtful(one) for one in hidden} | dict(sight.faults)
    return Board(
        at=now,
        rows=rows,
        faults=tuple(fault for _, fault in sorted(faults.items())),
        watch=None if sight.beats is None else watch_at(sight.beats, now, zone),
    )


def of_another_time(sight: Sight) -> Sight:
    """The same sight for a board of the future: who will be watching then is not known."""
    return msgspec.structs.replace(sight, beats=None)
