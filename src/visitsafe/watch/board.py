"""What the board is made of: the open visits, folded from their entries, and the watchers' heartbeats.

The store's rows only narrow down (`listing`): a plan whose row is in doubt is folded too, so is a recent one
whose row says that it is closed (`recent`), and one that does not hold is told, for it may hide a visit.
Looking again costs what has come since; from time to time, and when the team or the chain changed, everything
is read anew. The past is what this store had received.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

import msgspec

from visitsafe.desk import Desk, folded
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.find_lists import otherwise
from visitsafe.find_recent import LATELY, doubted, recent
from visitsafe.record.entry import from_text, to_text
from visitsafe.record.kinds import TEAM_STREAM
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.stored import PlanRow, Store, Stored
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import PlanState
from visitsafe.state.plan_row import row_of
from visitsafe.state.removal import RemovedError
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster
from visitsafe.team_record import arrivals, check_entries
from visitsafe.watch.board_rows import Board, Fault, rows_at
from visitsafe.watch.heartbeat import Beat, watch_at
from visitsafe.watch.heartbeats import read_beats

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
    faults: Mapping[str, Fault]
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


def _everything(desk: Desk) -> tuple[dict[str, PlanState], dict[str, Fault]]:
    states: dict[str, PlanState] = {}
    faults: dict[str, Fault] = {}
    rows: dict[str, PlanRow | None] = {row.plan: row for row in desk.store.plans(open_only=True)}
    for plan in (*doubted(desk.store, desk.now), *recent(desk.store, desk.now - LATELY)):
        if plan not in rows:
            rows[plan] = desk.store.row(plan)
    _fold_in(desk, rows, states, faults)
    return states, faults


def _fold_in(
    desk: Desk,
    rows: Mapping[str, PlanRow | None],
    states: dict[str, PlanState],
    faults: dict[str, Fault],
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
            faults[plan] = Fault(plan, state.ref, otherwise(plan), "", hides=gone or not state.closed)
        if not state.closed:
            states[plan] = desk.called(state)
        elif state.damage:
            faults[plan] = _doubtful(state)


def _doubtful(state: PlanState) -> Fault:
    """A visit that is not on the board by what is left of its record, which does not hold."""
    which = f"the record of {state.ref}, planned by {state.author.person.name},"
    text = f"{which} does not hold, and nobody can say whether this visit is under way"
    return Fault(state.plan, state.ref, text, state.damage[0])


def _folded(
    plan: str,
    history: Sequence[Stored],
    roster: Roster,
    faults: dict[str, Fault],
    row: PlanRow | None = None,
) -> PlanState | None:
    if not is_plan_id(plan):
        text = f"the store names {plan[:40]!r}, which is no plan"
        faults[plan] = Fault(plan, "", text, "", hides=False)
        return None
    try:
        return folded(plan, history, roster)
    except RemovedError as error:
        if error.removed.left or error.removed.problems:
            faults[plan] = Fault(plan, error.removed.ref, error.message, "")
        elif error.removed.row(history) != row:
            faults[plan] = Fault(plan, error.removed.ref, otherwise(plan), "", hides=False)
        return None
    except VerificationError as error:
        ref = reference(plan)
        text = (
            f"{ref} does not hold, and nobody can say whether this visit is under way{_listed(row, roster)}"
        )
        faults[plan] = Fault(plan, ref, text, error.message)
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
    plans = {row.plan for row in desk.store.plans(open_only=True)} | set(desk.store.doubtful()) | later
    states: dict[str, PlanState] = {}
    faults: dict[str, Fault] = {}
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
    plan: str, history: Sequence[Stored], roster: Roster, stop: str, faults: dict[str, Fault]
) -> None:
    """A visit that may have been on the board then, and of which nothing is known any more."""
    try:
        folded(plan, history, roster)
    except RemovedError as error:
        body = error.removed.body
        if body.start <= stop and body.due_back >= to_text(from_text(stop) - _AROUND):
            text = f"{error.message}: what it was then cannot be shown"
            faults[plan] = Fault(plan, error.removed.ref, text, "")
    except VerificationError as error:
        faults[plan] = Fault(plan, reference(plan), error.message, "")


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
